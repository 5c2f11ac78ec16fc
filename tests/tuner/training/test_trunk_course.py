"""The order of the steps of a trunk, and their rates."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.optimization import get_wsd_schedule

from tuner.training.trunk_course import TrunkCourse
from tuner.trial import TrialSpec, TrunkPlan


def course_of(
    counts: tuple[int, ...], steps: int, cooldown: float = 0.2, warm_up: float = 0.0
) -> TrunkCourse:
    spec = TrialSpec(
        learning_rate=1e-3,
        batch_size=8,
        epochs=counts[-1],
        warmup_ratio=warm_up,
        schedule="trunk",
        trunk=TrunkPlan(counts=counts, cooldown=cooldown),
    )
    return TrunkCourse.of(spec, steps)


COURSES = st.builds(
    course_of,
    st.sets(st.integers(1, 12), min_size=1, max_size=5).map(lambda found: tuple(sorted(found))),
    st.integers(1, 30),
    st.floats(0.01, 0.99),
    st.floats(0.0, 1.0),
)


def test_the_example() -> None:
    course = course_of((1, 2), 10)
    assert [(one.start, one.stop, one.is_branch) for one in course.stretches] == [
        (0, 8, False),
        (8, 10, True),
        (8, 16, False),
        (16, 20, True),
    ]
    assert len(course) == 22
    assert [course.factor(place) for place in (0, 7, 8, 9, 10, 17, 18, 21)] == pytest.approx(
        [1, 1, 1, 0.5, 1, 1, 1, 0.25]
    )
    assert [course.counted(place) for place in (0, 5, 10, 16, 22)] == [0, 0.5, 1, 1.5, 2]


@given(COURSES)
def test_every_branch_follows_the_trunk_and_transformers_schedule(course: TrunkCourse) -> None:
    trunk = [course.step(place) for place in range(len(course)) if not course.at(place).is_branch]
    branches = [one for one in course.stretches if one.is_branch]
    assert trunk == list(range(branches[-1].start))
    assert all(branch.stop == branch.count * course.steps_per_epoch for branch in branches)
    assert course.warm_up <= branches[0].start
    for branch in branches:
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        schedule = get_wsd_schedule(
            optimizer,
            num_warmup_steps=course.warm_up,
            num_decay_steps=branch.stop - branch.start,
            num_training_steps=branch.stop,
            decay_type="linear",
        )
        (expected,) = schedule.lr_lambdas
        places = range(branch.place, branch.end)
        assert [course.factor(p) for p in places] == [expected(course.step(p)) for p in places]


@given(COURSES)
def test_progress_rises_to_each_count(course: TrunkCourse) -> None:
    told = [course.counted(place) for place in range(len(course) + 1)]
    assert all(one < other for one, other in itertools.pairwise(told))
    for branch in (one for one in course.stretches if one.is_branch):
        assert course.counted(branch.end) == pytest.approx(branch.count)
