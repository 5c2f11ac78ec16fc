"""What is kept of a training: the small files that a stranger would find, as text."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.faults.setup import Kind
from benchmarks.faults.trainers import Material
from benchmarks.faults.training import Outcome

__all__ = ["OUTCOME", "PREDICTIONS", "keep"]

OUTCOME = "outcome.json"
"""What only the benchmark knows of a run; no reader looks at it."""

PREDICTIONS = "dev_predictions.jsonl"
LOG = "train.log"

_MODEL_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_PACKAGES = re.compile(r'/[^\s"\']*/site-packages/')
_RUN = re.compile(r'/[^\s"\']*/fault-[^/\s"\']+/')
_OWN_CODE = re.compile(r'/[^\s"\']*/benchmarks/faults/')
_DIGITS = 6
_ARGUMENTS = (
    *("learning_rate", "num_train_epochs", "per_device_train_batch_size", "warmup_steps"),
    *("weight_decay", "max_grad_norm", "lr_scheduler_type", "optim", "seed", "logging_steps"),
    *("eval_strategy", "save_strategy", "load_best_model_at_end", "metric_for_best_model"),
    "greater_is_better",
)


def keep(kind: Kind, material: Material, outcome: Outcome, run: Path, target: Path) -> None:
    """Write the files of a finished training into the folder where histories are kept.

    Args:
        kind: What was trained.
        material: What it was trained on.
        outcome: What it came to.
        run: Folder of the training, with its checkpoints.
        target: Folder to make; it appears whole or not at all.
    """
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _keep_log(kind, material, outcome, run, part)
    if kind.arguments_kept:
        arguments = json.loads((run / "arguments.json").read_text("utf-8"))
        _write(part / "training_args.json", _compact(_told(arguments)) + "\n")
    if kind.predictions:
        rows = zip(outcome.gold, outcome.predicted, strict=True)
        lines = (_compact({"gold": gold, "predicted": told}) + "\n" for gold, told in rows)
        _write(part / PREDICTIONS, "".join(lines))
    facts = {"kind": kind.name, "corpus": material.corpus, "seed": material.seed}
    facts |= {"f1": outcome.f1, "clean_f1": outcome.clean_f1}
    _write(part / OUTCOME, _compact(_short(facts)) + "\n")
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)


def _told(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: arguments[name] for name in _ARGUMENTS if arguments.get(name) is not None}


def _keep_log(kind: Kind, material: Material, outcome: Outcome, run: Path, part: Path) -> None:
    """Keep what tells of the training itself: its state at the end, or what is left without one."""
    if kind.setup.failure is not None:
        _write(part / LOG, _tidy(outcome.printed, material))
    elif (run / "trainer_state.json").is_file():
        for name in ("trainer_state.json", "config.json", "all_results.json"):
            _write_json(part / name, run / name, material)
        _write(part / "README.md", _card(_tidy((run / "README.md").read_text("utf-8"), material)))
    else:
        states = run.glob("checkpoint-*/trainer_state.json")
        latest = max(states, key=lambda file: file.stat().st_mtime).parent
        (part / latest.name).mkdir()
        for name in ("trainer_state.json", "config.json"):
            _write_json(part / latest.name / name, latest / name, material)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_json(target: Path, source: Path, material: Material) -> None:
    """Copy a JSON file with its numbers shortened, one log row per line."""
    document: Any = _short(json.loads(_tidy(source.read_text("utf-8"), material)))
    rows = document.pop("log_history", None) if isinstance(document, dict) else None
    text = _compact(document)
    if rows is not None:
        lines = ",\n".join(map(_compact, rows))
        text = f'{text[:-1]},"log_history":[\n{lines}\n]}}'
    _write(target, text + "\n")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _short(value: Any) -> Any:
    """Return a document with its numbers rounded to six digits."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return value


def _tidy(text: str, material: Material) -> str:
    """Take the paths of this machine out of a text."""
    text = text.replace(str(material.model.resolve()), _MODEL_NAME).replace(
        str(material.model), _MODEL_NAME
    )
    text = _RUN.sub("ner/", text)
    text = _PACKAGES.sub("/opt/venv/lib/python3.11/site-packages/", text)
    return _OWN_CODE.sub("/home/user/ner/", text)


def _card(text: str) -> str:
    """Return the list of hyperparameters and versions of a model card, without its prose."""
    start = text.find("### Training hyperparameters")
    table, versions = text.find("### Training results"), text.find("### Framework versions")
    return text[start:table] + text[versions:] if start >= 0 and table >= 0 else text
