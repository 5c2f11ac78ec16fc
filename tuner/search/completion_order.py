"""In which order the trials of a study were asked for and ended: `order.jsonl` in its folder.

With several trainings at once the sampler's suggestions depend on this order, and on nothing else
beside the seed: what it is shown are the trials that had ended when it was asked, and the settings
of those that ran. So the order is all that a replay needs; see `tuner.search.replay`.

Processes that share a study ask while the others go on, so there a line also says how many lines
its process had seen when it asked, and with which sampler and seed it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tuner.search.documents import append_line, cut_torn_line, read_lines
from tuner.search.run_record import RunRecord

__all__ = ["CompletionOrder", "OrderStep", "read_order"]

Kind = Literal["asked", "ended"]
FILE = "order.jsonl"
KINDS: tuple[Kind, ...] = ("asked", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """Something that happened to a trial.

    Attributes:
        kind: `asked` when its settings were chosen, `ended` when its result was recorded.
        number: Number of the trial.
        seen: How many steps the sampler knew that chose the settings; None: all before this one.
        again: Whether an earlier suggestion for this trial was refused, because another process
            had begun to try the same.
        sampler: The sampler that was asked; None: that of the study.
        seed: Its seed; None: that of the study.
    """

    kind: Kind
    number: int
    seen: int | None = None
    again: bool = False
    sampler: str | None = None
    seed: int | None = None

    def to_line(self) -> dict[str, Any]:
        """Return the step as a line of the file, without what is as usual."""
        further = {"seen": self.seen, "sampler": self.sampler, "seed": self.seed}
        known: dict[str, Any] = {self.kind: self.number}
        known |= {name: value for name, value in further.items() if value is not None}
        return known | ({"again": True} if self.again else {})

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> OrderStep | None:
        """Return the step that a line says, or None when it says none."""
        for kind in KINDS:
            number = _whole(line.get(kind))
            if number is not None:
                return cls(
                    kind=kind,
                    number=number,
                    seen=_whole(line.get("seen")),
                    again=line.get("again") is True,
                    sampler=line["sampler"] if isinstance(line.get("sampler"), str) else None,
                    seed=_whole(line.get("seed")),
                )
        return None


class CompletionOrder:
    """Records when trials are asked for and when they end, each once.

    Args:
        folder: Folder of the study.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_read = False
        self._after: dict[int, int] = {}
        self._ended: set[int] = set()

    def settle(self, trials: Iterable[RunRecord]) -> None:
        """Record what a crash kept from being recorded.

        The loop does one thing after the other, so at most one step is missing, which then was the
        last. A study without the file, made by an earlier version, trained one after the other.

        Args:
            trials: The trials of the study by number, as folders and storage know them.
        """
        for run in trials:
            self.asked(run.number)
            if run.ended:
                self.ended(run.number)

    def asked(self, number: int) -> int:
        """Record that a trial was asked for, once; return how many had ended by then."""
        self._read()
        if number not in self._after:
            self._append(OrderStep(kind="asked", number=number))
        return self._after[number]

    def ended(self, number: int) -> None:
        """Record that a trial ended, once."""
        self._read()
        if number not in self._ended:
            self._append(OrderStep(kind="ended", number=number))

    def _read(self) -> None:
        """Read what earlier sessions recorded, when this one is the first to need it."""
        if not self._is_read:
            self._is_read = True
            cut_torn_line(self._folder / FILE)
            for step in read_order(self._folder):
                self._note(step)

    def _append(self, step: OrderStep) -> None:
        append_line(self._folder / FILE, step.to_line())
        self._note(step)

    def _note(self, step: OrderStep) -> None:
        if step.kind == "ended":
            self._ended.add(step.number)
        else:
            self._after.setdefault(step.number, len(self._ended))


def read_order(folder: Path) -> tuple[OrderStep, ...]:
    """Return what happened, in order, each step once; empty where nothing was recorded.

    Raises:
        StudyError: The file is there but cannot be read.
    """
    steps: dict[tuple[Kind, int], OrderStep] = {}
    for line in read_lines(folder / FILE):
        step = OrderStep.from_line(line)
        if step is not None:
            steps.setdefault((step.kind, step.number), step)
    return tuple(steps.values())


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
