"""A BERT of base size with random weights: the work of the real thing, nothing to download."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from benchmarks.support.setting import build_model

__all__ = ["build_bert_base"]


def build_bert_base(data: str, scratch: Path) -> Path:
    """Write a folder with a tokenizer for a data set and a model of the default `BertConfig`.

    Args:
        data: The data set, as `data_source` returned it.
        scratch: Where to write, about 440 MB.
    """
    folder = build_model(data, scratch)
    torch.manual_seed(0)
    BertModel(BertConfig()).save_pretrained(folder)
    return folder
