"""How long a process waits for a database that is away, and for others that are silent."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tuner.errors import StudyError, UsageError

__all__ = ["Patience", "SharingTimes"]

T = TypeVar("T")
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
VARIABLES = {
    "heartbeat": "TUNER_HEARTBEAT_SECONDS",
    "grace": "TUNER_GRACE_SECONDS",
    "patience": "TUNER_STORAGE_PATIENCE_SECONDS",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingTimes:
    """How often processes show that they live, and how long others wait, in seconds.

    Attributes:
        heartbeat: Between two signs of life.
        grace: Silence after which a process counts as dead. Twice the heartbeat, as in Optuna, so
            that one lost sign is no death.
        patience: How long an operation is tried again while the database is away.
        poll: Between two looks at what the others did, where nothing else happens.
    """

    heartbeat: float = 60.0
    grace: float = 120.0
    patience: float = 60.0
    poll: float = 1.0

    @classmethod
    def from_environment(cls) -> SharingTimes:
        """Return the usual times, or those of the environment; `VARIABLES` names the variables.

        Raises:
            UsageError: A variable holds no positive number, or the grace is no longer than the
                heartbeat.
        """
        usual = cls()
        given = {name: _seconds(variable) for name, variable in VARIABLES.items()}
        heartbeat = given["heartbeat"] or usual.heartbeat
        times = cls(
            heartbeat=heartbeat,
            grace=given["grace"] or 2 * heartbeat,
            patience=given["patience"] or usual.patience,
            poll=min(usual.poll, heartbeat / 4),
        )
        if times.grace <= times.heartbeat:
            raise UsageError(
                f"`{VARIABLES['grace']} > {VARIABLES['heartbeat']}` must hold, but got "
                f"{times.grace:g} and {times.heartbeat:g}.",
                "Processes that live would be taken for dead.",
            )
        return times


class Patience:
    """Repeats an operation on the storage while the storage is away.

    Args:
        seconds: How long one operation is tried again.
        is_away: Whether an error says that the storage cannot be reached just now.
        note: Told when the storage goes away, and when it is back.
        clock: Seconds on a clock that never goes back.
        sleep: What waits.
    """

    def __init__(
        self,
        seconds: float,
        is_away: Callable[[Exception], bool],
        note: Callable[[str], None] = lambda text: None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._seconds = seconds
        self._is_away = is_away
        self.note = note
        self._clock = clock
        self._sleep = sleep

    def __call__(self, operation: Callable[[], T]) -> T:
        """Return what the operation returns, repeated until it succeeds.

        The first failure is followed by another try at once: the connection may have been cut
        while it was idle, or the server started anew.

        Raises:
            StudyError: The storage stayed away for too long. Nothing finished is lost.
        """
        try:
            return operation()
        except Exception as error:
            if not self._is_away(error):
                raise
        return self._wait_for(operation)

    def _wait_for(self, operation: Callable[[], T]) -> T:
        deadline, pause, waited = self._clock() + self._seconds, FIRST_PAUSE, False
        while True:
            try:
                result = operation()
            except Exception as error:
                if not self._is_away(error):
                    raise
                left = deadline - self._clock()
                if left <= 0:
                    raise self._given_up(error) from None
                if not waited:
                    self.note(
                        "The storage does not answer. It is tried again for "
                        f"{self._seconds:g} seconds; trainings go on meanwhile."
                    )
                waited = True
                self._sleep(min(pause * random.uniform(0.5, 1.0), left))
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                if waited:
                    self.note("The storage answers again.")
                return result

    def _given_up(self, error: Exception) -> StudyError:
        return StudyError(
            f"The storage of the study did not answer for {self._seconds:g} seconds "
            f"({type(error).__name__}).",
            "Nothing finished is lost: run the same command again when it is back. "
            f"{VARIABLES['patience']} sets how long it is waited for.",
        )


def _seconds(variable: str) -> float | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise UsageError(f"`{variable}` must be a positive number of seconds, but got `{text}`.")
    return seconds
