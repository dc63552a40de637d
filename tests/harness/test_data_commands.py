import argparse
import dataclasses
import hashlib
import json
import lzma
import sys
import zipfile
from types import SimpleNamespace

import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFile, DataSource, Origin
from sectorbench.harness.data_commands import add_data_parser, known_sources
from sectorbench.harness.data_export import export_split
from sectorbench.harness.errors import DataError, DataNotAvailableError, RegistryError, UsageError
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.metrics import root_mean_metric
from sectorbench.harness.task import Draw, Examples, Split, Task, TaskCard, Track
from sectorbench.harness.text import Text
from sectorbench.harness.text_inputs import choice_inputs

ORIGINAL = b"id;value\na;1\nb;2\n"
REBUILT = ORIGINAL.replace(b";", b",")


def rebuild(originals):
    """Importer of the test source: semicolons become commas."""
    return {"test/rebuilt.csv": originals.read_bytes().replace(b";", b",")}


def file_of(path: str, raw: bytes, *origins: Origin) -> DataFile:
    return DataFile(path, hashlib.sha256(raw).hexdigest(), len(raw), origins)


def source_of(name: str, *files: DataFile, **changes) -> DataSource:
    facts = {
        "title": f"Data set {name}",
        "licence": "CC-BY-4.0",
        "licence_note": "Read on its page.",
        "homepage": f"https://example.org/{name}",
        "citation": f"Nobody, {name}, 2026",
        "access": "public",
        "public_since": "2021",
    }
    return DataSource(name=name, files=files, **(facts | changes))


def card_of(task_id: str, data: DataSource | None, **changes) -> TaskCard:
    facts = {
        "version": 1,
        "title": Text("A test", "测试"),
        "summary": Text("Two rows.", "两行。"),
        "realism": "synthetic",
        "industry": None,
        "region": None,
        "interface": "regression",
        "practice_secret": None,
        "splits": (Split("train", 2, 2, True), Split("test", 1, 1, False)),
        "unit": "engine",
        "unit_title": Text("engine", "发动机"),
        "block": None,
        "tracks": (Track("plain", Text("plain", "普通")), Track("rich", Text("rich", "丰富"))),
        "slices": (),
        "primary": root_mean_metric(
            "rmse", Text("RMSE", "均方根误差"), unit="cycles", statistic="sq", formula="", digits=1
        ),
        "secondary": (),
        "floor": "mean",
        "incumbent": None,
        "perfect": 0.0,
        "worst_value": 100.0,
        "worst_value_of": Text("error", "误差"),
        "on_invalid": "worst",
        "standings": False,
        "detectable_effect": None,
        "citation": "Nobody, 2026",
    }
    return TaskCard(id=task_id, data=data, **(facts | changes))


class SeriesTask(Task):
    """Two series of three channels."""

    def __init__(self, card: TaskCard) -> None:
        self.card = card  # type: ignore[misc]
        self.draws: list[Draw] = []

    def inputs(self, files, draw):
        raise NotImplementedError

    def references(self, files, draw):
        raise NotImplementedError

    def score(self, answers, references):
        raise NotImplementedError

    def examples(self, files, split, draw):
        """Every engine gives one row: its last steps."""
        self.draws.append(draw)
        if self.card.data is not None:
            for file in self.card.data.files:
                files.read(file)
        schema = regression_inputs(
            channels=[Quantity("temperature", "K"), Quantity("pressure", "kPa"), Quantity("speed", "rpm")],
            static=[],
            target=Quantity("remaining_life", "cycles"),
            step_unit="cycle",
            history_max=4,
            train_mean=50.0,
            target_range=(0.0, 125.0),
        )
        rows = [
            {"id": "e1", "series": [[1.0, 2.0, 3.0]], "static": [], "purpose": "score"},
            {"id": "e2", "series": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "static": [], "purpose": "score"},
        ]
        target = pa.schema([pa.field("id", pa.string()), pa.field("target", pa.float64(), metadata={"unit": "cycles"})])
        targets = pa.Table.from_pylist([{"id": "e2", "target": 20.0}, {"id": "e1", "target": 10.0}], schema=target)
        return Examples(pa.Table.from_pylist(rows, schema=schema), targets)


class ClauseTask(SeriesTask):
    """The same for texts."""

    def examples(self, files, split, draw):
        schema = choice_inputs(language="en", train_share={"yes": 0.5, "no": 0.5})
        row = {
            "context": "text",
            "questions": ["q"],
            "options": [["yes", "no"]],
            "prompt": {"context": "", "question": "", "option": " "},
        }
        inputs = pa.Table.from_pylist([{"id": "c1", **row}, {"id": "c2", **row}], schema=schema)
        return Examples(inputs, pa.table({"id": ["c1", "c2"], "label": ["yes", "no"]}))


