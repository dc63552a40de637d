"""What tracks put around inputs, as pages say it, in both languages."""

from __future__ import annotations

import dataclasses

from sectorbench.harness.prompting import BARE, Prompting
from sectorbench.harness.records import PromptProtocol, UnitCounts
from sectorbench.harness.task import Track
from sectorbench.harness.text import Text
from sectorbench.leaderboard.view_prompting import prompt_facts, track_lines
from site_records import PUMPS, make_record

ASKED = Prompting(system="Be <b>brief</b>.", few_shot=5, chat_template=True, reasoning_tokens=2048)


def with_prompting(prompting, **counts):
    record = make_record(PUMPS)
    protocol = record.protocol.model_copy(update={"prompting": PromptProtocol(**dataclasses.asdict(prompting))})
    told = UnitCounts(units=12, rows=12, invalid_rows=0, invalid_units=0, codes={}, **counts)
    return record.model_copy(update={"protocol": protocol, "counts": told})


def test_everything_that_is_put_around_an_input_is_said_in_both_languages():
    (fact,) = prompt_facts(with_prompting(ASKED))
    assert [line.en for line in fact.values] == [
        "system prompt: Be <b>brief</b>.",
        "answered training examples before every input: 5",
        "options weighed behind the model's own chat template, where it has one",
        "answered in words, after at most 2,048 tokens of reasoning",
    ]
    assert all(any("\u4e00" <= c <= "\u9fff" for c in line.zh) for line in fact.values)


def test_a_bare_input_and_an_older_record_say_nothing():
    assert prompt_facts(with_prompting(BARE)) == prompt_facts(make_record(PUMPS)) == []


def test_answers_that_were_cut_or_could_not_be_read_are_told_also_where_none_was():
    (fact,) = prompt_facts(with_prompting(BARE, unread=0, truncated=3))
    assert [line.en for line in fact.values] == [
        "0 could not be read and count as wrong",
        "3 ended at the limit of tokens",
    ]


def test_a_track_stands_with_what_it_puts_around_its_inputs():
    tracks = (Track("bare", Text("input alone", "仅输入")), Track("told", Text("told", "告知"), prompting=ASKED))
    lines = [line.en for line in track_lines(dataclasses.replace(PUMPS, tracks=tracks))]
    assert lines[:3] == ["bare: input alone", "told: told", "told: system prompt: Be <b>brief</b>."]
    assert len(lines) == 6
