"""Small honest submission folders written without torch, and the ways in which tests spoil them."""

from __future__ import annotations

import json
import struct
import zipfile

import numpy as np
import yaml
from safetensors.numpy import save

WIDTH, KNOWN_WORDS, LABELS = 8, 9, ("Entailment", "Contradiction", "NotMentioned")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "fee", "law", "net", "30", "days"]
CHAT = "{% for m in messages %}<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"


def write_manifest(folder, adapter, interfaces, **fields):
    """``submission.yaml``; None removes a field."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "schema_version": "submission/1",
        "name": "my-model",
        "vendor": "Example",
        "version": "1",
        "adapter": adapter,
        "interfaces": interfaces,
        "trained_on": [],
    } | fields
    kept = {name: value for name, value in manifest.items() if value is not None}
    (folder / "submission.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")


def bert_shapes(layers=1, width=WIDTH, inner=WIDTH, words=KNOWN_WORDS):
    """Shapes of a BERT for sequence classification with three labels, by the names of transformers."""
    shapes = {
        "bert.embeddings.word_embeddings.weight": (words, width),
        "bert.embeddings.position_embeddings.weight": (32, width),
        "bert.embeddings.token_type_embeddings.weight": (2, width),
        "bert.pooler.dense.weight": (width, width),
        "bert.pooler.dense.bias": (width,),
        "classifier.weight": (len(LABELS), width),
        "classifier.bias": (len(LABELS),),
    }
    norms = ["bert.embeddings.LayerNorm"]
    for at in range(layers):
        part = f"bert.encoder.layer.{at}"
        norms += [f"{part}.attention.output.LayerNorm", f"{part}.output.LayerNorm"]
        for name in (*(f"attention.self.{one}" for one in ("query", "key", "value")), "attention.output.dense"):
            shapes |= {f"{part}.{name}.weight": (width, width), f"{part}.{name}.bias": (width,)}
        shapes |= {f"{part}.intermediate.dense.weight": (inner, width), f"{part}.intermediate.dense.bias": (inner,)}
        shapes |= {f"{part}.output.dense.weight": (width, inner), f"{part}.output.dense.bias": (width,)}
    return shapes | {f"{name}.{what}": (width,) for name in norms for what in ("weight", "bias")}


def bert_weights(layers=1):
    """Weights of these shapes, small and random."""
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in bert_shapes(layers).items()}


def write_encoder(folder, **fields):
    """A BERT that chooses one of three labels."""
    write_manifest(folder, "transformers-encoder", ["choice"], **fields)
    config = {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "vocab_size": len(WORDS),
        "hidden_size": WIDTH,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": WIDTH,
        "max_position_embeddings": 32,
        "type_vocab_size": 2,
        "id2label": {str(at): label for at, label in enumerate(LABELS)},
        "label2id": {label: at for at, label in enumerate(LABELS)},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(save(bert_weights(), metadata={"format": "pt"}))
    write_tokenizer(folder)
    return folder


def write_tokenizer(folder, pattern=None, words=WORDS):
    """One token per word; ``pattern`` is what text is split by."""
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"} if pattern is None else split,
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: at for at, word in enumerate(words)}, "unk_token": "[UNK]"},
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")


def write_causal(folder, chat=CHAT, **fields):
    """A folder of a causal model whose files look sound; its weights are those of no model."""
    write_manifest(folder, "transformers-causal", ["generation"], **fields)
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": len(WORDS)}
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": WIDTH}), encoding="utf-8")
    weights = {"model.embed_tokens.weight": np.ones((len(WORDS), WIDTH), np.float32)}
    (folder / "model.safetensors").write_bytes(save(weights, metadata={"format": "pt"}))
    write_tokenizer(folder)
    (folder / "chat_template.jinja").write_text(chat, encoding="utf-8")
    return folder


def write_skops(folder, members=None, **fields):
    """A folder with a skops file of the members given by name."""
    write_manifest(folder, "skops", ["choice"], **fields)
    with zipfile.ZipFile(folder / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (members or {"schema.json": skops_schema()}).items():
            archive.writestr(name, content)
    return folder


def skops_schema(module="sklearn.linear_model._logistic", kind="LogisticRegression", **more):
    """The head of a skops schema that names one type."""
    return json.dumps({"__module__": module, "__class__": kind, "__loader__": "ObjectNode"} | more)


def write_onnx(folder, spoil=lambda model: None, **fields):
    """An ONNX graph that gives back one static feature as the answer."""
    import onnx
    from onnx import TensorProto, helper

    write_manifest(folder, "onnx", ["regression"], **fields)
    given = helper.make_tensor_value_info("static", TensorProto.FLOAT, ["n", 1])
    made = helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [1, 1], [2.0])
    graph = helper.make_graph([helper.make_node("MatMul", ["static", "w"], ["value"])], "g", [given], [made], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    spoil(model)
    onnx.save(model, str(folder / "model.onnx"))
    return folder


def raw_safetensors(entries, data=b"", *, header=None):
    """A safetensors file of a header as it is given."""
    text = json.dumps(entries).encode() if header is None else header
    return struct.pack("<Q", len(text)) + text + data


def edit_json(path, **changes):
    """Sets fields of a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")
