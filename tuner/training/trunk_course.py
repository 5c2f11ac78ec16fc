"""The order in which a trunk and its branches are trained, as one row of optimizer steps.

A *place* is a position in that row. The row of counts 1 and 2 at ten steps per epoch and a cooldown
of a fifth: trunk 0 to 8, branch 8 to 10, trunk 8 to 16, branch 16 to 20; 22 steps in all.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass

from tuner.training.batches import LengthBatchSampler
from tuner.trial import TrialSpec
from tuner.trunk import plan_of

__all__ = ["Stretch", "TrunkCourse", "TrunkSampler"]

_ROUNDING = 1e-6
"""A warm-up of 3 steps must not become 4 because its share of the steps is a rounded number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Steps that are trained one after the other.

    Attributes:
        place: Where it begins in the row of all steps.
        start: First step, counted from the start of a training that has nothing but this.
        stop: The step after its last one.
        count: The epoch count of a branch; of the trunk, that of the branch which comes next.
        is_branch: Whether the rate falls, and the trunk is taken up again afterwards.
    """

    place: int
    start: int
    stop: int
    count: int
    is_branch: bool

    @property
    def end(self) -> int:
        """The place after its last step."""
        return self.place + self.stop - self.start


@dataclass(frozen=True, slots=True)
class TrunkCourse:
    """Which step is trained at which place, and at which rate.

    Attributes:
        stretches: In the order of training; a trunk that is already where a branch begins has no
            steps to go, and no stretch.
        steps_per_epoch: Optimizer steps of an epoch.
        warm_up: Steps in which the rate rises; the first branch begins after them.
    """

    stretches: tuple[Stretch, ...]
    steps_per_epoch: int
    warm_up: int

    @classmethod
    def of(cls, spec: TrialSpec, steps_per_epoch: int) -> TrunkCourse:
        """Lay out the plan of a trunk.

        Args:
            spec: The training.
            steps_per_epoch: Optimizer steps of an epoch.
        """
        plan = plan_of(spec)
        stretches: list[Stretch] = []
        place = reached = 0
        for count in plan.counts:
            end = count * steps_per_epoch
            begin = max(end - max(1, round(plan.cooldown * end)), reached)
            for start, stop, is_branch in ((reached, begin, False), (begin, end, True)):
                if stop > start:
                    stretch = Stretch(
                        place=place, start=start, stop=stop, count=count, is_branch=is_branch
                    )
                    stretches.append(stretch)
                    place = stretch.end
            reached = begin
        first = next(one for one in stretches if one.is_branch)
        rise = math.ceil(spec.warmup_ratio * first.stop - _ROUNDING)
        return cls(tuple(stretches), steps_per_epoch, min(rise, first.start))

    def __len__(self) -> int:
        """Count the steps of the trunk and of all branches."""
        return self.stretches[-1].end

    def at(self, place: int) -> Stretch:
        """Return the stretch that a place lies in; after the last place, the last one."""
        index = bisect.bisect_right(self.stretches, place, key=lambda one: one.place)
        return self.stretches[index - 1]

    def step(self, place: int) -> int:
        """Return how many steps the weights at a place have seen."""
        stretch = self.at(place)
        return stretch.start + place - stretch.place

    def factor(self, place: int) -> float:
        """Return the share of the peak rate at which the step at a place is trained.

        The same as transformers' `warmup_stable_decay` with a linear decay.
        """
        stretch, step = self.at(place), self.step(place)
        if step < self.warm_up:
            return step / self.warm_up
        if not stretch.is_branch or place >= len(self):
            return 1.0
        return 1.0 - (step - stretch.start) / (stretch.stop - stretch.start)

    def begins_epoch(self, place: int) -> bool:
        """Whether the step at a place is the first of an epoch, other than the very first."""
        step = self.step(place)
        return step > 0 and step % self.steps_per_epoch == 0

    def counted(self, place: int) -> float:
        """Return a place on the scale of the counts: it rises evenly to each of them.

        At the end of a branch it is the branch's count, whatever was trained for it.
        """
        before, begun = 0, 0
        for stretch in self.stretches:
            if stretch.is_branch:
                if place <= stretch.end:
                    share = (place - begun) / (stretch.end - begun)
                    return before + share * (stretch.count - before)
                before, begun = stretch.count, stretch.end
        return float(before)


class TrunkSampler:
    """Batch sampler of a trunk: each stretch gets the batches that its epochs would have.

    Args:
        batches: The batches of an epoch.
        course: The order of the steps.
    """

    def __init__(self, batches: LengthBatchSampler, course: TrunkCourse) -> None:
        self._batches = batches
        self._course = course
        self._plans: dict[int, list[list[int]]] = {}

    def __len__(self) -> int:
        """Count the batches of the trunk and of all branches."""
        return len(self._course)

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the row numbers of each batch."""
        for stretch in self._course.stretches:
            for step in range(stretch.start, stretch.stop):
                epoch, number = divmod(step, self._course.steps_per_epoch)
                yield self._plan(epoch)[number]

    def _plan(self, epoch: int) -> list[list[int]]:
        """Return an epoch's batches; of the two that a branch may change between, both are kept."""
        if epoch not in self._plans:
            for other in [known for known in self._plans if abs(known - epoch) > 1]:
                del self._plans[other]
            self._batches.set_epoch(epoch)
            self._plans[epoch] = list(self._batches)
        return self._plans[epoch]
