"""A search that is asked to stop while a training sends its epochs again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.tuner.search.studies import Watcher, make_spec, rising, search
from tuner.engine import EpochDone, Job, JobRestarted, Message
from tuner.engines.scripted import ScriptedEngine
from tuner.search.folder import StudyFolder
from tuner.search.interrupt import StopRequest
from tuner.study_view import StudySnapshot
from tuner.trial import TrialState


class LosingEngine(ScriptedEngine):
    """Loses its first training after so many epochs, once, and takes it up from its checkpoint."""

    def __init__(self, after: int, *, keeps: bool) -> None:
        super().__init__(rising, checkpoint_every=1 if keeps else after - 1)
        self._after = after
        self._job: Job | None = None

    def start(self, job: Job) -> None:
        super().start(job)
        self._job = self._job or job

    def next_message(self, timeout: float) -> Message | None:
        if self._after == 0 and self._job is not None:
            job, self._after = self._job, -1
            self.close()
            super().start(replace(job, resume=True))
            return JobRestarted(key=job.key, reason="its worker is gone.")
        message = super().next_message(timeout)
        if isinstance(message, EpochDone) and self._after > 0:
            self._after -= 1
        return message


def stopped_while_it_replays(folder: Path, *, keeps: bool) -> tuple[list[int], int]:
    """Return the epochs of the interrupted training, and how many were trained in all."""
    stop = StopRequest()

    def ask(snapshot: StudySnapshot, note: str) -> None:
        if "begins again" in note:
            stop.request()

    engine = LosingEngine(3, keeps=keeps)
    spec = make_spec(trials=1, prune=False)
    search(folder, spec, engine=engine, observer=Watcher(ask), stop=stop)
    (run,) = StudyFolder(folder).runs()
    assert run.state is TrialState.INTERRUPTED
    return [report.epoch for report in run.reports], engine.epochs_trained


def test_it_is_interrupted_where_it_was_not_where_the_replay_begins(tmp_path: Path) -> None:
    assert stopped_while_it_replays(tmp_path, keeps=True) == ([1, 2, 3], 3)
    search(tmp_path, make_spec(trials=1, prune=False))
    (run,) = StudyFolder(tmp_path).runs()
    assert run.state is TrialState.FINISHED
    assert [report.epoch for report in run.reports] == list(range(1, run.spec.epochs + 1))


def test_an_epoch_that_was_lost_with_its_checkpoint_is_the_last_that_is_trained(
    tmp_path: Path,
) -> None:
    assert stopped_while_it_replays(tmp_path, keeps=False) == ([1, 2, 3], 4)
