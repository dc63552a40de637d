"""A toy task: forty machines, the remaining life of machine i is i steps, and a static feature says 2 i for even i."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.metrics import mean_metric, root_mean_metric
from sectorbench.harness.task import Split, Task, TaskCard, Track
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table

MACHINES = 40
WORST = 100.0


def _text(words: str) -> Text:
    return Text(words, words)


CARD = TaskCard(
    id="toy_area/toy-life",
    version=1,
    title=_text("Toy life"),
    summary=_text("Forty machines"),
    realism="synthetic",
    industry=None,
    region=None,
    interface="regression",
    data=None,
    practice_secret="toy practice",
    splits=(Split("test", MACHINES, MACHINES, False),),
    unit="machine",
    unit_title=_text("machine"),
    block=None,
    tracks=(Track("default", _text("default")),),
    slices=("half",),
    primary=root_mean_metric("rmse_steps", _text("RMSE"), unit="steps", statistic="squared", formula="rmse", digits=3),
    secondary=(
        mean_metric(
            "mae_steps",
            _text("MAE"),
            unit="steps",
            statistic="absolute",
            best=0.0,
            higher_is_better=False,
            formula="mae",
            limits=(0.0, np.inf),
            digits=3,
        ),
    ),
    floor="mean-life",
    incumbent=None,
    perfect=0.0,
    worst_value=WORST,
    worst_value_of=_text("error in steps"),
    on_invalid="worst",
    standings=True,
    detectable_effect=None,
    citation="none",
)


class ToyLife(Task):
    card = CARD

    def inputs(self, files, draw):
        number = np.arange(MACHINES)
        schema = regression_inputs(
            channels=[Quantity("load", "kW")],
            static=[Quantity("hint", "steps")],
            target=Quantity("remaining life", "steps"),
            step_unit="day",
            history_max=1,
            train_mean=19.5,
            target_range=(0.0, None),
        )
        series = pa.array([[[float(i)]] for i in number], schema.field("series").type)
        hint = np.where(number % 2 == 0, 2 * number, 2 * number + 2).astype(np.float32)
        static = pa.FixedSizeListArray.from_arrays(pa.array(hint), 1)
        ids = pa.array([f"m{i:02d}" for i in number])
        return pa.table([ids, series, static, pa.array(["score"] * MACHINES)], schema=schema)

    def references(self, files, draw):
        number = np.arange(MACHINES)
        return pa.table({"id": [f"m{i:02d}" for i in number], "life": number.astype(np.float64)})

    def score(self, answers, references):
        truth = references.column("life").to_numpy()
        given = answers.predictions.column("value").to_numpy()
        bad = np.array([row in answers.problems for row in range(len(truth))])
        error = np.where(bad, WORST, np.abs(np.where(bad, 0.0, given) - truth))
        names = references.column("id").to_pylist()
        return units_table(
            unit=names,
            slices={"half": ["low" if t < MACHINES / 2 else "high" for t in truth]},
            statistics={"squared": error**2, "absolute": error},
            rows=[1] * len(names),
            invalid=bad.astype(int).tolist(),
            code=[answers.problems[i].code if i in answers.problems else "" for i in range(len(names))],
        )


TASK = ToyLife()
