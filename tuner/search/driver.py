"""Drives trainings through an engine: fills its slots, records every epoch, answers with a verdict.

What is trained, and when a training is hopeless, is decided by a `Source`: the search, the
confirmation, or the one training that remakes deleted weights. Everything is on disk before it is
answered or told, in this order: the epoch, the verdict; the result, the storage, the clean-up.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from diagnostics.subjects.run_history import RunEvent
from tuner.engine import EpochDone, Job, JobEnded, JobRestarted, StepsDone, Verdict
from tuner.search.record import RunRecorder
from tuner.search.run_record import RunRecord
from tuner.search.session import Session
from tuner.study_view import Phase
from tuner.trial import EpochReport, TrialState
from tuner.trunk import is_trunk

__all__ = ["Source", "Start", "StopCause", "drive"]

POLL_SECONDS = 0.2

_ACTIONS: Mapping[str, Literal["prune", "finish"]] = {"pruned": "prune", "ended-early": "finish"}
"""What advice ends a training, and how."""

ASK_AGAIN_SECONDS = 5.0
"""Pause before a source that had nothing to start is asked again while other trainings run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A training to be started: a new one, or one to be taken up where it stopped."""

    run: RunRecord
    resume: bool = False


class StopCause(enum.StrEnum):
    """Why no further training is started."""

    DONE = "done"  # the source has nothing more
    TIME = "time"  # the time set aside for this part is used up
    USER = "user"  # somebody asked to stop


_REASONS: Mapping[StopCause, str] = {
    StopCause.TIME: "the time budget is used up",
    StopCause.USER: "stopped by the user",
}


class Source(Protocol):
    """Where trainings come from."""

    phase: Phase

    def next_start(self) -> Start | None:
        """Return the next training; None when there is nothing more to start."""

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Take note of an epoch."""

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return why a training shall be stopped (or would have been); None to go on."""

    def ended(self, run: RunRecord) -> None:
        """Take note of a training that ended; not called for an interrupted one."""

    def time_is_up(self) -> bool:
        """Whether the time set aside for this source is used up."""


def drive(session: Session, source: Source) -> StopCause:
    """Run a source's trainings until there are none left, time is up, or somebody stops it.

    Raises:
        StudyError: When a record cannot be written; what was recorded before stays.
    """
    return _Driver(session, source).run()


class _Driver:
    def __init__(self, session: Session, source: Source) -> None:
        self._session = session
        self._source = source
        self._running: dict[str, RunRecorder] = {}
        self._stop_said = False
        self._asked_to_stop: set[str] = set()
        self._ask_again = 0.0

    def run(self) -> StopCause:
        self._session.phase = self._source.phase
        self._session.order.settle(self._session.ledger.searched)
        while True:
            cause = self._fill_slots()
            if not self._running:
                return cause
            message = self._session.engine.next_message(POLL_SECONDS)
            match message:
                case EpochDone(key=key, report=report) if key in self._running:
                    self._epoch_done(key, report)
                case JobEnded(key=key) if key in self._running:
                    self._job_ended(message)
                case JobRestarted(key=key, reason=reason) if key in self._running:
                    self._job_restarted(key, reason)
                case StepsDone(key=key, epochs=epochs) if key in self._running:
                    self._session.trained[key] = epochs
                    self._wait()
                case _:
                    self._wait()

    def _wait(self) -> None:
        """Show that time goes by, and that a wish to stop was heard."""
        if self._session.stop.requested and not self._stop_said:
            self._stop_said = True
            several = len(self._running) > 1
            epochs = "running epochs are" if several else "running epoch is"
            self._session.update(
                f"Stopping: the {epochs} finished and saved. Ctrl-C again stops at once."
            )
        self._stop_trunks()
        self._session.tick()

    def _stop_trunks(self) -> None:
        """Ask trunks to stop before their next report, which can be many epochs away."""
        ledger = self._session.ledger
        for key, recorder in self._running.items():
            run = ledger[key]
            if key in self._asked_to_stop or not is_trunk(run.spec):
                continue
            if run.epoch < recorder.known_epochs:  # what is known is still being replayed
                continue
            if (cause := self._stop_cause()) is None:
                return
            self._asked_to_stop.add(key)
            self._session.engine.interrupt(key, _REASONS[cause])

    def _fill_slots(self) -> StopCause:
        while len(self._running) < self._session.engine.slots:
            if (cause := self._stop_cause()) is not None:
                return cause
            if self._running and time.monotonic() < self._ask_again:
                return StopCause.DONE
            start = self._source.next_start()
            if start is None:
                self._ask_again = time.monotonic() + ASK_AGAIN_SECONDS
                return StopCause.DONE
            self._start(start)
        return StopCause.DONE

    def _stop_cause(self) -> StopCause | None:
        if self._session.stop.requested:
            return StopCause.USER
        return StopCause.TIME if self._source.time_is_up() else None

    def _start(self, start: Start) -> None:
        session = self._session
        session.copies.drop_waiting(start.run.role)
        run = session.begin(start.run)
        recorder = self._running[run.key] = RunRecorder(run.directory)
        if start.resume:
            recorder.event(_resumed(recorder.known_epochs))
            session.copies.make_ready(run)
        job = Job(
            key=run.key,
            spec=run.spec,
            directory=run.directory,
            keep_above=session.copies.keep_above(run),
            resume=start.resume,
        )
        session.engine.start(job)
        session.update(f"{run.key} {'goes on' if start.resume else 'starts'}")

    def _epoch_done(self, key: str, report: EpochReport) -> None:
        session, recorder = self._session, self._running[key]
        run = session.ledger.add_report(key, report)
        is_new = recorder.epoch(report)
        recorder.save_progress(run)
        session.clock.save_regularly()
        session.copies.epoch_ended(run)
        if is_new:
            self._source.reported(run, report)
        verdict = self._verdict(run, report, recorder)
        session.engine.answer(key, verdict)
        if is_new:
            session.update(f"{key} epoch {report.epoch}/{report.epochs}: F1 {report.scores.f1:.4f}")

    def _verdict(self, run: RunRecord, report: EpochReport, recorder: RunRecorder) -> Verdict:
        keep_above = self._session.copies.keep_above(run)
        if report.epoch >= report.epochs:
            return Verdict(keep_above=keep_above)
        event = self._source.advice(run)
        if event is not None:
            recorder.event(event)
            run = self._session.ledger.add_event(run.key, event)
            if event.kind in _ACTIONS:
                action = _ACTIONS[event.kind]
                return Verdict(action=action, reason=event.message, keep_above=keep_above)
        cause = self._stop_cause()
        if cause is None or _more_is_replayed(report, recorder):
            return Verdict(keep_above=keep_above)
        return Verdict(action="interrupt", reason=_REASONS[cause], keep_above=keep_above)

    def _job_restarted(self, key: str, reason: str) -> None:
        """Forget what the training reported, which comes again; the files keep what they hold."""
        session = self._session
        session.trained.pop(key, None)
        self._asked_to_stop.discard(key)
        earlier = [event.kind for event in session.ledger[key].events].count("restarted")
        event = RunEvent(kind="restarted", message=reason, details={"loss": earlier + 1})
        run = session.ledger.restart(key, event)  # the number keeps equal losses apart
        recorder = self._running[key] = RunRecorder(run.directory)
        recorder.event(event)
        session.update(f"{key} begins again: {reason}")

    def _job_ended(self, message: JobEnded) -> None:
        session, recorder = self._session, self._running.pop(message.key)
        self._ask_again = 0.0
        session.trained.pop(message.key, None)
        self._asked_to_stop.discard(message.key)
        run = session.ledger.finish(message.key, message.outcome)
        for event in message.outcome.events:
            recorder.event(event)
        recorder.end(run)
        session.clock.save_regularly()
        if run.state is not TrialState.INTERRUPTED:
            if run.role == "search":
                session.order.ended(run.number)
            self._source.ended(run)
            session.copies.tidy()
        score = "" if run.score is None else f", F1 {run.score:.4f}"
        session.update(f"{run.key} {run.state}{score}{': ' * bool(run.reason)}{run.reason}")


def _more_is_replayed(report: EpochReport, recorder: RunRecorder) -> bool:
    """Whether a training that goes on from its checkpoint has further epochs to send again.

    To stop it here would show an earlier epoch than it has reached.
    """
    return report.epoch < recorder.known_epochs and recorder.is_replayed(report)


def _resumed(epochs: int) -> RunEvent:
    return RunEvent(
        kind="resumed",
        message=f"Taken up again after epoch {epochs}.",
        epoch=float(epochs),
    )
