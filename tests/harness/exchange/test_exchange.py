"""Predictions instead of weights change hands: the way there and back, and what is refused on it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from pathlib import Path

import pyarrow as pa
import pytest
from sectorbench.harness.arrow_files import read_stream, write_stream
from sectorbench.harness.errors import ExchangeError, SectorBenchError, UsageError
from sectorbench.harness.exchange.alike import share_alike
from sectorbench.harness.exchange.commands import add_exchange_parsers
from sectorbench.harness.exchange.compare import difference
from sectorbench.harness.exchange.files import commitment_of
from sectorbench.harness.exchange.laboratory import check_proves
from sectorbench.harness.records import ScoredBefore
from sectorbench.harness.store import Store, load_record
from toy_tasks import CARD

SECRET = "0123456789abcdef" * 4
TASK = "toy_area/toy-life"
ABOUT = "name: acme-life\nvendor: Acme\nversion: '2'\ntrained_on: [own pumps]\n"


@pytest.fixture
def typed(tmp_path, toy_catalog, monkeypatch):
    """Types words; returns the exit code. All folders lie in the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("secret").write_text(SECRET + "\n")
    Path("about.yaml").write_text(ABOUT)
    parser = argparse.ArgumentParser()
    add_exchange_parsers(parser.add_subparsers(required=True), toy_catalog)

    def run(words):
        args = parser.parse_args(words.split())
        return int(args.func(args))

    return run


def export(typed, to="asked"):
    assert typed(f"inputs export {TASK} --secret-file secret --to {to} --results lab") == 0


