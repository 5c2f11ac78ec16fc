"""Trainings whose peak memory is forecast and measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from transformers import AutoConfig

from tuner.demo import demo_model

__all__ = ["MemoryCase", "config_of", "cpu_cases", "cuda_cases", "tiny_cases"]

LABELS = 9
"""Labels of CoNLL 2003: four kinds of entities in IOB2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCase:
    """One training.

    Attributes:
        name: For the table.
        kind: transformers' `model_type`; `demo` is the demo's encoder.
        settings: What differs from the config's defaults.
        batch_size: Sentences in one forward pass.
        length: Sub-tokens per sentence.
        precision: `fp32` or `bf16`.
        optimizer: As in `forecast_memory`.
        gradient_checkpointing: As in `forecast_memory`.
        accumulate: As in `forecast_memory`.
    """

    name: str
    kind: str
    batch_size: int
    length: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    precision: str = "fp32"
    optimizer: str = "adamw_torch_fused"
    gradient_checkpointing: bool = False
    accumulate: bool = False


def config_of(case: MemoryCase) -> Any:
    """Return the transformers config of a case."""
    if case.kind == "demo":
        return AutoConfig.from_pretrained(demo_model(), num_labels=LABELS, trust_remote_code=False)
    return AutoConfig.for_model(case.kind, num_labels=LABELS, **case.settings)


def _shape(layers: int, width: int, heads: int, **more: Any) -> Mapping[str, Any]:
    return MappingProxyType({
        "num_hidden_layers": layers,
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
        **more,
    })  # fmt: skip


_TINY = _shape(2, 128, 2)
_SMALL = _shape(4, 256, 4)
_UNDROPPED = _shape(4, 256, 4, attention_probs_dropout_prob=0.0)
_NARROW = _shape(24, 192, 3)
_DISTILLED = {"n_layers": 4, "dim": 384, "hidden_dim": 1536, "n_heads": 6}
_RELATIVE = _shape(
    4,
    256,
    4,
    vocab_size=30000,
    relative_attention=True,
    position_buckets=128,
    pos_att_type=["p2c", "c2p"],
    position_biased_input=False,
)
_MODERN = _shape(6, 256, 4)


def cpu_cases() -> list[MemoryCase]:
    """Architectures, sizes, precisions and optimizers that a CPU trains in seconds."""
    return [
        _case("MiniLM (demo)", "demo", 16, 128),
        _case("MiniLM (demo)", "demo", 16, 128, precision="bf16"),
        _case("MiniLM (demo)", "demo", 64, 32),
        _case("MiniLM (demo), in parts", "demo", 16, 64, accumulate=True),
        _case("MiniLM (demo), AdamW", "demo", 4, 64, optimizer="adamw_torch"),
        _case("MiniLM (demo), Adafactor", "demo", 8, 128, optimizer="adafactor"),
        _case("MiniLM (demo), SGD", "demo", 8, 256, optimizer="sgd"),
        _case("BERT base", "bert", 8, 64),
        _case("BERT base", "bert", 8, 128),
        _case("BERT base", "bert", 8, 128, precision="bf16"),
        _case("BERT base", "bert", 32, 64),
        _case("BERT base, checkpointing", "bert", 8, 128, gradient_checkpointing=True),
        _case("BERT tiny", "bert", 128, 128, _TINY),
        _case("BERT small, fused attention", "bert", 16, 256, _UNDROPPED),
        _case("BERT deep and narrow", "bert", 16, 128, _NARROW),
        _case("DistilBERT small", "distilbert", 16, 128, _DISTILLED),
        _case("RoBERTa small", "roberta", 32, 64, _SMALL, precision="bf16"),
        _case("ELECTRA small", "electra", 16, 128),
        _case("DeBERTa v2 small", "deberta-v2", 8, 128, _RELATIVE),
        _case("DeBERTa v2 small", "deberta-v2", 8, 128, _RELATIVE, precision="bf16"),
        _case("ModernBERT small", "modernbert", 8, 256, _MODERN),
        _case("ModernBERT small", "modernbert", 8, 256, _MODERN, precision="bf16"),
    ]


def cuda_cases() -> Iterator[MemoryCase]:
    """A small, a base-sized and a large encoder, all sizes of batch and length."""
    models: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("BERT 6 x 384", _shape(6, 384, 12)),
        ("BERT base", {}),
        ("BERT large", _shape(24, 1024, 16)),
    )
    for name, settings in models:
        for precision in ("fp32", "bf16"):
            for length in (64, 128, 256, 512):
                for batch_size in (8, 32, 128):
                    yield _case(name, "bert", batch_size, length, settings, precision=precision)


def tiny_cases() -> list[MemoryCase]:
    """What a test can afford."""
    settings = _shape(2, 32, 2, vocab_size=500)
    return [
        _case("BERT tiny", "bert", 4, 32, settings),
        _case("BERT tiny", "bert", 8, 64, settings),
    ]


def _case(
    name: str,
    kind: str,
    batch_size: int,
    length: int,
    settings: Mapping[str, Any] = MappingProxyType({}),
    **how: Any,
) -> MemoryCase:
    return MemoryCase(
        name=name,
        kind=kind,
        batch_size=batch_size,
        length=length,
        settings=dict(settings),  # a proxy cannot be sent to another process
        **how,
    )
