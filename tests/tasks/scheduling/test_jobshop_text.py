"""Shops in words: the same from the same secret, a floor of exactly nought, and answers judged without mercy."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import ScoringError, UsageError
from sectorbench.harness.evaluation import score_answers
from sectorbench.harness.exhibits import Exhibits
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.planning import Entry, make_plan
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.store import Store
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling import fresh_references, jobshop_text, text_references, text_shops
from sectorbench.tasks.scheduling.cp_sat import LIMIT
from sectorbench.tasks.scheduling.jobshop_text import CARD, TASK
from sectorbench.tasks.scheduling.lower_bounds import makespan_bound
from sectorbench.tasks.scheduling.text_references import compute_text_references, main, practice_text_references
from sectorbench.tasks.scheduling.text_shops import PRACTICE_SECRET, SIZES, text_job_shops

FILES = DataFiles(mirror=None, cache=Path("no-such-folder"))
FROZEN = json.loads(Path(text_references.__file__).with_name("text_references.json").read_text(encoding="utf-8"))
N = 224


@pytest.fixture(scope="module")
def shops():
    return text_job_shops(PRACTICE_SECRET)


@pytest.fixture(scope="module", params=["en", "zh"])
def inputs(request):
    return TASK.inputs(FILES, Draw(request.param))


@pytest.fixture(scope="module")
def references():
    return TASK.references(FILES, Draw("en"))


def answers_of(name, inputs):
    model = CATALOG.model(name)
    adapter = model.adapter.load(LoadContext(None, model.options, "generation", inputs.schema))
    return pa.Table.from_batches([adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()])


def units_of(name, inputs, references):
    return TASK.score(validate_predictions(answers_of(name, inputs), inputs), references)


def told(inputs, texts, truncated=None):
    columns = {"id": inputs.column("id").to_pylist(), "text": texts}
    schema = get_interface("generation").prediction_schemas()[truncated is not None]
    columns |= {} if truncated is None else {"tokens": [1] * len(texts), "truncated": truncated}
    given = pa.table([pa.array(columns[f.name], f.type) for f in schema], schema=schema)
    return validate_predictions(given, inputs)


def test_practice_shops_and_prompts_are_the_same_on_every_machine(shops):
    identities = "".join(one.shop.sha256 for one in shops)
    assert (
        hashlib.sha256(identities.encode()).hexdigest()
        == "c45d742f1a1e50aabbc79204740965425ec92f0ac5c0e3617aaa7e967d671cf5"
    )
    assert {track.name: content_digest(TASK.inputs(FILES, Draw(track.name))) for track in CARD.tracks} == {
        "en": "1300eb74ef9d5e408e3c255a51403794050c6c8bbc558419d4d33a773f463677",
        "zh": "0aec3c7a88996a90a184bbe87007387798f2d0dbf7d763f1730d21c91a273019",
    }


def test_references_are_the_same_on_every_machine_and_for_both_languages(references):
    assert content_digest(references) == "4151e86c76b4ddc59c6ec70ed7748784f144541c7d3bad77a0c1ad635ce821a2"
    assert TASK.references(FILES, Draw("zh")).equals(references)


def test_there_are_32_shops_of_each_size_and_each_job_comes_to_each_machine_once(shops, inputs):
    assert Counter(one.shop.size for one in shops) == {f"{jobs}x{machines}": 32 for jobs, machines in SIZES}
    assert inputs.num_rows == CARD.test.rows == CARD.test.units == N == len({one.shop.sha256 for one in shops})
    assert all(sorted(route) == list(range(len(route))) for one in shops for route in one.shop.machine)


def test_a_prompt_is_one_message_of_the_user_in_the_language_of_the_track(inputs):
    chinese = json.loads(inputs.schema.metadata[b"sectorbench"])["language"] == "zh"
    for row in inputs.to_pylist():
        (message,) = row["messages"]
        assert message["role"] == "user" and row["stop"] == [] and row["max_tokens"] == 4096
        assert ("排程" in message["content"]) is chinese is ("Plan a job shop" not in message["content"])
        assert '"machine_order": [[' in message["content"]
        assert row["id"] not in message["content"]


def test_a_sealed_secret_gives_other_shops_of_the_same_names_and_sizes(shops):
    sealed = TASK.shops(Draw("en", "sealed"))
    assert [(s.shop.name, s.shop.size) for s in sealed] == [(s.shop.name, s.shop.size) for s in shops]
    assert not {s.shop.sha256 for s in sealed} & {s.shop.sha256 for s in shops}
    asked = TASK.inputs(FILES, Draw("zh", "sealed"))
    assert asked.num_rows == N and content_digest(asked) != content_digest(TASK.inputs(FILES, Draw("zh")))
    assert "sealed" not in str(asked.to_pylist())


def test_frozen_references_are_of_these_shops_and_name_what_made_them(shops):
    assert FROZEN["secret"] == PRACTICE_SECRET == CARD.practice_secret
    assert FROZEN["deterministic_limit_s"] == LIMIT
    assert FROZEN["ortools"].startswith("9.")
    assert {n: one["sha256"] for n, one in FROZEN["instances"].items()} == {s.shop.name: s.shop.sha256 for s in shops}


def test_all_shops_up_to_ten_by_ten_are_solved_as_the_card_says(shops):
    proven = Counter(n.split("-")[1] for n, one in FROZEN["instances"].items() if one["optimal"])
    assert {size: proven[size] for size in proven if size != "15x15"} == {
        f"{jobs}x{machines}": 32 for jobs, machines in SIZES if jobs < 15
    }


def test_bounds_and_references_are_in_the_right_order(shops, references):
    for (shop, makespan, shorter), row in zip(shops, references.to_pylist(), strict=True):
        assert row["id"] == shop.name and row["reference_makespan"] == makespan
        assert row["simple_bound"] == makespan_bound(shop) <= row["lower_bound"] <= row["upper_bound"]
        assert row["upper_bound"] <= shop.makespan(shorter) < row["reference_makespan"] < row["serial_makespan"]


def test_the_floor_scores_exactly_nought_on_every_shop(inputs, references):
    units = units_of("text-mwkr", inputs, references)
    assert units.column("score").to_pylist() == [0.0] * N
    assert units.column("code").to_pylist() == [""] * N


@pytest.mark.parametrize("name", sorted(n for n in CATALOG.builtins if n.startswith("text-")))
def test_every_rule_is_feasible_and_none_better_than_the_reference(name, references):
    inputs = TASK.inputs(FILES, Draw("en"))
    units = units_of(name, inputs, references)
    assert units.column("feasible").to_pylist() == [1.0] * N
    assert units.column("new_best").to_pylist() == [0.0] * N
    assert CATALOG.builtins[name].tasks == (CARD.id,)


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(references):
    inputs = TASK.inputs(FILES, Draw("en"))
    one, floor = (units_of(name, inputs, references) for name in ("text-fdd-mwkr", "text-mwkr"))
    assert round(detectable_skill_points(one, floor, floor, CARD.primary, CARD.perfect), 1) == CARD.detectable_effect


BROKEN = {
    "SB411": "no idea",
    "SB412": '{"machine_order": [[0, 1, 2], [0, 1, 2], [0, 1]]}',
    "SB320": "x" * ((1 << 20) + 1),
}


def test_an_answer_that_breaks_a_rule_scores_minus_one_with_its_code(inputs, references):
    part = inputs.slice(0, 5)
    good = answers_of("text-spt", part).column("text").to_pylist()
    units = TASK.score(told(part, [good[0], *BROKEN.values(), good[4]]), references.slice(0, 5)).to_pylist()
    assert [unit["code"] for unit in units] == ["", *BROKEN, ""]
    for unit, row in zip(units[1:4], references.to_pylist()[1:4], strict=True):
        assert (unit["score"], unit["feasible"], unit["invalid"]) == (-1, 0, 1)
        assert unit["makespan"] == row["serial_makespan"]
        assert unit["gap_percent"] == pytest.approx(100 * (row["serial_makespan"] / row["upper_bound"] - 1))


def test_orders_that_contradict_each_other_are_infeasible(inputs, references):
    """Job 0 goes from machine 2 to machine 0, job 1 from 0 to 2; each is told to wait for the other."""
    routes = references.column("machine")[0].as_py()
    assert routes[:2] == [[1, 2, 0], [1, 0, 2]]
    text = '{"machine_order": [[0, 1, 2], [0, 1, 2], [1, 0, 2]]}'
    (unit,) = TASK.score(told(inputs.slice(0, 1), [text]), references).to_pylist()
    assert (unit["code"], unit["score"]) == ("SB413", -1)


def test_the_share_of_cut_answers_is_there_where_models_tell_it_and_else_missing(inputs, references):
    part = inputs.slice(0, 4)
    texts = answers_of("text-spt", part).column("text").to_pylist()
    for truncated, expected in ((None, None), ([True, False, False, False], 0.25)):
        answers = told(part, texts, truncated)
        score = score_answers(TASK, answers, references.slice(0, 4), track="en", inputs_sha256="0" * 64, partial=True)
        found = {metric.name: metric.value for metric in score.metrics}
        assert found.get("truncated_share") == expected
        assert "score" in found and all(
            ("truncated_share" in {m.name for m in s.metrics}) is (expected is not None) for s in score.slices
        )


def test_pictures_show_the_derived_schedule_or_the_rule_that_is_broken(inputs, references):
    answers = validate_predictions(answers_of("text-spt", inputs), inputs)
    units = TASK.score(answers, references)
    common, worst = TASK.exhibits(answers, references, units)
    assert (common.unit, common.role, worst.role) == ("text-6x6-00", "common", "worst")
    end = next(q.value for q in common.quantities if q.name == "makespan")
    assert (
        end
        == dict(zip(units.column("unit").to_pylist(), units.column("makespan").to_pylist(), strict=True))["text-6x6-00"]
    )
    silent = told(inputs, ["\x00<script>" * 99] * N)
    (broken,) = TASK.exhibits(silent, references, TASK.score(silent, references))
    assert broken.broken is not None and broken.broken.code == "SB411"
    assert Exhibits.of([common, worst, broken][:2]) is not None


def test_inputs_without_their_references_are_refused(inputs, references):
    part = inputs.slice(0, 1)
    with pytest.raises(ScoringError, match="text-3x3-00"):
        TASK.score(told(part, ["?"]), references.slice(1))


def test_another_track_or_split_is_refused_by_name():
    with pytest.raises(UsageError, match="tracks: en, zh"):
        TASK.inputs(FILES, Draw("default"))
    with pytest.raises(UsageError, match="exported: practice"):
        TASK.examples(FILES, "train", Draw("en"))


def test_practice_examples_are_the_test_set_with_its_references(inputs, references):
    language = json.loads(inputs.schema.metadata[b"sectorbench"])["language"]
    examples = TASK.examples(FILES, "practice", Draw(language, "sealed"))
    assert examples.inputs.equals(inputs) and examples.targets.equals(references)


def test_frozen_references_come_out_again_where_the_solver_is_the_same(shops, tmp_path):
    if version("ortools") != FROZEN["ortools"]:
        pytest.skip(f"the references were made by OR-Tools {FROZEN['ortools']}, here is {version('ortools')}")
    chosen = shops[:160:8]
    found = compute_text_references(chosen, tmp_path / "kept")
    assert found == [practice_text_references()[one.shop.sha256] for one in chosen]


@pytest.fixture
def few_shops(monkeypatch, quick_cp_sat):
    """Two shops of two sizes, a hundredth of the work; counts how often the solver is asked."""
    monkeypatch.setattr(text_shops, "SHOPS_PER_SIZE", 2)
    monkeypatch.setattr(text_shops, "SIZES", ((3, 3), (6, 6)))
    for module in (jobshop_text, text_references):  # neither finds all shops kept nor keeps these few
        monkeypatch.setattr(module, "text_job_shops", text_job_shops.__wrapped__)
    return quick_cp_sat(fresh_references, lambda shop: shop.name)


def test_references_of_a_secret_are_computed_once_and_told(few_shops, tmp_path, capsys):
    files, draw = DataFiles(mirror=None, cache=tmp_path), Draw("en", "sealed")
    first = TASK.references(files, draw)
    assert few_shops == ["text-3x3-00", "text-3x3-01", "text-6x6-00", "text-6x6-01"]
    assert "scheduling/jobshop-text: reference schedules by CP-SAT, 4 of 4" in capsys.readouterr().err
    assert TASK.references(files, Draw("zh", "sealed")).equals(first)
    assert len(few_shops) == 4
    assert not [path for path in tmp_path.rglob("*") if "sealed" in path.name]
    assert all(np.array(first.column("upper_bound")) < np.array(first.column("reference_makespan")))


def test_the_table_is_written_as_it_is_frozen(few_shops, tmp_path):
    main(["--to", str(tmp_path / "table.json")])
    table = json.loads((tmp_path / "table.json").read_text())
    assert table.keys() == FROZEN.keys()
    assert {tuple(sorted(one)) for one in table["instances"].values()} == {
        ("lower_bound", "makespan", "optimal", "sha256")
    }
    assert len(table["instances"]) == 4


def test_practice_needs_no_solver(monkeypatch, tmp_path):
    monkeypatch.setattr(jobshop_text, "compute_text_references", None)
    assert TASK.references(DataFiles(mirror=None, cache=tmp_path), Draw("en")).num_rows == N
    assert not list(tmp_path.iterdir())


def write_language_model(folder):
    """A network of no training whose tokens are single bytes; it has nothing to say."""
    torch = pytest.importorskip("torch")
    import transformers
    import yaml
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(["<end>", *letters])}, merges=[]))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    transformers.PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<end>").save_pretrained(folder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
        window = {"max_position_embeddings": 2048, "eos_token_id": 0, "bos_token_id": 0}
        config = transformers.LlamaConfig(vocab_size=1 + len(letters), **sizes, **window)
        transformers.LlamaForCausalLM(config).save_pretrained(folder)
    manifest = {"schema_version": "submission/1", "name": "mute", "vendor": "Example", "version": "1"}
    manifest |= {"adapter": "transformers-causal", "interfaces": ["generation"], "trained_on": [], "options": {}}
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    return open_submission(folder, CATALOG.builtins)


@pytest.mark.parametrize("track", ["en", "zh"])
def test_a_language_model_answers_in_a_worker_of_its_own(tmp_path, track):
    store = Store(tmp_path / "results")
    settings = Settings(results=store.folder, suite="text@1", limit=2)
    plan = make_plan(
        [Entry(TASK, track)],
        [write_language_model(tmp_path / "mute")],
        floor=CATALOG.model,
        files=DataFiles(mirror=None, cache=tmp_path / "cache"),
        store=store,
        settings=settings,
        told=lambda text: None,
    )
    records = {
        r.cell.model.name: r for r in execute(plan, store=store, settings=settings, watcher=Watcher()).records.values()
    }
    found = {name: {m.name: m.value for m in record.metrics} for name, record in records.items()}
    assert found["text-mwkr"]["score"] == 0 and "truncated_share" not in found["text-mwkr"]
    assert (found["mute"]["score"], found["mute"]["feasible_share"]) == (-1, 0)
    assert 0 <= found["mute"]["truncated_share"] <= 1
    assert records["mute"].counts.codes == {"SB411": 2}
    assert records["mute"].protocol.adapter == "transformers-causal"
