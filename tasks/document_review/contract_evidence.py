"""Evidence for hypotheses: which sentences of an agreement show what it does to a hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.metrics import FloatArray
from ...harness.references import problems_by_unit, reference_rows
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.text_inputs import candidate_lists, ranking_inputs
from ...harness.units import units_table
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row
from .answer_pictures import ranking_exhibit, source_of
from .evidence_pictures import evidence_curve_exhibit
from .evidence_scoring import Pool, evidence_metrics, evidence_statistics
from .nda import ANSWERS, CONTRACT_NLI, HYPOTHESES, KINDS, Agreements, Part, read_agreements
from .nda_published import PUBLISHED_EVIDENCE
from .nda_questions import NDA_CAVEATS, NDA_UNIT_TITLE, agreement_slices

__all__ = ["PLACES", "TASK", "ContractEvidence"]

PLACES = (20, 65, 140, 95, 214, 129, 150, 177, 123, 124, 85, 217, 75, 146, 227, 200, 217)
"""Per hypothesis how many spans of the test agreements are evidence, in the order of ``HYPOTHESES``."""

_TRACK = Track("default", Text("spans as the data cuts them", "按数据给定的文本片段"))
_MAP, _PRECISION = evidence_metrics(PLACES)
_ASKED = len(HYPOTHESES)
_EXPORTED: dict[str, Part] = {"train": "train", "dev": "dev"}

_CARD = TaskCard(
    id="document_review/contract-evidence",
    version=1,
    title=Text("Evidence in non-disclosure agreements", "保密协议证据定位（ContractNLI）"),
    summary=Text(
        "Given a hypothesis and the sentences and list items of a non-disclosure agreement, score each by how likely "
        "it shows that the hypothesis is entailed or contradicted, so that a reviewer reads the right ones first.",
        "给定一条假设和一份保密协议的各个句子与列表项，为每个片段打分：它证明该假设被蕴含或被否定的可能性有多大，"
        "使审阅者先读到关键片段。",
    ),
    realism="text_corpus",
    industry=None,  # agreements of all kinds of organisations
    region=None,
    interface="ranking",
    data=CONTRACT_NLI,
    practice_secret=None,
    splits=(
        Split("train", units=50, rows=50 * _ASKED, exported=True),
        Split("dev", units=61, rows=61 * _ASKED, exported=True),
        Split("test", units=123, rows=123 * _ASKED, exported=False),
    ),
    unit="agreement",
    unit_title=NDA_UNIT_TITLE,
    block=None,
    tracks=(_TRACK,),
    slices=("agreement_source", "agreement_length"),
    primary=_MAP,
    secondary=(_PRECISION,),
    floor="random-ranking",
    incumbent=None,
    perfect=1.0,
    worst_value=0.0,
    worst_value_of=Text(
        "place of the right spans of the hypothesis: behind all others of the test set",
        "该假设的正确片段的排名：排在测试集中其他所有片段之后",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=2.0,
    published=PUBLISHED_EVIDENCE,
    caveats=(
        *NDA_CAVEATS,
        Text(
            "Every hypothesis is asked of every agreement, but as by the authors it is scored only where the agreement "
            "entails or contradicts it: spans ranked high where nothing is evidence cost nothing.",
            "每份协议都会被问及所有假设，但与原作者一致，仅在协议蕴含该假设或与之矛盾时计分：无证据时的高分片段不受惩罚。",
        ),
    ),
    citation=CONTRACT_NLI.citation,
    public_since=CONTRACT_NLI.public_since,
)


class ContractEvidence(Task):
    """One row per agreement and hypothesis, candidates being the agreement's spans in their order."""

    card: ClassVar[TaskCard] = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test agreement and hypothesis, ids ``test-001-01`` to ``test-123-17``.

        Every hypothesis is asked of every agreement: asking only what is scored would tell what is mentioned.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged or its counts are not the card's.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self.card.check_draw(draw)
        return _asked(read_agreements(files, "test"), "test")

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id``, ``evidence`` (numbers of candidates; none: not mentioned, not scored), ``hypothesis`` (its
        number), ``agreement`` (the unit), ``source`` and ``characters`` (of the agreement).
        """
        self.card.check_draw(draw)
        found = read_agreements(files, "test")
        agreements = found.agreements
        per_agreement = [f"test-{number:03d}" for number in range(1, len(agreements) + 1)]
        columns = {
            "hypothesis": pa.array(list(range(_ASKED)) * len(agreements), pa.int32()),
            "agreement": pa.array(_each(per_agreement)),
            "source": pa.array(_each([KINDS[one.kind] for one in agreements])),
            "characters": pa.array(_each([len(one.text) for one in agreements])),
        }
        return pa.table(_evidence(found, "test") | columns)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per agreement, with the counts that ``evidence_scoring`` makes.

        Of a row without a usable answer the right spans stand behind all others of their hypothesis, the wrong ones
        before them.
        """
        asked = reference_rows(answers, references)
        names = sorted({row["agreement"] for row in asked})
        unit = np.array([names.index(row["agreement"]) for row in asked], np.int64)  # (rows,)
        first = {row["agreement"]: row for row in reversed(asked)}
        return units_table(
            unit=names,
            slices=agreement_slices(
                [first[one]["source"] for one in names], [first[one]["characters"] for one in names]
            ),
            statistics=evidence_statistics(_pools(answers, asked, unit), PLACES, len(names)),
            **problems_by_unit(answers, unit, units=len(names))._asdict(),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Precision over recall of all agreements, and the head of one hypothesis's ranking."""
        asked = reference_rows(answers, references)
        pools = _pools(answers, asked, np.zeros(len(asked), np.int64))
        curve = evidence_curve_exhibit(units, pools, places=PLACES, problems=answers.problems, rows=len(asked))
        return curve, self._head(answers, asked)

    def _head(self, answers: Answers, asked: Sequence[dict[str, Any]]) -> Exhibit:
        scored = [row for row, one in enumerate(asked) if one["evidence"]]
        row = scored[common_row([len(asked[row]["evidence"]) for row in scored])]
        texts = answers.inputs.column("candidates")[row].as_py()
        grade = np.zeros(len(texts), np.int64)
        grade[asked[row]["evidence"]] = 1
        why = Text(
            "The first question with as many spans of evidence as the middle one has, the same for all models.",
            "证据片段数居中的第一个问题，各模型相同。",
        )
        return ranking_exhibit(
            asked[row]["id"],
            answers.inputs.column("query")[row].as_py(),
            texts,
            score=np.asarray(answers.predictions.column("score")[row].as_py() or np.zeros(len(texts)), np.float64),
            grade=grade,
            right_from=1,
            grades=None,
            choice=Choice("common", why),
            source=source_of(CONTRACT_NLI),
            problem=answers.problems.get(row),
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """One row per agreement and hypothesis, ids ``train-001-01`` to ``train-050-17`` or ``dev-001-01`` and on.

        Targets: ``evidence``, the numbers of the candidates that show it, and ``label``, what the agreement does to the
        hypothesis; where it is not mentioned, nothing is evidence and the row would not be scored.

        Raises:
            UsageError: The split is neither ``train`` nor ``dev``.
        """
        if split not in _EXPORTED:
            return super().examples(files, split, draw)
        self.card.check_draw(draw)
        part = _EXPORTED[split]
        found = read_agreements(files, part)
        labels = [answer for one in found.agreements for answer in one.answers]
        assert set(labels) <= set(ANSWERS)
        return Examples(_asked(found, part), pa.table(_evidence(found, part) | {"label": pa.array(labels)}))


def _each(per_agreement: Sequence[Any]) -> list[Any]:
    """A value of every agreement for each of its rows."""
    return [one for one in per_agreement for _ in range(_ASKED)]


def _ids(part: str, agreements: int) -> list[str]:
    return [f"{part}-{number:03d}-{asked:02d}" for number in range(1, agreements + 1) for asked in range(1, _ASKED + 1)]


def _asked(found: Agreements, part: str) -> pa.Table:
    """The rows of ``ranking``; a text that stands twice in the part stands once in the corpus."""
    spans = [one.span_texts() for one in found.agreements]
    number: dict[str, int] = {}
    for texts in spans:
        for text in texts:
            number.setdefault(text, len(number))
    schema = ranking_inputs(language="en")
    columns = [
        pa.array(_ids(part, len(spans))),
        pa.array(list(found.hypotheses) * len(spans)),
        candidate_lists(list(number), _each([[number[text] for text in texts] for texts in spans])),
    ]
    return pa.table(columns, schema=schema)


def _evidence(found: Agreements, part: str) -> dict[str, pa.Array]:
    """Columns ``id`` and ``evidence``."""
    numbers = [list(one) for agreement in found.agreements for one in agreement.evidence]
    ids = _ids(part, len(found.agreements))
    return {"id": pa.array(ids), "evidence": pa.array(numbers, pa.list_(pa.int32()))}


def _pools(answers: Answers, asked: Sequence[dict[str, Any]], unit: np.ndarray) -> list[Pool]:
    """Per hypothesis the spans of all agreements that mention it."""
    sizes = answers.inputs.column("candidates").combine_chunks().value_lengths().to_numpy(zero_copy_only=False)
    scores = answers.predictions.column("score")
    parts: list[list[tuple[np.ndarray, FloatArray, np.ndarray]]] = [[] for _ in HYPOTHESES]
    for row, reference in enumerate(asked):
        evidence = np.asarray(reference["evidence"], np.int64)
        if not len(evidence):
            continue
        right = np.zeros(int(sizes[row]), np.bool_)
        right[evidence] = True
        if row in answers.problems:
            score = np.where(right, -np.inf, np.inf)
        else:
            score = scores[row].values.to_numpy(zero_copy_only=False)
        parts[reference["hypothesis"]].append((np.full(len(right), unit[row]), score, right))
    return [_pool(part) for part in parts]


def _pool(parts: Sequence[tuple[np.ndarray, FloatArray, np.ndarray]]) -> Pool:
    if not parts:
        return Pool(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))
    agreement, score, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Pool(agreement, score, right)


TASK = ContractEvidence()
