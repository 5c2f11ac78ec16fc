"""How failed runs are told apart, beyond the examples of the rules."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.examples import run_example
from diagnostics.failure_messages import recognise_all
from diagnostics.findings import Finding, Severity
from diagnostics.subjects.run_history import RunEvent, RunHistory

GIB = 2**30


def found(run: RunHistory) -> dict[str, Finding]:
    """Findings about resources and environment, by the name of their rule."""
    rules = [rule for rule in run_rules() if rule.id[1] in "57"]
    return {finding.name: finding for finding in check_up(run, rules).findings}


def ran_out(**details: float) -> RunEvent:
    """An event whose figures are given in GiB."""
    figures = {f"{name}_bytes": value * GIB for name, value in details.items()}
    return RunEvent(kind="out-of-memory", message="CUDA out of memory.", details=figures)


def parameters(finding: Finding) -> list[str | None]:
    return [fix.parameter for fix in finding.fixes]


def died(event: RunEvent, **config: Any) -> RunHistory:
    """A run that ended with an event before its first evaluation."""
    return run_example(train_loss=(0.9,), events=[event], epochs=9, max_steps=900, **config)


def test_the_batch_is_computed_from_the_message_and_the_effective_one_stays() -> None:
    event = ran_out(requested=1, capacity=16, allocated=15, reserved=15, free=0.5)
    run = died(event, batch_size=32, gradient_accumulation_steps=2, parameters=100_000_000)
    smaller, more, *_ = found(run)["out-of-memory"].fixes
    assert (smaller.parameter, smaller.new) == ("batch_size", 16)
    assert (more.parameter, more.new) == ("gradient_accumulation_steps", 4)


def test_other_programs_are_named_first() -> None:
    event = ran_out(requested=1, capacity=16, allocated=5, reserved=5, free=0, other_processes=10)
    finding = found(died(event, batch_size=32))["out-of-memory"]
    assert "Other programs hold 10 GiB of 16 GiB." in finding.message
    assert parameters(finding)[0] is None


def test_fragments_are_named_first() -> None:
    event = ran_out(requested=1, capacity=16, allocated=10, reserved=15, free=0.5)
    finding = found(died(event, batch_size=32))["out-of-memory"]
    assert parameters(finding)[0] == "PYTORCH_CUDA_ALLOC_CONF"


def test_weights_that_fill_the_device_ask_for_another_optimizer() -> None:
    event = ran_out(requested=1, capacity=16, allocated=15.5, reserved=15.5, free=0.2)
    finding = found(died(event, batch_size=8, parameters=1_000_000_000))["out-of-memory"]
    assert parameters(finding)[0] == "optim"


def test_a_single_sentence_that_does_not_fit_asks_for_checkpointing() -> None:
    event = ran_out(requested=4, capacity=16, allocated=15.5, reserved=15.5, free=0.2)
    finding = found(died(event, batch_size=1, max_length=512))["out-of-memory"]
    assert parameters(finding)[:2] == ["gradient_checkpointing", "max_length"]


@pytest.mark.parametrize(
    ("function", "name"),
    [("evaluation_loop", "out-of-memory-in-evaluation"), ("training_step", "out-of-memory")],
)
def test_the_printed_traceback_decides_which_rule_speaks(function: str, name: str) -> None:
    events = recognise_all(
        "Traceback (most recent call last):\n"
        f'  File "trainer.py", line 7, in {function}\n'
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.\n"
    )
    run = run_example(train_loss=(0.9,), events=events, epochs=9, max_steps=900)
    names = set(found(run))
    assert names == {name, "interrupted"}


def test_the_interruption_is_folded_under_what_caused_it() -> None:
    killed = RunEvent(kind="host-out-of-memory", message="Killed")
    assert found(died(killed))["interrupted"].consequence_of == "R503"


def test_an_error_before_the_first_step_ended_the_run() -> None:
    run = RunHistory(epochs=(), events=(RunEvent(kind="error", message="OSError: [Errno 5]"),))
    (finding,) = found(run).values()
    assert (finding.name, finding.severity) == ("stopped-by-error", Severity.ERROR)
    assert "before its first logged step" in finding.message


@pytest.mark.parametrize(("saved", "flagged"), [(500, False), (100, True), (None, False)], ids=str)
def test_the_last_checkpoint_before_the_end_is_no_interruption(
    saved: int | None, flagged: bool
) -> None:
    config: dict[str, Any] = {} if saved is None else {"save_steps": saved}
    run = run_example(
        f1=(0.9, 0.93), steps_per_epoch=500, max_steps=1_300, epochs=2.6, steps_done=1_000, **config
    )
    assert ("interrupted" in found(run)) == flagged


def test_a_message_cannot_smuggle_a_command_into_the_fix() -> None:
    event = RunEvent(
        kind="version-conflict",
        message="requires x",
        details={"package": "x'; rm -rf ~ #", "wanted": ">=1'; rm -rf ~"},
    )
    texts = " ".join(
        fix.text for fix in found(run_example(events=[event]))["version-conflict"].fixes
    )
    assert "rm -rf" not in texts


def test_versions_of_development_and_local_builds_are_read() -> None:
    run = replace(
        run_example(f1=(0.5,)),
        environment={"versions": {"pytorch": "2.2.1+cu121", "numpy": "2.0.0"}},
    )
    assert "numpy" in parameters(found(run)["version-conflict"])


def test_a_score_that_is_no_number_is_no_score() -> None:
    """A result file with `"eval_f1": Infinity` has an F1 column and no value in it."""
    run = run_example(f1=(math.inf,), precision=(0.7,), recall=(0.7,))
    assert check_up(run, run_rules()).crashed == ()