def answer(values=None, *, to="mine.arrow", folder="asked", **columns):
    """Writes a stream as a vendor's own program would: right for even machines."""
    inputs = read_stream(Path(folder, "inputs.arrow"))
    values = [row // 2 * 2.0 for row in range(inputs.num_rows)] if values is None else values
    schema = pa.schema([pa.field("id", pa.string(), False), pa.field("value", pa.float64(), False)])
    write_stream(Path(to), pa.table([inputs.column("id"), pa.array(values, pa.float64())], schema=schema))


def hand_in(typed, to="answers", **more):
    answer(**more)
    return typed(f"predict --inputs asked --answers mine.arrow --about about.yaml --to {to}")


def score(typed, folder="answers", more=""):
    return typed(f"score --predictions {folder} --secret-file secret --results lab {more}")


def records():
    return [load_record(path.parent) for path in Path("lab/records").rglob("record.json")]


def only_record():
    (record,) = records()
    return record


def test_inputs_go_out_answers_come_back_and_the_record_names_who_did_what(typed, capsys):
    export(typed)
    assert hand_in(typed) == 0
    assert score(typed) == 0
    record = only_record()
    assert (record.status, record.predicted_by, record.scored_by) == ("ok", "vendor", "lab")
    assert record.metrics[1].value == pytest.approx(0.5)  # even machines right, odd ones one step off
    assert (record.cell.model.vendor, record.cell.model.name) == ("Acme", "acme-life")
    assert record.cost.wall_s is None
    facts = json.loads(Path("asked/exchange.json").read_text())
    assert record.exchange.commitment == facts["commitment"]
    assert record.exchange.exported_at.isoformat().startswith(facts["exported_at"][:19])
    assert record.exchange.exported_at <= record.exchange.returned_at and record.exchange.returns == 1
    assert "exchange" in capsys.readouterr().out


def test_a_submission_answers_in_a_worker_and_claims_its_digests(typed, write_submission):
    export(typed)
    folder = write_submission(name="acme-mean", vendor="Acme")
    assert typed(f"predict --inputs asked --submission {folder} --to answers") == 0
    assert score(typed) == 0
    record, said = only_record(), json.loads(Path("answers/predicted.json").read_text())
    assert record.cell.model.model_sha256 == said["model"]["model_sha256"]
    assert record.cost.wall_s == said["cost"]["wall_s"] is not None
    assert record.metrics[0].value == pytest.approx((1599 / 12) ** 0.5)


def test_nothing_that_goes_out_holds_references_or_the_secret(typed):
    export(typed)
    assert sorted(one.name for one in Path("asked").iterdir()) == ["README.md", "exchange.json", "inputs.arrow"]
    everything = b"".join(one.read_bytes() for one in Path("asked").iterdir())
    assert SECRET.encode() not in everything
    assert "life" not in read_stream(Path("asked/inputs.arrow")).column_names
    memory = b"".join(one.read_bytes() for one in Path("lab/exchange").iterdir())
    assert SECRET.encode() not in memory


def test_the_commitment_is_what_anybody_can_compute(typed):
    import hashlib

    lines = f"sectorbench-commitment/1\n{SECRET}\n{'a' * 64}\n{'b' * 64}\n"
    assert commitment_of(SECRET, "a" * 64, "b" * 64) == hashlib.sha256(lines.encode()).hexdigest()
    export(typed)
    assert typed(f"reveal {TASK} --secret-file secret --to out.json --results lab") == 0
    said = json.loads(Path("out.json").read_text())
    assert said["secret"] == SECRET
    assert said["commitment"] == commitment_of(SECRET, said["inputs_sha256"], said["references_sha256"])
    assert said["commitment"] == json.loads(Path("asked/exchange.json").read_text())["commitment"]


def test_a_revealed_secret_is_drawn_again_by_anybody_and_a_forged_one_is_found(typed, capsys):
    export(typed)
    typed(f"reveal {TASK} --secret-file secret --to out.json --results lab")
    assert typed("reveal --check out.json --results elsewhere") == 0
    assert "holds" in capsys.readouterr().out
    said = json.loads(Path("out.json").read_text())
    Path("out.json").write_text(json.dumps(said | {"secret": SECRET[::-1]}))
    with pytest.raises(ExchangeError, match="SB163"):
        typed("reveal --check out.json --results elsewhere")
    other = said | {"references_sha256": "c" * 64}  # whoever forges a digest can forge the commitment to it
    other["commitment"] = commitment_of(SECRET, other["inputs_sha256"], other["references_sha256"])
    Path("out.json").write_text(json.dumps(other))
    with pytest.raises(ExchangeError, match="SB163 .* draws other references"):
        typed("reveal --check out.json --results elsewhere")


def test_what_comes_after_the_secret_is_out_is_not_scored(typed):
    export(typed)
    hand_in(typed)
    typed(f"reveal {TASK} --secret-file secret --to out.json --results lab")
    with pytest.raises(ExchangeError, match="SB165"):
        score(typed)
    assert not Path("lab/records").exists()
    with pytest.raises(UsageError, match="was revealed"):
        typed(f"inputs export {TASK} --secret-file secret --to again --results lab")


def test_nothing_is_claimed_of_where_a_program_of_the_vendors_own_answered(typed):
    export(typed)
    hand_in(typed)
    score(typed)
    record, said = only_record(), json.loads(Path("answers/predicted.json").read_text())
    for where in (record.environment.model_dump(mode="json"), said["environment"]):
        assert {name for name, value in where.items() if value} == {"suite_version"}
    assert said["predicted_at"] is None and record.exchange.predicted_at is None


def test_a_further_return_of_a_model_is_scored_only_with_a_reason_that_its_record_says(typed):
    export(typed)
    hand_in(typed)
    score(typed)
    assert score(typed) == 0  # the same predictions tell nothing new
    assert only_record().exchange.scored_before == ScoredBefore(model=0, vendor=0, everybody=0, reason=None)
    better = [float(row) for row in range(40)]
    hand_in(typed, "better", values=better)
    with pytest.raises(ExchangeError, match="SB166 better: 1 other return"):
        score(typed, "better")
    assert typed("score --predictions better --secret-file secret --results lab --again mended") == 0
    by_returns = {one.exchange.returns: one.exchange for one in records()}
    assert by_returns[2].scored_before == ScoredBefore(model=1, vendor=1, everybody=1, reason="mended")
    assert score(typed, "better") == 0  # again the same one: no further reason, and the one that was given stays
    assert {one.exchange.scored_before.reason for one in records()} == {None, "mended"}


def test_another_name_is_counted_for_its_vendor_and_a_refused_file_for_nobody(typed):
    export(typed)
    hand_in(typed)
    Path("answers/predictions.arrow").write_bytes(b"garbage")
    assert score(typed) == 1
    for name, vendor, own in (("acme-2", "Acme", 0), ("acme-3", "ACME ", 1), ("far", "Far", 0)):
        Path("about.yaml").write_text(ABOUT.replace("acme-life", name).replace("vendor: Acme", f"vendor: '{vendor}'"))
        hand_in(typed, name, values=[len(name) + len(vendor) + float(row) for row in range(40)])
        assert score(typed, name) == 0
        (facts,) = [one.exchange.scored_before for one in records() if one.cell.model.name == name]
        assert (facts.model, facts.vendor) == (0, own)
    assert facts.everybody == 2


def test_where_everybody_can_draw_the_references_returns_are_counted_but_not_refused(typed):
    assert typed(f"inputs export {TASK} --to asked --results lab") == 0
    for name, value in (("one", 1.0), ("two", 2.0)):
        hand_in(typed, name, values=[value] * 40)
        assert typed(f"score --predictions {name} --results lab") == 0
    assert sorted(one.exchange.scored_before.model for one in records()) == [0, 1]


def test_held_answers_have_no_score_until_the_secret_is_out_and_late_ones_never(typed, capsys):
    export(typed)
    hand_in(typed)
    hand_in(typed, "second", values=[1.0] * 40)
    for folder in ("answers", "second"):  # as many as a vendor likes: nothing is told
        assert score(typed, folder, "--hold") == 0
    said = capsys.readouterr().out
    assert "held: 40 answers of acme-life by Acme" in said and "rmse" not in said.lower()
    assert not Path("lab/records").exists()
    assert typed(f"reveal {TASK} --secret-file secret --to out.json --results lab") == 0
    assert score(typed, "second") == 0
    with pytest.raises(ExchangeError, match="SB166"):
        score(typed)  # the best of several is no result either
    hand_in(typed, "late", values=[2.0] * 40)
    for more in ("", "--hold"):
        with pytest.raises(ExchangeError, match="SB165"):
            score(typed, "late", more)


def test_held_garbage_is_a_failed_record_and_inputs_of_elsewhere_are_not_held(typed):
    export(typed)
    hand_in(typed)
    with pytest.raises(ExchangeError, match="handed these inputs out to nobody"):
        typed("score --predictions answers --secret-file secret --results elsewhere --hold")
    Path("answers/predictions.arrow").write_bytes(b"garbage")
    assert score(typed, more="--hold") == 1
    assert (only_record().status, only_record().code) == ("failed", "SB311")
    with pytest.raises(UsageError, match="leave out --json"):
        score(typed, more="--hold --json")


def test_the_same_answers_under_two_names_are_told_and_recorded(typed, capsys):
    export(typed)
    values = [row * 3.0 for row in range(40)]
    hand_in(typed, values=values)
    score(typed)
    for name, shift, identical in (("copy", 0.0, True), ("near", 0.01, False), ("apart", 5.0, None)):
        Path("about.yaml").write_text(ABOUT.replace("acme-life", name))
        hand_in(typed, name, values=[value + shift for value in values])
        capsys.readouterr()
        assert score(typed, name) == 0
        (found,) = [one.exchange.alike for one in records() if one.cell.model.name == name]
        assert ("those of acme-life by Acme" in capsys.readouterr().err) == (identical is not None)
        assert [one.identical for one in found if one.model == "acme-life"] == [identical] * (identical is not None)
    assert score(typed) == 0
    assert [one.exchange.alike for one in records() if one.cell.model.name == "acme-life"] == [()]  # it came first


def test_a_sample_is_asked_again_and_compared(typed, capsys):
    export(typed)
    hand_in(typed)
    assert typed("inputs sample --inputs asked --predictions answers --count 7 --to again --results lab") == 0
    asked = read_stream(Path("again/inputs.arrow"))
    ids = read_stream(Path("asked/inputs.arrow")).column("id").to_pylist()
    assert asked.num_rows == 7
    same = [ids.index(one) // 2 * 2.0 for one in asked.column("id").to_pylist()]
    for folder, values, differing in (("same", same, 0), ("other", [same[0] + 1, *same[1:]], 1)):
        answer(values, folder="again")
        assert typed(f"predict --inputs again --answers mine.arrow --about about.yaml --to {folder}") == 0
        assert score(typed, more=f"--rerun {folder}") == (1 if differing else 0)
        rerun = only_record().exchange.rerun
        assert (rerun.asked, rerun.differing) == (7, differing)
    assert "did not come out again" in capsys.readouterr().err
    score(typed)
    assert only_record().exchange.rerun.differing == 1  # what was found once is not forgotten by scoring again


def test_predictions_that_break_a_rule_are_a_failed_record_with_its_code(typed):
    export(typed)
    hand_in(typed)
    table = read_stream(Path("answers/predictions.arrow"))
    write_stream(Path("answers/predictions.arrow"), table.slice(1))
    assert score(typed) == 1
    record = only_record()
    assert (record.status, record.code, record.predicted_by) == ("failed", "SB302", "vendor")


@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (lambda table: table.rename_columns(["id", "worth"]), "SB301"),
        (lambda table: table.append_column("more", table.column("value")), "SB301"),
        (lambda table: pa.concat_tables([table, table.slice(0, 1)]), "SB303"),
        (lambda table: table.set_column(0, table.field(0), [["x", *table.column("id").to_pylist()[1:]]]), "SB304"),
    ],
)
def test_hostile_streams_are_refused_at_the_vendors_too(typed, forge, code):
    export(typed)
    answer()
    write_stream(Path("mine.arrow"), forge(read_stream(Path("mine.arrow"))))
    with pytest.raises(ExchangeError, match=code):
        typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")
    assert not Path("answers").exists()


