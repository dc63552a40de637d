"""Contract extraction: units from spans, by hand and against the plain scorer, and the local split's sizes."""

from __future__ import annotations

import json

import numpy as np
import official_cuad
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import cuad_contracts
from sectorbench.tasks.document_review.contract_extraction import TASK
from sectorbench.tasks.document_review.cuad_contracts import CATEGORIES, read_contracts
from sectorbench.tasks.document_review.cuad_contracts_import import import_contracts, question_files, read_categories
from sectorbench.tasks.document_review.cuad_import import Contract, Span

DRAW = Draw("default")
TEXT = "Ohio law governs. Acme may audit the books. Payment is due in thirty days."
LAW, AUDIT = "Ohio law governs.", "Acme may audit the books."


def inputs(texts):
    schema = extraction_inputs(language="en", spans_max=20)
    rows = [
        {"id": f"c{i}", "context": text, "questions": [f"{c}?" for c in CATEGORIES]} for i, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def references(titles, marked):
    """``marked``: per contract a mapping of category to texts."""
    return pa.table(
        {
            "id": [f"c{i}" for i in range(len(titles))],
            "contract": titles,
            "question_ids": [[f"{title}__{c}" for c in CATEGORIES] for title in titles],
            "answers": [[[{"start": 0, "text": t} for t in one.get(c, [])] for c in CATEGORIES] for one in marked],
        }
    )


def predictions(found):
    """``found``: per contract a mapping of category to spans."""
    schema = get_interface("extraction").answer
    rows = [
        {
            "id": f"c{i}",
            "spans": [
                [dict(zip(("start", "end", "probability"), s, strict=True)) for s in one.get(c, [])] for c in CATEGORIES
            ],
        }
        for i, one in enumerate(found)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def span(part, probability, text=TEXT):
    return (text.index(part), text.index(part) + len(part), probability)


def units_of(found, marked, titles=None, texts=None):
    asked = inputs(texts or [TEXT] * len(found))
    titles = titles or [f"title {i}" for i in range(len(found))]
    return TASK.score(validate_predictions(predictions(found), asked), references(titles, marked))


def value(units, name):
    metric = next(m for m in TASK.card.metrics if m.name == name)
    return metric.value(statistics_matrix(units, metric))


def test_a_span_counts_by_its_text_and_units_are_contracts():
    found = [{"Governing Law": [span(LAW, 0.7)], "Audit Rights": [span(LAW, 0.6)]}, {}]
    units = units_of(found, [{"Governing Law": [LAW], "Audit Rights": [AUDIT]}, {"Audit Rights": [AUDIT]}], ["b", "a"])
    assert units.column("unit").to_pylist() == ["a", "b"]
    assert units.column("marked").to_pylist() == [1, 2]
    true, false = (np.array(units.column(name).to_pylist()) for name in ("true", "false"))
    assert (true[0, -1], true[1, -1], false[0, -1], false[1, -1]) == (0, 1, 0, 1)
    # at recall 1/3 precision 1, at recall 1/3 precision 1/2 further down
    assert value(units, "aupr") == pytest.approx(1 / 3)
    assert value(units, "reached_recall") == pytest.approx(1 / 3)


def test_perfect_answers_score_one_and_save_nearly_the_whole_reading():
    found = [{"Governing Law": [span(LAW, 1.0)], "Audit Rights": [span(AUDIT, 1.0)]}]
    units = units_of(found, [{"Governing Law": [LAW], "Audit Rights": [AUDIT]}])
    for name in ("aupr", "precision_at_80_recall", "precision_at_90_recall", "span_aupr", "reached_recall"):
        assert value(units, name) == 1.0
    assert value(units, "review_hours_saved") == pytest.approx(3 - 2 * 0.01)
    assert (value(units, "missed_passages"), value(units, "read_passages")) == (0, 2)


def test_nothing_found_is_zero_and_everything_is_read():
    units = units_of([{}], [{"Governing Law": [LAW]}])
    assert [value(units, m.name) for m in TASK.card.metrics] == [0.0] * len(TASK.card.metrics)


def test_a_contract_without_a_usable_answer_has_all_passages_missed_and_nothing_found():
    broken = {"Governing Law": [(0, 9_999, 0.5)], "Audit Rights": [span(LAW, 0.5)]}
    units = units_of([broken], [{"Governing Law": [LAW]}])
    assert units.column("code").to_pylist() == ["SB330"]
    assert (units.column("marked")[0].as_py(), np.sum(units.column("false")[0].as_py())) == (1, 0)


def test_official_figures_equal_the_plain_scorer_over_contracts():
    rng = np.random.default_rng(2)
    words = TEXT.split(" ")
    titles, texts, marked, found = [], [], [], []
    for n in range(6):
        text = " ".join(rng.permutation(words))
        cuts = [sorted(rng.choice(len(text) + 1, 2, replace=False)) for _ in range(400)]
        marks = {c: [text[a:b] for a, b in cuts[:2]] for c in CATEGORIES if rng.uniform() < 0.4}
        drawn = {}
        for category in CATEGORIES:
            spans = [(int(a), int(b), float(rng.uniform())) for a, b in (cuts[k] for k in rng.choice(400, 3))]
            spans += [(int(a), int(b), float(rng.uniform())) for a, b in cuts[: rng.integers(0, 3)]]
            drawn[category] = sorted(spans, key=lambda s: -s[2])
        titles.append(f"Parties {n}" if n == 2 else f"deal {n}")
        texts.append(text)
        marked.append(marks)
        found.append(drawn)
    units = units_of(found, marked, titles, texts)
    gold = {f"{t}__{c}": m.get(c, []) for t, m in zip(titles, marked, strict=True) for c in CATEGORIES}
    said = {
        f"{t}__{c}": [(text[a:b], p) for a, b, p in f[c]]
        for t, text, f in zip(titles, texts, found, strict=True)
        for c in CATEGORIES
    }
    assert value(units, "aupr") == pytest.approx(official_cuad.aupr(gold, said), abs=1e-12)
    assert value(units, "aupr") > 0.1
    for level in (80, 90):
        expected = official_cuad.precision_at(gold, said, level / 100)
        assert value(units, f"precision_at_{level}_recall") == pytest.approx(expected, abs=1e-12)


def exhibit_of(found, marked):
    asked = inputs([TEXT] * len(found))
    answers, known = (
        validate_predictions(predictions(found), asked),
        references([f"t{i}" for i in range(len(found))], marked),
    )
    return TASK.exhibits(answers, known, TASK.score(answers, known))


def test_the_picture_is_the_curve_with_the_official_area_and_the_asked_recall():
    found = [{"Governing Law": [span(LAW, 0.9)], "Audit Rights": [span(LAW, 0.6), span(AUDIT, 0.5)]}]
    (curve,) = exhibit_of(found, [{"Governing Law": [LAW], "Audit Rights": [AUDIT]}])
    steps = curve.table("steps")
    assert steps.column("recall") == (0.5, 1.0)
    assert steps.column("precision") == (1.0, round(2 / 3, 6))  # the envelope already falls to it at recall 0.5
    assert curve.value("average_precision") == pytest.approx(0.5 + 1 / 3, abs=1e-6)
    assert (curve.value("asked_recall"), curve.value("asked_precision")) == (0.8, round(2 / 3, 6))
    assert (curve.value("positives"), curve.value("reached_recall")) == (2, 1.0)


def test_a_recall_that_the_last_threshold_alone_reaches_is_not_said_to_be_reached():
    (curve,) = exhibit_of([{"Governing Law": [span(LAW, 0.0005)]}], [{"Governing Law": [LAW]}])
    assert curve.value("asked_precision") is None


def test_where_nothing_is_found_there_is_no_picture_and_where_nothing_is_usable_the_rule_is_told():
    assert exhibit_of([{}], [{"Governing Law": [LAW]}]) == ()
    (broken,) = exhibit_of([{"Governing Law": [(0, 9_999, 0.5)]}], [{"Governing Law": [LAW]}])
    assert broken.broken.code == "SB330"
    (part,) = exhibit_of(
        [{"Governing Law": [(0, 9_999, 0.5)]}, {"Governing Law": [span(LAW, 0.9)]}], [{"Governing Law": [LAW]}] * 2
    )
    assert part.part.en.startswith("All passages of 1 contracts")


def test_inputs_of_other_references_are_refused():
    with pytest.raises(ScoringError, match="c1"):
        TASK.score(validate_predictions(predictions([{}, {}]), inputs([TEXT] * 2)), references(["a"], [{}]))


@pytest.mark.parametrize("draw", [Draw("official"), Draw("default", "secret")])
def test_another_track_or_a_secret_is_refused(draw, tmp_path):
    with pytest.raises(UsageError, match="contract-extraction"):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), draw)


