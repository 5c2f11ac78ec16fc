"""Models: folders and hub ids that work, and clear errors for those that do not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tuner.errors import ModelError, UsageError
from tuner.training.arguments import OWNED, training_arguments, validate_settings
from tuner.training.device import choose_device
from tuner.training.model_source import open_model
from tuner.trial import TrialSpec


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def test_a_folder_is_opened(tiny_model: Path) -> None:
    source = open_model(str(tiny_model))
    assert source.max_length == 64
    assert source.config.model_type == "bert"
    assert open_model(str(tiny_model)).fingerprint == source.fingerprint


def test_the_fingerprint_changes_with_the_weights(copied: Path) -> None:
    before = open_model(str(copied)).fingerprint
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert open_model(str(copied)).fingerprint != before


def test_the_fingerprint_ignores_where_the_folder_lies(tiny_model: Path, copied: Path) -> None:
    assert open_model(str(copied)).fingerprint == open_model(str(tiny_model)).fingerprint


def test_a_folder_without_config_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "weights.txt").write_text("x", encoding="utf-8")
    with pytest.raises(ModelError, match=r"config\.json.*weights\.txt"):
        open_model(str(tmp_path))


@pytest.mark.parametrize("name", ["./nowhere", "/no/such/folder", "a/b/c"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(ModelError, match="There is no model folder"):
        open_model(name)


def test_an_unknown_model_without_a_network_says_how_to_pass_a_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"--model FOLDER|as a folder"):
        open_model("nobody/no-such-model")


def test_code_of_strangers_is_never_run(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    config["auto_map"] = {"AutoConfig": "evil.EvilConfig"}
    config["model_type"] = "evil"
    (copied / "config.json").write_text(json.dumps(config), encoding="utf-8")
    proof = copied / "executed"
    (copied / "evil.py").write_text(f"open({str(proof)!r}, 'w')", encoding="utf-8")
    with pytest.raises(ModelError):
        open_model(str(copied))
    assert not proof.exists()


def test_a_model_without_tokenizer_is_refused(copied: Path) -> None:
    for path in copied.iterdir():
        if path.name not in {"config.json", "model.safetensors"}:
            path.unlink()
    with pytest.raises(ModelError, match="no tokenizer beside"):
        open_model(str(copied))


def test_settings_are_checked_before_anything_is_trained() -> None:
    validate_settings({"adam_beta2": 0.98, "max_grad_norm": 0.5})
    with pytest.raises(UsageError, match="Did you mean adam_beta2"):
        validate_settings({"adam_betta2": 0.98})
    with pytest.raises(UsageError, match="resumed"):
        validate_settings({"save_strategy": "no"})
    for name, option in OWNED.items():
        with pytest.raises(UsageError) as caught:
            validate_settings({name: 1})
        assert option in caught.value.hint


def test_arguments_follow_the_spec(tmp_path: Path) -> None:
    spec = TrialSpec(learning_rate=2e-5, batch_size=16, epochs=5, extra={"max_grad_norm": 0.5})
    arguments = training_arguments(spec, choose_device("cpu"), tmp_path, steps_per_epoch=13)
    assert arguments.learning_rate == 2e-5
    assert arguments.per_device_train_batch_size == 16
    assert arguments.get_warmup_steps(65) == 7
    assert arguments.max_grad_norm == 0.5
    assert arguments.logging_nan_inf_filter is False
    assert arguments.gradient_accumulation_steps == 1


def test_devices_that_are_not_here_are_refused() -> None:
    assert choose_device("cpu").kind == "cpu"
    for name in ("tpu", "cuda:x", "cuda:99", "cpu:one"):
        with pytest.raises(UsageError, match="offers"):
            choose_device(name)
