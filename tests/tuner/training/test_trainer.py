"""Out of memory, failures and verdicts in real trainings of a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tuner.engine import Verdict
from tuner.kept_epoch import is_kept
from tuner.training.fine_tune import Workbench
from tuner.trial import TrialSpec, TrialState

pytestmark = pytest.mark.long

Train = Callable[..., Any]


def parameters(bench: Workbench) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in bench.model.model.state_dict().items()}


def largest_difference(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    return max(float((one[name] - other[name]).abs().max()) for name in one)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("phase", ["train", "backward"])
def test_a_split_step_gives_the_same_parameters(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    smoothing: float,
    phase: str,
) -> None:
    # Batches mix sentences of 4 to 14 words, so a mean over micro-batch means would be wrong.
    settings = replace(spec, dropout=0.0, epochs=1, label_smoothing=smoothing)
    whole = train_once(bench, tmp_path / "whole", settings)
    unsplit = parameters(bench)
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", f"{phase}=30")
    split = train_once(bench, tmp_path / "split", settings)
    assert largest_difference(unsplit, parameters(bench)) < 1e-5
    assert split.losses == pytest.approx(whole.losses, abs=1e-5)
    (report,) = split.reports
    assert [event.kind for event in report.events] == ["out-of-memory"] * len(report.events)
    assert report.events and report.events[0].details["batch_size"] == 8


def test_pieces_of_a_batch_give_the_same_parameters(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = replace(spec, dropout=0.0, epochs=1)
    monkeypatch.setattr("tuner.training.trainer.piece_tokens_of", lambda _: 10**9)
    whole = train_once(bench, tmp_path / "whole", settings)
    uncut = parameters(bench)
    monkeypatch.setattr("tuner.training.trainer.cut_pieces", one_piece_per_row)
    cut = train_once(bench, tmp_path / "cut", settings)
    assert largest_difference(uncut, parameters(bench)) < 1e-5
    assert cut.losses == pytest.approx(whole.losses, abs=1e-5)
    assert cut.reports[0].padded_tokens == cut.reports[0].tokens


def one_piece_per_row(lengths: Any, piece_tokens: int) -> list[slice]:
    return [slice(row, row + 1) for row in range(len(lengths))]


def test_the_size_that_fits_is_remembered(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", "train=40,eval=60")
    first = train_once(bench, tmp_path / "first", replace(spec, epochs=1))
    second = train_once(bench, tmp_path / "second", replace(spec, epochs=1))
    phases = {event.details["phase"] for event in first.reports[0].events}
    assert phases == {"train", "eval"}
    assert second.reports[0].events == ()


def test_a_failed_optimizer_step_is_repeated_once(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = train_once(bench, tmp_path / "plain", replace(spec, epochs=1))
    before = parameters(bench)
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", "optimizer=1")
    repeated = train_once(bench, tmp_path / "repeated", replace(spec, epochs=1))
    assert repeated.outcome.state is TrialState.FINISHED
    assert largest_difference(before, parameters(bench)) == 0.0
    assert repeated.f1s == plain.f1s
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", "optimizer=2")
    hopeless = train_once(bench, tmp_path / "hopeless", replace(spec, epochs=1))
    assert hopeless.outcome.state is TrialState.INFEASIBLE


def test_evaluation_out_of_memory_changes_no_score(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = train_once(bench, tmp_path / "plain", replace(spec, epochs=1))
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", "eval=20")
    split = train_once(bench, tmp_path / "split", replace(spec, epochs=1))
    assert split.reports[0].scores.counts == plain.reports[0].scores.counts
    assert split.reports[0].scores.loss == pytest.approx(plain.reports[0].scores.loss)


@pytest.mark.parametrize("phase", ["train", "eval"])
def test_if_not_even_one_sentence_fits_the_trial_is_infeasible(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    phase: str,
) -> None:
    monkeypatch.setenv("TUNER_SIMULATE_MEMORY", f"{phase}=3")
    result = train_once(bench, tmp_path / "run", spec)
    assert result.outcome.state is TrialState.INFEASIBLE
    assert "Not even one" in result.outcome.reason
    assert "--max-length" in result.outcome.reason


def test_a_device_that_takes_no_batch_makes_the_trial_infeasible(
    bench: Workbench,
    spec: TrialSpec,
    train_once: Train,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("tuner.training.trainer.to_device", full)
    result = train_once(bench, tmp_path / "run", spec)
    assert result.outcome.state is TrialState.INFEASIBLE


def test_non_finite_loss_ends_the_training_with_its_reason(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    result = train_once(bench, tmp_path / "run", replace(spec, learning_rate=1e38, warmup_ratio=0))
    assert result.outcome.state is TrialState.FAILED
    assert "loss became" in result.outcome.reason and "step" in result.outcome.reason
    assert result.outcome.events[-1].kind == "non-finite"
    # The next training starts from clean weights.
    assert train_once(bench, tmp_path / "next", spec).outcome.state is TrialState.FINISHED


def test_same_seed_same_result_whatever_ran_before(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    first = train_once(bench, tmp_path / "first", spec)
    train_once(
        bench,
        tmp_path / "between",
        replace(spec, seed=7, dropout=0.3, weight_decay=0.3, frozen_layers=2, epochs=1),
    )
    again = train_once(bench, tmp_path / "again", spec)
    assert first.losses == again.losses
    assert [r.scores for r in first.reports] == [r.scores for r in again.reports]
    other = train_once(bench, tmp_path / "other", replace(spec, seed=43))
    assert other.losses != first.losses


def test_it_learns(bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path) -> None:
    result = train_once(bench, tmp_path / "run", replace(spec, epochs=6))
    assert max(result.f1s) > 0.8
    assert result.reports[-1].train_loss < result.reports[0].train_loss
    report = result.reports[0]
    assert report.logs and {"loss", "learning_rate", "step"} <= set(report.logs[0])
    assert report.tokens <= report.padded_tokens
    assert result.reports[-1].step == 6 * 6


def test_interrupted_and_resumed_equals_uninterrupted(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    whole = train_once(bench, tmp_path / "whole", spec)
    halt = {1: Verdict(action="interrupt", reason="time is up")}
    part = train_once(bench, tmp_path / "part", spec, verdicts=halt)
    assert part.outcome.state is TrialState.INTERRUPTED
    rest = train_once(bench, tmp_path / "part", spec, resume=True)
    assert rest.outcome.state is TrialState.FINISHED
    assert [r.epoch for r in rest.reports] == [1, 2, 3]
    assert rest.losses == whole.losses
    assert [r.scores for r in rest.reports] == [r.scores for r in whole.reports]


def test_stopped_at_once_and_resumed_equals_uninterrupted(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    whole = train_once(bench, tmp_path / "whole", spec)
    part = train_once(bench, tmp_path / "part", spec, abort_after=9)  # in the second epoch
    assert part.outcome.state is TrialState.INTERRUPTED
    rest = train_once(bench, tmp_path / "part", spec, resume=True)
    assert rest.losses == whole.losses


def test_a_checkpoint_cut_short_is_ignored(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    halt = {1: Verdict(action="interrupt")}
    train_once(bench, tmp_path / "run", spec, verdicts=halt)
    (checkpoint,) = (tmp_path / "run" / "checkpoint").iterdir()
    assert not (checkpoint / "training_args.bin").exists()
    (checkpoint / "reports.json").unlink()
    again = train_once(bench, tmp_path / "run", spec, resume=True)
    assert [r.epoch for r in again.reports] == [1, 2, 3]
    assert again.outcome.state is TrialState.FINISHED


def test_pruned_trainings_stop_and_write_nothing(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    cut = {1: Verdict(action="prune", reason="too low")}
    result = train_once(bench, tmp_path / "run", spec, verdicts=cut)
    assert (result.outcome.state, result.outcome.reason) == (TrialState.PRUNED, "too low")
    assert len(result.reports) == 1
    assert not list((tmp_path / "run").rglob("*.safetensors"))


def test_losers_cost_no_disk(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    train_once(bench, tmp_path / "loser", spec, keep_above=1.0)
    assert not (tmp_path / "loser" / "best").exists()
    train_once(bench, tmp_path / "winner", spec, keep_above=-1.0)
    assert (tmp_path / "winner" / "best" / "model.safetensors").exists()


def test_weights_that_no_longer_count_are_deleted_where_those_that_do_are_not_saved(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    """Another training got better meanwhile: the first epoch must not pass for the second."""
    short = replace(spec, epochs=2, learning_rate=1e-5)
    kept = train_once(bench, tmp_path / "kept", short)
    assert is_kept(kept.reports, short) and (tmp_path / "kept" / "best").is_dir()
    raised = {1: Verdict(keep_above=0.99)}
    lost = train_once(bench, tmp_path / "lost", short, verdicts=raised)
    assert lost.f1s == kept.f1s
    assert not list((tmp_path / "lost").glob("best*"))


def test_a_setting_of_one_training_does_not_leak_into_the_next(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    plain = train_once(bench, tmp_path / "plain", replace(spec, epochs=1))
    train_once(bench, tmp_path / "odd", replace(spec, epochs=1, extra={"adam_beta1": 0.1}))
    again = train_once(bench, tmp_path / "again", replace(spec, epochs=1))
    assert plain.losses == again.losses


def test_a_refused_setting_fails_the_training_with_its_reason(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    result = train_once(
        bench, tmp_path / "run", replace(spec, extra={"optim": "no-such-optimizer"})
    )
    assert result.outcome.state is TrialState.FAILED
    assert "no-such-optimizer" in result.outcome.reason


def test_frozen_layers_stay_as_they_were(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    train_once(bench, tmp_path / "run", replace(spec, epochs=1, frozen_layers=1))
    after = parameters(bench)
    pretrained = bench.model.weights
    for name, tensor in pretrained.items():
        frozen = "embeddings" in name or "layer.0." in name
        if name.endswith(("weight", "bias")):
            assert torch.equal(tensor, after[name]) is frozen, name


def test_too_many_frozen_layers_are_refused(
    bench: Workbench, spec: TrialSpec, train_once: Train, tmp_path: Path
) -> None:
    result = train_once(bench, tmp_path / "run", replace(spec, frozen_layers=3))
    assert result.outcome.state is TrialState.FAILED
    assert "got 3 of 2" in result.outcome.reason
