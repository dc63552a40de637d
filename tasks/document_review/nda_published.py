"""What ContractNLI's authors published on its official test set: figures of hypotheses and of evidence.

Read in a public transcription of the paper's Tables 3 and 4, not in the paper itself. Two checks of it: its majority
row (.674, .083, .428) is what the majority of the agreements handed out comes to here, and its random row of evidence
(.024) is what ``random-ranking`` does.
"""

from __future__ import annotations

from ...harness.task import PublishedScore
from ...harness.text import Text

__all__ = ["PUBLISHED_EVIDENCE", "PUBLISHED_NLI"]

_SOURCE = "Koreeda and Manning 2021, arXiv:2110.01799, Tables 3 and 4 (read in a public transcription of the tables)"
_ONE_FIT = Text(
    "trained on all 423 training agreements, of which 50 were to be had here; official test set",
    "在全部 423 份训练协议上训练（本项目仅能取得其中 50 份）；官方测试集",
)
_THREE_RUNS = Text(
    "trained on all 423 training agreements, of which 50 were to be had here; mean of the 3 runs of 10 with the best "
    "development accuracy; official test set",
    "在全部 423 份训练协议上训练（本项目仅能取得其中 50 份）；10 次训练中开发集准确率最高的 3 次的均值；官方测试集",
)

_NLI_METRICS = ("accuracy", "f1_contradiction", "f1_entailment")
_EVIDENCE_METRICS = ("map", "precision_at_80_recall")
_MODELS = (
    ("Doc TF-IDF + SVM", _ONE_FIT, (0.733, 0.197, 0.641), ()),
    ("Span TF-IDF + SVM", _ONE_FIT, (), (0.836, 0.322)),
    ("Span NLI BERT-base", _THREE_RUNS, (0.838, 0.287, 0.765), (0.885, 0.663)),
    ("Span NLI BERT-large", _THREE_RUNS, (0.875, 0.357, 0.834), (0.922, 0.793)),
    ("Span NLI DeBERTa-v2-xlarge, tuned on CUAD first", _THREE_RUNS, (0.892, 0.405, 0.859), (0.936, 0.860)),
)


PUBLISHED_NLI = tuple(
    PublishedScore(name, metric, value, _SOURCE, protocol)
    for name, protocol, values, _ in _MODELS
    if values
    for metric, value in zip(_NLI_METRICS, values, strict=True)
)
"""Of ``contract-nli``."""

PUBLISHED_EVIDENCE = tuple(
    PublishedScore(name, metric, value, _SOURCE, protocol)
    for name, protocol, _, values in _MODELS
    if values
    for metric, value in zip(_EVIDENCE_METRICS, values, strict=True)
)
"""Of ``contract-evidence``."""
