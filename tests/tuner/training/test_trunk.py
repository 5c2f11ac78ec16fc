"""Trunks with branches: each branch is a training by itself, and the trunk does not notice it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.tuner import killed_trunk
from tuner.engine import Job, Verdict
from tuner.training.fine_tune import Workbench, fine_tune
from tuner.training.trunk_course import TrunkCourse
from tuner.training.trunk_state import TrunkState
from tuner.trial import EpochReport, TrialSpec, TrialState, TrunkPlan
from tuner.trunk import branch_spec

pytestmark = pytest.mark.long

Train = Callable[..., Any]
Weights = dict[str, torch.Tensor]
STEPS_PER_EPOCH = 6

TRUNK = killed_trunk.SPEC


def decided(reports: list[EpochReport]) -> list[Any]:
    return [(report.epoch, report.step, report.train_loss, report.scores) for report in reports]


def kept_weights(folder: Path) -> Weights:
    return load_file(folder / "best" / "model.safetensors")


def same(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def weights_at_reports(bench: Workbench, folder: Path, spec: TrialSpec) -> dict[int, Weights]:
    """Train, and copy the weights that each report is about."""
    folder.mkdir()
    found: dict[int, Weights] = {}

    def note(report: EpochReport) -> Verdict:
        state = bench.model.model.state_dict()
        found[report.epoch] = {name: tensor.clone() for name, tensor in state.items()}
        return Verdict()

    job = Job(key="run", spec=spec, directory=folder, keep_above=-1.0)
    assert fine_tune(bench, job, note, lambda: False).state is TrialState.FINISHED
    return found


def stable_decay(spec: TrialSpec, count: int) -> TrialSpec:
    """The training by itself that a branch must equal, on transformers' own schedule."""
    course = TrunkCourse.of(spec, STEPS_PER_EPOCH)
    branch = next(one for one in course.stretches if one.is_branch and one.count == count)
    total = count * STEPS_PER_EPOCH
    return replace(
        spec,
        epochs=count,
        trunk=None,
        schedule="warmup_stable_decay",
        warmup_ratio=max(course.warm_up - 0.5, 0) / total,
        extra={
            "lr_scheduler_kwargs": {
                "num_decay_steps": branch.stop - branch.start,
                "decay_type": "linear",
            }
        },
    )


@pytest.mark.parametrize("warmup_ratio", [0.0, 0.5])
def test_a_branch_equals_a_training_by_itself(
    bench: Workbench, tmp_path: Path, warmup_ratio: float
) -> None:
    spec = replace(TRUNK, warmup_ratio=warmup_ratio, dropout=0.3)
    branches = weights_at_reports(bench, tmp_path / "trunk", spec)
    assert list(branches) == [1, 2, 3]
    for count in (1, 3):
        alone = weights_at_reports(bench, tmp_path / f"alone-{count}", stable_decay(spec, count))
        assert same(branches[count], alone[count])


