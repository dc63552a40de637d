"""Folders that nobody should load: the real command says what is wrong by code, quickly, and writes nothing."""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
import toy_folders as toy
from safetensors.numpy import save
from sectorbench.__main__ import main
from sectorbench.harness.codes import CODES
from sectorbench.harness.inspection import children
from sectorbench.harness.isolation import why_not

CPU_S = 5.0
"""Processor seconds that one refusal may take, children counted; wall seconds depend on who else is at work."""


def cpu_s():
    return sum(
        one.ru_utime + one.ru_stime
        for one in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def contents(folder):
    return {
        str(p.relative_to(folder)): (p.lstat().st_mode, p.lstat().st_size, p.lstat().st_mtime_ns)
        for p in folder.rglob("*")
    }


def _counted_level():
    """Bubblewrap leaves before what it started is counted: the strongest level whose seconds this process is told."""
    return "landlock" if why_not("landlock") is None else "limits"


@pytest.fixture
def checked(tmp_path, capsys, monkeypatch):
    """Runs ``check`` on a folder below ``tmp_path``; returns exit code, codes and all that was printed."""

    def check(folder, *options):
        empty = tmp_path / "elsewhere"
        empty.mkdir()
        monkeypatch.chdir(empty)
        monkeypatch.setattr(children, "available_level", _counted_level)
        before, began = contents(tmp_path), cpu_s()
        code = main(["check", str(folder), *options])
        took = cpu_s() - began
        said = capsys.readouterr()
        assert contents(tmp_path) == before, "something was written"
        assert "Traceback" not in said.out + said.err
        found = [line[:5] for line in said.out.splitlines() if line[:2] == "SB"]
        assert set(found) <= set(CODES)
        return code, set(found), said.out, took

    return check


def spoilt(base, *spoils):
    """A builder: an honest folder, then what spoils it."""

    def build(folder):
        base(folder)
        for spoil in spoils:
            spoil(folder)

    return build


def weights(change=lambda tensors: tensors, name="model.safetensors"):
    return lambda folder: (folder / name).write_bytes(save(change(toy.bert_weights()), metadata={"format": "pt"}))


def raw(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def config(name="config.json", **changes):
    return lambda folder: toy.edit_json(folder / name, **changes)


def more(line):
    """The manifest with a line at its end."""

    def spoil(folder):
        with (folder / "submission.yaml").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    return spoil


def without(name):
    return lambda folder: (folder / name).unlink()


def empty(folder):
    folder.mkdir()


def manifest(**fields):
    """A builtin under another name: whatever is wrong is in the manifest alone."""
    return lambda folder: toy.write_manifest(folder, "builtin", ["regression"], options={"name": "mean-life"}, **fields)


def plain(folder):
    """A builtin with a config and weights beside it: files are looked at whatever the adapter is."""
    toy.write_manifest(folder, "builtin", ["regression"], options={"name": "mean-life"})
    (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(save(toy.bert_weights()))


def encoder_for(*tasks):
    return lambda folder: toy.write_encoder(folder, tasks=list(tasks))


def with_text(text):
    """The config with something put in as it is."""

    def spoil(folder):
        path = folder / "config.json"
        path.write_text(path.read_text(encoding="utf-8").replace("{", text, 1), encoding="utf-8")

    return spoil


def encoded(prefix, encoding):
    return lambda folder: (folder / "config.json").write_bytes(prefix + '{"model_type": "bért"}'.encode(encoding))


def sharded(placed, *, shards=("a.safetensors", "b.safetensors")):
    """The weights in two files with an index; ``placed`` changes where it says a tensor is."""

    def spoil(folder):
        (folder / "model.safetensors").unlink()
        tensors = toy.bert_weights()
        halves = [dict(list(tensors.items())[at::2]) for at in range(2)]
        where = {name: shards[at] for at, half in enumerate(halves) for name in half}
        for shard, half in zip(shards, halves, strict=True):
            (folder / shard).write_bytes(save(half, metadata={"format": "pt"}))
        index = {"metadata": {}, "weight_map": placed(where)}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")

    return spoil


def leading_out(to):
    return sharded(lambda where: where | {"classifier.bias": to})


def first(**entry):
    """Weights of one tensor of a header that is made by hand."""
    sound = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    return raw("model.safetensors", toy.raw_safetensors({"w": sound | entry}, b"\0" * 8))


def entries(*offsets, n=16):
    named = {f"t{at}": {"dtype": "U8", "shape": [b - a], "data_offsets": [a, b]} for at, (a, b) in enumerate(offsets)}
    return raw("model.safetensors", toy.raw_safetensors(named, b"\0" * n))


def not_finite(dtype, number):
    def spoil(folder):
        data = bytearray(np.arange(1, 9, dtype=f"<u{len(number)}").tobytes())
        data[-len(number) :] = number
        entry = {"dtype": dtype, "shape": [8], "data_offsets": [0, len(data)]}
        (folder / "extra.safetensors").write_bytes(toy.raw_safetensors({"w": entry}, bytes(data)))

    return spoil


def link(name, *, hard):
    def spoil(folder):
        target = folder.parent / "secret"
        target.write_bytes(save({"w": np.ones(2, np.float32)}))
        (folder / name).unlink()
        os.link(target, folder / name) if hard else (folder / name).symlink_to(target)

    return spoil


def special(name, kind):
    def spoil(folder):
        (folder / name).unlink(missing_ok=True)
        if kind == "fifo":
            os.mkfifo(folder / name)
        elif kind == "socket":
            where = os.open(folder, os.O_RDONLY)  # a socket's path has at most 107 bytes
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(f"/proc/self/fd/{where}/{name}")
            os.close(where)
        else:
            try:
                os.mknod(folder / name, stat.S_IFCHR | 0o600, os.makedev(1, 5))
            except PermissionError:
                pytest.skip("making a device needs root")

    return spoil


def sparse(folder):
    with (folder / "model.safetensors").open("wb") as file:
        file.truncate(1 << 30)


def many_files(folder):
    for at in range(2_100):
        (folder / f"{at}.txt").touch()


def named(name):
    return lambda folder: (folder / name).write_bytes(b"x")


def deep(folder):
    (folder / "/".join("abcdefghijkl")).mkdir(parents=True)


def skops(**members):
    return lambda folder: toy.write_skops(folder, {name.replace("__", "/"): text for name, text in members.items()})


def skops_of(module, kind):
    return lambda folder: toy.write_skops(folder, {"schema.json": toy.skops_schema(module, kind)})


def bomb(folder):
    toy.write_skops(folder, {"schema.json": toy.skops_schema(), "1.npy": b"\0" * (80 << 20)})


def zip_slip(folder):
    toy.write_skops(folder, {"schema.json": toy.skops_schema(), "../../evil.npy": b"x"})


def twice(folder):
    toy.write_skops(folder)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(folder / "model.skops", "a") as archive:
        archive.writestr("schema.json", toy.skops_schema("posix", "system"))


def long_list(folder):
    """An archive whose end says that its list of members has 2 GiB; reading it would take as much memory."""
    toy.write_skops(folder)
    path = folder / "model.skops"
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = (2 << 30).to_bytes(4, "little")
    path.write_bytes(content)


def outside_weights(model):
    from onnx import TensorProto

    one = model.graph.initializer[0]
    one.ClearField("float_data")
    one.data_location = TensorProto.EXTERNAL
    entry = one.external_data.add()
    entry.key, entry.value = "location", "../secret"


def own_operator(model):
    model.graph.node[0].domain = "evil.ops"


def alias_bomb(folder):
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    (folder / "submission.yaml").write_text("\n".join(lines), encoding="utf-8")


def appended(line):
    def spoil(folder):
        path = folder / "submission.yaml"
        path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")

    return spoil


PLAIN, ENCODER, CAUSAL, ONNX = plain, toy.write_encoder, toy.write_causal, toy.write_onnx
NLI = encoder_for("document_review/contract-nli")
REFERENCE = {  # by the number of the case in the list of thirty
    "1 an empty folder": (empty, "SB102"),
    "2 a file instead of a folder": (lambda folder: folder.write_text("x"), "SB101"),
    "3 no config": (spoilt(ENCODER, without("config.json")), "SB104"),
    "4 a config with a byte order mark": (spoilt(PLAIN, encoded(b"\xef\xbb\xbf", "utf-8")), "SB110"),
    "4 a config in Latin-1": (spoilt(PLAIN, encoded(b"", "latin-1")), "SB110"),
    "4 a config in UTF-16": (spoilt(PLAIN, encoded(b"\xff\xfe", "utf-16-le")), "SB110"),
    "4 a config in JSON5": (spoilt(PLAIN, with_text("{ // mine\n")), "SB110"),
    "5 a config of 50 MB": (spoilt(PLAIN, raw("config.json", b'{"a": "' + b"x" * 50_000_000 + b'"}')), "SB110"),
    "6 a config of 100,000 brackets": (spoilt(PLAIN, raw("config.json", b"[" * 100_000)), "SB110"),
    "8 code beside the weights": (
        spoilt(PLAIN, named("modeling_evil.py"), config(auto_map={"AutoModel": "modeling_evil.Model"})),
        "SB105 SB117",
    ),
    "9 a pickle": (spoilt(ENCODER, without("model.safetensors"), named("pytorch_model.bin")), "SB104 SB105"),
    "11 a joblib file": (spoilt(toy.write_skops, named("model.joblib")), "SB105"),
    "12 a skops file that runs a program": (skops_of("posix", "system"), "SB106"),
    "13 a skops file that unpacks to 80 MB from nothing": (bomb, "SB118"),
    "14 a member that leads out of its archive": (zip_slip, "SB118"),
    "15 weights cut off": (spoilt(PLAIN, raw("model.safetensors", save(toy.bert_weights())[:-9])), "SB111"),
    "16 a header of more than 100 MB": (
        spoilt(PLAIN, raw("model.safetensors", (101_000_000).to_bytes(8, "little") + b" " * 101_000_000)),
        "SB111",
    ),
    "16 a header of 2^60 bytes": (spoilt(PLAIN, raw("model.safetensors", (1 << 60).to_bytes(8, "little"))), "SB111"),
    "17 a tensor named twice": (
        spoilt(
            ENCODER,
            raw(
                "model.safetensors",
                toy.raw_safetensors(
                    {},
                    b"\0" * 8,
                    header=b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
                    b'"w":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}',
                ),
            ),
        ),
        "SB112",
    ),
    "18 a shard above the folder": (spoilt(ENCODER, leading_out("../secret.safetensors")), "SB114"),
    "19 a shard by its absolute path": (spoilt(ENCODER, leading_out("/etc/secret.safetensors")), "SB114"),
    "20 a shard that is not there": (spoilt(ENCODER, leading_out("c.safetensors")), "SB114"),
    "20 a shard that is not listed": (
        spoilt(ENCODER, sharded(lambda where: where), raw("c.safetensors", save({"w": np.ones(2)}))),
        "SB114",
    ),
    "21 a symbolic link": (
        spoilt(ENCODER, link("model.safetensors", hard=False)),
        "SB105",
    ),
    "21 a hard link": (spoilt(ENCODER, link("model.safetensors", hard=True)), "SB105"),
    "21 a pipe": (spoilt(ENCODER, special("model.safetensors", "fifo")), "SB105"),
    "21 a socket": (spoilt(PLAIN, special("s", "socket")), "SB105"),
    "21 a device": (spoilt(PLAIN, special("zero", "device")), "SB105"),
    "22 NaN in one weight": (
        spoilt(PLAIN, weights(lambda t: t | {"classifier.bias": np.array([0, np.nan, 0], np.float32)})),
        "SB115",
    ),
    "22 infinity in one weight of half precision": (
        spoilt(PLAIN, weights(lambda t: t | {"classifier.bias": np.array([0, np.inf, 0], np.float16)})),
        "SB115",
    ),
    "24 20,000 layers of 40 tensors": (spoilt(ENCODER, config(num_hidden_layers=20_000)), "SB116"),
    "25 labels that are not the task's": (
        spoilt(NLI, config(id2label={"0": "yes", "1": "no", "2": "maybe"})),
        "SB122",
    ),
    "25 a label too few": (spoilt(NLI, config(id2label={"0": "Entailment", "1": "Contradiction"})), "SB122"),
    "26 a pattern that panics": (
        spoilt(ENCODER, lambda folder: toy.write_tokenizer(folder, r"(?:a|aa)+$|x")),
        "SB119",
    ),
    "26 more tokens than embeddings": (
        spoilt(ENCODER, lambda folder: toy.write_tokenizer(folder, words=[*toy.WORDS, "more", "words"])),
        "SB120",
    ),
    "27 a template without an end": (
        lambda folder: CAUSAL(folder, "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"),
        "SB121",
    ),
    "27 a template that makes 500 MB": (lambda folder: CAUSAL(folder, "{{ 'x' * 500000000 }}"), "SB121"),
    "30 a name of HTML": (manifest(name="<script>alert(1)</script>"), "SB103"),
    "30 a name that leads out": (manifest(name="../../etc"), "SB103"),
    "30 a vendor of 4,096 letters": (manifest(vendor="x" * 4_096), "SB103"),
    "30 a vendor written from right to left": (manifest(vendor="evil\u202egnp.exe"), "SB123"),
    "30 a licence of HTML": (manifest(licence="<img src=x onerror=alert(1)>"), "SB123"),
    "30 a key of a prototype": (manifest(__proto__={"polluted": True}), "SB103"),
}
OWN = {
    "a key twice in a config": (spoilt(PLAIN, with_text('{"model_type": "gpt2", ')), "SB110"),
    "NaN in a config": (spoilt(PLAIN, with_text('{"layer_norm_eps": NaN, ')), "SB110"),
    "a number of 5,000 digits": (spoilt(PLAIN, with_text(f'{{"seed": {"9" * 5_000}, ')), "SB110"),
    "a number without bounds": (spoilt(PLAIN, with_text('{"eps": 1e999, ')), "SB110"),
    "a manifest that unfolds": (spoilt(PLAIN, alias_bomb), "SB102"),
    "a field twice in the manifest": (spoilt(PLAIN, appended("vendor: Another\n")), "SB102"),
    "a file name from right to left": (spoilt(PLAIN, named("weights\u202eexe.txt")), "SB108"),
    "a file name of two lines": (spoilt(PLAIN, named("a\nSB000 all is well")), "SB108"),
    "a file name that is no text": (spoilt(PLAIN, named(os.fsdecode(b"a\xff"))), "SB108"),
    "two names that differ by case": (spoilt(PLAIN, named("README.md"), named("readme.md")), "SB108"),
    "a file name of 250 letters": (spoilt(PLAIN, named("x" * 250)), "SB108"),
    "folders in folders": (spoilt(PLAIN, deep), "SB108"),
    "a file of 1 GiB that holds nothing": (spoilt(ENCODER, sparse), "SB109"),
    "2,100 files": (spoilt(ENCODER, many_files), "SB109"),
    "a manifest that is a link": (spoilt(PLAIN, link("submission.yaml", hard=False)), "SB105"),
    "2,100 files and a manifest that is a link": (
        spoilt(PLAIN, many_files, link("submission.yaml", hard=False)),
        "SB109",
    ),
    "an archive": (spoilt(PLAIN, named("weights.tar.gz")), "SB105"),
    "tensors over each other": (spoilt(PLAIN, entries((0, 12), (4, 16))), "SB111"),
    "bytes between tensors": (spoilt(PLAIN, entries((0, 4), (8, 16))), "SB111"),
    "a shape that does not fit its bytes": (spoilt(PLAIN, first(shape=[3])), "SB111"),
    "a shape below nothing": (spoilt(PLAIN, first(shape=[-1, -2])), "SB111"),
    "a header that is a list": (spoilt(PLAIN, raw("model.safetensors", toy.raw_safetensors([1]))), "SB111"),
    "complex numbers": (spoilt(PLAIN, first(dtype="C64", shape=[1])), "SB113"),
    "20,001 tensors": (spoilt(PLAIN, entries(*[(0, 0)] * 20_001, n=0)), "SB112"),
    "a kernel of a stranger": (spoilt(PLAIN, config(attn_implementation="evil/repo")), "SB117"),
    "a kernel by the inner name": (spoilt(PLAIN, config(_attn_implementation_internal="evil/repo")), "SB117"),
    "code named deep inside": (spoilt(PLAIN, config(text_config={"a": [{"auto_map": {"A": "b.C"}}]})), "SB117"),
    "a quantised model": (spoilt(PLAIN, config(quantization_config={"load_in_4bit": True})), "SB117"),
    "weights beside another model": (
        spoilt(PLAIN, raw("adapter_config.json", b'{"base_model_name_or_path": "evil/base", "peft_type": "LORA"}')),
        "SB117",
    ),
    "a vocabulary of two billion": (spoilt(ENCODER, config(vocab_size=2_000_000_000)), "SB116"),
    "a width below nothing": (spoilt(ENCODER, config(hidden_size=-8)), "SB116"),
    "a tensor in another shard than listed": (
        spoilt(ENCODER, sharded(lambda where: {n: {"a": "b", "b": "a"}[f[0]] + f[1:] for n, f in where.items()})),
        "SB114",
    ),
    "an index of nothing": (spoilt(ENCODER, sharded(lambda where: {})), "SB114"),
    "weights beside the index": (
        spoilt(ENCODER, sharded(lambda where: where), weights()),
        "SB114",
    ),
    "two weight files and no index": (spoilt(ENCODER, weights(name="model-2.safetensors")), "SB114"),
    "NaN of bfloat16": (spoilt(PLAIN, not_finite("BF16", b"\xc0\x7f")), "SB115"),
    "NaN of double precision": (
        spoilt(PLAIN, weights(lambda t: t | {"classifier.bias": np.array([0, 0, np.nan])})),
        "SB115",
    ),
    "infinity of float8 e5m2": (spoilt(PLAIN, not_finite("F8_E5M2", b"\xfc")), "SB115"),
    "NaN of float8 e4m3": (spoilt(PLAIN, not_finite("F8_E4M3", b"\x7f")), "SB115"),
    "a label of HTML": (spoilt(ENCODER, config(id2label={"0": "<script>alert(1)</script>", "1": "b"})), "SB123"),
    "a skops file that is none": (lambda folder: spoilt(toy.write_skops, raw("model.skops", b"no"))(folder), "SB107"),
    "a skops file without a schema": (skops(other="x"), "SB107"),
    "a skops file that evaluates": (skops_of("builtins", "eval"), "SB106"),
    "a member twice": (twice, "SB118"),
    "a list of members of 2 GiB": (long_list, "SB118"),
    "weights of ONNX elsewhere": (lambda folder: ONNX(folder, outside_weights), "SB106"),
    "an operator of ONNX that nobody knows": (lambda folder: ONNX(folder, own_operator), "SB106"),
    "an ONNX file that is none": (spoilt(ONNX, raw("model.onnx", b"\x08\xff\xff\xff" * 64)), "SB107"),
    "a tokenizer of an unknown kind": (
        spoilt(ENCODER, raw("tokenizer.json", b'{"version": "1.0", "model": {"type": "Evil"}}')),
        "SB119",
    ),
    "a template of 300,000 letters": (lambda folder: CAUSAL(folder, "x" * 300_000), "SB121"),
    "a template that reaches for Python": (
        lambda folder: CAUSAL(folder, "{{ cycler.__init__.__globals__.os.popen('id') }}"),
        "SB121",
    ),
    "a config of wrong kinds": (
        spoilt(
            lambda folder: shutil.copytree(FLEET, folder),
            config(prediction_length=["x"], context_length="long", num_input_channels={}),
        ),
        "SB107",
    ),
    "a number of 53,000 digits in the manifest": (
        spoilt(plain, more("options: {a: 1" + ":59" * 30_000 + "}")),
        "SB102",
    ),
    "half a surrogate pair in the manifest": (spoilt(plain, more('notes: {a: "\\ud800"}')), "SB102"),
    "keys of two kinds in the manifest": (spoilt(plain, more("notes: {1: a, b: c}")), "SB102"),
    "a file name that is a pattern": (lambda folder: toy.write_skops(folder, options={"file": "*.skops"}), "SB104"),
    "a label of half a surrogate pair": (
        spoilt(ENCODER, raw("config.json", b'{"id2label": {"0": "\\ud800"}}')),
        "SB110",
    ),
    "a tokenizer that fills up to 4 TiB": (
        spoilt(
            ENCODER,
            lambda folder: toy.edit_json(
                folder / "tokenizer.json",
                padding={
                    "strategy": {"Fixed": 1 << 40},
                    "direction": "Right",
                    "pad_to_multiple_of": None,
                    "pad_id": 0,
                    "pad_type_id": 0,
                    "pad_token": "[PAD]",
                },
            ),
        ),
        "SB119",
    ),
    "a template that makes a list of 8 GB": (lambda folder: CAUSAL(folder, "{{ [0] * 10**9 }}"), "SB121"),
    "a template of 9,000 branches": (
        lambda folder: CAUSAL(folder, "{% if 1 %}" * 9_000 + "{% endif %}" * 9_000),
        "SB121",
    ),
    "channels of something else": (
        spoilt(
            lambda folder: shutil.copytree(FLEET, folder),
            lambda folder: toy.edit_json(folder / "preprocessor_config.json", mean="none"),
        ),
        "SB107",
    ),
}
FLEET = Path(__file__).parents[3] / "tasks/predictive_maintenance/checkpoints/patchtst-fleet"


@pytest.mark.parametrize("case", [*REFERENCE, *OWN])
def test_a_bad_folder_gives_its_codes_at_little_cost_and_nothing_is_written(case, checked, tmp_path):
    build, expected = (REFERENCE | OWN)[case]
    folder = tmp_path / "bad"
    build(folder)
    code, found, said, took = checked(folder)
    assert code == 1
    assert found == set(expected.split()), said
    assert took < CPU_S, said


def test_there_are_enough_cases_of_our_own():
    assert len(OWN) >= 20
