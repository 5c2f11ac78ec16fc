"""What ended a run that was printed, when one log tells of several attempts."""

from __future__ import annotations

import pytest

from diagnostics.checkup import check_up, run_rules
from diagnostics.findings import Finding, Severity
from diagnostics.readers._printed import read_text
from diagnostics.subjects.run_history import RunHistory

ROW = "{{'eval_loss': 0.5, 'eval_f1': {}, 'epoch': {}}}\n"
EPOCHS = "".join(ROW.format(0.5 + epoch / 10, float(epoch)) for epoch in (1, 2, 3, 4))
STARTING = "=== starting on cpu ===\nloading the data\nbuilding the model\n"
MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB."


def crash(*last: str) -> str:
    return 'Traceback (most recent call last):\n  File "train.py", line 3, in main\n' + "".join(
        f"{line}\n" for line in last
    )


def read(text: str) -> RunHistory:
    return read_text(text, "the test")


def found(text: str) -> dict[str, Finding]:
    return {finding.name: finding for finding in check_up(read(text), run_rules()).findings}


@pytest.mark.parametrize(
    "last",
    ["RuntimeError: mine", "KeyError: 'foo'", "AssertionError", "StopIteration", "queue.Empty: no"],
)
def test_a_training_that_died_of_its_own_error_is_flagged(last: str) -> None:
    finding = found(EPOCHS + crash(last))["stopped-by-error"]
    assert finding.severity is Severity.WARNING
    assert finding.evidence[0].value == last
    assert "at epoch 4" in finding.message


def test_an_error_before_the_first_figure_is_an_error() -> None:
    finding = found(STARTING + crash("KeyError: 'foo'"))["stopped-by-error"]
    assert finding.severity is Severity.ERROR


def test_a_traceback_that_breaks_off_is_an_error() -> None:
    assert "breaks off" in found(EPOCHS + crash())["stopped-by-error"].message


def test_an_error_after_the_training_says_that_nothing_needs_training_again() -> None:
    end = "{'train_runtime': 9.0, 'train_loss': 0.3, 'epoch': 4.0}\n"
    finding = found(EPOCHS + end + crash("OSError: disk is full"))["stopped-by-error"]
    assert finding.severity is Severity.WARNING
    assert "went through" in finding.message


@pytest.mark.parametrize(
    "aside",
    [
        "--- Logging error ---",
        "Exception ignored in: <function f>",
        "Exception in thread Thread-1:",
    ],
)
def test_what_fails_beside_the_training_ends_nothing(aside: str) -> None:
    assert "stopped-by-error" not in found(f"{EPOCHS}{aside}\n{crash('OSError: [Errno 5]')}")


def test_an_error_that_was_survived_is_none() -> None:
    rest = ROW.format(0.95, 5.0)
    assert "stopped-by-error" not in found(EPOCHS + crash("KeyError: 'foo'") + rest)


@pytest.mark.parametrize(
    "text",
    [
        crash("KeyError: 'a'") + "During handling of the above exception, another one occurred:\n",
        crash("KeyError: Caught KeyError in DataLoader worker process 0.") + "Original ",
    ],
)
def test_a_chain_of_errors_is_one_failure(text: str) -> None:
    run = read(EPOCHS + text + crash("ValueError: b"))
    assert [event.message for event in run.events] == ["ValueError: b"]


def test_in_a_chain_the_known_cause_counts() -> None:
    chain = "The above exception was the direct cause of the following exception:\n"
    run = read(EPOCHS + crash(MEMORY) + chain + crash("RuntimeError: worker died"))
    assert [event.kind for event in run.events] == ["out-of-memory"]


def test_the_launcher_does_not_know_why() -> None:
    table = "".join(f"  rank {rank}: failed\n" for rank in range(9))
    launcher = crash("torch.distributed.elastic.multiprocessing.errors.ChildFailedError:")
    run = read(EPOCHS + crash("KeyError: 'foo'") + table + launcher)
    assert [event.message for event in run.events] == ["KeyError: 'foo'"]


def test_every_rank_that_dies_is_of_one_attempt() -> None:
    ranks = "".join(
        f"[rank{rank}]: {line}\n"
        for rank in range(2)
        for line in crash("KeyError: 'foo'").splitlines()
    )
    run = read(EPOCHS + ranks)
    assert [event.message for event in run.events] == ["KeyError: 'foo'"]
    assert run.config["state"] == "failed"


# -------------------------------------------------------------------------- several attempts


def test_what_ended_the_last_attempt_is_the_root_cause() -> None:
    first = STARTING + EPOCHS + crash(MEMORY)
    findings = found(first + STARTING + crash("KeyError: 'foo'"))
    last, overcome = findings["stopped-by-error"], findings["out-of-memory"]
    assert (last.severity, overcome.severity) == (Severity.ERROR, Severity.INFO)
    assert last.consequence_of is None
    assert "KeyError: 'foo'" in last.message
    assert "last attempt" in last.message
    assert "ended an earlier attempt" in overcome.message


def test_an_attempt_with_fewer_figures_that_failed_last_counts() -> None:
    second = ROW.format(0.2, 1.0) + crash(MEMORY)
    assert found(EPOCHS + second)["out-of-memory"].severity is Severity.ERROR


def test_failures_that_a_later_training_overcame_are_remarks() -> None:
    findings = found(crash("KeyError: 'foo'") + STARTING + EPOCHS)
    assert findings["stopped-by-error"].severity is Severity.INFO
    assert "earlier attempt" in findings["stopped-by-error"].message


def test_attempts_without_figures_are_told_apart() -> None:
    text = STARTING + crash("KeyError: 'foo'") + STARTING + crash("ValueError: last")
    run = read(text)
    told = [(event.message, event.details.get("overcome")) for event in run.events]
    assert told == [("KeyError: 'foo'", True), ("ValueError: last", None)]
    assert run.config["state"] == "failed"


def test_an_attempt_that_began_and_did_not_fail_overcomes_the_failure_before() -> None:
    run = read(STARTING + crash("KeyError: 'foo'") + STARTING + "model saved\n")
    assert [event.details for event in run.events] == [{"overcome": True}]
    assert "state" not in run.config


def test_a_remark_is_not_the_cause_of_a_warning() -> None:
    loss = "".join(f"{{'loss': 0.{9 - at}, 'epoch': {at}.0}}\n" for at in (1, 2, 3))
    findings = found(crash("KeyError: 'foo'") + loss)
    assert findings["no-evaluation"].consequence_of is None


def test_of_many_events_the_last_ones_are_kept() -> None:
    errors = "".join(f"{chr(65 + at % 26) * (at + 1)}Error: no\n" for at in range(70))
    run = read(EPOCHS + errors + MEMORY)
    assert run.events[-1].kind == "out-of-memory"
    assert len(run.events) <= 50


def test_what_the_source_code_in_a_traceback_speaks_of_did_not_happen() -> None:
    source = '    raise RuntimeError("CUDA out of memory. Tried to allocate 1 GiB")'
    run = read(EPOCHS + crash(source, "KeyError: 'foo'"))
    assert [event.message for event in run.events] == ["KeyError: 'foo'"]
