"""Contracts that every implementation must keep, as test classes to inherit from.

```python
class TestMyEngine(EngineContract):
    def make_engine(self) -> Engine: ...
    def make_spec(self, epochs: int) -> TrialSpec: ...
```
"""

from __future__ import annotations

import math
from pathlib import Path

from tuner.engine import Engine, EpochDone, Job, JobEnded, JobRestarted, Message, StepsDone, Verdict
from tuner.kept_epoch import kept_epoch
from tuner.trial import EpochReport, TrialOutcome, TrialSpec, TrialState

__all__ = ["EngineContract", "run_job"]

PATIENCE = 120.0
CONTINUE = Verdict()


class EngineContract:
    """What the search loop relies on in an engine.

    A subclass makes an engine on whatever it trains with; the trainings should take seconds. The
    test framework is imported nowhere here: each method whose name begins with `test` is a test
    that gets a temporary folder as `tmp_path`.
    """

    def make_engine(self) -> Engine:
        """Return a new engine with at least one slot."""
        raise NotImplementedError

    def make_spec(self, epochs: int) -> TrialSpec:
        """Return the hyperparameters of a training that finishes and leaves F1 = 0."""
        raise NotImplementedError

    def test_reports_every_epoch_in_order_and_finishes(self, tmp_path: Path) -> None:
        """A training reports its epochs 1 to n and ends as FINISHED."""
        engine = self.make_engine()
        reports, outcome = run_job(engine, self._job(tmp_path, epochs=3))
        engine.close()
        assert [report.epoch for report in reports] == [1, 2, 3]
        assert {report.epochs for report in reports} == {3}
        assert [report.step for report in reports] == sorted({report.step for report in reports})
        assert all(0.0 <= report.scores.f1 <= 1.0 for report in reports)
        assert outcome.state is TrialState.FINISHED
        assert outcome.reason == ""

    def test_waits_for_the_verdict(self, tmp_path: Path) -> None:
        """A training that has reported does nothing before it is answered."""
        engine = self.make_engine()
        engine.start(self._job(tmp_path, epochs=2))
        first = next_message(engine)
        assert isinstance(first, EpochDone)
        assert engine.next_message(0.3) is None
        engine.answer(first.key, CONTINUE)
        second = next_message(engine)
        assert isinstance(second, EpochDone)
        assert second.report.epoch == 2
        engine.close()

    def test_no_message_without_a_job(self) -> None:
        """An idle engine has nothing to say, and says so in time."""
        engine = self.make_engine()
        assert engine.next_message(0.05) is None
        engine.close()

    def test_refuses_more_jobs_than_slots(self, tmp_path: Path) -> None:
        """Starting a training without a free slot is a mistake of the caller."""
        engine = self.make_engine()
        for number in range(engine.slots):
            engine.start(self._job(tmp_path, epochs=2, key=f"job{number}"))
        raised = False
        try:
            engine.start(self._job(tmp_path, epochs=2, key="one-too-many"))
        except RuntimeError:
            raised = True
        engine.close()
        assert raised

    def test_prune_ends_the_training(self, tmp_path: Path) -> None:
        """A pruned training ends at once, with the verdict's reason, and frees its slot."""
        engine = self.make_engine()
        stop = Verdict(action="prune", reason="too low")
        reports, outcome = run_job(engine, self._job(tmp_path, epochs=3), {1: stop})
        assert len(reports) == 1
        assert outcome.state is TrialState.PRUNED
        assert "too low" in outcome.reason
        _, next_outcome = run_job(engine, self._job(tmp_path, epochs=1, key="next"))
        assert next_outcome.state is TrialState.FINISHED
        engine.close()

    def test_interrupt_and_resume_gives_the_same_training(self, tmp_path: Path) -> None:
        """An interrupted training goes on later and ends as if it had never been interrupted."""
        engine = self.make_engine()
        whole, _ = run_job(engine, self._job(tmp_path / "whole", epochs=3))
        stop = Verdict(action="interrupt", reason="later")
        begun, outcome = run_job(engine, self._job(tmp_path / "cut", epochs=3), {2: stop})
        engine.close()
        assert outcome.state is TrialState.INTERRUPTED
        assert [report.epoch for report in begun] == [1, 2]

        engine = self.make_engine()
        resumed, outcome = run_job(engine, self._job(tmp_path / "cut", epochs=3, resume=True))
        engine.close()
        assert outcome.state is TrialState.FINISHED
        assert [report.epoch for report in resumed] == [1, 2, 3]
        assert [_result(report) for report in resumed[:2]] == [_result(report) for report in begun]
        assert _result(resumed[2]) == _result(whole[2])

    def test_a_wish_to_stop_may_be_ignored_but_loses_nothing(self, tmp_path: Path) -> None:
        """A training that ends before its report ends as INTERRUPTED, and goes on later."""
        engine = self.make_engine()
        engine.interrupt("unknown", "later")
        job = self._job(tmp_path, epochs=2)
        engine.start(job)
        first = next_message(engine)
        if isinstance(first, EpochDone):
            engine.interrupt(job.key, "later")
            engine.answer(job.key, CONTINUE)
        last = next_message(engine)
        if isinstance(last, EpochDone):
            engine.answer(job.key, CONTINUE)
            last = next_message(engine)
        assert isinstance(last, JobEnded)
        if last.outcome.state is TrialState.INTERRUPTED:
            reports, last_outcome = run_job(engine, self._job(tmp_path, epochs=2, resume=True))
            assert [report.epoch for report in reports] == [1, 2]
            assert last_outcome.state is TrialState.FINISHED
        else:
            assert last.outcome.state is TrialState.FINISHED
        engine.close()

    def test_resume_without_a_checkpoint_starts_anew(self, tmp_path: Path) -> None:
        """A training that was killed before its first checkpoint is simply trained."""
        engine = self.make_engine()
        reports, outcome = run_job(engine, self._job(tmp_path, epochs=2, resume=True))
        engine.close()
        assert [report.epoch for report in reports] == [1, 2]
        assert outcome.state is TrialState.FINISHED

    def test_same_seed_same_scores(self, tmp_path: Path) -> None:
        """A second training in the same engine is not touched by the first."""
        engine = self.make_engine()
        first, _ = run_job(engine, self._job(tmp_path / "first", epochs=2))
        second, _ = run_job(engine, self._job(tmp_path / "second", epochs=2))
        engine.close()
        assert [_result(report) for report in first] == [_result(report) for report in second]

    def test_saves_its_best_epoch(self, tmp_path: Path) -> None:
        """Without a threshold `best/` holds the kept epoch's model, which scores the same again."""
        engine = self.make_engine()
        job = self._job(tmp_path, epochs=3)
        reports, _ = run_job(engine, job)
        scores = engine.evaluate(job.directory / "best", "dev")
        engine.close()
        kept = kept_epoch(reports, job.spec)
        assert kept is not None
        assert math.isclose(scores.f1, kept.scores.f1, abs_tol=1e-6)

    def test_loser_leaves_no_model(self, tmp_path: Path) -> None:
        """A training that never exceeds the threshold writes no `best/`."""
        engine = self.make_engine()
        job = self._job(tmp_path, epochs=2, keep_above=1.0)
        run_job(engine, job)
        engine.close()
        assert not (job.directory / "best").exists()

    def test_threshold_can_rise_on_the_way(self, tmp_path: Path) -> None:
        """A verdict's threshold counts for the epochs to come."""
        engine = self.make_engine()
        job = self._job(tmp_path, epochs=3, keep_above=1.0)
        always_save = Verdict(keep_above=-1.0)
        run_job(engine, job, {1: always_save, 2: always_save})
        engine.close()
        assert (job.directory / "best").is_dir()

    def test_close_stops_everything_and_may_be_called_twice(self, tmp_path: Path) -> None:
        """After `close` there are no more messages."""
        engine = self.make_engine()
        engine.start(self._job(tmp_path, epochs=2))
        engine.close()
        engine.close()

    def _job(
        self,
        directory: Path,
        *,
        epochs: int,
        key: str = "0000",
        keep_above: float | None = None,
        resume: bool = False,
    ) -> Job:
        folder = directory / key
        folder.mkdir(parents=True, exist_ok=True)
        return Job(
            key=key,
            spec=self.make_spec(epochs),
            directory=folder,
            keep_above=keep_above,
            resume=resume,
        )


def run_job(
    engine: Engine, job: Job, verdicts: dict[int, Verdict] | None = None
) -> tuple[list[EpochReport], TrialOutcome]:
    """Run one training to its end and return its reports and outcome.

    Args:
        engine: An idle engine.
        job: The training.
        verdicts: Epoch to the answer to its report; `continue` for all others.
    """
    engine.start(job)
    reports: list[EpochReport] = []
    while True:
        match next_message(engine):
            case EpochDone(report=report):
                reports.append(report)
                engine.answer(job.key, (verdicts or {}).get(report.epoch, CONTINUE))
            case JobRestarted():
                reports.clear()
            case JobEnded(outcome=outcome):
                return reports, outcome


def next_message(engine: Engine) -> EpochDone | JobEnded | JobRestarted:
    """Return an engine's next message that matters; one that stays silent for long fails."""
    while True:
        message: Message | None = engine.next_message(PATIENCE)
        assert message is not None, f"the engine said nothing for {PATIENCE:g} seconds"
        if not isinstance(message, StepsDone):
            return message
        assert message.epochs > 0, f"{message.epochs} epochs were told as trained"


def _result(report: EpochReport) -> tuple[int, int, float, float]:
    return report.epoch, report.step, report.train_loss, report.scores.f1
