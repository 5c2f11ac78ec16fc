"""Memory forecasts: as the allocator counts, growing with the batch, and safe to rely on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import BertConfig, T5Config, ViTConfig

from benchmarks.support.measured_peak import measure_peak
from benchmarks.support.memory_cases import MemoryCase, config_of
from tuner.errors import ModelError, UsageError
from tuner.training.memory_forecast import (
    OPTIMIZERS,
    MemoryForecast,
    forecast_memory,
    largest_micro_batch,
)
from tuner.training.time_forecast import forecast_epoch_time

pytestmark = pytest.mark.long

SIZES = {
    "num_hidden_layers": 1,
    "hidden_size": 64,
    "num_attention_heads": 2,
    "intermediate_size": 128,
    "vocab_size": 300,
}
UNDROPPED = {**SIZES, "attention_probs_dropout_prob": 0.0}
DISTILLED = {"n_layers": 1, "dim": 64, "hidden_dim": 128, "n_heads": 2, "vocab_size": 300}
RELATIVE = {
    **SIZES,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
}
MODERN = {**SIZES, "pad_token_id": 0, "local_attention": 16}


def tiny(**settings: Any) -> BertConfig:
    return BertConfig(**{**SIZES, **settings})


def forecast(config: Any = None, batch_size: int = 4, length: int = 32, **how: Any) -> Any:
    return forecast_memory(config or tiny(), batch_size=batch_size, length=length, **how)


# What others' libraries warn about is theirs.
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(
    ("kind", "settings", "how"),
    [
        ("bert", SIZES, {}),
        ("bert", SIZES, {"precision": "bf16"}),
        ("bert", SIZES, {"gradient_checkpointing": True}),
        ("bert", SIZES, {"accumulate": True}),
        ("bert", SIZES, {"optimizer": "adafactor"}),
        ("bert", UNDROPPED, {}),
        ("distilbert", DISTILLED, {}),
        ("deberta-v2", RELATIVE, {}),
        ("modernbert", MODERN, {"precision": "bf16"}),
    ],
)
def test_tensors_are_forecast_as_the_allocator_counts_them(
    kind: str, settings: dict[str, Any], how: dict[str, Any]
) -> None:
    case = MemoryCase(name=kind, kind=kind, settings=settings, batch_size=8, length=64, **how)
    measured = measure_peak(case, "cpu").tensors
    config = config_of(case)
    expected = forecast(config, batch_size=8, length=64, device="cpu", **how)
    assert expected.peak == pytest.approx(measured, rel=0.02)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_memory_grows_with_batch_and_length(device: str) -> None:
    usual = forecast(batch_size=8, length=64, device=device).peak
    assert usual < forecast(batch_size=9, length=64, device=device).peak
    assert usual < forecast(batch_size=8, length=65, device=device).peak


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_parts_add_up(device: str) -> None:
    seen: MemoryForecast = forecast(device=device)
    assert sum(seen.parts.values()) == seen.total
    assert seen.peak < seen.total <= seen.upper
    assert all(seen.parts.values())
    assert seen.parts["weights"] >= 4 * seen.parameters
    assert seen.assumptions


def test_rehearsal_knows_the_head() -> None:
    more = forecast(labels=900).parameters - forecast(labels=9).parameters
    assert more == (900 - 9) * (SIZES["hidden_size"] + 1)


def test_what_saves_memory_saves_it() -> None:
    many: dict[str, Any] = {"batch_size": 32, "length": 128}
    usual = forecast(**many).peak
    assert forecast(**many, precision="bf16").peak < usual
    assert forecast(**many, precision="pure_bf16").peak < forecast(**many, precision="bf16").peak
    assert forecast(**many, accumulate=True).peak > usual


def test_a_gpu_keeps_less_of_dropout_and_attention() -> None:
    kept = [forecast(device=device).parts["activations"] for device in ("cuda", "cpu", "mps")]
    assert kept[0] < 0.7 * kept[1] and kept[1] == kept[2]


def test_checkpointing_saves_memory_in_deep_models() -> None:
    deep = tiny(num_hidden_layers=4)
    saved = forecast(deep, batch_size=32, length=128, gradient_checkpointing=True)
    assert saved.peak < 0.6 * forecast(deep, batch_size=32, length=128).peak


def test_optimizers_are_told_apart() -> None:
    wide = tiny(vocab_size=20_000, hidden_size=128)
    names = [name for name in OPTIMIZERS if name != "adamw_bnb_8bit"]
    peaks = {name: forecast(wide, batch_size=1, length=8, optimizer=name) for name in names}
    sizes = {name: each.parts.get("optimizer", 0) for name, each in peaks.items()}
    assert sizes["sgd"] == 0
    assert 0 < sizes["adafactor"] < sizes["adamw_torch_fused"] / 10
    assert sizes["adafactor"] < sizes["adamw_8bit"] < sizes["adamw_torch_fused"]
    assert sizes["adamw_torch"] == sizes["adamw_torch_fused"]
    # Many tensors at once need room for their intermediate results.
    assert peaks["adamw_torch"].peak > peaks["adamw_torch_fused"].peak


def test_largest_micro_batch_fits_and_the_next_does_not() -> None:
    free = forecast(batch_size=1, length=64, device="cpu").upper + 10 * 2**20
    found = largest_micro_batch(tiny(), free_bytes=free, length=64, device="cpu")
    assert found.batch_size == found.forecast.batch_size > 1
    assert found.forecast.fits(free)
    assert found.next_forecast is not None
    assert found.next_forecast.batch_size == found.batch_size + 1
    assert not found.next_forecast.fits(free)


def test_no_micro_batch_or_the_most() -> None:
    nothing = largest_micro_batch(tiny(), free_bytes=10, length=8)
    assert (nothing.batch_size, nothing.forecast.batch_size) == (0, 1)
    assert nothing.next_forecast is None
    most = largest_micro_batch(tiny(), free_bytes=2**40, length=8, most=7)
    assert (most.batch_size, most.next_forecast) == (7, None)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"optimizer": "adamw_torch_fuse"}, "the optimizer 'adamw_torch_fuse'"),
        ({"precision": "int4"}, "the precision 'int4'"),
        ({"device": "tpu"}, "the device 'tpu'"),
        ({"batch_size": 0}, "`batch_size >= 1` must hold, but got 0"),
        ({"length": -3}, "`length >= 1` must hold, but got -3"),
        ({"labels": 0}, "`labels >= 1` must hold, but got 0"),
        ({"length": 513}, "`length <= 512` must hold for this model, but got 513"),
    ],
)
def test_what_cannot_be_asked(how: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        forecast(**how)
    assert raised.value.hint


def test_near_miss_is_named() -> None:
    with pytest.raises(UsageError) as raised:
        forecast(optimizer="adamw_torch_fuse")
    assert "Did you mean adamw_torch_fused?" in str(raised.value.hint)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ViTConfig(), "'vit' has no token-classification head"),
        (object(), "'object' has no token-classification head"),
        (tiny(hidden_size=33), "'bert' can be forecast"),
        (tiny(num_hidden_layers=10**6), "512 layers at most"),
        (tiny(vocab_size=2**62), "'bert' can be forecast"),
    ],
)
def test_models_that_cannot_be_forecast(config: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        forecast(config)


def test_config_without_a_hidden_size() -> None:
    config = T5Config(d_model=64, d_ff=128, d_kv=32, num_layers=1, num_heads=2, vocab_size=300)
    assert forecast(config).parameters > 0


def test_nothing_is_allocated_or_drawn() -> None:
    state = torch.get_rng_state()
    huge = BertConfig(num_hidden_layers=4, hidden_size=16384, num_attention_heads=128)
    seen = forecast(huge, batch_size=1024, length=512)
    assert seen.peak > 2**40
    assert torch.equal(torch.get_rng_state(), state)


def test_config_is_left_as_it_was() -> None:
    config = tiny()
    before = config.to_dict()
    forecast(config, labels=5, precision="pure_bf16", gradient_checkpointing=True)
    assert config.to_dict() == before


def test_time_grows_with_the_tokens() -> None:
    short, long = (forecast_epoch_time(tiny(), tokens=n, length=32) for n in (10**3, 10**9))
    assert short is not None and long is not None
    assert 0 < short.low < short.seconds < short.high
    assert long.low > short.high
    assert short.how.startswith("Rough")


def test_no_time_for_a_device_that_is_not_here() -> None:
    if not torch.cuda.is_available():
        assert forecast_epoch_time(tiny(), tokens=10, length=8, device="cuda") is None
