"""Causal language models of one token per byte, random and tiny, written as checkpoints."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

WINDOW = 96


def tokenizer_of(path, *, chat=None):
    """One token per byte, and four special ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<pad>", "<end>", "<u>", "<a>"]
    vocabulary = {letter: number for number, letter in enumerate([*special, *letters])}
    raw = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="<end>", additional_special_tokens=["<u>", "<a>"]
    )
    if chat is not None:
        fast.chat_template = chat
    fast.save_pretrained(path)
    return len(vocabulary)


def write(path, architecture="LlamaForCausalLM", *, chat=None, seed=0, window=WINDOW):
    import transformers

    tokens = tokenizer_of(path, chat=chat)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if architecture == "LlamaForCausalLM":
            config = transformers.LlamaConfig(
                vocab_size=tokens,
                hidden_size=32,
                intermediate_size=32,
                num_hidden_layers=2,
                num_attention_heads=4,
                num_key_value_heads=2,
                max_position_embeddings=window,
                initializer_range=0.3,  # far from uniform: no two tokens are nearly as likely
                eos_token_id=1,
                pad_token_id=0,
            )
        else:
            config = transformers.GPT2Config(
                vocab_size=tokens,
                n_embd=32,
                n_layer=2,
                n_head=4,
                n_positions=window,
                initializer_range=0.3,
                eos_token_id=1,
                bos_token_id=1,
            )
        model = getattr(transformers, architecture)(config).eval()
    model.save_pretrained(path)
    return path


CHAT = "{% for m in messages %}<u>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}"


def write_learnt(path, pairs, *, window, seed=1):
    """A model that learnt by heart what to answer to each of a few messages."""
    import transformers

    write(path, chat=CHAT, window=window, seed=seed)
    model = transformers.AutoModelForCausalLM.from_pretrained(path).train()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    texts = [f"<u>{question}<a>{answer}<end>" for question, answer in pairs]
    batch = tokenizer(texts, add_special_tokens=False, padding=True, padding_side="right", return_tensors="pt")
    ids, mask = batch["input_ids"], batch["attention_mask"].bool()
    begins = (ids == tokenizer.convert_tokens_to_ids("<a>")).int().argmax(1, keepdim=True)
    wanted = ids.masked_fill(~mask | (torch.arange(ids.shape[1]) <= begins), -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(200):
        loss = model(input_ids=ids, attention_mask=mask, labels=wanted).loss
        if float(loss.detach()) < 0.01:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.05
    model.save_pretrained(path)
    return path