def test_compressed_truncated_and_foreign_files_are_refused(typed):
    export(typed)
    answer()
    table, whole = read_stream(Path("mine.arrow")), Path("mine.arrow").read_bytes()
    with pa.OSFile("mine.arrow", "wb") as sink:
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
    for content, code in ((None, "SB301"), (whole[:200], "SB311"), (b"no stream", "SB311")):
        if content is not None:
            Path("mine.arrow").write_bytes(content)
        with pytest.raises(ExchangeError, match=code):
            typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")


def edited(name, change):
    path = Path("answers", name)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda said: said | {"predictions_sha256": "0" * 64}, "SB164"),
        (lambda said: said | {"inputs_sha256": "0" * 64}, "SB162"),
        (lambda said: said | {"commitment": "0" * 64}, "SB163"),
        (lambda said: said | {"task_version": 7}, "SB162"),
        (lambda said: said | {"more": 1}, "SB161"),
        (lambda said: said | {"model": said["model"] | {"name": "half"}}, "SB161"),  # one of the suite's own
        (lambda said: said | {"model": said["model"] | {"name": "../x"}}, "SB161"),
        (lambda said: said | {"model": said["model"] | {"vendor": "A\u202ebc"}}, "SB161"),
        (lambda said: said | {"cost": said["cost"] | {"wall_s": 1e300}}, "SB161"),
        (lambda said: said | {"environment": said["environment"] | {"processor": "x" * 20_000}}, "SB161"),
        (lambda said: said | {"environment": said["environment"] | {"processor": "x\x1b[31m"}}, "SB161"),
        (lambda said: said | {"environment": said["environment"] | {"packages": {"\x1b[2J": "1"}}}, "SB161"),
        (lambda said: said | {"environment": said["environment"] | {"packages": {"x": {"\x1b[2J": 1}}}}, "SB161"),
        (lambda said: said | {"choices": {"\u202eway": "x"}}, "SB161"),
        (lambda said: said | {"task": "toy_area/../x"}, "SB161"),
        (lambda said: said | {"predicted_at": "\x1b[2J"}, "SB161"),
    ],
)
def test_what_a_vendor_says_is_not_believed_unseen(typed, change, code):
    export(typed)
    hand_in(typed)
    edited("predicted.json", change)
    with pytest.raises(ExchangeError, match=code) as refused:
        score(typed)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 1_000
    assert not Path("lab/records").exists()


