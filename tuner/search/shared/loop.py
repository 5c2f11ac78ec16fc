"""A search that this process shares with others, from joining to the summary.

Every process runs the whole search: it trains while there is something to train, waits while the
others end theirs, takes its share of the confirmation, and gives the same answer as all the others.
"""

from __future__ import annotations

from collections.abc import Callable

from tuner.search.conclusion import summarise
from tuner.search.documents import write_json
from tuner.search.driver import StopCause, drive
from tuner.search.loop import STOPPED
from tuner.search.session import Session
from tuner.search.shared.bridge import SharedBridge
from tuner.search.shared.clock import SharedClock
from tuner.search.shared.delivery import Delivered, deliver_together, sending_summary
from tuner.search.shared.opening import describe_together, open_shared
from tuner.search.shared.order import SharedOrder
from tuner.search.shared.patience import SharingTimes
from tuner.search.shared.search import (
    SharedConfirmSource,
    SharedSearchSource,
    wait_for_others,
)
from tuner.search.shared.study import this_process
from tuner.search.shared.together import Together
from tuner.study_view import StudySummary

__all__ = ["run_shared"]

OnFinish = Callable[[StudySummary], None] | None


def run_shared(
    session: Session, url: str, on_finish: OnFinish, clock: Callable[[], float]
) -> StudySummary:
    """Work on a study together with whoever else does.

    Args:
        session: This process's work on the study; nothing is in its ledger yet.
        url: The storage, password included.
        on_finish: Called with the summary once the model is in its place.
        clock: Seconds on a clock that never goes back.

    Returns:
        The summary, which is also in `summary.json`.

    Raises:
        StudyError: The storage or the folder cannot be used, or holds another study.
    """
    times = SharingTimes.from_environment()
    process = this_process(session.folder.path, session.spec.options.trials)
    with open_shared(url, session.spec.name, process, times) as opened:
        session.spec = describe_together(session.spec, session.folder, opened)
        with session.folder.shared_lock(process.name):
            session.clock = SharedClock(session.folder, process.name, clock)
            opened.shared.elapsed = lambda: session.clock.elapsed
            opened.patience.note = session.update
            order = session.order = SharedOrder(session.folder, opened.shared.facts)
            with opened.shared.taking_part():
                bridge = SharedBridge(session.spec, opened.shared, opened.mirror, opened.patience)
                return _work(Together(session, bridge), order, on_finish)


def _work(together: Together, order: SharedOrder, on_finish: OnFinish) -> StudySummary:
    session = together.session
    try:
        together.refresh()
        cause = _train(together)
        delivered = _deliver(together, cause)
    except KeyboardInterrupt:
        session.engine.close()
        session.ledger.interrupt_running(STOPPED)
        cause, delivered = StopCause.USER, Delivered()
    except BaseException:
        session.engine.close()
        raise
    with session.folder.in_turn():
        together.write_missing()
        order.write()
        return _conclude(together, cause, delivered, on_finish)


def _train(together: Together) -> StopCause:
    """Run the search and the confirmation, each until nobody trains for it any more."""
    together.bridge.mend(together.session.ledger.searched)
    together.session.copies.tidy()
    searched = _take_part(together, SharedSearchSource(together), "search")
    if searched is StopCause.USER:
        return searched
    confirmed = _take_part(together, SharedConfirmSource(together), "confirm")
    return confirmed if confirmed is StopCause.USER else searched


def _take_part(
    together: Together, source: SharedSearchSource | SharedConfirmSource, role: str
) -> StopCause:
    """Train what a source hands out, and wait for what others train of it."""
    while True:
        cause = drive(together.session, source)
        together.give_up_interrupted()
        if cause is StopCause.USER:
            return cause
        time_is_up = cause is StopCause.TIME
        waited = wait_for_others(together, role, time_is_up=time_is_up)
        if waited is not None:
            return cause if waited is StopCause.DONE else waited


def _deliver(together: Together, cause: StopCause) -> Delivered:
    if cause is StopCause.USER:
        return Delivered(cause=cause)
    together.bridge.mend(together.session.ledger.searched)
    return deliver_together(together)


def _conclude(
    together: Together, cause: StopCause, delivered: Delivered, on_finish: OnFinish
) -> StudySummary:
    session = together.session
    session.phase = "finish"
    summary = summarise(
        session,
        delivered.cause if delivered.cause is StopCause.USER else cause,
        best_directory=delivered.directory,
        elsewhere=delivered.elsewhere,
        test=delivered.test,
        importances=together.bridge.importances(),
    )
    if on_finish is not None:
        on_finish(summary)
    session.clock.save()
    write_json(session.folder.summary, summary)
    if delivered.is_done:
        together.tidy()
    own = summary.best_directory if delivered.is_own else None
    with sending_summary(together, delivered) as is_sender:
        session.copies.finish(own, with_summary=is_sender)
    session.observer.finish(summary)
    return summary
