"""The trained baselines of the area by name; nothing that trains is imported for it."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness.catalog import BaselineEntry

__all__ = ["BASELINES"]

_HERE = __name__.rpartition(".")[0]
_AGREEMENTS = {"": ("train", "50 agreements"), "-dev": ("train,dev", "111 agreements")}

BASELINES: Mapping[str, BaselineEntry] = {
    "tfidf-svm-clauses": BaselineEntry(
        f"{_HERE}.tfidf:build_tfidf_clauses",
        "document_review/contract-clauses",
        "TF-IDF and a linear SVM with calibrated probabilities",
    ),
    "tfidf-logistic-evidence": BaselineEntry(
        f"{_HERE}.tfidf_evidence:build_tfidf_evidence",
        "document_review/contract-evidence",
        "TF-IDF of a span and a logistic regression per hypothesis, 111 agreements",
        {"name": "tfidf-logistic-evidence", "parts": "train,dev"},
    ),
    "tfidf-logistic-evidence-50": BaselineEntry(
        f"{_HERE}.tfidf_evidence:build_tfidf_evidence",
        "document_review/contract-evidence",
        "the same, trained on 50 agreements",
        {"name": "tfidf-logistic-evidence-50", "parts": "train"},
    ),
    **{
        f"pair-{model}-clauses": BaselineEntry(
            f"{_HERE}.pair_ranking:build_pair_ranking",
            "document_review/clause-retrieval",
            f"{what} on word overlap of query and clause",
            {"model": model},
        )
        for model, what in (("boosting", "gradient boosting"), ("logistic", "logistic regression"))
    },
    **{
        f"tfidf-svm-{task.removeprefix('contract-')}{suffix}": BaselineEntry(
            f"{_HERE}.tfidf_nda:build_tfidf_nda",
            f"document_review/{task}",
            f"TF-IDF of the whole agreement and a linear SVM per hypothesis, {size}",
            {"task": task, "parts": parts},
        )
        for task in ("contract-nli", "compliance-zh")
        for suffix, (parts, size) in _AGREEMENTS.items()
    },
}