@pytest.mark.parametrize("text", ["[" * 200_000, "\ufeff{}", '{"schema_version": 1}', "", "{}" * 600_000])
def test_json_that_is_none_of_ours_is_told_in_a_line(typed, text):
    export(typed)
    hand_in(typed)
    Path("answers/predicted.json").write_text(text)
    with pytest.raises(ExchangeError, match=r"SB161 answers/predicted.json: .*sectorbench predict|at most"):
        score(typed)


def rewritten(change):
    """The stream of ``answer``, with its table changed."""
    write_stream(Path("mine.arrow"), change(read_stream(Path("mine.arrow"))))


@pytest.mark.parametrize(
    "change",
    [
        lambda table: pa.table(table.columns, names=table.column_names),  # nullable, no null in it
        lambda table: table.select(["value", "id"]),
        lambda table: pa.table([table.column(0).cast(pa.large_string()), table.column(1)], names=["id", "value"]),
        lambda table: pa.table([table.column(0), table.column(1).cast(pa.float32())], names=["id", "value"]),
        lambda table: pa.table([table.column(0), table.column(1).cast(pa.int64())], names=["id", "value"]),
        lambda table: table.cast(
            pa.schema([table.field(0).with_metadata({"a": "b"}), table.field(1)], metadata={"c": "d"})
        ),
    ],
    ids=["nullable", "other order", "large strings", "narrower", "whole numbers", "words of their own"],
)
def test_other_forms_of_the_same_columns_are_the_same_answers(typed, change):
    export(typed)
    hand_in(typed)
    rewritten(change)
    assert typed("predict --inputs asked --answers mine.arrow --about about.yaml --to other") == 0
    first, second = (json.loads(Path(f, "predicted.json").read_text()) for f in ("answers", "other"))
    assert second["predictions_sha256"] == first["predictions_sha256"]
    Path("mine.arrow").rename("other/predictions.arrow")  # as a program of the vendor's own may send it
    assert score(typed, "other") == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: pa.table([t.column(0), pa.array([None] * 2 + [1.0] * 38)], names=["id", "value"]), "SB305 row 0"),
        (lambda t: pa.table([t.column(0), pa.array([2**60 + 1] * 40)], names=["id", "value"]), "SB301 columns"),
        (lambda t: t.set_column(1, "value", t.column(1).dictionary_encode()), "SB301 .*dictionary"),
        (lambda t: t.set_column(0, "id", t.column(0).cast(pa.string_view())), "SB301 .*string_view"),
        (lambda t: pa.table([t.column(1).cast(pa.string()), t.column(1)], names=["id", "value"]), "SB303|SB304"),
    ],
    ids=["a null", "a number too large", "dictionary", "views", "forged ids"],
)
def test_what_would_lose_something_is_not_taken(typed, change, said):
    export(typed)
    answer()
    rewritten(change)
    with pytest.raises(ExchangeError, match=said):
        typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")
    assert not Path("answers").exists()


