"""What a diagnosis prints to be run can be run: by `tuner train`, and by the installed Trainer."""

from __future__ import annotations

import ast
import dataclasses
import shlex

import pytest
from transformers import TrainingArguments

from diagnostics.examples import run_example
from diagnostics.findings import Finding, Fix, Severity, Tier, Value
from diagnostics.judgement import Checkup
from diagnostics.report._fix_command import fix_command
from diagnostics.subjects.run_history import RunHistory
from tuner.cli import CommandParser
from tuner.commands import train
from tuner.training.arguments import validate_settings

CHANGES: dict[str, Value] = {
    "learning_rate": 1e-5,
    "batch_size": 8,
    "epochs": 6,
    "warmup_ratio": 0.1,
    "weight_decay": 0.1,
    "schedule": "linear",
    "dropout": 0.2,
    "label_smoothing": 0.1,
    "frozen_layers": 2,
    "max_length": 128,
    "max_grad_norm": 0.5,
    "optim": "adafactor",
    "adam_epsilon": 1e-6,
    "gradient_accumulation_steps": 4,
    "gradient_checkpointing": True,
    "load_best_model_at_end": True,
    "metric_for_best_model": "f1",
    "dataloader_num_workers": 2,
    "eval_accumulation_steps": 16,
    "eval_strategy": "epoch",
    "logging_steps": 5,
    "precision": "fp32",
    "save_steps": 100,
    "per_device_eval_batch_size": 8,
    "group_by_length": True,
    "transformers": "5.23.0",
}
# Accumulation alone would make batches larger: it is proposed beside a smaller batch only.
PAIR = ("batch_size", "gradient_accumulation_steps")
EACH_AND_ALL: list[tuple[str, ...]] = [
    PAIR if name in PAIR else (name,) for name in CHANGES if name != PAIR[0]
]
EACH_AND_ALL += [(PAIR[0],), tuple(CHANGES)]


def asking(names: tuple[str, ...], reader: str) -> Checkup[RunHistory]:
    findings = tuple(
        Finding(
            rule=f"R{100 + place}",
            name="some-name",
            severity=Severity.WARNING,
            tier=Tier.STATISTICAL,
            message="Seen.",
            evidence=(),
            fixes=(Fix(text="Do it.", parameter=name, new=CHANGES[name]),),
        )
        for place, name in enumerate(names)
    )
    run = run_example(f1=(0.5, 0.6), model="org/model", learning_rate=2e-5, batch_size=16, seed=3)
    return Checkup(subject=run, judgements=(), findings=findings, reader=reader)


@pytest.mark.parametrize(
    "names", EACH_AND_ALL, ids=lambda names: "-".join(names) if len(names) < 3 else "all"
)
def test_the_command_is_one_that_tuner_takes(names: tuple[str, ...]) -> None:
    command = fix_command(asking(names, "tuner_run"))
    words = shlex.split(command.replace("\\\n", ""), comments=True)
    assert words[:2] == ["tuner", "train"]
    parser = CommandParser()
    train.configure(parser)
    arguments = train.train_arguments(parser.parse_all(words[2:]))
    validate_settings(arguments.get("settings", {}))
    assert arguments["model"] == "org/model"
    for name in names:
        told = {**arguments, **arguments.get("settings", {})}.get(name)
        assert told == CHANGES[name] or (told is None and f": {name} = " in command)


@pytest.mark.parametrize(
    "names", EACH_AND_ALL, ids=lambda names: "-".join(names) if len(names) < 3 else "all"
)
def test_the_snippet_names_arguments_of_the_installed_trainer(names: tuple[str, ...]) -> None:
    known = {field.name for field in dataclasses.fields(TrainingArguments)}
    text = fix_command(asking(names, "trainer_state"))
    for statement in ast.parse(text).body:
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        assert {keyword.arg for keyword in statement.value.keywords} <= known