def test_the_kept_model_is_the_best_branch_not_the_trunk(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    branches = weights_at_reports(bench, tmp_path / "trunk", TRUNK)
    run = train_once(bench, tmp_path / "again", TRUNK)
    assert run.outcome.reason == "" and [r.step for r in run.reports] == [6, 12, 18]
    best = max(run.reports, key=lambda report: (report.scores.f1, -report.epoch))
    for folder in ("trunk", "again"):
        kept = kept_weights(tmp_path / folder)
        assert all(torch.equal(kept[name], branches[best.epoch][name]) for name in kept)


@pytest.mark.parametrize(
    "changes", [{"extra": {"optim": "sgd"}}, {"dropout": 0.3, "frozen_layers": 1}], ids=str
)
def test_branches_leave_no_trace_in_the_trunk(
    bench: Workbench, tmp_path: Path, changes: dict[str, Any]
) -> None:
    spec = replace(TRUNK, **changes)
    alone = branch_spec(spec, 3)
    assert alone.trunk == TrunkPlan(counts=(3,), cooldown=0.34)
    branched = weights_at_reports(bench, tmp_path / "branched", spec)
    bare = weights_at_reports(bench, tmp_path / "bare", alone)
    assert list(branched) == [1, 2, 3] and list(bare) == [3]
    assert same(branched[3], bare[3])


@pytest.mark.parametrize("stopped_after", [5, 9, 15])
def test_stopped_at_once_and_resumed_equals_uninterrupted(
    bench: Workbench, train_once: Train, tmp_path: Path, stopped_after: int
) -> None:
    # 22 steps: trunk 0-4, branch 4-6, trunk 4-8, branch 8-12, trunk 8-12, branch 12-18.
    whole = train_once(bench, tmp_path / "whole", TRUNK)
    part = train_once(bench, tmp_path / "part", TRUNK, abort_after=stopped_after)
    assert part.outcome.state is TrialState.INTERRUPTED
    rest = train_once(bench, tmp_path / "part", TRUNK, resume=True)
    assert rest.outcome.state is TrialState.FINISHED
    assert decided(rest.reports) == decided(whole.reports)
    assert [(r.tokens, r.padded_tokens) for r in rest.reports] == [
        (r.tokens, r.padded_tokens) for r in whole.reports
    ]
    assert same(kept_weights(tmp_path / "part"), kept_weights(tmp_path / "whole"))


@pytest.mark.parametrize("steps", [8, 13], ids=["trunk", "branch"])
def test_killed_and_resumed_equals_uninterrupted(
    bench: Workbench,
    train_once: Train,
    easy_data: Path,
    tiny_model: Path,
    tmp_path: Path,
    steps: int,
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    script = Path(killed_trunk.__file__)
    command = [sys.executable, str(script), str(easy_data), str(tiny_model), str(folder)]
    killed = subprocess.run([*command, str(steps)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    rest = train_once(bench, folder, TRUNK, resume=True)
    whole = train_once(bench, tmp_path / "whole", TRUNK)
    assert decided(rest.reports) == decided(whole.reports)
    assert same(kept_weights(folder), kept_weights(tmp_path / "whole"))


def test_interrupted_after_a_branch_and_resumed_equals_uninterrupted(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    bench.checkpoint_every = 1e9
    whole = train_once(bench, tmp_path / "whole", TRUNK)
    halt = {2: Verdict(action="interrupt", reason="time is up")}
    part = train_once(bench, tmp_path / "part", TRUNK, verdicts=halt)
    assert (part.outcome.state, part.outcome.reason) == (TrialState.INTERRUPTED, "time is up")
    (checkpoint,) = (tmp_path / "part" / "checkpoint").iterdir()
    assert checkpoint.name == "checkpoint-14"  # 4 + 2 + 4 + 4 steps: branches included
    rest = train_once(bench, tmp_path / "part", TRUNK, resume=True)
    assert decided(rest.reports) == decided(whole.reports)


LONG_BRANCHES = replace(TRUNK, epochs=4, trunk=TrunkPlan(counts=(2, 4), cooldown=0.8))


@pytest.mark.parametrize(
    ("steps", "checkpoint", "told"),
    [
        (1, "checkpoint-1", []),
        (3, "checkpoint-2", []),
        (8, "checkpoint-13", [2]),
        (20, "checkpoint-15", [2]),
    ],
    ids=["trunk", "branch given up", "end of a branch", "last branch given up"],
)
def test_a_wish_to_stop_is_heard_before_the_next_report(
    bench: Workbench,
    train_once: Train,
    tmp_path: Path,
    steps: int,
    checkpoint: str,
    told: list[int],
) -> None:
    # 34 steps of 6 an epoch: trunk 0-2, branch 2-12, trunk 2-5, branch 5-24.
    whole = train_once(bench, tmp_path / "whole", LONG_BRANCHES)
    part = train_once(bench, tmp_path / "part", LONG_BRANCHES, stop_after=steps)
    assert part.outcome.state is TrialState.INTERRUPTED
    assert part.outcome.reason == "time is up"
    assert [report.epoch for report in part.reports] == told
    assert [path.name for path in (tmp_path / "part" / "checkpoint").iterdir()] == [checkpoint]
    rest = train_once(bench, tmp_path / "part", LONG_BRANCHES, resume=True)
    assert rest.outcome.state is TrialState.FINISHED
    assert decided(rest.reports) == decided(whole.reports)
    assert [(r.tokens, r.padded_tokens, len(r.logs)) for r in rest.reports] == [
        (r.tokens, r.padded_tokens, len(r.logs)) for r in whole.reports
    ]
    assert same(kept_weights(tmp_path / "part"), kept_weights(tmp_path / "whole"))


def test_a_last_branch_that_nothing_could_be_taken_up_from_is_trained_to_its_end(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    bench.checkpoint_every = 1e9
    done = train_once(bench, tmp_path / "run", LONG_BRANCHES, stop_after=20)
    assert done.outcome.state is TrialState.FINISHED


def test_other_schedules_wait_for_the_verdict(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    decay = replace(TRUNK, schedule="linear", trunk=None, epochs=2)
    done = train_once(bench, tmp_path / "run", decay, stop_after=1)
    assert done.outcome.state is TrialState.FINISHED


def test_out_of_memory_in_trunk_and_branch_changes_no_result(
    bench: Workbench, train_once: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = replace(TRUNK, dropout=0.0)
    whole = train_once(bench, tmp_path / "whole", spec)
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", "train=30,eval=40")
    split = train_once(bench, tmp_path / "split", spec)
    assert split.losses == pytest.approx(whole.losses, abs=1e-5)
    assert split.f1s == pytest.approx(whole.f1s, abs=0.02)
    assert {event.kind for event in split.reports[0].events} == {"out-of-memory"}


def test_tokens_count_trunk_and_branches(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    plain = train_once(bench, tmp_path / "plain", replace(TRUNK, schedule="linear", trunk=None))
    trunk = train_once(bench, tmp_path / "trunk", TRUNK)
    epoch = plain.reports[0].tokens
    trained = sum(report.tokens for report in trunk.reports) / epoch
    assert trained == pytest.approx(len(TrunkCourse.of(TRUNK, STEPS_PER_EPOCH)) / 6, abs=0.4)
    assert trunk.reports[0].tokens == epoch


def test_the_logs_are_those_of_the_trunk_at_its_constant_rate(
    bench: Workbench, train_once: Train, tmp_path: Path
) -> None:
    result = train_once(bench, tmp_path / "run", replace(TRUNK, warmup_ratio=0.0))
    logs = [entry for report in result.reports for entry in report.logs]
    assert {entry["learning_rate"] for entry in logs} == {3e-3}
    steps = [entry["step"] for entry in logs]
    assert steps == sorted(set(steps)) and steps[-1] == 12
    assert [entry["epoch"] for entry in logs] == pytest.approx([step / 6 for step in steps])
    assert {report.learning_rate for report in result.reports} == {3e-3}


def test_pruned_and_finished_early(bench: Workbench, train_once: Train, tmp_path: Path) -> None:
    cut = {1: Verdict(action="prune", reason="too low")}
    pruned = train_once(bench, tmp_path / "pruned", TRUNK, verdicts=cut)
    assert (pruned.outcome.state, len(pruned.reports)) == (TrialState.PRUNED, 1)
    end = {2: Verdict(action="finish", reason="it gets worse")}
    ended = train_once(bench, tmp_path / "ended", TRUNK, verdicts=end)
    assert (ended.outcome.state, ended.outcome.reason) == (TrialState.FINISHED, "it gets worse")
    assert len(ended.reports) == 2 and (tmp_path / "ended" / "best").is_dir()
    assert not (tmp_path / "ended" / "checkpoint" / "checkpoint-14").exists()


def test_a_trunk_whose_loss_becomes_nan_keeps_its_branches(
    bench: Workbench, train_once: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = bench.task.loss_sum
    calls = 0

    def breaks(*arguments: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return forward(*arguments) * (float("nan") if calls > 8 else 1.0)

    monkeypatch.setattr(bench.task, "loss_sum", breaks)
    result = train_once(bench, tmp_path / "run", TRUNK)
    assert [report.epoch for report in result.reports] == [1]
    assert result.outcome.state is TrialState.FINISHED
    assert "the trunk is unstable: The training loss became nan" in result.outcome.reason
    assert result.outcome.events[-1].kind == "non-finite"
    calls = 8
    none = train_once(bench, tmp_path / "none", TRUNK)
    assert none.outcome.state is TrialState.FAILED


def test_an_unstable_trunk_is_ended_with_its_reason(
    bench: Workbench, train_once: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuner.trunk_end.EXPLODED", 0.0)  # every loss is too high from now on
    result = train_once(bench, tmp_path / "run", TRUNK)
    assert [report.epoch for report in result.reports] == [1, 2]
    assert result.outcome.state is TrialState.FINISHED
    assert result.outcome.reason.startswith("the trunk is unstable: its loss rose from")
    assert [event.kind for event in result.outcome.events] == ["unstable"]
    assert (tmp_path / "run" / "best").is_dir()


def test_the_state_says_what_it_costs() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(10, 10), torch.nn.Linear(10, 10))
    model[0].requires_grad_(False)
    optimizer = torch.optim.AdamW(model[1].parameters())
    model(torch.ones(2, 10)).sum().backward()
    before = TrunkState.of(model, optimizer, None)
    assert before.bytes == 110 * 4
    optimizer.step()
    after = TrunkState.of(model, optimizer, None)
    assert after.bytes == 110 * 12 + 2 * 4  # two counters of steps
    before.restore(model, optimizer, None)
    assert not optimizer.state
    after.restore(model, optimizer, None)
    assert TrunkState.of(model, optimizer, None).bytes == after.bytes