@pytest.mark.parametrize(
    ("beginning", "said"),
    [(b"ARROW1\0\0", "Arrow file"), (b"PAR1", "Parquet"), (b"id,value\n", "CSV"), (b"PK\3\4", "zip"), (b"", "empty")],
)
def test_a_file_of_another_kind_is_told_by_its_name(typed, beginning, said):
    export(typed)
    hand_in(typed)
    Path("answers/predictions.arrow").write_bytes(beginning)
    assert score(typed) == 1
    assert said in only_record().message and "new_stream" in only_record().message


def test_millions_of_rows_are_refused_by_the_first_ids(typed):
    export(typed)
    hand_in(typed)
    rows, n = read_stream(Path("answers/predictions.arrow")), 4_000_000
    many = pa.table([pa.repeat("x", n), pa.repeat(1.0, n)], schema=rows.schema)
    write_stream(Path("answers/predictions.arrow"), many, batch_rows=n)
    assert score(typed) == 1
    assert only_record().code == "SB303" and "(and" in only_record().message


def test_what_its_own_inputs_or_a_clock_would_answer_is_not_handed_out():
    forecasts, solver = (dataclasses.replace(CARD, interface=name) for name in ("forecasting", "solver_trace"))
    check_proves(CARD, sealed=True)
    check_proves(forecasts, sealed=False)  # everybody has the references
    with pytest.raises(UsageError, match="SB167 .*later row"):
        check_proves(forecasts, sealed=True)
    for sealed in (True, False):
        with pytest.raises(UsageError, match="SB167 .*clock"):
            check_proves(solver, sealed=sealed)


