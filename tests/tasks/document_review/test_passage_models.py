"""The baseline of sentences: labels by hand, and a reader of a few contracts that beats the floor on others."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.adapters.text_passages import find_passages, ranked_passages
from sectorbench.harness.data import DataFiles
from sectorbench.tasks.baseline_folder import reproducible_skops
from sectorbench.tasks.document_review.cuad_contracts import CATEGORIES, Passage, QuestionedContract, read_contracts
from sectorbench.tasks.document_review.passage_models import LabelledPassages, label_passages, train_passages
from sectorbench.tasks.document_review.span_curve import span_area
from sectorbench.tasks.document_review.span_matching import count_official

TEXT = "Ohio law governs this contract. Acme may audit the books. Ohio law governs this contract."


def contract(**marked):
    found = [tuple(Passage(TEXT.index(t), t) for t in marked.get(k.split()[0], ())) for k in CATEGORIES]
    ids = tuple(f"deal__{k}" for k in CATEGORIES)
    return QuestionedContract("deal", TEXT, ids, tuple(f"{k}?" for k in CATEGORIES), tuple(found))


def test_a_passage_answers_where_it_overlaps_a_marked_one_and_matches_it():
    labelled = label_passages([contract(Governing=["Ohio law governs this"], Audit=["books"], Parties=["Acme"])])
    assert len(labelled.texts) == 3
    assert labelled.answers[:, CATEGORIES.index("Governing Law")].tolist() == [True, False, False]  # the first alone
    assert not labelled.answers[:, CATEGORIES.index("Audit Rights")].any()  # one word of five
    assert labelled.answers[:, CATEGORIES.index("Parties")].tolist() == [False, True, False]  # holds the name


def test_probabilities_are_those_of_all_passages_though_few_of_the_others_are_kept():
    rng = np.random.default_rng(0)
    answers = rng.uniform(size=(6_000, 1)) < 0.1
    texts = ["fee due" if a or rng.uniform() < 0.1 else "other words" for a in answers[:, 0]]
    model = train_passages(LabelledPassages(texts, answers), ["Fee?"])
    said = model.predict_proba(["fee due"])[0, -1]
    share = np.mean([a for a, text in zip(answers[:, 0], texts, strict=True) if text == "fee due"])
    assert said == pytest.approx(share, abs=0.06)


def test_a_reader_of_thirty_contracts_finds_much_in_others_and_is_written_the_same_each_time(mirror, tmp_path):
    files = DataFiles(mirror=mirror, cache=tmp_path)
    some = read_contracts(files, "train")[:30]
    labelled = label_passages(some)
    asked = np.flatnonzero(labelled.answers.sum(axis=0) >= 10)[:12]
    labelled = LabelledPassages(labelled.texts, labelled.answers[:, asked])
    model, again = (train_passages(labelled, [some[0].questions[at] for at in asked]) for _ in range(2))
    assert reproducible_skops(model) == reproducible_skops(again)
    total = np.zeros(203)
    for one in read_contracts(files, "test")[:20]:
        places = find_passages(one.text)
        share = model.predict_proba([one.text[a:b] for a, b in places])
        for column, at in enumerate(asked):
            spans = [(one.text[a:b], p) for a, b, p in ranked_passages(places, share[:, column], 20)]
            counts = count_official(one.ids[at], [p.text for p in one.passages[at]], spans)
            total += np.concatenate([counts.true, counts.false, [counts.marked]])
    assert 0.2 < span_area(total) < 0.9