def test_the_test_part_has_the_sizes_of_the_card_and_its_passages_stand_where_they_are_said_to(mirror, tmp_path):
    files = DataFiles(mirror=mirror, cache=tmp_path)
    asked, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    assert asked.num_rows == TASK.card.test.rows == 94
    assert table_info(asked.schema)["spans_max"] == 20
    answers = known.column("answers").to_pylist()
    assert sum(len(q) for row in answers for q in row) == 2_437
    for text, row in zip(asked.column("context").to_pylist(), answers, strict=True):
        assert all(text[a["start"] : a["start"] + len(a["text"])] == a["text"] for q in row for a in q)
    assert len(set(known.column("contract").to_pylist())) == 94
    titles = set(known.column("contract").to_pylist())
    assert not titles & {c.title for c in read_contracts(files, "train")}


def test_files_are_rebuilt_from_contracts_byte_for_byte(mirror, tmp_path):
    files = DataFiles(mirror=mirror, cache=tmp_path)
    contracts = [
        Contract(
            c.title, tuple(Span(k, p.text) for k, q in zip(CATEGORIES, c.passages, strict=True) for p in q), c.text
        )
        for part in ("test", "train")
        for c in read_contracts(files, part)
    ]
    asked = {
        k: q.split(" Details: ")[1] for k, q in zip(CATEGORIES, read_contracts(files, "test")[0].questions, strict=True)
    }
    made = question_files(contracts, asked)
    for file in cuad_contracts.CUAD_CONTRACTS.files:
        assert made[file.path] == files.read(file)


