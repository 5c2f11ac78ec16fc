"""The command at the end of a report can be run as it stands."""

from __future__ import annotations

import ast
import shlex
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from diagnostics.examples import run_example
from diagnostics.findings import Finding, Fix, Severity, Tier, Value
from diagnostics.judgement import Checkup
from diagnostics.report._fix_command import fix_command
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.report.runs import healthy, judged, overfitted

HOSTILE = 'x\'; rm -rf / #\n"""\x1b[2J`reboot`$(reboot)\\'


def asking(*fixes: Fix, reader: str = "", run: RunHistory | None = None) -> Checkup[RunHistory]:
    """A checkup with one finding that asks for these fixes, one per rule."""
    findings = tuple(
        Finding(
            rule=f"R{100 + place}",
            name="some-name",
            severity=Severity.WARNING,
            tier=Tier.STATISTICAL,
            message="Seen.",
            evidence=(),
            fixes=(fix,),
        )
        for place, fix in enumerate(fixes)
    )
    subject = run or run_example(f1=(0.5, 0.6, 0.7))
    return Checkup(subject=subject, judgements=(), findings=findings, reader=reader)


def fix(parameter: str | None, new: Value | None = None) -> Fix:
    return Fix(text="Do it.", parameter=parameter, new=new)


def arguments(checkup: Checkup[RunHistory]) -> dict[str, object]:
    """Read the snippet as Python does."""
    (statement,) = ast.parse(fix_command(checkup)).body
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return {
        str(keyword.arg): ast.literal_eval(keyword.value) for keyword in statement.value.keywords
    }


def test_a_healthy_run_needs_no_command() -> None:
    assert fix_command(judged(healthy())) == ""


def test_training_arguments() -> None:
    assert "\n" + fix_command(judged(overfitted())) == snapshot("""\

TrainingArguments(
    # ... your other arguments stay as they are
    load_best_model_at_end=True,  # R201: was not recorded
    metric_for_best_model="f1",  # R201: needed for it
    eval_strategy="epoch",  # R201: needed for it
    save_strategy="epoch",  # R201: needed for it
)
# R402: Score on more entities.\
""")


def test_own_runs_get_a_command_with_all_their_settings() -> None:
    run = replace(overfitted(), config={**overfitted().config, "seed": 7, "dropout": 0.1})
    checkup = asking(fix("learning_rate", 1e-5), fix("max_grad_norm", 0.5), run=run)
    command = fix_command(replace(checkup, reader="tuner_run"))
    assert "\n" + command == snapshot("""\

tuner train DATA --model bert-base-cased --learning-rate 1e-05 \\
    --batch-size 16 --epochs 8 --dropout 0.1 --seed 7 \\
    --set max_grad_norm=0.5\
""")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (fix("batch_size", 8), {"per_device_train_batch_size": 8}),
        (fix("epochs", 4), {"num_train_epochs": 4}),
        (fix("schedule", "cosine"), {"lr_scheduler_type": "cosine"}),
        (fix("precision", "bf16"), {"bf16": True, "fp16": False}),
        (fix("precision", "fp32"), {"bf16": False, "fp16": False}),
        (fix("warmup_ratio", 0.1), {"warmup_steps": 30}),
        (fix("max_grad_norm", 1.0), {"max_grad_norm": 1}),
        (
            fix("load_best_model_at_end", True),
            {
                "load_best_model_at_end": True,
                "metric_for_best_model": "f1",
                "eval_strategy": "epoch",
                "save_strategy": "epoch",
            },
        ),
    ],
)
def test_names_of_the_trainer(change: Fix, expected: dict[str, object]) -> None:
    assert arguments(asking(change)) == expected


def test_what_no_argument_sets_is_a_comment() -> None:
    text = fix_command(asking(fix("max_length", 128), fix(None), fix("epochs", 3)))
    assert "# R100: max_length = 128" in text
    assert "# R101: Do it." in text
    assert arguments(asking(fix("max_length", 128), fix("epochs", 3))) == {"num_train_epochs": 3}


@pytest.mark.parametrize("name", ["optim", "schedule", "max_length"])
def test_python_quotes_what_strangers_wrote(name: str) -> None:
    text = fix_command(asking(fix(name, HOSTILE), fix("epochs", 3)))
    tree = ast.parse(text)
    assert len(tree.body) == 1
    assert "\x1b" not in text


def test_the_shell_runs_nothing_that_strangers_wrote() -> None:
    run = replace(overfitted(), config={"model": HOSTILE, "schedule": HOSTILE, "learning_rate": 1})
    checkup = asking(fix("optim", HOSTILE), fix(HOSTILE, HOSTILE), run=run, reader="tuner_run")
    words = shlex.split(fix_command(checkup).replace("\\\n", ""), comments=True)
    assert words[:3] == ["tuner", "train", "DATA"]
    dangerous = [word for word in words if "reboot" in word]
    assert len(dangerous) == 3  # model, schedule and optim, each one word
    assert all(word.startswith(("x'", "optim=x'")) for word in dangerous)