def test_secrets_that_can_be_guessed_or_read_are_told(typed, capsys):
    Path("secret").write_text("password-password-password")
    with pytest.raises(UsageError, match="26 characters, 8 of them different.*--new-secret"):
        export(typed)
    assert not Path("asked").exists()
    Path("secret").write_text(SECRET)
    Path("secret").chmod(0o644)
    export(typed)
    assert "chmod 600 secret" in capsys.readouterr().err
    Path("secret").chmod(0o600)
    hand_in(typed)
    score(typed)
    assert "chmod" not in capsys.readouterr().err
    with pytest.raises(UsageError, match="secret: is there already"):
        typed(f"reveal {TASK} --secret-file secret --to secret --results lab")
    assert Path("secret").read_text() == SECRET
    hand_in(typed, "more", values=[3.0] * 40)
    score(typed, "more", "--hold")  # nothing was revealed


def test_links_and_pipes_in_a_foreign_folder_are_not_followed(typed):
    export(typed)
    hand_in(typed)
    for name in ("predicted.json", "predictions.arrow"):
        path = Path("answers", name)
        kept = path.read_bytes()
        Path("outside").write_bytes(kept)
        for make in (lambda path=path: path.symlink_to(Path("outside").resolve()), lambda path=path: os.mkfifo(path)):
            path.unlink()
            make()
            with pytest.raises(ExchangeError, match="SB161"):
                score(typed)
        path.unlink()
        with pytest.raises(ExchangeError, match="SB161"):
            score(typed)
        path.write_bytes(kept)


def test_inputs_that_were_changed_are_not_answered(typed):
    export(typed)
    answer()
    inputs = read_stream(Path("asked/inputs.arrow"))
    write_stream(Path("asked/inputs.arrow"), inputs.slice(1))
    for words in ("--answers mine.arrow --about about.yaml", "--model half"):
        with pytest.raises(ExchangeError, match="SB160"):
            typed(f"predict --inputs asked {words} --to answers")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("inputs export toy_area/toy-lief --to asked", "did you mean 'toy_area/toy-life'"),
        (f"inputs export {TASK}#none --to asked", "no track 'none'"),
        (f"inputs export {TASK} --secret-file nowhere --to asked", "cannot be read"),
        ("predict --inputs nowhere --model half --to answers", "SB160"),
        ("score --predictions nowhere", "SB161"),
        ("reveal", "give TASK"),
        (f"reveal {TASK} --to out.json", "handed out no inputs"),
    ],
)
def test_a_mistake_is_told_in_a_line(typed, words, message):
    with pytest.raises(SectorBenchError, match=message):
        typed(words)


def test_answers_need_to_be_somebodys(typed):
    export(typed)
    answer()
    with pytest.raises(UsageError, match="go together"):
        typed("predict --inputs asked --answers mine.arrow --to answers")
    Path("about.yaml").write_text("name: acme-life\n")
    with pytest.raises(
        ExchangeError, match=r"SB161 about.yaml: vendor: .* must hold name, vendor, version, trained_on"
    ):
        typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")


