"""The command at the end of a report can be run as it stands."""

from __future__ import annotations

import ast
import configparser
import shlex
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from diagnostics.examples import run_example
from diagnostics.findings import Finding, Fix, Severity, Tier, Value
from diagnostics.judgement import Checkup
from diagnostics.readers._printed import read_text
from diagnostics.report._fix_command import fix_command
from diagnostics.subjects.run_history import RunHistory
from tests.diagnostics.report.runs import healthy, judged, overfitted

UNKNOWN = run_example(f1=(0.5, 0.6, 0.7))
ADAMW = {"optimizer": "AdamW"}
TRAINER = "TrainingArguments"
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


# ----------------------------------------------------------------- libraries other than the Trainer

CHANGES = (
    fix("learning_rate", 1e-5),
    fix("epochs", 4),
    fix("batch_size", 8),
    fix("load_best_model_at_end", True),
    fix("max_length", 128),
)


def printed(reader: str) -> str:
    return "\n" + fix_command(asking(*CHANGES, reader=reader)) + "\n"


def test_lightning() -> None:
    assert printed("lightning_metrics") == snapshot("""\

Trainer(
    # ... what else stands there stays as it is
    max_epochs=4,  # R101: was not recorded
    callbacks=[ModelCheckpoint(monitor="val_f1", mode="max")],  # R103: was not recorded
)
torch.optim.AdamW(  # in configure_optimizers
    # ... what else stands there stays as it is
    lr=1e-05,  # R100: was not recorded
)
DataLoader(  # of the training
    # ... what else stands there stays as it is
    batch_size=8,  # R102: was not recorded
)
# R104: max_length = 128: Do it.
""")


def test_keras() -> None:
    assert printed("keras_csv") == snapshot("""\

optimizer = YourOptimizer(  # the one that model.compile takes
    # ... what else stands there stays as it is
    learning_rate=1e-05,  # R100: was not recorded
)
model.fit(
    # ... what else stands there stays as it is
    epochs=4,  # R101: was not recorded
    batch_size=8,  # R102: was not recorded
    # R103: was not recorded
    callbacks=[ModelCheckpoint("best.keras", monitor="val_f1", mode="max", save_best_only=True)],
)
# R104: max_length = 128: Do it.
""")


def test_flair() -> None:
    assert printed("flair_loss") == snapshot("""\

trainer.train(
    # ... what else stands there stays as it is
    learning_rate=1e-05,  # R100: was not recorded
    max_epochs=4,  # R101: was not recorded
    mini_batch_size=8,  # R102: was not recorded
    use_final_model_for_eval=False,  # R103: was not recorded
)
# R104: max_length = 128: Do it.
""")


def test_spacy() -> None:
    assert printed("spacy_table") == snapshot("""\

[training]
# ... what else stands there stays as it is
# R101: was not recorded
max_epochs = 4
[training.optimizer]
# ... what else stands there stays as it is
# R100: was not recorded
learn_rate = 1e-05
# R102: batch_size = 8: Do it.
# R103: load_best_model_at_end = True: Do it.
# R104: max_length = 128: Do it.
""")


def test_an_unknown_library_gets_a_line_for_each_parameter() -> None:
    assert printed("plain_table") == snapshot("""\

learning_rate = 1e-05  # R100: was not recorded
epochs = 4  # R101: was not recorded
batch_size = 8  # R102: was not recorded
load_best_model_at_end = True  # R103: was not recorded
max_length = 128  # R104: was not recorded
""")


@pytest.mark.parametrize(
    "reader", ["lightning_metrics", "keras_csv", "flair_loss", "plain_table", "mlflow_runs"]
)
def test_calls_of_every_library_are_python(reader: str) -> None:
    hostile = (fix("optim", HOSTILE), fix("precision", HOSTILE), fix(HOSTILE, HOSTILE))
    text = fix_command(asking(*CHANGES, *hostile, reader=reader))
    names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    assert "reboot" not in names
    assert "\x1b" not in text
    assert "TrainingArguments" not in text


def test_a_configuration_of_spacy_stays_one() -> None:
    hostile = (fix("seed", HOSTILE), fix(HOSTILE, 1))
    text = fix_command(asking(*CHANGES, *hostile, reader="spacy_table"))
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    assert parser.sections() == ["training", "training.optimizer"]
    assert parser["training"]["max_epochs"] == "4"


@pytest.mark.parametrize(
    ("run", "library"),
    [
        (replace(overfitted(), config={"eval_strategy": "epoch"}), "TrainingArguments"),
        (replace(overfitted(), environment={"library": "keras"}, config={}), "model.fit"),
        (replace(overfitted(), config={"architecture": "SequenceTagger"}), "trainer.train"),
        (
            replace(overfitted(), config={"architecture": "SequenceTagger", "learning_rate": 5e-5}),
            "trainer.fine_tune",
        ),
        (replace(overfitted(), environment={"library": "keras"}, config=ADAMW), "optimizers.AdamW"),
        (replace(overfitted(), config={}, source=""), "epochs = 4"),
        (replace(overfitted(), source="", notes=("Read train/global_step as the step.",)), TRAINER),
    ],
)
def test_what_a_log_tells_of_its_library_decides(run: RunHistory, library: str) -> None:
    wanted = asking(fix("epochs", 4), fix("learning_rate", 1e-5), reader="wandb_files", run=run)
    assert library in fix_command(wanted)


def test_printed_logs_tell_their_library() -> None:
    trainer = read_text("{'loss': 0.5, 'epoch': 1.0}\n", "log")
    keras = read_text("Epoch 1/2\n9/9 [======] - 1s 5ms/step - loss: 0.5 - val_loss: 0.4\n", "log")
    assert trainer.environment == {"library": "transformers"}
    assert keras.environment == {"library": "keras"}


def test_comments_alone_say_that_no_command_applies_them() -> None:
    assert fix_command(asking(fix(None))) == "# No command applies these:\n# R100: Do it."


def test_a_package_is_installed_in_the_shell() -> None:
    missing = Fix(text="pip install protobuf.", parameter="protobuf", new="installed")
    assert fix_command(asking(missing, reader="printed_log")) == "pip install protobuf"
    hostile = Fix(text="pip install x; reboot.", parameter="x", new="installed")
    assert "pip" not in fix_command(asking(hostile)).replace("# R100: x = installed: pip", "")


@pytest.mark.parametrize("name", ["processing_class", "resume_from_checkpoint"])
def test_what_is_no_training_argument_is_written_as_its_call(name: str) -> None:
    text = fix_command(asking(fix(name, "tokenizer")))
    assert text in (
        "Trainer(..., processing_class=tokenizer)  # R100",
        "trainer.train(resume_from_checkpoint=True)  # R100",
    )


def test_names_of_transformers_are_no_assignments_elsewhere() -> None:
    text = fix_command(asking(fix("eval_strategy", "epoch"), reader="plain_table", run=UNKNOWN))
    assert not [line for line in text.splitlines() if not line.startswith("#")]


def test_an_own_run_that_overcame_memory_keeps_its_batch() -> None:
    checkup = asking(fix("batch_size", 8), fix("epochs", 4), run=overfitted(), reader="tuner_run")
    overcome = replace(checkup.findings[0], rule="R501", severity=Severity.INFO)
    infos = tuple(replace(each, severity=Severity.INFO) for each in checkup.findings[1:])
    text = fix_command(replace(checkup, findings=(overcome, *infos)))
    assert "--batch-size 16" in text and "--epochs 4" in text
