"""What is compared with what: boards, repeats, test sets, models, and records that are left out."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sectorbench.harness.errors import RecordError
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from site_records import CARDS, CLAUSES, GEARS, PUMPS, make_record, sha, write_cell, write_record


def _collect(root, *controls):
    return collect(load_records([root]), CARDS, frozenset(controls))


def test_tracks_are_boards_of_their_own(synthetic):
    boards = _collect(synthetic[0]).boards
    assert [(b.card.name, b.track.name) for b in boards] == [
        ("clauses", "default"),
        ("gear-life", "default"),
        ("pump-life", "no-counter"),
        ("pump-life", "counter"),
    ]


def test_results_stand_by_name_without_regard_to_capitals(tmp_path):
    for name in ("beta", "Alpha", "gamma"):
        write_cell(tmp_path, PUMPS, [1.0] * 10, name=name)
    (board,) = _collect(tmp_path).boards
    assert [r.record.cell.model.name for r in board.results] == ["Alpha", "beta", "gamma"]


def test_the_lowest_repeat_is_the_score_and_the_others_are_repeats(tmp_path):
    for repeat in (2, 0, 1):
        write_cell(tmp_path, PUMPS, [1.0] * 10, repeat=repeat)
    (board,) = _collect(tmp_path).boards
    assert [r.record.cell.repeat for r in board.results] == [0]
    assert [r.record.cell.repeat for r in board.repeats] == [1, 2]


def test_two_settings_of_one_model_are_told_apart_by_what_differs(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m", settings={"batch": 1})
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m", settings={"batch": 2})
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="alone")
    (board,) = _collect(tmp_path).boards
    assert [r.variant for r in board.results] == [
        (),
        (("settings", '{"batch": 1}'),),
        (("settings", '{"batch": 2}'),),
    ]


def test_a_cell_that_failed_puts_no_words_on_those_with_a_value(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m", settings={"batch": 1})
    write_record(tmp_path, make_record(PUMPS, name="m", settings={"batch": 2}))
    (board,) = _collect(tmp_path).boards
    told = {r.record.status: r.variant for r in board.results}
    assert told == {"ok": (), "failed": (("settings", '{"batch": 2}'),)}


def test_results_on_different_test_sets_never_share_a_board(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="a", inputs_sha256=sha(1))
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="b", inputs_sha256=sha(2))
    write_record(tmp_path, make_record(PUMPS, name="never-had-inputs", inputs_sha256=None))
    first, second = _collect(tmp_path).boards
    assert {first.test_set, second.test_set} == {sha(1)[:8], sha(2)[:8]}
    assert len(first.results) == 2
    assert len(second.results) == 1


def test_a_model_named_like_the_floor_is_not_taken_for_it(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="mean-life", adapter="skops")
    (board,) = _collect(tmp_path).boards
    assert board.floor is None
    assert not board.results[0].is_floor


def test_models_of_one_name_with_other_weights_have_pages_of_their_own(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m", model_sha256=sha("v1"))
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m", model_sha256=sha("v2"))
    models = _collect(tmp_path).models
    assert len({m.slug for m in models}) == 2
    assert all(m.namesake for m in models)


def test_a_models_address_does_not_depend_on_other_records(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name="m")
    before = _collect(tmp_path).models[0].slug
    write_cell(tmp_path, GEARS, [1.0] * 10, name="m")
    write_cell(tmp_path, GEARS, [1.0] * 10, name="M")
    assert before in {m.slug for m in _collect(tmp_path).models}


@pytest.mark.parametrize("name", ["../../x", "泵", "", "a/b\\c", ".", "CON"])
def test_every_name_gives_a_plain_file_name(tmp_path, name):
    write_cell(tmp_path, PUMPS, [1.0] * 10, name=name)
    slug = _collect(tmp_path).models[0].slug
    assert slug.strip("abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
    assert not slug.startswith(".")


def test_records_that_cannot_be_shown_are_left_out_with_the_reason(synthetic):
    reasons = {one.model: one.reason for one in _collect(synthetic[0]).ignored}
    assert reasons == {"partial": "partial", "stranger": "no_card", "old": "other_version"}


def test_a_record_of_an_unknown_track_is_left_out(tmp_path):
    write_record(tmp_path, make_record(PUMPS, "no-such-track"))
    assert _collect(tmp_path).ignored[0].reason == "no_track"


def test_a_record_whose_primary_metric_is_not_the_cards_is_an_error(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10)
    changed = replace(PUMPS, primary=CLAUSES.primary)
    with pytest.raises(RecordError, match="primary metric 'accuracy'"):
        collect(load_records([tmp_path]), {PUMPS.id: changed})


def test_a_record_in_another_unit_than_the_cards_is_an_error(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 10)
    changed = replace(PUMPS, primary=replace(PUMPS.primary, unit="hours"))
    with pytest.raises(RecordError, match="expects in hours"):
        collect(load_records([tmp_path]), {PUMPS.id: changed})


def test_the_digest_changes_with_any_record_and_not_with_their_place(tmp_path):
    write_cell(tmp_path / "a", PUMPS, [1.0] * 10, name="one")
    write_cell(tmp_path / "b", PUMPS, [2.0] * 10, name="two")
    both = collect(load_records([tmp_path / "a", tmp_path / "b"]), CARDS).digest
    assert both == collect(load_records([tmp_path / "b", tmp_path / "a"]), CARDS).digest
    assert both != collect(load_records([tmp_path / "a"]), CARDS).digest


def test_a_corrected_manifest_replaces_the_record_of_the_cell_on_the_board(tmp_path):
    first = write_cell(tmp_path / "a", PUMPS, [1.0, 2.0] * 6, name="pump-net", trained_on=("pumps",))
    corrected = {"trained_on": ("pumps", "more pumps"), "started_at": first.started_at + timedelta(hours=1)}
    second = write_cell(tmp_path / "b", PUMPS, [1.0, 2.0] * 6, name="pump-net", **corrected)
    assert first.key != second.key
    collection = _collect(tmp_path)
    (board,) = collection.boards
    assert [r.record.key for r in board.results] == [second.key]
    assert board.repeats == ()
    assert [(i.key, i.reason) for i in collection.ignored] == [(first.key, "superseded")]
    (model,) = collection.models
    assert model.identity.trained_on == ("pumps", "more pumps")


def test_a_control_is_a_builtin_of_that_name_and_never_a_submission_that_calls_itself_so(tmp_path):
    write_cell(tmp_path, PUMPS, [3.0] * 12)
    write_cell(tmp_path, PUMPS, [2.0] * 12, name="random-values")
    write_cell(tmp_path, PUMPS, [1.0] * 12, name="random-values", vendor="Stranger", adapter="skops")
    (board,) = _collect(tmp_path, "random-values", "mean-life").boards
    marks = {(r.record.cell.model.name, r.record.cell.model.vendor): r.marks for r in board.results}
    assert marks == {
        ("mean-life", "Example"): ("floor", "control"),
        ("random-values", "Example"): ("control",),
        ("random-values", "Stranger"): (),
    }


@pytest.mark.parametrize(("field", "value"), [("value", 0.5), ("n_units", 9)])
def test_a_figure_that_does_not_follow_from_its_units_is_an_error(tmp_path, field, value):
    write_cell(tmp_path, PUMPS, [3.0] * 10)
    (path,) = tmp_path.rglob("record.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    record["metrics"][1][field] = value
    path.write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(
        RecordError, match=r"record.json: mae_cycles is .* the units beside it give 3 of 10: one of them"
    ):
        _collect(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"floor": "patchtst-tiny"}, "floor: recorded patchtst-tiny, its task says mean-life"),
        ({"predicted_by": "lab", "scored_by": "lab"}, "predicted_by: recorded lab, it names no commitment: self"),
        ({"trust": "own"}, "trust: recorded own, its settings say checked"),
        ({"predict_key": "0" * 64}, "key: recorded "),
    ],
)
def test_a_record_that_its_own_fields_or_its_card_gainsay_is_an_error(tmp_path, change, said):
    record = write_cell(tmp_path, PUMPS, [1.0, 2.0] * 6).model_copy(update=change)
    write_record(tmp_path, record)
    with pytest.raises(RecordError, match=f"record.json: is not what a run writes:\n  {said}"):
        collect(load_records([tmp_path]), CARDS)


def test_an_interval_that_does_not_follow_from_its_units_is_an_error(tmp_path):
    record = write_cell(tmp_path, PUMPS, [1.0, 2.0] * 6)
    first = record.metrics[0]
    narrow = first.model_copy(update={"interval": first.interval.model_copy(update={"high": first.value})})
    write_record(tmp_path, record.model_copy(update={"metrics": (narrow, *record.metrics[1:])}))
    with pytest.raises(RecordError, match=r"metrics.rmse_cycles.interval: recorded .*, the units beside it give \["):
        collect(load_records([tmp_path]), CARDS)
