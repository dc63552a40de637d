import hashlib

import numpy as np
import pyarrow as pa
import pytest
import yaml
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.data import DataFiles
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.contract_clauses import TASK
from sectorbench.tasks.document_review.tfidf import build_tfidf_clauses, train_tfidf


def toy(n=60):
    words = {
        "Insurance": "insurer policy cover",
        "Audit Rights": "audit books records",
        "Non-Compete": "compete rival market",
    }
    labels = [list(words)[i % 3] for i in range(n)]
    return (
        [f"{words[label]} clause {i % 7}" for i, label in enumerate(labels)],
        labels,
        [f"c{i // 6}" for i in range(n)],
    )


def test_a_toy_model_names_the_right_category_with_probabilities_that_sum_to_1():
    texts, labels, contracts = toy()
    model = train_tfidf(texts, labels, contracts)
    share = model.predict_proba(["the insurer and the policy", "audit of the books"])
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    assert model.classes_[share.argmax(axis=1)].tolist() == ["Insurance", "Audit Rights"]


def test_no_row_numbers_of_the_training_set_stay_in_the_model():
    assert train_tfidf(*toy()).named_steps["svm"].cv is None


@pytest.fixture(scope="module")
def built(mirror, tmp_path_factory):
    folder = tmp_path_factory.mktemp("baselines") / "tfidf-svm-clauses"
    files = DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))
    return files, build_tfidf_clauses(files, folder)


def test_the_baseline_is_an_ordinary_submission_under_10_mib(built):
    submission = open_submission(built[1], {})
    assert submission.manifest.serves("choice", TASK.card.id, "default")
    assert sum(p.stat().st_size for p in built[1].iterdir()) < 10 << 20


def test_the_baseline_reaches_the_reference(built):
    files, folder = built
    draw = Draw("default")
    inputs, known = TASK.inputs(files, draw), TASK.references(files, draw)
    options = yaml.safe_load((folder / "submission.yaml").read_text(encoding="utf-8"))["options"]
    model = SkopsModel.load(LoadContext(folder, options, "choice", inputs.schema))
    answers = pa.Table.from_batches([model.predict(batch) for batch in inputs.to_batches(max_chunksize=512)])
    units = TASK.score(validate_predictions(answers, inputs), known)
    macro, micro = (m.value(statistics_matrix(units, m)) for m in TASK.card.metrics[:2])
    assert macro >= 0.71
    assert micro >= 0.83


def test_building_again_gives_the_same_bytes(built):
    files, folder = built

    def digests():
        return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}

    first = digests()
    build_tfidf_clauses(files, folder)
    assert digests() == first
