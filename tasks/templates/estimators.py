"""Small scikit-learn models, fitted on random numbers or on a few lines of text, and the features they declare."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ...harness.adapters.forecast_features import ForecastWindow
from ...harness.adapters.pair_features import PAIR_COLUMNS, PairOverlap
from ...harness.adapters.plain_features import StaticFeatures
from ...harness.adapters.series_features import SeriesSummary
from ...harness.adapters.step_features import StepLevels
from ...harness.interfaces import Quantity, regression_inputs
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, reproducible_skops
from ..document_review.compliance.wording import load_wording
from ..document_review.compliance_task import open_documents
from ..energy.simulated_day_ahead import TASK as LOAD
from ..predictive_maintenance.ai4i import FEATURES
from ..predictive_maintenance.fleet_rows import HISTORY_MAX_CYCLES
from ..predictive_maintenance.fleet_simulator import CHANNELS as FLEET_CHANNELS
from ..predictive_maintenance.fleet_simulator import STATIC as FLEET_STATIC
from ..predictive_maintenance.milling_failure import HEAD
from ..predictive_maintenance.rul_metrics import RUL_CAP_CYCLES
from ..predictive_maintenance.skab import CHANNELS as PUMP_CHANNELS
from .kinds import SEED, Made
from .text_models import LINES

__all__ = ["choice", "classification", "detection", "extraction", "forecasting", "ranking", "regression"]

_ROWS, _TREES, _LOAD_STEPS = 64, 20, 48

FloatArray = npt.NDArray[np.float64]


def regression() -> Made:
    """Boosted trees, which take missing readings, on summaries of a series."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    schema = regression_inputs(
        channels=FLEET_CHANNELS,
        static=FLEET_STATIC,
        target=Quantity("remaining_life", "cycles"),
        step_unit="cycle",
        history_max=HISTORY_MAX_CYCLES,
        train_mean=RUL_CAP_CYCLES / 2,
        target_range=(0.0, RUL_CAP_CYCLES),
    )
    step, rng = SeriesSummary(), np.random.default_rng(SEED)
    matrix, target = rng.normal(size=(_ROWS, len(step.names(schema)))), rng.uniform(0, RUL_CAP_CYCLES, _ROWS)
    return _made(HistGradientBoostingRegressor(max_iter=_TREES, random_state=SEED).fit(matrix, target), step)


def classification() -> Made:
    """A forest on static features, whose classes are those of the head."""
    from sklearn.ensemble import RandomForestClassifier

    matrix = _normal(_ROWS, len(FEATURES))
    names = np.array(HEAD.classes)[np.arange(_ROWS) % len(HEAD.classes)]
    return _made(RandomForestClassifier(_TREES, max_depth=4, random_state=SEED).fit(matrix, names), StaticFeatures())


def detection() -> Made:
    """An isolation forest on the readings of each step."""
    from sklearn.ensemble import IsolationForest

    step = StepLevels()
    matrix = _normal(_ROWS, step.width(len(PUMP_CHANNELS)))
    return _made(IsolationForest(n_estimators=_TREES, random_state=SEED).fit(matrix), step)


def forecasting() -> Made:
    """A linear model from the last readings of a target to all steps ahead."""
    from sklearn.linear_model import Ridge

    plan = LOAD.plan(Draw(LOAD.card.tracks[0].name))
    step = ForecastWindow(steps=_LOAD_STEPS, step_s=plan.step_s)
    drawn = _normal(_ROWS, _LOAD_STEPS + plan.horizon)
    return _made(Ridge().fit(drawn[:, :_LOAD_STEPS], drawn[:, _LOAD_STEPS:]), step)


def choice() -> Made:
    """Words of the context to the options of the task."""
    options = load_wording("en").tree["options"]
    return _text_model([options["yes"], options["no"]])


def extraction() -> Made:
    """Words of a sentence to the questions of the task."""
    (document,) = open_documents("en", 1)
    asked = load_wording("en").tree["places_question"]
    return _text_model([asked.format(rule=rule) for rule in document.rules])


def ranking() -> Made:
    """A linear model on what query and candidate have in common."""
    from sklearn.linear_model import LogisticRegression

    relevant = np.arange(_ROWS) % 2 == 1
    return _made(LogisticRegression().fit(_normal(_ROWS, len(PAIR_COLUMNS)), relevant), PairOverlap())


def _text_model(classes: list[str]) -> Made:
    """A classifier of words: every class is shown its own words, and each line goes to the next class."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    named = [*classes, *(classes[at % len(classes)] for at in range(len(LINES)))]
    words = TfidfVectorizer()
    fitted = LogisticRegression().fit(words.fit_transform([*classes, *LINES]), named)
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return _made(Pipeline([("words", words), ("classes", fitted)]), None)


def _made(model: Any, step: Any) -> Made:
    options = {} if step is None else {"features": step.as_options()}
    return Made({MODEL_FILE: reproducible_skops(model)}, {"file": MODEL_FILE} | options)


def _normal(*shape: int) -> FloatArray:
    return np.random.default_rng(SEED).normal(size=shape)