PLAIN = source_of("plain", file_of("test/plain.csv", ORIGINAL, Origin("http://127.0.0.1:9/all.zip", ("in/plain.csv",))))
REBUILDABLE = source_of(
    "rebuilt", file_of("test/rebuilt.csv", REBUILT), importer=f"{__name__}:rebuild", derivatives=False
)


@pytest.fixture
def tasks():
    return {
        "area/plain": SeriesTask(card_of("area/plain", PLAIN)),
        "area/plain-too": SeriesTask(card_of("area/plain-too", PLAIN)),
        "area/rebuilt": SeriesTask(card_of("area/rebuilt", REBUILDABLE)),
        "area/clauses": ClauseTask(card_of("area/clauses", None, interface="choice")),
        "area/drawn": SeriesTask(card_of("area/drawn", None, practice_secret="practice")),
    }


@pytest.fixture
def places(tmp_path, monkeypatch):
    mirror, cache = tmp_path / "mirror", tmp_path / "cache"
    mirror.mkdir()
    monkeypatch.setenv("SECTORBENCH_DATA", str(mirror))
    monkeypatch.setenv("SECTORBENCH_CACHE", str(cache))
    monkeypatch.setenv("NO_PROXY", "*")
    return mirror, cache


@pytest.fixture
def run(tasks, places, monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, SimpleNamespace(rebuild=rebuild))

    def go(*words):
        parser = argparse.ArgumentParser(prog="sectorbench")
        add_data_parser(parser.add_subparsers(dest="command"), lambda: tasks)
        args = parser.parse_args(["data", *map(str, words)])
        return args.func(args)

    return go


def put(folder, name, raw):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def test_list_shows_each_source_once_with_where_it_is(run, places, capsys):
    put(places[0], "test/plain.csv.xz", lzma.compress(ORIGINAL))
    assert run("list") == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["source", "licence", "access", "since", "files", "MiB", "found", "tasks"]
    assert lines[1] == ["plain", "CC-BY-4.0", "public", "2021", "1", "0.0", "mirror", "area/plain,", "area/plain-too"]
    assert lines[2][6] == "missing"
    assert "generated, nothing to get: area/clauses, area/drawn" in err


def test_list_as_json_names_files_hashes_and_origins(run, places, capsys):
    put(places[1], "test/plain.csv", ORIGINAL)
    assert run("list", "--json") == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["plain"]["files"] == [
        {
            "path": "test/plain.csv",
            "sha256": hashlib.sha256(ORIGINAL).hexdigest(),
            "size_bytes": 17,
            "where": "cache",
            "origins": [{"url": "http://127.0.0.1:9/all.zip", "members": ["in/plain.csv"]}],
        }
    ]
    assert rows["rebuilt"]["rebuilt"] is True
    assert rows["rebuilt"]["files"][0]["where"] == "missing"


def test_verify_tells_ok_damaged_and_missing_apart(run, places, capsys):
    put(places[0], "test/plain.csv", ORIGINAL[:-1])
    assert run("verify", "--json") == 1
    states = {r["source"]: r["state"] for r in json.loads(capsys.readouterr().out)}
    assert states == {"plain": "damaged", "rebuilt": "missing"}


def test_verify_without_names_does_not_mind_what_was_never_fetched(run, places, capsys):
    put(places[0], "test/plain.csv", ORIGINAL)
    assert run("verify") == 0
    assert "ok" in capsys.readouterr().out


def test_verify_by_name_minds_a_missing_file(run, capsys):
    assert run("verify", "rebuilt") == 1
    assert "sectorbench data import rebuilt --from PATH" in capsys.readouterr().err


def test_fetch_says_what_is_there_and_what_failed_and_goes_on(run, places, capsys):
    put(places[0], "test/rebuilt.csv", REBUILT)
    assert run("fetch") == 1
    err = capsys.readouterr().err
    assert "ok      rebuilt: test/rebuilt.csv" in err
    assert "failed  plain: SB201 test/plain.csv" in err
    assert "all.zip > in/plain.csv" in err


def test_fetch_takes_a_task_id_for_its_source(run, places, capsys):
    put(places[0], "test/rebuilt.csv", REBUILT)
    assert run("fetch", "area/rebuilt", "area/drawn") == 0
    assert "area/drawn: generated, nothing to get" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["fetch", "verify"])
