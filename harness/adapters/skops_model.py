"""Runs scikit-learn models that were saved with skops: on declared features of rows, or on text.

A skops file names the types it is made of and nothing in it is executed; still, only types on a list are loaded, and
the arrays that tree models index with are checked, because scikit-learn follows them without looking.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, no_such_option
from ..interfaces import get_interface, table_info
from .base import Adapter, LoadContext
from .class_answers import Threshold, class_answers, parse_threshold
from .feature_steps import FeatureStep, parse_step
from .head_probabilities import head_probabilities
from .pair_features import PairOverlap
from .row_arrays import runs
from .skops_forecast import SkopsForecast, check_forecast_step
from .skops_lone import Watched, freeze, lone_rows, wrong_reach
from .skops_ranking import SkopsRanking
from .skops_text import check_text_classifier, choice_shares, parse_questions
from .span_answers import broken_span, span_answers
from .step_answers import step_answers
from .step_features import StepLevels
from .text_passages import find_passages, ranked_passages

__all__ = ["TRUSTED_TYPES", "SkopsModel", "SkopsOptions", "parse_options", "refused_types"]

TRUSTED_TYPES = frozenset(
    {
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.DotProduct",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.RationalQuadratic",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Types taken besides those that skops trusts by itself (public estimators, numpy arrays and ufuncs, containers)."""

_BOMB_RATIO, _BOMB_BYTES = 100, 64 << 20  # real models shrink at most tenfold; small files may shrink as they like
_SHOWN = 8  # names in one message


@dataclass(frozen=True)
class SkopsOptions:
    """What ``options`` of a manifest with ``adapter: skops`` may hold.

    Attributes:
        file: Name of the skops file in the folder.
        features: The feature step that the model was trained on; None for a model of text.
        text: The input column that a model of text reads; ``context`` is the only one there is.
        threshold: From which probability a classifier decides for a class; None leaves that to the task.
        questions: Of a model of text with an output per question or query: their texts, in the order of the outputs.
    """

    file: str = "model.skops"
    features: FeatureStep | StepLevels | PairOverlap | None = None
    text: str = "context"
    threshold: Threshold = None
    questions: tuple[str, ...] | None = None


def parse_options(options: Mapping[str, Any]) -> SkopsOptions:
    """The adapter's options from a manifest; needs no scikit-learn.

    Raises:
        SubmissionError: An option is unknown or has a value that makes no sense; the message names it.
    """
    where = "SB103 submission.yaml, field 'options"
    known = ("file", "features", "text", "threshold", "questions")
    if unknown := sorted(set(options) - set(known), key=str):
        raise SubmissionError(f"{where}': {no_such_option(unknown, known)}")
    file, text, features = options.get("file", "model.skops"), options.get("text", "context"), options.get("features")
    if not isinstance(file, str) or Path(file).is_absolute() or ".." in Path(file).parts or not file:
        raise SubmissionError(f"{where}.file' is {file!r}, expected a file name in the folder, such as model.skops")
    if text != "context":
        raise SubmissionError(f"{where}.text' is {text!r}, expected 'context', the text column")
    step = None if features is None else parse_step(features)
    questions = parse_questions(options)
    return SkopsOptions(file=file, features=step, text=text, threshold=parse_threshold(options), questions=questions)


def refused_types(path: Path) -> list[str]:
    """The types in a skops file that are neither skops' own nor in ``TRUSTED_TYPES``; reads without loading a model.

    Raises:
        SubmissionError: The file is no skops file, or unpacks to far more than it is.
    """
    from skops.io import get_untrusted_types

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * path.stat().st_size):
            raise SubmissionError(
                f"SB107 {path.name}: unpacks to {unpacked:,} bytes, over {_BOMB_RATIO} times its size"
            )
        found = get_untrusted_types(file=path)
    except (SubmissionError, MemoryError):
        raise
    except FileNotFoundError as err:
        raise SubmissionError(f"SB104 {path.name}: not found in the folder; save the model there") from err
    except Exception as err:  # a crafted file can make the reader fail in any way
        raise SubmissionError(f"SB107 {path.name}: not a skops file that can be read: {_told(err)}") from err
    return sorted(set(found) - TRUSTED_TYPES)


