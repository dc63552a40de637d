"""Toy tasks in words: twelve numbers, of which the even ones are to be told, by choice or by writing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import toy_tasks
from sectorbench.harness.metrics import share_metric
from sectorbench.harness.prompting import Prompting
from sectorbench.harness.task import Split, Task, Track
from sectorbench.harness.text import Text
from sectorbench.harness.text_inputs import choice_inputs, generation_inputs
from sectorbench.harness.units import units_table

NUMBERS = 12


def _card(name, interface, **more):
    return dataclasses.replace(
        toy_tasks.CARD,
        id=f"toy_area/{name}",
        interface=interface,
        splits=(Split("test", NUMBERS, NUMBERS, False),),
        slices=(),
        primary=share_metric(
            "accuracy", Text("right", "right"), statistic="right", higher_is_better=True, formula="right / rows"
        ),
        secondary=(),
        floor="first-option" if interface == "choice" else "silent",
        perfect=1.0,
        worst_value=0.0,
        **more,
    )


class ToyText(Task):
    def __init__(self, card):
        self.card = card

    def inputs(self, files, draw):
        ids = [f"n{i:02d}" for i in range(NUMBERS)]
        if self.card.interface == "choice":
            prompting = self.card.track(draw.track).prompting
            schema = choice_inputs(language="en", train_share={}, prompting=prompting)
            asked = {"questions": ["Is it even?"], "options": [["yes", "no"]]}
            prompt = {"context": "Number ", "question": ". ", "option": " "}
            rows = [{"id": one, "context": str(i), "prompt": prompt} | asked for i, one in enumerate(ids)]
        else:
            schema = generation_inputs(language="en")
            said = "Is {} even? yes or no"
            rows = [
                {"id": one, "messages": [{"role": "user", "content": said.format(i)}], "stop": ["\n"], "max_tokens": 8}
                for i, one in enumerate(ids)
            ]
        return pa.Table.from_pylist(rows, schema=schema)

    def references(self, files, draw):
        return pa.table({"id": [f"n{i:02d}" for i in range(NUMBERS)], "even": [i % 2 == 0 for i in range(NUMBERS)]})

    def score(self, answers, references):
        even = references.column("even").to_pylist()
        if self.card.interface == "choice":
            said = [one[0][0] > one[0][1] for one in answers.predictions.column("probability").to_pylist()]
        else:
            said = [text.strip() == "yes" for text in answers.predictions.column("text").to_pylist()]
        usable = [row not in answers.problems for row in range(len(said))]
        names = references.column("id").to_pylist()
        return units_table(
            unit=names,
            slices={},
            statistics={"right": np.array([u and s == e for u, s, e in zip(usable, said, even, strict=True)], float)},
            rows=[1] * len(names),
            invalid=[int(not one) for one in usable],
            code=[answers.problems[i].code if i in answers.problems else "" for i in range(len(names))],
        )


CHOICE = ToyText(_card("toy-choice", "choice"))
ARGUED = ToyText(
    dataclasses.replace(
        _card("toy-argued", "choice"),
        tracks=(Track("default", Text("argued", "argued"), prompting=Prompting("You count.", reasoning_tokens=100)),),
    )
)
WRITING = ToyText(_card("toy-writing", "generation"))
SEALED = dataclasses.replace(CHOICE.card, practice_secret="toy practice")