def test_an_unknown_name_is_a_usage_error_with_near_matches(run, verb):
    with pytest.raises(UsageError, match=r"unknown data source 'plian'. Did you mean .*plain"):
        run(verb, "plian")


def test_import_rebuilds_verifies_and_keeps(run, places, tmp_path):
    assert run("import", "rebuilt", "--from", put(tmp_path, "原始 data/original.csv", ORIGINAL)) == 0
    assert (places[1] / "test/rebuilt.csv").read_bytes() == REBUILT


def test_import_of_other_originals_keeps_nothing(run, places, tmp_path):
    with pytest.raises(DataError, match=r"SB202 .*importer's output differs from the known files.*example.org/rebuilt"):
        run("import", "rebuilt", "--from", put(tmp_path, "original.csv", ORIGINAL + b"c;3\n"))
    assert not places[1].exists()


def test_import_from_nowhere_is_a_usage_error(run, tmp_path):
    with pytest.raises(UsageError, match="no such file or folder"):
        run("import", "rebuilt", "--from", tmp_path / "gone.zip")


def test_import_without_an_importer_takes_the_file_itself(run, places, tmp_path):
    put(tmp_path, "mine/a/plain.csv.xz", lzma.compress(ORIGINAL))
    assert run("import", "plain", "--from", tmp_path / "mine") == 0
    assert (places[1] / "test/plain.csv").read_bytes() == ORIGINAL


@pytest.mark.parametrize("member", ["in/plain.csv", "plain.csv"])
def test_import_without_an_importer_takes_the_file_from_its_archive(run, places, tmp_path, member):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(member, ORIGINAL)
    assert run("import", "plain", "--from", tmp_path / "all.zip") == 0
    assert (places[1] / "test/plain.csv").read_bytes() == ORIGINAL


def test_import_without_an_importer_refuses_other_bytes(run, places, tmp_path):
    with pytest.raises(DataError, match=r"test/plain\.csv: sha256 .*expected .*nothing was kept"):
        run("import", "plain", "--from", put(tmp_path, "plain.csv", b"other"))
    assert not places[1].exists()


def test_two_sources_of_one_name_are_an_error():
    other = source_of("plain", file_of("test/plain.csv", b"other"))
    tasks = {"a/x": SeriesTask(card_of("a/x", PLAIN)), "a/y": SeriesTask(card_of("a/y", other))}
    with pytest.raises(RegistryError, match="'plain' is two things: for a/x and for a/y"):
        known_sources(tasks)


def loaded(folder, tmp_path, monkeypatch, split="train"):
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf" / "datasets")
    return datasets.load_dataset(str(folder), split=split, cache_dir=str(tmp_path / "hf" / "datasets"))


def test_an_exported_split_of_series_is_a_data_set(run, places, tmp_path, monkeypatch, capsys):
    put(places[0], "test/plain.csv", ORIGINAL)
    assert run("export", "area/plain", "--split", "train", "--to", tmp_path / "输出 set") == 0
    assert "2 rows" in capsys.readouterr().err
    rows = loaded(tmp_path / "输出 set", tmp_path, monkeypatch)
    assert rows.column_names == ["id", "series", "static", "purpose", "target"]
    assert rows[1] == {
        "id": "e2",
        "series": [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        "static": [],
        "purpose": "score",
        "target": 20.0,
    }


def test_an_exported_split_of_choices_is_a_data_set(run, tmp_path, monkeypatch):
    assert run("export", "area/clauses", "--split", "train", "--to", tmp_path / "set") == 0
    rows = loaded(tmp_path / "set", tmp_path, monkeypatch)
    assert rows["label"][:] == ["yes", "no"]
    assert rows[0]["options"] == [["yes", "no"]]
    assert rows[0]["prompt"]["option"] == " "


def test_the_card_of_an_export_names_licence_source_columns_and_units(run, places, tmp_path):
    put(places[0], "test/plain.csv", ORIGINAL)
    run("export", "area/plain", "--split", "train", "--track", "rich", "--to", tmp_path / "set")
    said = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    for part in (
        "license: cc-by-4.0",
        "path: data/train.parquet",
        "Task `area/plain@1`, track `rich`",
        "| `target` | `double` | cycles | target |",
        '"unit": "kPa"',
        "https://example.org/plain",
        "Nobody, plain, 2026",
        PLAIN.fingerprint,
    ):
        assert part in said


def test_data_without_derivatives_gives_the_recipe_and_no_rows(run, tmp_path, capsys):
    assert run("export", "area/rebuilt", "--split", "train", "--to", tmp_path / "set") == 0
    assert [p.name for p in (tmp_path / "set").iterdir()] == ["README.md"]
    said = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    assert "Every engine gives one row: its last steps." in said
    assert "SeriesTask().examples(files" in said
    assert "holds the recipe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "secret"),
    [((), "practice"), (("--seed", "7"), "seed-7"), (("--secret", "round one"), "round one")],
)
def test_a_generated_task_is_drawn_from_what_was_asked_for(run, tasks, tmp_path, options, secret):
    run("export", "area/drawn", "--split", "train", "--to", tmp_path / "set", *options)
    assert tasks["area/drawn"].draws == [Draw("plain", secret)]
    said = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    assert ("round one" in said) is False