def test_a_folder_that_is_there_is_not_written_over(typed):
    export(typed)
    with pytest.raises(UsageError, match="not empty"):
        typed(f"inputs export {TASK} --secret-file secret --to asked --results lab")


def test_a_failing_model_is_told_with_its_code_and_leaves_nothing(typed):
    export(typed)
    with pytest.raises(ExchangeError, match=r"SB206 .*(\n|.)*->"):
        typed("predict --inputs asked --model raises --to answers")
    assert sorted(one.name for one in Path().iterdir()) == ["about.yaml", "asked", "lab", "secret"]


def test_answers_that_break_rules_one_by_one_are_told_and_count_as_the_worst(typed, capsys):
    export(typed)
    assert hand_in(typed, values=[float("nan"), *map(float, range(1, 40))]) == 1
    assert "SB306" in capsys.readouterr().err
    assert score(typed) == 0
    assert only_record().counts.invalid_units == 1


def test_the_practice_secret_is_warned_of(typed, capsys):
    assert typed(f"inputs export {TASK} --to asked --results lab") == 0
    assert "everybody can know what is right" in " ".join(capsys.readouterr().err.split())


def test_a_ledger_that_is_damaged_is_no_reason_to_believe_anything(typed):
    export(typed)
    hand_in(typed)
    (memory,) = Path("lab/exchange").iterdir()
    memory.write_text("{")
    with pytest.raises(ExchangeError, match="SB160"):
        score(typed)
    memory.unlink()
    assert score(typed) == 0
    assert only_record().exchange.exported_at is None  # handed out by somebody else: the window is not known


def test_units_of_a_returned_result_can_be_shown(typed):
    export(typed)
    hand_in(typed)
    score(typed)
    assert Store(Path("lab")).find_work(only_record()) is not None


def test_answers_differ_by_numbers_lists_and_words():
    first = pa.table({"id": ["a", "b", "c"], "x": [1.0, 2e6, 0.0], "y": [["u"], [], ["v", "w"]]})
    assert difference(first, first).differing == 0
    near = pa.table({"id": ["b", "a"], "x": [2e6 + 100, 1.0], "y": [[], ["u"]]})
    assert difference(first, near) == difference(first, near.slice(0, 1)).model_copy(update={"asked": 2})
    assert difference(first, near).greatest_difference == pytest.approx(100 / (2e6 + 100))
    far = pa.table({"id": ["a", "c"], "x": [1.001, 0.0], "y": [["u"], ["v"]]})
    assert (difference(first, far).differing, difference(first, far).greatest_difference) == (2, None)


def test_a_new_secret_is_drawn_once_and_for_its_owner_alone(typed):
    assert typed(f"inputs export {TASK} --new-secret round --to asked --results lab") == 0
    secret = Path("round")
    assert len(secret.read_text().strip()) == 64 and secret.stat().st_mode & 0o777 == 0o600
    hand_in(typed)
    assert typed("score --predictions answers --secret-file round --results lab") == 0
    with pytest.raises(UsageError, match="is there already"):
        typed(f"inputs export {TASK} --new-secret round --to more --results lab")
    with pytest.raises(SystemExit):
        typed(f"inputs export {TASK} --new-secret other --secret-file secret --to more --results lab")


def test_what_a_laboratory_would_refuse_is_refused_at_the_vendors(typed):
    export(typed)
    answer()
    for text in (ABOUT.replace("Acme", '"A\\u202ecme"'), ABOUT.replace("Acme", '"A\\x9b2J"'), ABOUT + '"\\e[2J": 1\n'):
        Path("about.yaml").write_text(text)
        with pytest.raises(ExchangeError, match="SB161 about.yaml: ") as refused:
            typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")
        assert str(refused.value).isprintable()
    with pytest.raises(UsageError, match="asked: is not a regular file"):
        Path("about.yaml").write_text(ABOUT)
        typed("predict --inputs asked --answers asked --about about.yaml --to answers")


