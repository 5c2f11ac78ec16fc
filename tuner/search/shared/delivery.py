"""The end of a shared study: one process puts the winner's model in its place, all say where.

That is the process that trained the winner, or one that works in the same folder, while one of them
is there. When they are gone, whoever is left fetches the weights from the place for artifacts, or
trains them again where there is none. A process on another machine fetches them from there too.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tuner.errors import StudyError
from tuner.search.delivery import ensure_model, publish, read_test_split
from tuner.search.driver import StopCause
from tuner.search.run_record import RunRecord
from tuner.search.shared.search import pause
from tuner.search.shared.together import Together
from tuner.trial import Scores, TrialState
from tuner.values import from_plain, to_plain

__all__ = ["Delivered", "deliver_together", "is_fetched", "sending_summary"]

SENT = {"state": TrialState.FINISHED.value, "reports": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where the winner's model is.

    Attributes:
        directory: Its folder, where this process can reach it; None otherwise.
        elsewhere: Where it is otherwise, as a sentence; empty when it is reached or is nowhere.
        test: Its scores on the test split, and how often that split was read; None without.
        is_own: Whether this process put it there.
        cause: USER when somebody stopped this process meanwhile.
    """

    directory: Path | None = None
    elsewhere: str = ""
    test: tuple[Scores, int] | None = None
    is_own: bool = False
    cause: StopCause = StopCause.DONE

    @property
    def is_done(self) -> bool:
        """Whether the model is where all look for it."""
        return self.directory is not None or bool(self.elsewhere)


@contextlib.contextmanager
def sending_summary(together: Together, delivered: Delivered) -> Iterator[bool]:
    """Say whether this process, of all that have come to the same end, sends the summary.

    A study that goes on comes to another end, with another summary, though the winner be the same.
    A process that another one sees sending is waited for, in case it dies of it.
    """
    session, shared = together.session, together.bridge.shared
    leading = session.ledger.leading()
    if leading is None or not delivered.is_done or not session.copies.are_elsewhere:
        yield False
        return
    task = replace(leading, key=f"summary-{session.ledger.ended}-{len(session.ledger.runs)}")
    is_sender = _is_left_to_this_process(together, task)
    yield is_sender
    if is_sender:
        attempt = shared.facts.trainings[task.key].attempt
        shared.append("end", key=task.key, attempt=attempt, result=SENT)


def _is_left_to_this_process(together: Together, task: RunRecord) -> bool:
    """Claim a piece of work, or wait until another process has done it."""
    session, shared = together.session, together.bridge.shared
    while not session.stop.requested:
        known = shared.facts.trainings.get(task.key)
        if known is not None and known.result is not None:
            return False
        if _take(together, task):
            return True
        pause(together)
        together.refresh(at_most_every=shared.times.poll)
    return False


def deliver_together(together: Together) -> Delivered:
    """Deliver the winner's model, or wait until another process has done so.

    Raises:
        StudyError: It cannot be written.
    """
    session, shared = together.session, together.bridge.shared
    while True:
        together.refresh(at_most_every=shared.times.poll)
        leading = session.ledger.leading()
        if leading is None:
            return Delivered()
        if session.stop.requested:
            return Delivered(cause=StopCause.USER)
        known = shared.facts.delivered.get(leading.key)
        if known is not None and not _is_lost(together, known):
            return _as_delivered(together, leading, known)
        if _may_deliver(together, leading) and _take(together, _task(together, leading)):
            return _deliver(together, leading)
        pause(together)


def _deliver(together: Together, leading: RunRecord) -> Delivered:
    session, shared = together.session, together.bridge.shared
    if ensure_model(session) is StopCause.USER:
        together.bridge.release(_task(together, leading).key)
        return Delivered(cause=StopCause.USER)
    with session.folder.in_turn():
        best = publish(session)
    test = None
    if best is not None and session.spec.has_test:
        test = read_test_split(session, best)
    shared.append(
        "deliver",
        key=leading.key,
        task=_task(together, leading).key,
        host=shared.process.host,
        machine=shared.process.machine,
        folder=None if best is None else str(best.resolve()),
        test=None if test is None else to_plain(replace(test[0], counts=None)),
        reads=0 if test is None else test[1],
    )
    return Delivered(directory=best, test=test, is_own=True)


def _may_deliver(together: Together, leading: RunRecord) -> bool:
    """Whether this process has the weights, or nobody is there who has."""
    session, shared = together.session, together.bridge.shared
    if session.copies.owner() == leading.key:
        return True
    for run in session.ledger.runs:
        finished = run.state is TrialState.FINISHED and run.same_training(leading)
        if finished and (run.directory / "best").is_dir():
            return True
    holder = shared.facts.trainings[leading.key].last_owner
    return all(process.name != holder for process in shared.present())


def _take(together: Together, task: RunRecord) -> bool:
    """Claim a piece of work that one process does, also from one that died of it."""
    shared, bridge = together.bridge.shared, together.bridge
    known = shared.facts.trainings.get(task.key)
    if known is None or known.owner is None:
        return bridge.claim(task, role="deliver")
    if known.owner == shared.process.name:
        return True
    if not shared.is_dead(known.owner) or bridge.bury(known):
        return False
    return shared.take_over(known, home=known.home) is not None


def _task(together: Together, leading: RunRecord) -> RunRecord:
    """Return the delivery as a piece of work; a lost model is delivered again, as another one."""
    trainings = together.bridge.shared.facts.trainings
    keys = (f"deliver-{leading.key}-{count}" for count in itertools.count(1))
    key = next(key for key in keys if key not in trainings or trainings[key].result is None)
    return replace(leading, key=key)


def _is_lost(together: Together, known: Mapping[str, Any]) -> bool:
    """Whether this process can see that the delivered model is no longer there."""
    here = together.bridge.shared.process
    on_this_machine = bool(here.machine) and known["machine"] == here.machine
    return bool(on_this_machine and known["folder"] and not Path(known["folder"]).is_dir())


def _as_delivered(together: Together, leading: RunRecord, known: Mapping[str, Any]) -> Delivered:
    """Say where another process put the model; fetch it where its folder is out of reach."""
    session = together.session
    test = _test_of(known)
    if known["folder"] is None:
        return Delivered(test=test)
    if session.copies.owner() == known["key"]:
        return Delivered(directory=session.folder.best, test=test)
    if not Path(known["folder"]).is_dir() and is_fetched(together, leading, known):
        with session.folder.in_turn():
            return Delivered(directory=publish(session), test=test)
    where = f"The winner's model lies in `{known['folder']}` on the machine `{known['host']}`."
    return Delivered(elsewhere=where, test=test)


def _test_of(known: Mapping[str, Any]) -> tuple[Scores, int] | None:
    if known.get("test") is None:
        return None
    try:
        return from_plain(Scores, known["test"]), int(known["reads"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"What the storage says of the winner's model was not written by tuner: {error!r}.",
            "Start a new study with --new.",
        ) from error


def is_fetched(together: Together, leading: RunRecord, known: Mapping[str, Any]) -> bool:
    """Whether the model came from the place for artifacts; its sender is waited for.

    Args:
        together: What all processes share.
        leading: The training that won.
        known: What the log says of the delivery.
    """
    session, shared = together.session, together.bridge.shared
    sender = shared.facts.trainings[known["task"]].last_owner
    while session.copies.are_elsewhere and not session.stop.requested:
        is_sending = any(process.name == sender for process in shared.present())
        if session.copies.fetch_model(leading):
            return True
        if not is_sending:
            break
        together.refresh(at_most_every=shared.times.poll)
        pause(together)
    return False
