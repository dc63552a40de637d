"""The scripts behind the README's figures run as they are typed there, and print the figures that it holds."""

from __future__ import annotations

import re

import pytest
from performance_scripts import ROOT, printed


def test_start_up_is_measured_side_by_side():
    text = printed("start_up.py", "--repeats", "1")
    assert re.search(r"^import sectorbench +\d+\.\d{3} s", text, re.MULTILINE)
    assert re.search(r"^sectorbench list +\d+\.\d{3} s", text, re.MULTILINE)


def test_a_check_tells_seconds_and_memory_apart_and_passes_a_sound_checkpoint():
    text = printed("check_large.py", "--gb", "0.15")
    found = re.search(r"^ 0\.1\d GB +(\d+\.\d) s   command ([\d,]+) MiB   children ([\d,]+) MiB", text, re.MULTILINE)
    assert found is not None, text
    assert int(found[2].replace(",", "")) < 200  # the command alone is 100 to 155; with the file it would be 250


def test_a_checkpoint_made_worse_is_red_and_one_of_other_machines_is_green():
    assert printed("regress.py").rstrip().endswith("retrained ended with 0, expected 0, worse ended with 1, expected 1")


def test_coverage_of_intervals_and_ranks_is_printed_beside_what_others_give():
    text = printed("standing_figures.py", "coverage", "ranks", "--runs", "5")
    found = re.findall(
        r"^coverage +(\d+) x +(\d+), correlation (\S+): clusters (\S+), single answers (\S+);", text, re.M
    )
    assert [row[:2] for row in found] == [("10", "50"), ("10", "50"), ("20", "50"), ("50", "20"), ("100", "5")]
    assert sum(float(row[3]) for row in found) > sum(float(row[4]) for row in found)
    assert len(re.findall(r"^ranks, .*: max-t \S+, rank quantiles \S+$", text, re.MULTILINE)) == 4


def test_what_compare_says_of_simulated_checkpoints_is_printed():
    text = printed("comparison_figures.py", "--runs", "1")
    assert len(re.findall(r"items a task, \w+, .*: that area regression \S+, inconclusive \S+, ok \S+;", text)) == 8


def test_dispatch_rates_are_far_above_a_plain_python_simulator():
    text = printed("scheduling_rates.py", "--repeats", "1")
    rates = {m[1]: float(m[2]) for m in re.finditer(r"(\d+ x \d+) +│ (\d\S*)", text)}
    assert set(rates) == {"6 x 6", "15 x 15", "30 x 20", "100 x 20"}
    assert rates["15 x 15"] > 100_000  # a wrong unit or an interpreted kernel shows, a slow machine does not


def test_cp_sat_by_the_clock_scores_what_it_found_as_the_task_does():
    text = printed("cp_sat_by_the_clock.py", "--task", "scheduling/flowshop", "--seconds", "0.2")
    row = re.search(r"scheduling/flowshop │ 24 +│ (-?\d\.\d{3}) │ (\d+\.\d) +│ (\d+) ", text)
    assert row is not None, text
    assert float(row[1]) <= 1
    assert 0 <= int(row[3]) <= 24


def test_harness_overhead_has_a_fixed_and_a_marginal_part():
    text = printed("harness_overhead.py", "--repeats", "1", "--sizes", "200", "2000", "--slow-rows", "3000")
    assert re.search(r"^fixed part: \d+\.\d+ s", text, re.MULTILINE)
    assert re.search(r"^marginal part: -?\d+\.\d+ ms a row", text, re.MULTILINE)
    assert float(re.search(r"ratio (\d+\.\d+)$", text.strip())[1]) > 0.9


def test_every_level_of_isolation_is_timed_beside_the_same_model_outside():
    text = printed("isolation_cost.py", "--repeats", "1", "--rows", "600")
    rows = re.findall(r"│ (\w+) +│ +(\S+) │ +(\S+) │ +([\d,]+) │ +(\d+\.\d{3}) │", text)
    assert [row[0] for row in rows][:1] == ["outside"]
    assert rows[-1][0] == "none"
    assert rows[-1][2] == "+0"


def test_rows_of_many_lengths_are_answered_as_padded_ones_and_both_are_timed():
    text = printed("series_throughput.py", "--rows", "300", "--longest", "12", "--repeats", "1")
    rates = re.findall(r"│ (GRU|PatchTST|boosting), \S+ +│ cpu +│ ([\d,]+) +│ ([\d,]+) +│ (\d+\.\d\d) +│", text)
    assert [name for name, *_ in rates] == ["GRU", "PatchTST", "boosting"], text
    for _, ragged, padded, ratio in rates:
        assert float(ratio) == pytest.approx(float(ragged.replace(",", "")) / float(padded.replace(",", "")), rel=0.01)
    assert text.rstrip().endswith("a row's answer is the same both ways")


def test_answers_that_come_and_go_are_those_of_batches_and_read_a_text_once():
    """The script itself ends with 1 where a token differs."""
    text = printed("generation.py", "--repeats", "1", "--model", "gpt2", "--set", "questions")
    written, batches, once = re.search(r"gpt2 questions │ (\S+) +│ (\S+) → (\S+)", text).groups()
    assert int(once.replace(",", "")) < 0.2 * int(batches.replace(",", "")) and int(written.replace(",", "")) > 500


def test_likelihoods_of_shared_beginnings_are_those_of_plain_rows():
    """The peer is asked where a person has installed it; the script ends with 1 where a likelihood differs."""
    text = printed("likelihoods.py", "--model", "gpt2", "--set", "odd")
    assert re.search(r"gpt2 odd │ 19 +│ \d\.\de-0[5-9] │ 0 ", text), text


def test_shapes_of_simulated_load_are_those_of_the_areas_readme():
    text = printed("load_shapes.py")
    readme = (ROOT / "tasks" / "energy" / "README.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("│ \n").split("│")] for line in text.splitlines() if "│ R" in line]
    stated = [[cell.strip() for cell in line.strip("| ").split("|")] for line in readme.splitlines() if "| R" in line]
    assert len(rows) == 12
    assert rows == stated


@pytest.mark.slow
def test_the_check_of_an_accelerator_passes_on_a_processor():
    assert "all checks passed" in printed("gpu_check.py", "--device", "cpu", "--rows", "200")
