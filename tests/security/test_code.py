"""Nothing of a stranger is run: no pickle, no code in model folders, no kernels by name."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import tuner
from tests.tuner.search.studies import make_spec, search
from tuner.silent import SilentStudy
from tuner.study_view import StudySnapshot

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
CANARY = "this-code-was-run"
CODE = "import pathlib; pathlib.Path({!r}).touch()"
CODE_FILES = (
    "modeling_evil.py", "configuration_evil.py", "tokenization_evil.py", "torch.py", "__init__.py",
)  # fmt: skip
CHECKPOINT_PICKLES = ("optimizer.pt", "scheduler.pt", "rng_state.pth", "training_args.bin")


class Bomb:
    """Pickles to something that leaves a trace when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (CODE.format(str(self.canary)),)


def bomb(path: Path, canary: Path, *, plain: bool = False) -> None:
    """Write a file that runs code when it is unpickled, as torch or as plain pickle writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if plain:
        path.write_bytes(pickle.dumps(Bomb(canary)))
    else:
        torch.save({"state": Bomb(canary)}, path)


@pytest.fixture(scope="module")
def hostile(easy_data: Path, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder full of what strangers could send."""
    folder = tmp_path_factory.mktemp("hostile")
    canary = folder / CANARY
    shutil.copytree(easy_data, folder / "data")
    (folder / "recipe.toml").write_text(
        "[recipe]\nlearning_rate = 1e-2\nbatch_size = 8\nepochs = 3\n"
    )
    _models(folder, tiny_model, canary)
    search(folder / "runs" / "demo", make_spec(trials=2))
    for place in ("", "best/", "trials/0000/", "trials/0000/checkpoint/checkpoint-6/"):
        for number, name in enumerate((*CHECKPOINT_PICKLES, "history.pkl", "data.pkl")):
            bomb(folder / "runs/demo" / f"{place}{name}", canary, plain=number % 2 == 0)
    for name in ("train.pkl", "state.json", "dataset_info.json", "train.npy", "train.arrow"):
        bomb(folder / "pickles" / name, canary, plain=True)
    _poisoned_checkpoint(folder, canary)
    return folder


def _models(folder: Path, tiny_model: Path, canary: Path) -> None:
    for name in ("with-code", "pickled", "with-kernel", "sound"):
        shutil.copytree(tiny_model, folder / name)
    for name in CODE_FILES:
        (folder / "with-code" / name).write_text(CODE.format(str(canary)))
    _change(
        folder / "with-code" / "config.json",
        auto_map={
            "AutoConfig": "configuration_evil.EvilConfig",
            "AutoModelForTokenClassification": "modeling_evil.EvilModel",
        },
        architectures=["EvilModel"],
        custom_pipelines={"token-classification": {"impl": "modeling_evil.EvilPipeline"}},
    )
    _change(
        folder / "with-code" / "tokenizer_config.json",
        auto_map={"AutoTokenizer": ["tokenization_evil.EvilTokenizer", None]},
    )
    (folder / "pickled" / "model.safetensors").unlink()
    bomb(folder / "pickled" / "pytorch_model.bin", canary)
    _change(folder / "with-kernel" / "config.json", _attn_implementation="strangers/kernel")


def _poisoned_checkpoint(folder: Path, canary: Path) -> None:
    """Interrupt a real training, then poison what it is to go on from."""

    class Impatient(SilentStudy):
        def update(self, snapshot: StudySnapshot, note: str) -> None:
            if "epoch 1/" in note:
                import signal

                signal.raise_signal(signal.SIGINT)

    tuner.search(
        folder / "data", model=folder / "sound", trials=1, confirm=0, study="resumed",
        runs_dir=folder / "runs", device="cpu", recipe=folder / "recipe.toml",
        checkpoint_every=0, observer=Impatient(),
    )  # fmt: skip
    (checkpoint,) = (folder / "runs/resumed/trials/0000/checkpoint").glob("checkpoint-*")
    for name in CHECKPOINT_PICKLES:
        bomb(checkpoint / name, canary)


def _change(path: Path, **changes: Any) -> None:
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | changes))


@pytest.fixture(scope="module")
def told(hostile: Path) -> dict[str, dict[str, Any]]:
    """What each command said about it, and what the audit hook saw."""
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "tests/security/watched.py"), str(hostile)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "HF_HUB_OFFLINE": "1"},
        cwd=hostile / "with-code",
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return {name: {**step, "hostile": str(hostile)} for name, step in found.items()}


def test_nothing_is_unpickled_and_no_code_runs(
    hostile: Path, told: dict[str, dict[str, Any]]
) -> None:
    assert not (hostile / CANARY).exists()
    assert {name: step["seen"] for name, step in told.items() if step["seen"]} == {}
    assert all("Traceback" not in step["output"] for step in told.values())


def test_what_is_refused_is_told(told: dict[str, dict[str, Any]]) -> None:
    """Nobody is told to try it the unsafe way."""
    shown = {name: " ".join(step["output"].split()) for name, step in told.items()}
    assert told["pickled weights"]["code"] == told["a kernel"]["code"] == 2
    assert "it could run code, so it is not read" in shown["pickled weights"]
    assert (
        "asks for the code 'strangers/kernel' from the hub, which is never run"
        in (shown["a kernel"])
    )
    for text in shown.values():
        assert "weights_only" not in text and "pip install kernels" not in text
    assert not (Path(told["show"]["hostile"]) / "runs" / "kernel").exists()
    assert not (Path(told["show"]["hostile"]) / "runs" / "weights").exists()


def test_code_beside_a_known_architecture_is_left_alone(told: dict[str, dict[str, Any]]) -> None:
    assert told["code"]["code"] == 0


def test_a_poisoned_checkpoint_costs_its_epochs_and_nothing_else(
    hostile: Path, told: dict[str, dict[str, Any]]
) -> None:
    assert told["poisoned checkpoint"]["code"] == 0
    run = hostile / "runs" / "resumed" / "trials" / "0000"
    entries = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert [entry["epoch"] for entry in entries if entry["kind"] == "epoch"] == [1, 2, 3]
    assert "restarted" in [entry.get("event") for entry in entries]
    assert not (run / "checkpoint").exists()


def test_the_bombs_would_go_off(tmp_path: Path) -> None:
    """Without this the tests above could pass for the wrong reason."""
    bomb(tmp_path / "optimizer.pt", tmp_path / "one")
    torch.load(tmp_path / "optimizer.pt", weights_only=False)
    bomb(tmp_path / "plain.pkl", tmp_path / "two", plain=True)
    pickle.loads((tmp_path / "plain.pkl").read_bytes())  # noqa: S301
    assert (tmp_path / "one").exists() and (tmp_path / "two").exists()
