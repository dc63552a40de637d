"""What seems to be behind a file that a submission lacks or may not hold: a name in capitals, a folder too deep.

Only names are looked at, a few of them, and no link is followed.
"""

from __future__ import annotations

import fnmatch
import itertools
import os
from collections.abc import Iterator
from pathlib import Path, PurePath

from .codes import Problem
from .console import typed
from .manifest import MANIFEST_NAME
from .text import Text

__all__ = ["hint_of"]

_MOST_NAMES = 2_000
_PICKLED = (".bin", ".pt", ".pth", ".ckpt")
_FITTED = (".joblib", ".pkl", ".pickle")

_RENAME = Text("{there} is there: rename it {name}", "存在 {there}：请改名为 {name}")
_MOVE = Text("{there} is there: move it up, beside {manifest}", "存在 {there}：请移到 {manifest} 所在的文件夹")
_INNER = Text("{there} is a submission: name that folder", "{there} 是提交文件夹：请改为给出该文件夹")
_OWN = Text(
    "config.json is there: --trust own runs a checkpoint of your own without a {manifest}, unranked",
    "存在 config.json：自有检查点无需 {manifest}，可加 --trust own 运行（不参与排名）",
)
_ENCODING = Text(
    "save it as UTF-8; editors call other encodings ANSI, GBK or Unicode",
    "请另存为 UTF-8；编辑器中的 ANSI、GBK、Unicode 均为其他编码",
)
_CONVERT = Text(
    "{there} holds the weights: load it where it was trained, save_pretrained(FOLDER) writes model.safetensors",
    "权重在 {there} 中：请在训练环境中载入，再用 save_pretrained(FOLDER) 写出 model.safetensors",
)
_DUMP = Text(
    "{there} holds the model: load it where it was trained, skops.io.dump(model, {name!r}) writes what is read here",
    "模型在 {there} 中：请在训练环境中载入，再用 skops.io.dump(model, {name!r}) 写出可读取的文件",
)
_TOKENIZER = Text(
    "save_pretrained(FOLDER) of the model's fast tokenizer writes it",
    "用该模型的快速分词器执行 save_pretrained(FOLDER) 即可写出",
)
_FEEDING = Text(
    "it says how rows become the model's input: sectorbench template transformers-series DIR writes one to change",
    "该文件说明如何将各行转为模型输入：可修改 sectorbench template transformers-series DIR 生成的文件",
)
_WRITTEN_BY = {"tokenizer.json": _TOKENIZER, "preprocessor_config.json": _FEEDING}


def hint_of(problem: Problem, folder: Path) -> Text | None:
    """What to do about a problem in this folder, beyond its code's remedy; None where nothing is known.

    Args:
        problem: That was found.
        folder: The submission.
    """
    if problem.code == "SB101":
        inner = folder.is_file() and (folder.parent / MANIFEST_NAME).is_file()
        return _told(_INNER, there=typed(folder.parent)) if inner else None
    if problem.code == "SB102":
        if "codec can't decode" in problem.found:
            return _ENCODING
        return _of_manifest(folder) if "not found" in problem.found else None
    return _of_file(problem.where, _names(folder)) if problem.code == "SB104" else None


def _of_manifest(folder: Path) -> Text | None:
    names = _names(folder)
    for there in names:
        if there.lower() in (MANIFEST_NAME, "submission.yml", "submission.yaml.txt"):
            return _told(_RENAME, there=there, name=MANIFEST_NAME)
    for there in names:
        if PurePath(there).name == MANIFEST_NAME:
            return _told(_INNER, there=typed(folder / PurePath(there).parent))
    return _told(_OWN, manifest=MANIFEST_NAME) if "config.json" in names else None


def _of_file(wanted: str, names: list[str]) -> Text | None:
    for there in names:
        if there != wanted and fnmatch.fnmatchcase(there.lower(), wanted.lower()):
            return _told(_RENAME, there=there, name=wanted if "*" not in wanted else there.lower())
    for there in names:
        if fnmatch.fnmatchcase(PurePath(there).name, wanted):
            return _told(_MOVE, there=there, manifest=MANIFEST_NAME)
    ending = PurePath(wanted).suffix
    beside = [there for there in names if PurePath(there).suffix == ending and "*" not in wanted and ending != ".json"]
    if len(beside) == 1:
        return _told(_RENAME, there=beside[0], name=wanted)
    for there in names:
        if ending == ".safetensors" and there.endswith(_PICKLED):
            return _told(_CONVERT, there=there)
        if ending == ".skops" and there.endswith(_FITTED):
            return _told(_DUMP, there=there, name=wanted)
    return _WRITTEN_BY.get(wanted)


def _told(text: Text, **parts: str) -> Text:
    return Text(text.en.format(**parts), text.zh.format(**parts))


def _names(folder: Path) -> list[str]:
    """Names of files in a folder and in the folders in it, sorted; none of those behind the first few thousand."""
    try:
        return sorted(itertools.islice(_walk(folder), _MOST_NAMES))
    except OSError:
        return []


def _walk(folder: Path) -> Iterator[str]:
    inner = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.name)
            else:
                yield entry.name
    for name in inner:
        with os.scandir(folder / name) as entries:
            yield from (f"{name}/{entry.name}" for entry in entries if entry.is_file(follow_symlinks=False))
