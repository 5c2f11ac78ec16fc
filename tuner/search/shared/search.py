"""The search and the confirmation of a study that several processes share.

Both hand out what is left of others before anything new: trainings that were released, and those
of processes that died, with their checkpoint where it can be reached.
"""

from __future__ import annotations

import time

from diagnostics.subjects.run_history import RunEvent
from tuner.search.confirm_phase import ConfirmSource
from tuner.search.driver import Start, StopCause
from tuner.search.run_record import RunRecord
from tuner.search.search_policy import SearchPolicy
from tuner.search.shared.together import Together
from tuner.trial import EpochReport

__all__ = ["SharedConfirmSource", "SharedSearchSource", "pause", "wait_for_others"]

PAUSE_SECONDS = 0.2


class SharedSearchSource(SearchPolicy):
    """Hands out the trials of a shared study.

    Args:
        together: What all processes share.
    """

    def __init__(self, together: Together) -> None:
        super().__init__(together.session, together.bridge)
        self.together = together

    def next_start(self) -> Start | None:
        """Return a trial that nobody runs any more, else a new one; None when all were begun."""
        together, bridge = self.together, self.together.bridge
        together.refresh(at_most_every=bridge.shared.times.poll)
        start = together.left_over("search")
        if start is None:
            asked = bridge.ask(bridge.limit)
            if asked is None:
                return None
            start = Start(run=self._record(asked))
        return together.started(start)

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return why the trial is stopped: another process has it, or the pruner says so."""
        return self.together.event_of_loss(run) or super().advice(run)

    def ended(self, run: RunRecord) -> None:
        """Tell all processes how a trial ended."""
        self.together.ended(run)


class SharedConfirmSource(ConfirmSource):
    """Hands out the re-runs of the contenders, each to one process.

    Args:
        together: What all processes share.
    """

    def __init__(self, together: Together) -> None:
        super().__init__(together.session)
        self.together = together

    def next_start(self) -> Start | None:
        """Return the next re-run that no other process has; None when there is none."""
        self.together.refresh(at_most_every=self.together.bridge.shared.times.poll)
        start = self.together.left_over("confirm")
        while start is None:
            planned = super().next_start()
            if planned is None:
                return None
            start = planned if self.together.bridge.claim(planned.run) else None
            self.together.refresh()
        return self.together.started(start)

    def advice(self, run: RunRecord) -> RunEvent | None:
        """Return why a re-run is stopped: another process has taken it over."""
        return self.together.event_of_loss(run)

    def reported(self, run: RunRecord, report: EpochReport) -> None:
        """Take note of an epoch: nothing to do."""

    def ended(self, run: RunRecord) -> None:
        """Tell all processes how a re-run ended."""
        self.together.ended(run)


def wait_for_others(together: Together, role: str, *, time_is_up: bool) -> StopCause | None:
    """Wait until the other processes have ended their trainings of a role.

    Args:
        together: What all processes share.
        role: `search` or `confirm`.
        time_is_up: Whether nothing new is begun, so that what is left over stays so.

    Returns:
        DONE when nobody runs anything more, None when there is something that this process could
        do, USER when somebody stops it.
    """
    session, shared, said = together.session, together.bridge.shared, 0
    while True:
        together.refresh(at_most_every=shared.times.poll)
        if session.stop.requested:
            return StopCause.USER
        if not time_is_up and together.has_more(role):
            return None
        running = together.running_elsewhere(role)
        if not running:
            return StopCause.DONE
        if running != said:
            said = running
            session.update(f"Waiting for {running} trainings of other processes")
        pause(together)


def pause(together: Together) -> None:
    """Show how things stand, and wait a moment for what other processes do."""
    together.session.observer.tick(together.session.snapshot())
    time.sleep(min(together.bridge.shared.times.poll, PAUSE_SECONDS))