def test_a_marked_span_is_written_as_it_stands_in_the_text():
    contract = Contract(
        "one", (Span("Insurance", "pay the fee"), Span("Insurance", "pay\n the fee")), "We pay\n the fee "
    )
    made = question_files([contract], dict.fromkeys(CATEGORIES, "?"))
    (entry,) = [e for raw in made.values() for e in json.loads(raw)["data"]]
    (asked,) = [q for q in entry["paragraphs"][0]["qas"] if q["answers"]]
    assert asked["answers"] == [{"text": "pay\n the fee", "answer_start": 3}]
    assert asked["id"] == "one__Insurance"


def test_other_categories_are_refused_by_name():
    with pytest.raises(DataError, match="Weather"):
        read_categories("Category,Description\nCategory: Weather,Description: Is it fine?\n")


def test_a_damaged_file_is_told(monkeypatch, tmp_path):
    files = DataFiles(mirror=None, cache=tmp_path)
    monkeypatch.setattr(DataFiles, "read", lambda self, file: b'{"data": [{"title": "x"}]}')
    with pytest.raises(DataError, match=r"SB202 document_review/cuad/test\.json"):
        read_contracts(files, "test")
    monkeypatch.setattr(DataFiles, "read", lambda self, file: b'{"data": []}')
    with pytest.raises(DataError, match="0 contracts"):
        read_contracts(files, "test")


def test_originals_are_a_folder_with_the_list_of_categories(tmp_path):
    with pytest.raises(DataError, match=r"category_descriptions\.csv"):
        import_contracts(tmp_path)
    for part in ("train", "test"):
        (tmp_path / f"{part}.json").write_bytes(part.encode())
    assert list(import_contracts(tmp_path).values()) == [b"train", b"test"]
