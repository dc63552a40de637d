"""What document review brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from ...harness.catalog import BaselineEntry, Catalog
from ...harness.submission import Builtin

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]
_AGREEMENTS = {"": ("train", "50 agreements"), "-dev": ("train,dev", "111 agreements")}
"""End of a baseline's name to the parts of ContractNLI that it learns from."""

LISTING = Catalog(
    built_in={
        "document_review/clause-retrieval": f"{_HERE}.clause_retrieval:TASK",
        "document_review/compliance-zh": f"{_HERE}.compliance_zh:TASK",
        "document_review/contract-clauses": f"{_HERE}.contract_clauses:TASK",
        "document_review/contract-clauses-ledgar": f"{_HERE}.contract_clauses_ledgar:TASK",
        "document_review/contract-compliance-en": f"{_HERE}.contract_compliance:ENGLISH",
        "document_review/contract-compliance-en-spans": f"{_HERE}.contract_compliance_spans:ENGLISH",
        "document_review/contract-compliance-zh": f"{_HERE}.contract_compliance:CHINESE",
        "document_review/contract-compliance-zh-spans": f"{_HERE}.contract_compliance_spans:CHINESE",
        "document_review/contract-extraction": f"{_HERE}.contract_extraction:TASK",
        "document_review/contract-extraction-official": f"{_HERE}.contract_extraction_official:TASK",
        "document_review/contract-extraction-text": f"{_HERE}.contract_extraction_text:TASK",
        "document_review/contract-evidence": f"{_HERE}.contract_evidence:TASK",
        "document_review/contract-nli": f"{_HERE}.contract_nli:TASK",
        "document_review/legal-contract-choice-zh": f"{_HERE}.legal_choice:TASK",
        "document_review/work-order-failure": f"{_HERE}.work_order_failure:TASK",
    },
    builtins={
        "checklist-rules": Builtin(
            f"{_HERE}.checklist_rules.adapter:ChecklistRules",
            {},
            "choice",
            "reads contracts by patterns, where a fact is plainly said",
            ("document_review/contract-compliance-en", "document_review/contract-compliance-zh"),
        ),
        "checklist-places": Builtin(
            f"{_HERE}.checklist_rules.adapter:ChecklistRules",
            {},
            "extraction",
            "reads contracts by patterns and says where a rule is plainly broken",
            ("document_review/contract-compliance-en-spans", "document_review/contract-compliance-zh-spans"),
        ),
    }
    | {
        f"quote-{rule}": Builtin(
            f"{_HERE}.quote_rules.adapter:QuoteRule",
            {"rule": rule},
            "generation",
            summary,
            ("document_review/contract-extraction-text",),
            control,
        )
        for rule, summary, control in (
            ("nothing", "says of every question that no clause answers it", True),
            ("random", "quotes a random sentence of the contract, from the seed", True),
            ("overlap", "quotes the sentence that shares most rare words with the question", False),
        )
    }
    | {
        f"{rule}-option": Builtin(
            f"{_HERE}.option_rules.adapter:OptionRule",
            {"rule": rule},
            "choice",
            summary,
            ("document_review/legal-contract-choice-zh",),
            control,
        )
        for rule, summary, control in (
            ("longest", "the longest option, whatever is asked", True),
            ("overlap", "the option of which most pairs of characters stand in the question", False),
        )
    },
    baselines={
        "bert-tiny-clauses": BaselineEntry(
            f"{_HERE}.train_clauses:build_bert_clauses",
            "document_review/contract-clauses",
            "BERT of two layers, from scratch on the training clauses",
        ),
        "bert-tiny-ledgar": BaselineEntry(
            f"{_HERE}.train_ledgar:build_bert_ledgar",
            "document_review/contract-clauses-ledgar",
            "BERT of two layers, from scratch on the beginnings of the training clauses; not yet run on the real data",
        ),
        "gpt-tiny-ledgar": BaselineEntry(
            f"{_HERE}.train_ledgar:build_gpt_ledgar",
            "document_review/contract-clauses-ledgar",
            "GPT-2 of two layers, from scratch, that writes the kind behind the clause; not yet run on the real data",
        ),
        "bert-tiny-evidence": BaselineEntry(
            f"{_HERE}.train_evidence:build_bert_evidence",
            "document_review/contract-evidence",
            "cross-encoder of two layers, from scratch on pairs of hypothesis and span, 111 agreements",
        ),
        "bert-tiny-retrieval": BaselineEntry(
            f"{_HERE}.train_retrieval:build_bert_retrieval",
            "document_review/clause-retrieval",
            "cross-encoder of two layers, from scratch on pairs of 51 training queries and clauses",
        ),
        "bert-tiny-reader": BaselineEntry(
            f"{_HERE}.train_reader:build_bert_reader",
            "document_review/contract-extraction",
            "extractive BERT of two layers, from scratch on windows of the training contracts; of no use yet",
        ),
        "bert-tiny-reader-official": BaselineEntry(
            f"{_HERE}.train_reader:build_official_reader",
            "document_review/contract-extraction-official",
            "the same, trained on the official training contracts",
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
        "tfidf-passages": BaselineEntry(
            f"{_HERE}.passage_models:build_tfidf_passages",
            "document_review/contract-extraction",
            "TF-IDF and a logistic regression per question on every sentence",
        ),
        "tfidf-passages-official": BaselineEntry(
            f"{_HERE}.passage_models:build_official_passages",
            "document_review/contract-extraction-official",
            "the same, trained on the official training contracts",
        ),
        "gpt-tiny-work-orders": BaselineEntry(
            f"{_HERE}.train_work_orders:build_gpt_work_orders",
            "document_review/work-order-failure",
            "GPT-2 of two layers, from scratch, that writes the failure mode behind the observation",
        ),
        "llama-tiny-quotes": BaselineEntry(
            f"{_HERE}.train_quotes:build_llama_quotes",
            "document_review/contract-extraction-text",
            "Llama of two layers, from scratch on pieces of the training contracts, that quotes passages",
        ),
        "llama-tiny-legal-zh": BaselineEntry(
            f"{_HERE}.train_compliance_language:build_llama_legal",
            "document_review/legal-contract-choice-zh",
            "Llama of three layers, from scratch on generated Chinese contracts; it has read no law",
        ),
        "tfidf-characters-work-orders": BaselineEntry(
            f"{_HERE}.tfidf_work_orders:build_tfidf_work_orders",
            "document_review/work-order-failure",
            "TF-IDF of pieces of words and a linear SVM",
            {"pieces": "characters"},
        ),
        "tfidf-words-work-orders": BaselineEntry(
            f"{_HERE}.tfidf_work_orders:build_tfidf_work_orders",
            "document_review/work-order-failure",
            "TF-IDF of words and pairs of words and a linear SVM",
            {"pieces": "words"},
        ),
        "tfidf-svm-ledgar": BaselineEntry(
            f"{_HERE}.tfidf_ledgar:build_tfidf_ledgar",
            "document_review/contract-clauses-ledgar",
            "TF-IDF and a linear SVM; not yet run on the real data",
        ),
        "tfidf-svm-clauses": BaselineEntry(
            f"{_HERE}.tfidf:build_tfidf_clauses",
            "document_review/contract-clauses",
            "TF-IDF and a linear SVM with calibrated probabilities",
        ),
    }
    | {
        f"pair-{model}-clauses": BaselineEntry(
            f"{_HERE}.pair_ranking:build_pair_ranking",
            "document_review/clause-retrieval",
            f"{what} on word overlap of query and clause",
            {"model": model},
        )
        for model, what in (("boosting", "gradient boosting"), ("logistic", "logistic regression"))
    }
    | {
        f"tfidf-svm-{task.removeprefix('contract-')}{suffix}": BaselineEntry(
            f"{_HERE}.tfidf_nda:build_tfidf_nda",
            f"document_review/{task}",
            f"TF-IDF of the whole agreement and a linear SVM per hypothesis, {size}",
            {"task": task, "parts": parts},
        )
        for task in ("contract-nli", "compliance-zh")
        for suffix, (parts, size) in _AGREEMENTS.items()
    }
    | {
        f"bert-tiny-{task.removeprefix('contract-')}": BaselineEntry(
            f"{_HERE}.train_nli:build_bert_nli",
            f"document_review/{task}",
            "BERT of two layers, from scratch on windows of 111 agreements, each read with its hypothesis",
            {"language": language},
        )
        for task, language in (("contract-nli", "en"), ("compliance-zh", "zh"))
    }
    | {
        name.format(language): BaselineEntry(
            f"{_HERE}.{builder}",
            f"document_review/contract-compliance-{language}{suffix}",
            summary,
            {"language": language},
        )
        for name, builder, suffix, summary in (
            (
                "tfidf-logistic-checklist-{}",
                "tfidf_compliance:build_tfidf_compliance",
                "",
                "TF-IDF of the whole document and a logistic regression per question, on the open seed",
            ),
            (
                "tfidf-passages-checklist-{}",
                "tfidf_compliance:build_tfidf_compliance_places",
                "-spans",
                "TF-IDF of every sentence or line and a logistic regression per question, on the open seed",
            ),
            (
                "bert-tiny-checklist-{}",
                "train_compliance:build_bert_compliance",
                "",
                "BERT of two layers, from scratch on windows of the open seed, each read with its rule",
            ),
            (
                "bert-tiny-checklist-{}-spans",
                "train_compliance_reader:build_bert_compliance_reader",
                "-spans",
                "extractive BERT of two layers, from scratch on windows of the open seed",
            ),
            (
                "llama-tiny-checklist-{}",
                "train_compliance_language:build_llama_compliance",
                "",
                "Llama of three layers, from scratch, that writes the answer behind document and rule",
            ),
            (
                "llama-tiny-checklist-{}-spans",
                "train_compliance_language:build_llama_compliance_places",
                "-spans",
                "Llama of three layers, from scratch, that quotes the line which breaks a rule",
            ),
        )
        for language in ("en", "zh")
    },
)
