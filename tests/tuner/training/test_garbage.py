"""Collections during a training leave aside what is older, and forget nothing for good."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from tuner.engine import Job, JobEnded
from tuner.engines import in_process
from tuner.engines.in_process import InProcessEngine
from tuner.training import garbage
from tuner.training.garbage import only_new_garbage
from tuner.trial import TrialOutcome, TrialSpec, TrialState


class Node:
    """Part of a cycle, which only a collection frees."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def collects_by_call_only() -> Iterator[None]:
    """No collection of its own accord, and none of what other tests' modules froze."""
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    gc.disable()
    yield
    gc.enable()
    if frozen:
        gc.freeze()


def cycle() -> weakref.ref[Node]:
    return weakref.ref(Node())


def test_a_collection_in_the_block_frees_what_the_block_made() -> None:
    with only_new_garbage():
        made = cycle()
        gc.collect()
        assert made() is None


def test_older_objects_are_not_looked_at_in_the_block_and_are_afterwards() -> None:
    kept = Node()
    seen = weakref.ref(kept)
    with only_new_garbage():
        del kept
        gc.collect()
        assert seen() is not None
    gc.collect()
    assert seen() is None


def test_garbage_of_the_time_between_two_blocks_is_freed() -> None:
    with only_new_garbage():
        pass
    between = cycle()
    with only_new_garbage():
        assert between() is None


def test_old_garbage_is_freed_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Node()
    seen = weakref.ref(kept)
    with only_new_garbage():
        pass
    del kept  # by now of the oldest generation
    monkeypatch.setattr(garbage, "_last_full", -garbage.SECONDS_BETWEEN_FULL)
    with only_new_garbage():
        assert seen() is None


def test_a_program_that_froze_its_objects_keeps_them_frozen() -> None:
    kept = Node()
    seen = weakref.ref(kept)
    gc.freeze()
    try:
        del kept
        with only_new_garbage():
            pass
        gc.collect()
        # Not by the number of frozen objects: other threads free some of them at any time.
        assert seen() is not None
    finally:
        gc.unfreeze()


def test_trainings_of_the_engine_leave_older_objects_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen: list[int] = []

    def train(*arguments: Any) -> TrialOutcome:
        frozen.append(gc.get_freeze_count())
        return TrialOutcome(state=TrialState.FINISHED)

    monkeypatch.setattr(in_process, "fine_tune", train)
    bench: Any = None
    engine = InProcessEngine(bench, bench)
    spec = TrialSpec(learning_rate=1e-3, batch_size=8, epochs=1)
    engine.start(Job(key="a", spec=spec, directory=tmp_path, keep_above=None))
    assert isinstance(engine.next_message(10.0), JobEnded)
    assert frozen[0] > 1000
    assert gc.get_freeze_count() == 0
