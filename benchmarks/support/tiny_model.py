"""A tiny BERT with random weights: the shape of the real thing, seconds instead of minutes."""

from __future__ import annotations

import string
from collections.abc import Iterable
from pathlib import Path

import torch
from transformers import BertConfig, BertModel, BertTokenizer

__all__ = ["build_tiny_model"]

HIDDEN_SIZE = 32
LAYERS = 2
LONGEST = 128


def build_tiny_model(folder: Path, words: Iterable[str]) -> Path:
    """Write a model folder whose vocabulary holds the given words.

    Args:
        folder: Where to write; made if it is missing.
        words: Words that become single tokens, in lower case; others are spelled.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spelled = string.digits + string.ascii_lowercase + string.punctuation
    pieces = [*spelled, *(f"##{character}" for character in spelled)]
    known = sorted({word.lower() for word in words} - set(pieces))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces, *known]
    listed = folder / "vocab.txt"
    listed.write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(listed), do_lower_case=True, model_max_length=LONGEST)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=2 * HIDDEN_SIZE,
        max_position_embeddings=LONGEST,
    )
    BertModel(config).save_pretrained(folder)
    return folder
