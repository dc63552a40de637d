"""The training script: end to end in miniature, and the same weights from the same seed."""

import pytest
from sectorbench.harness.errors import UsageError
from sectorbench.harness.submission import inspect
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling.train_dispatch_policy import Recipe, main, train_dispatch_policy

SMALL = Recipe(updates=3, samples=4, operations=200, sizes=((4, 3), (5, 5)), every=3)


def test_a_short_training_writes_an_ordinary_submission_and_repeats(tmp_path):
    told = []
    first = train_dispatch_policy(tmp_path / "first", SMALL, told=told.append)
    again = train_dispatch_policy(tmp_path / "again", SMALL)
    other = train_dispatch_policy(tmp_path / "other", Recipe(**{**vars(SMALL), "seed": 1}))
    assert inspect(first, CATALOG.builtins).problems == ()
    weights = [(folder / "model.safetensors").read_bytes() for folder in (first, again, other)]
    assert weights[0] == weights[1] != weights[2]
    assert told[0].startswith("update 3 of 3: ")


def test_a_folder_with_somebody_elses_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        train_dispatch_policy(tmp_path, Recipe(updates=0))


def test_the_command_asks_for_a_folder(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "--to" in capsys.readouterr().err