def test_answers_in_lists_are_compared_value_by_value():
    first = pa.table({"id": ["a", "b", "c", "d"], "x": [[1.0], [2.0, 9.0], [], [float("nan")]], "y": [{"u": 1}] * 4})
    assert share_alike(first, first) == 1.0
    lists = pa.array([[1.0], [2.0], [], [float("nan")]])
    assert share_alike(first, first.set_column(1, "x", lists)) == 0.75
    assert share_alike(first, first.set_column(1, "x", pa.array([[1.1], [2.0, 9.0], [], [5.0]]))) == 0.5
    assert share_alike(first, first.set_column(2, "y", pa.array([{"u": 2}] + [{"u": 1}] * 3))) == 0.75
    assert share_alike(first, first.select(["id", "y"])) == 1.0  # what only one of them tells is left out


def test_a_version_that_yaml_takes_for_a_number_is_told_how_to_be_written(typed):
    export(typed)
    answer()
    Path("about.yaml").write_text(ABOUT.replace("'2'", "2.0"))
    with pytest.raises(ExchangeError, match="SB161 about.yaml: version: .*quotes"):
        typed("predict --inputs asked --answers mine.arrow --about about.yaml --to answers")
    with pytest.raises(UsageError, match="no such file"):
        typed("predict --inputs asked --answers mine.arrow --about nobody.yaml --to answers")


def test_answers_to_inputs_that_nobody_asked_again_prove_nothing(typed):
    export(typed)
    hand_in(typed)
    typed("inputs sample --inputs asked --predictions answers --count 5 --to again --results lab")
    ids = read_stream(Path("asked/inputs.arrow")).column("id").to_pylist()
    values = [ids.index(one) // 2 * 2.0 for one in read_stream(Path("again/inputs.arrow")).column("id").to_pylist()]
    answer(values, folder="again")
    typed("predict --inputs again --answers mine.arrow --about about.yaml --to right")
    own = read_stream(Path("right/predictions.arrow"))
    said = json.loads(Path("right/predicted.json").read_text())
    for rows, code in ((own.slice(0, 1), "SB162"), (own.slice(0, 0), "SB162"), (None, "SB161")):
        folder = Path("forged")
        folder.mkdir(exist_ok=True)
        (folder / "predicted.json").write_text(json.dumps(said))
        (folder / "predictions.arrow").unlink(missing_ok=True)
        if rows is None:
            os.mkfifo(folder / "predictions.arrow")
        else:
            write_stream(folder / "predictions.arrow", rows)
        with pytest.raises(ExchangeError, match=code):
            score(typed, more="--rerun forged")
    (folder / "predicted.json").write_text(json.dumps(said | {"inputs_sha256": "1" * 64}))
    with pytest.raises(ExchangeError, match="SB162 forged: answers no sample that was drawn here"):
        score(typed, more="--rerun forged")
    assert score(typed, more="--rerun right") == 0
    with pytest.raises(UsageError, match="handed these inputs out to nobody"):
        typed("inputs sample --inputs asked --predictions answers --to more --results elsewhere")


def test_what_cannot_be_read_replaces_no_good_record(typed):
    export(typed)
    hand_in(typed)
    score(typed)
    good = only_record()
    Path("answers/predictions.arrow").write_bytes(b"garbage")
    assert score(typed) == 1
    records = {one.key: one for one in (load_record(p.parent) for p in Path("lab/records").rglob("record.json"))}
    assert records.pop(good.key) == good
    (bad,) = records.values()
    assert (bad.status, bad.code) == ("failed", "SB311")
    assert bad.protocol.predictions_sha256 != good.protocol.predictions_sha256


@pytest.mark.parametrize("forged", [{"wall_s": -1.0}, {"resumed_rows": -5}, {"peak_memory_gib": -3.0}])
def test_costs_below_nothing_are_refused(typed, forged):
    export(typed)
    hand_in(typed)
    edited("predicted.json", lambda said: said | {"cost": said["cost"] | forged})
    with pytest.raises(ExchangeError, match="SB161 .* less than nothing"):
        score(typed)