class SkopsModel(Adapter):
    """A scikit-learn estimator from ``model.skops``.

    Regression: the declared feature step, then ``predict``. Classification: the same step, then ``predict_proba``; an
    exclusive head's ``classes_`` are its class names, in any order, and a class that training lacked gets 0; an
    independent head has one column per class, from ``predict_proba`` or, cut to 0..1, from ``predict``. Detection: the
    step ``step-levels``, then ``score_samples`` turned round: scikit-learn gives normal rows the greater ones. Choice:
    ``predict_proba`` on the row's context, whose ``classes_`` are option texts, see ``skops_text``. Extraction:
    ``predict_proba`` on every sentence and line of the context (see ``text_passages``), whose ``classes_`` are question
    texts; each is taken as it is, a question that is no class has no answer, and shares that are not finite break the
    row (SB306). Forecasting: see ``skops_forecast``. Ranking: the step ``pair-overlap``, or
    ``predict_proba`` on the candidate's text, see ``skops_ranking``.
    """

    revision = 2
    serves = frozenset({"regression", "classification", "detection", "forecasting", "choice", "extraction", "ranking"})
    batch_rows = 1024
    examined_apart = True

    def __init__(self, model: Any, options: SkopsOptions, context: LoadContext) -> None:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped, unused-ignore]

        self._watched = Watched(model, options.file)
        if context.interface not in ("forecasting", "extraction"):  # which ask about each row by itself
            model = lone_rows(model, np.random.default_rng())  # of no seed: no model may know what is asked again
        self._model, self._options, self._schema = model, options, context.inputs_schema
        answers = {
            "regression": self._regression,
            "classification": self._classification,
            "detection": self._detection,
            "choice": self._choice,
            "extraction": self._extraction,
        }
        if context.interface == "ranking":
            answers["ranking"] = SkopsRanking(model, options.file, options.features, options.questions).predict
        elif context.interface == "forecasting":
            answers["forecasting"] = SkopsForecast(model, options.features, context).predict
        self._answer = answers[context.interface]
        self._threads = ThreadpoolController()

    @classmethod
    def examine_options(cls, options: Mapping[str, Any]) -> None:
        """Checks the options.

        Raises:
            SubmissionError: One is wrong; the message begins with the code.
        """
        parse_options(options)

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options and the types that the file names.

        Raises:
            SubmissionError: An option is wrong, the file cannot be read, or holds types that are not taken.
        """
        path = folder / parse_options(options).file
        if refused := refused_types(path):
            more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
            raise SubmissionError(f"SB106 {path.name}: types that are not taken: {', '.join(refused[:_SHOWN])}{more}")

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads the file after its types were checked, and makes sure that the model fits the inputs.

        Raises:
            SubmissionError: Options, file, types or versions are wrong; the message begins with the code.
            InterfaceError: The model was trained on another number of features, or has no such answer.
        """
        if context.folder is None:
            raise SubmissionError("SB101 adapter skops reads its model from a submission folder, and there is none")
        options = parse_options(context.options)
        model = _load_model(context.folder / options.file)
        if context.interface in ("choice", "extraction"):
            by_decision = context.interface == "choice"
            check_text_classifier(model, options.file, options.questions, by_decision=by_decision)
        elif context.interface == "detection":
            _check_detector(model, options, context.inputs_schema)
        elif context.interface != "ranking":  # which looks at the model itself
            check_forecast_step(options.features, context.interface)
            _check_features(model, options, context.inputs_schema)
        return cls(model, options, context)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, ``probability``, ``score`` or ``spans``, as the interface asks."""
        # Sums of matrix products depend on how many threads share them; trees do not, and keep their threads.
        with self._threads.limit(limits=1, user_api="blas"):
            answers = self._answer(rows)
        self._watched.check()
        return answers

    def _regression(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        value = np.asarray(self._model.predict(self._matrix(rows)), np.float64).reshape(rows.num_rows, -1)
        if value.shape[1] != 1:
            raise InterfaceError(
                f"the model answers {value.shape[1]} numbers per row, interface regression asks for one"
            )
        return _table("regression", rows, pa.array(value[:, 0]))

    def _classification(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        heads = table_info(self._schema)["heads"]
        said = head_probabilities(self._model, self._matrix(rows), heads)
        return class_answers(rows, heads, said, self._options.threshold)

    def _matrix(self, rows: pa.RecordBatch) -> npt.NDArray[np.float64]:
        features = self._options.features
        assert features is not None and not isinstance(features, StepLevels | PairOverlap)  # load made sure
        return features.matrix(rows, self._schema)

    def _detection(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        step, channels = self._options.features, len(table_info(self._schema)["channels"])
        assert isinstance(step, StepLevels)  # load made sure
        asked = zip(runs(rows, channels), rows.column("normal_steps").to_pylist(), strict=True)
        return step_answers(rows, [-np.asarray(self._model.score_samples(step.matrix(*one))) for one in asked])

    def _choice(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        return _table("choice", rows, choice_shares(self._model, rows, self._options.questions))

    def _extraction(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        column = {str(name): at for at, name in enumerate(self._model.classes_)}
        most, found = table_info(self._schema)["spans_max"], []
        for row in rows.to_pylist():
            passages = find_passages(row["context"])
            texts = [row["context"][start:end] for start, end in passages]
            share = np.asarray(self._model.predict_proba(texts), np.float64) if texts else np.zeros((0, len(column)))
            if not np.isfinite(share).all():
                found.append([[broken_span(row["context"])] for _ in row["questions"]])
                continue
            asked = [column.get(question) for question in row["questions"]]
            found.append([[] if at is None else ranked_passages(passages, share[:, at], most) for at in asked])
        return span_answers(rows.column("id"), found)


def _load_model(path: Path) -> Any:
    from sklearn.base import BaseEstimator
    from sklearn.exceptions import InconsistentVersionWarning
    from skops.io import load

    if refused := refused_types(path):
        more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        raise SubmissionError(f"SB106 {path.name}: holds {', '.join(refused[:_SHOWN])}{more}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            model = load(path, trusted=sorted(TRUSTED_TYPES))
        for part, width in _parts(model):
            if (wrong := _wrong_tree(part, width)) is not None:
                raise SubmissionError(f"SB107 {path.name}: a tree {wrong}; the file is damaged or was made by hand")
            if (wrong := wrong_reach(part)) is not None:
                raise SubmissionError(f"SB107 {path.name}: {wrong}")
            freeze(part)
            if getattr(part, "n_jobs", None) is not None:
                part.n_jobs = 1  # parallel members add up in the order in which they end
    except (SubmissionError, MemoryError):
        raise
    except InconsistentVersionWarning as err:
        raise SubmissionError(
            f"SB107 {path.name}: {err.estimator_name} was saved with scikit-learn {err.original_sklearn_version}, "
            f"this is {err.current_sklearn_version}; fit and save it again with {err.current_sklearn_version}"
        ) from err
    except Exception as err:  # a crafted file can make the loader fail in any way
        raise SubmissionError(f"SB107 {path.name}: does not load: {_told(err)}") from err
    if not isinstance(model, BaseEstimator):
        raise SubmissionError(f"SB107 {path.name}: holds a {type(model).__name__}, expected a fitted estimator")
    return model


def _check_detector(model: Any, options: SkopsOptions, schema: pa.Schema) -> None:
    if not isinstance(options.features, StepLevels):
        raise SubmissionError(
            "SB103 submission.yaml, field 'options.features': a detector needs {step: step-levels, revision: 1}"
        )
    if not hasattr(model, "score_samples"):
        raise SubmissionError(
            f"SB107 {options.file}: {type(model).__name__} has no score_samples; save an IsolationForest, a "
            "GaussianMixture or another estimator that has"
        )
    channels = [c["name"] for c in table_info(schema)["channels"]]
    _check_width(model, options.file, options.features.width(len(channels)), f"of {', '.join(channels)}")


def _check_width(model: Any, file: str, width: int, named: str) -> None:
    trained = getattr(model, "n_features_in_", width)
    if trained != width:
        raise InterfaceError(
            f"{file} was trained on {trained} features, these inputs give {width} ({named}); "
            "name the tasks and tracks it was made for under 'tasks' in submission.yaml"
        )


def _check_features(model: Any, options: SkopsOptions, schema: pa.Schema) -> None:
    if options.features is None or isinstance(options.features, StepLevels | PairOverlap):
        raise SubmissionError(
            "SB103 submission.yaml, field 'options.features': missing or no step for rows; the model needs the "
            "feature step it was trained on, such as {step: series-summary, revision: 1}"
        )
    if not hasattr(model, "predict"):
        raise SubmissionError(f"SB107 {options.file}: {type(model).__name__} has no predict; save a fitted estimator")
    names = options.features.names(schema)
    _check_width(model, options.file, len(names), f"{', '.join(names[:3])}, ...")


def _parts(model: Any) -> Iterator[tuple[Any, int | None]]:
    """Every object that a model is made of, with the columns that a row reaching it has at least."""
    from sklearn.ensemble._forest import BaseForest
    from sklearn.ensemble._gb import BaseGradientBoosting

    seen: set[tuple[int, int | None, bool]] = set()
    todo: list[tuple[Any, int | None, bool]] = [(model, None, False)]
    while todo:
        part, width, unchecked = todo.pop()
        if isinstance(part, str | bytes | int | float | type | None) or (id(part), width, unchecked) in seen:
            continue
        seen.add((id(part), width, unchecked))
        own = getattr(part, "n_features_in_", None)
        if isinstance(own, int | np.integer):
            # An estimator refuses rows of another width, unless a forest or gradient boosting hands them on unchecked.
            width = min(int(own), width) if unchecked and width is not None else int(own)
            unchecked = isinstance(part, BaseForest | BaseGradientBoosting)
        yield part, width
        members: Iterable[Any] = ()
        if isinstance(part, Mapping):
            members = part.values()
        elif isinstance(part, list | tuple | set):
            members = part
        elif isinstance(part, np.ndarray):
            members = part.ravel().tolist() if part.dtype == object else ()
        elif hasattr(part, "__dict__"):
            members = vars(part).values()
        todo += [(member, width, unchecked) for member in members]


def _wrong_tree(part: Any, width: int | None) -> str | None:
    """What a tree's index arrays would make scikit-learn read that is not there; None for a sound tree or no tree."""
    kind = f"{type(part).__module__}.{type(part).__qualname__}"
    if kind == "sklearn.tree._tree.Tree":
        nodes = part.__getstate__()["nodes"]
        left, right, feature = nodes["left_child"], nodes["right_child"], nodes["feature"]
        inner = left != -1
    elif kind == "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor":
        nodes = part.nodes
        left, right, feature = nodes["left"], nodes["right"], nodes["feature_idx"]
        inner = nodes["is_leaf"] == 0
        if nodes["is_categorical"][inner].any():
            return "splits on categories, which the feature steps do not make"
    else:
        return None
    if not len(nodes):
        return "has no nodes"
    at = np.arange(len(nodes))[inner]
    for name, child in (("left", left), ("right", right)):
        if ((child[inner] <= at) | (child[inner] >= len(nodes))).any():
            return f"has a {name} child that is not among the nodes behind its parent"
    if width is None or ((feature[inner] < 0) | (feature[inner] >= width)).any():
        return f"asks for a feature outside the {width} it was trained on"
    return None


def _table(interface: str, rows: pa.RecordBatch, answer: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([rows.column("id"), answer], schema=get_interface(interface).answer)


def _told(err: BaseException) -> str:
    lines = str(err).strip().splitlines()
    return f"{type(err).__name__}: {lines[0] if lines else 'no message'}"
