"""What a model's `config.json` tells about a run."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.readers._model_facts import facts_of_model

BASE = {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072}
# Weights as transformers counts them in the models' encoders, with the pooler where there is one.
KNOWN = [
    pytest.param(
        {"model_type": "bert", "vocab_size": 30522, "max_position_embeddings": 512,
         "type_vocab_size": 2, **BASE}, 109_482_240, id="bert-base-uncased",
    ),
    pytest.param(
        {"model_type": "roberta", "vocab_size": 50265, "max_position_embeddings": 514,
         "type_vocab_size": 1, **BASE}, 124_645_632, id="roberta-base",
    ),
    pytest.param(
        {"model_type": "distilbert", "vocab_size": 30522, "max_position_embeddings": 512,
         "dim": 768, "n_layers": 6, "hidden_dim": 3072}, 66_362_880, id="distilbert-base-uncased",
    ),
    pytest.param(
        {"model_type": "bert", "vocab_size": 30522, "max_position_embeddings": 512,
         "type_vocab_size": 2, "hidden_size": 384, "num_hidden_layers": 6,
         "intermediate_size": 1536}, 22_713_216, id="MiniLM-L6-H384",
    ),
    pytest.param(
        {"model_type": "electra", "vocab_size": 30522, "max_position_embeddings": 512,
         "type_vocab_size": 2, "embedding_size": 128, "hidden_size": 256, "num_hidden_layers": 12,
         "intermediate_size": 1024}, 13_548_800, id="electra-small-discriminator",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("config", "weights"), KNOWN)
def test_the_weights_of_an_encoder_are_counted(config: dict[str, Any], weights: int) -> None:
    assert facts_of_model(config)["parameters"] == pytest.approx(weights, rel=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "albert"},  # its layers share their weights
        {"model_type": "llama"},
        {"model_type": None},
        {"vocab_size": None},
        {"hidden_size": "768"},
        {"num_hidden_layers": True},
        {"intermediate_size": -1},
        {"vocab_size": 10**15},
    ],
)
def test_no_weights_are_made_up(change: dict[str, Any]) -> None:
    config = {"model_type": "bert", "vocab_size": 30522, **BASE, **change}
    assert "parameters" not in facts_of_model(config)


@given(
    st.dictionaries(
        st.sampled_from(("vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size")),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()),
    )
)
def test_any_sizes_are_survived(sizes: dict[str, Any]) -> None:
    counted = facts_of_model({"model_type": "bert", **sizes}).get("parameters", 1)
    assert 0 < counted <= 10**12
