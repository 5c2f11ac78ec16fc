"""One process's part in a shared study: what it knows, what it owns, and who else lives.

A process counts as dead when it gave no sign of life for a while *in which this process could have
seen one*. Each process counts that silence on its own clock, so no two clocks need to agree, a
clock that is set back or forward kills nobody, and a database that was away for ten minutes, in
which nobody could give a sign, does not either. The price: a process that has just joined waits
once before it takes over from the dead. It need not where it can see for sure: every process holds
a lock on a file in its folder, and a lock that is free on the same machine says that its holder is
gone.
"""

from __future__ import annotations

import contextlib
import platform
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tuner.errors import StudyError
from tuner.search.heartbeat import Heartbeat
from tuner.search.locks import is_free
from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.log import Entry, Pulse, StudyLog
from tuner.search.shared.patience import Patience, SharingTimes
from tuner.search.shared.rules import MOST_DEATHS
from tuner.search.shared.silence import Silence
from tuner.search.shared.tables import MOST_READ
from tuner.search.shared.training import Process, Training

__all__ = ["SharedStudy", "this_process"]

T = TypeVar("T")
BOOT = Path("/proc/sys/kernel/random/boot_id")


class SharedStudy:
    """A process among others that work on one study.

    Args:
        log: What all of them write.
        process: This one.
        times: How often they show that they live.
        patience: Repeats what fails while the storage is away.
        elapsed: Seconds spent on the study, as this process counts them.
        clock: Seconds on a clock that never goes back.
    """

    def __init__(
        self,
        log: StudyLog,
        process: Process,
        times: SharingTimes,
        patience: Patience,
        *,
        elapsed: Callable[[], float] = lambda: 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.facts = StudyFacts()
        self.process = process
        self.times = times
        self.elapsed = elapsed
        self._log = log
        self._patience = patience
        self._clock = clock
        self._beats = 0
        self._heartbeat = Heartbeat(self._beat, times.heartbeat)
        self._silence = Silence(times.heartbeat)
        self._looked: dict[str, tuple[float, bool]] = {}
        self._last_read = -float("inf")
        self.longest_elapsed = 0.0

    def join(self) -> None:
        """Enter the study and begin to show signs of life."""
        self._patience(lambda: self._log.beat(self.process.name, self._pulse()))
        names = ("host", "machine", "folder", "limit")
        self.append("join", **{name: getattr(self.process, name) for name in names})
        self._heartbeat.watch(0)

    @contextlib.contextmanager
    def taking_part(self) -> Iterator[None]:
        """Take part in the study for the time of the block."""
        self.join()
        try:
            yield
        finally:
            self.leave()

    def leave(self) -> None:
        """Release everything that is owned; others may take it at once. May be called twice."""
        self._heartbeat.stop()
        self._beat(0)  # those who come later learn how much time is spent
        with contextlib.suppress(Exception):  # the storage may be away; then silence tells
            entry = Entry(author=self.process.name, kind="leave")
            self.facts.apply(self._log.append(entry, self.facts.position))

    def append(self, kind: str, **body: Any) -> bool:
        """Append an entry; return whether it counts."""
        entry = Entry(author=self.process.name, kind=kind, body=body)
        entries = self._patience(lambda: self._log.append(entry, self.facts.position))
        counts = self._note(entries)
        if entry.identity not in counts:
            raise StudyError(
                "An entry of the study did not arrive in its database: the study is gone from it.",
                "Was it deleted? Start another study with --new.",
            )
        return counts[entry.identity]

    def refresh(self, *, at_most_every: float = 0.0) -> None:
        """Read what the others did.

        Args:
            at_most_every: Seconds that must have passed since the last time, else nothing is done.
        """
        now = self._clock()
        if now < self._last_read + at_most_every:
            return
        self._last_read = now
        self._note(self._patience(lambda: self._log.read(self.facts.position)))

    def _note(self, entries: Sequence[Entry]) -> dict[str, bool]:
        """Take note of entries, and of those behind them; return which of them count."""
        counts = self.facts.apply(entries)
        while len(entries) >= MOST_READ:
            entries = self._patience(lambda: self._log.read(self.facts.position))
            counts |= self.facts.apply(entries)
        return counts

    def look_around(self) -> None:
        """Read the signs of life; do it often enough, and silence tells who is dead."""
        if self._silence.is_fresh(self._clock(), self.times.poll):
            return
        pulses = self._patience(self._log.pulses)
        others = {name: pulse for name, pulse in pulses.items() if name != self.process.name}
        self._silence.note(others, self._clock())
        self.longest_elapsed = max(
            (pulse.elapsed for pulse in others.values()), default=self.longest_elapsed
        )

    def is_mine(self, key: str) -> bool:
        """Whether this process still owns a training."""
        training = self.facts.trainings.get(key)
        return training is not None and training.owner == self.process.name

    def is_dead(self, name: str) -> bool:
        """Whether a process is gone, surely or presumably; those that left are not dead."""
        return self.is_surely_dead(name) or self._silence.of(name) > self.times.grace

    def is_surely_dead(self, name: str) -> bool:
        """Whether the machine itself says that a process has ended."""
        process = self.facts.processes.get(name)
        if process is None or process.has_left or name == self.process.name:
            return False
        if not process.machine or process.machine != self.process.machine:
            return False
        now = self._clock()
        looked, gone = self._looked.get(name, (-float("inf"), False))
        if not gone and now - looked >= self.times.poll:
            gone = is_free(Path(process.folder), name)
            self._looked[name] = (now, gone)
        return gone

    def present(self, *, limit_above: int = -1) -> tuple[Process, ...]:
        """Return the other processes that have neither left nor died.

        Args:
            limit_above: Only those that were asked for more trials than so many: whether a process
                lives is looked up for these alone.
        """
        return tuple(
            process
            for process in self.facts.processes.values()
            if process.limit > limit_above
            and process.name != self.process.name
            and not process.has_left
            and not self.is_dead(process.name)
        )

    def abandoned(self) -> tuple[Training, ...]:
        """Return the trainings that nobody runs any more: released ones, and those of the dead."""
        self.look_around()
        return tuple(
            training
            for training in self.facts.running()
            if training.owner is None
            or (training.owner != self.process.name and self.is_dead(training.owner))
        )

    def take_over(self, training: Training, *, home: int, epochs: int = 0) -> Training | None:
        """Take a training that nobody runs; None when another process was faster.

        Args:
            training: One of `abandoned`.
            home: In whose folder, counted by attempts, its files shall lie.
            epochs: How many of its epochs were kept, as far as this process can see.
        """
        counts = self.append(
            "claim",
            key=training.key,
            attempt=training.attempt + 1,
            dead=training.owner,
            home=home,
            epochs=epochs,
        )
        return self.facts.trainings[training.key] if counts else None

    def bury(self, training: Training, result: dict[str, Any]) -> bool:
        """Fail a training that took its processes with it too often."""
        if training.owner is None or training.deaths + 1 < MOST_DEATHS:
            return False
        return self.append(
            "bury",
            key=training.key,
            attempt=training.attempt,
            dead=training.owner,
            result=result,
        )

    def _pulse(self) -> Pulse:
        self._beats += 1
        return Pulse(beats=self._beats, elapsed=self.elapsed())

    def _beat(self, number: int) -> None:
        for _ in range(2):  # the connection may have been cut while it was idle
            with contextlib.suppress(Exception):  # the next one may get through
                self._log.beat(self.process.name, self._pulse())
                return


def this_process(folder: Path, limit: int) -> Process:
    """Describe this process for the others.

    Args:
        folder: Its folder of the study.
        limit: Trials that it was asked for.
    """
    machine = ""
    with contextlib.suppress(OSError):
        machine = BOOT.read_text(encoding="ascii").strip()
    return Process(
        name=uuid.uuid4().hex,
        host=platform.node(),
        machine=machine,
        folder=str(folder.resolve()),
        limit=limit,
    )