@pytest.mark.parametrize("options", [("--seed", "7"), ("--secret", "round one")])
def test_a_seed_for_a_split_that_no_seed_moves_is_a_usage_error(run, tasks, tmp_path, options):
    card = tasks["area/drawn"].card
    fixed = tuple(split._replace(drawn=False) for split in card.splits)
    tasks["area/drawn"].card = dataclasses.replace(card, splits=fixed)
    with pytest.raises(UsageError, match="the same for every seed"):
        run("export", "area/drawn", "--split", "train", "--to", tmp_path / "set", *options)
    assert not (tmp_path / "set").exists()
    run("export", "area/drawn", "--split", "train", "--to", tmp_path / "set")
    assert tasks["area/drawn"].draws == [Draw("plain", None)]
    assert "the same for every seed" in (tmp_path / "set" / "README.md").read_text(encoding="utf-8")


def test_a_seed_for_real_data_is_a_usage_error(run, tmp_path):
    with pytest.raises(UsageError, match="not drawn from a seed"):
        run("export", "area/plain", "--split", "train", "--seed", "1", "--to", tmp_path / "set")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("area/plian", "--split", "train"), "unknown task 'area/plian'. Did you mean area/plain"),
        (("area/plain", "--split", "trian"), "unknown split 'trian'. Did you mean train"),
        (
            ("area/plain", "--split", "test"),
            "split 'test' of area/plain is not exported: its references are what models are measured by, so they are "
            "never handed out. area/plain hands out: --split train",
        ),
        (("area/plain", "--split", "train", "--track", "ritch"), "unknown track 'ritch'. Did you mean rich"),
    ],
)
def test_what_is_not_there_is_told_with_near_names(run, tmp_path, words, said):
    with pytest.raises(UsageError) as caught:
        run("export", *words, "--to", tmp_path / "set")
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_test_set_of_a_generated_task_is_said_to_be_secret(tasks, tmp_path):
    task = tasks["area/drawn"]
    kept = tuple(one for one in task.card.splits if one.name != "test")
    task.card = dataclasses.replace(task.card, splits=kept)
    with pytest.raises(UsageError, match="split 'test' of area/drawn is not exported: it is drawn from a secret, and"):
        export_split(task, None, split="test", draw=Draw("default"), drawn_from=None, to=tmp_path / "set")


def test_a_folder_that_holds_something_is_not_overwritten(run, tmp_path):
    kept = put(tmp_path, "set/mine.txt", b"mine")
    with pytest.raises(UsageError, match="not empty"):
        run("export", "area/clauses", "--split", "train", "--to", tmp_path / "set")
    assert kept.read_bytes() == b"mine"


def test_folders_above_the_new_one_are_made(run, tmp_path):
    run("export", "area/clauses", "--split", "train", "--to", tmp_path / "a" / "b" / "set")
    assert (tmp_path / "a" / "b" / "set" / "data" / "train.parquet").is_file()


def test_a_failed_export_leaves_nothing(run, places, tmp_path):
    put(places[0], "test/plain.csv", ORIGINAL[:-1])
    with pytest.raises(DataError, match="SB202"):
        run("export", "area/plain", "--split", "train", "--to", tmp_path / "out" / "set")
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def test_missing_data_is_told_before_anything_is_written(run, tmp_path):
    with pytest.raises(DataNotAvailableError, match="SB201"):
        run("export", "area/plain", "--split", "train", "--to", tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_the_same_export_twice_has_the_same_bytes(run, tmp_path):
    for name in ("one", "two"):
        run("export", "area/clauses", "--split", "train", "--to", tmp_path / name)
    for part in ("README.md", "data/train.parquet"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()
