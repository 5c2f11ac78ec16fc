"""The rules of a shared study's log: whatever order entries come in, nothing counts twice."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.search.shared.facts import StudyFacts
from tuner.search.shared.log import Entry, entries_of
from tuner.search.shared.packed import Packed, unpacked

RESULT = {"state": "finished", "reports": []}
SETTINGS = {
    "spec": {"learning_rate": 5e-5, "batch_size": 16, "epochs": 4},
    "role": "search",
    "origin": "sampler",
}


class Writer:
    """Appends entries and says which of them count."""

    def __init__(self) -> None:
        self.facts = StudyFacts()
        self.entries: list[Entry] = []

    def __call__(self, author: str, kind: str, **body: Any) -> bool:
        position = len(self.entries) + 1
        entry = Entry(author=author, kind=kind, body=body, position=position)
        self.entries.append(entry)
        return self.facts.apply([entry])[entry.identity]


def begun(*authors: str) -> Writer:
    write = Writer()
    for number, author in enumerate(authors):
        assert write(author, "begin", number=number, limit=10)
        assert write(author, "settle", key=f"{number:04d}", setting=f"s{number}", settings=SETTINGS)
    return write


def claim(write: Writer, author: str, attempt: int, dead: str | None) -> bool:
    return write(author, "claim", key="0000", attempt=attempt, dead=dead, home=attempt)


def test_no_more_trials_are_begun_than_were_asked_for() -> None:
    write = Writer()
    assert write("a", "begin", number=0, limit=2)
    assert not write("b", "begin", number=0, limit=2)
    assert not write("b", "begin", number=2, limit=2)
    assert write("b", "begin", number=1, limit=2)
    assert write.facts.begun == 2
    assert write("b", "begin", number=2, limit=3)


def test_two_trials_never_try_the_same() -> None:
    write = begun("a")
    assert write("b", "begin", number=1, limit=10)
    assert not write("b", "settle", key="0001", setting="s0", settings=SETTINGS)
    assert not write("a", "settle", key="0001", setting="s1", settings=SETTINGS)
    assert write("b", "settle", key="0001", setting="s1", settings=SETTINGS)
    assert not write("b", "settle", key="0001", setting="s2", settings=SETTINGS)


def test_one_process_takes_over_from_the_dead_and_the_dead_one_is_not_heard() -> None:
    write = begun("a")
    assert not claim(write, "b", 2, None)
    assert claim(write, "b", 2, "a")
    assert not claim(write, "c", 2, "a")
    assert not write("a", "end", key="0000", attempt=1, result=RESULT)
    assert write("b", "end", key="0000", attempt=2, result=RESULT)
    assert not write("b", "end", key="0000", attempt=2, result=RESULT)
    assert write.facts.trainings["0000"].deaths == 1


def test_the_second_death_is_the_last() -> None:
    write = begun("a")
    failed = {"state": "failed", "reports": []}
    assert not write("b", "bury", key="0000", attempt=1, dead="a", result=failed)
    assert claim(write, "b", 2, "a")
    assert not claim(write, "c", 3, "b")
    assert write("c", "bury", key="0000", attempt=2, dead="b", result=failed)
    assert not write("b", "end", key="0000", attempt=2, result=RESULT)
    assert not write.facts.running()


def test_a_death_after_a_new_epoch_does_not_count() -> None:
    write = begun("a")
    for attempt, dead, epochs in ((2, "a", 1), (3, "b", 2), (4, "c", 3)):
        author = "bcd"[attempt - 2]
        body = {"key": "0000", "attempt": attempt, "dead": dead, "home": 1, "epochs": epochs}
        assert write(author, "claim", **body)
        assert write.facts.trainings["0000"].deaths == 0
    body = {"key": "0000", "attempt": 5, "dead": "d", "home": 1, "epochs": 3}
    assert write("e", "claim", **body)
    assert write.facts.trainings["0000"].deaths == 1
    assert not write("f", "claim", **{**body, "attempt": 6, "dead": "e"})


def test_leaving_in_order_is_no_death() -> None:
    write = begun("a")
    for attempt, (leaves, takes) in enumerate([("a", "b"), ("b", "c"), ("c", "d")], start=2):
        assert write(leaves, "leave")
        assert claim(write, takes, attempt, None)
    assert write.facts.trainings["0000"].deaths == 0


def test_an_exhausted_space_gives_its_trial_back() -> None:
    write = begun("a")
    write("a", "begin", number=1, limit=10)
    assert not write("b", "exhaust", key="0001")
    assert write("a", "exhaust", key="0001")
    assert (write.facts.begun, write.facts.is_exhausted) == (1, True)


ACTIONS = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["begin", "settle", "claim", "end", "leave", "bury", "release"]),
    st.integers(0, 4),
    st.integers(1, 4),
    st.sampled_from([None, "a", "b", "c"]),
)


@given(st.lists(ACTIONS, max_size=60))
def test_whatever_is_written_every_trial_ends_once_and_all_readers_agree(
    actions: list[tuple[str, str, int, int, str | None]],
) -> None:
    write = Writer()
    ended: Counter[str] = Counter()
    for author, kind, number, attempt, dead in actions:
        key = f"{number:04d}"
        body: dict[str, Any] = {"number": number, "limit": 3, "key": key, "attempt": attempt}
        body |= {"setting": f"s{attempt}", "settings": {}, "dead": dead, "home": attempt}
        counts = write(author, kind, **body, result=RESULT)
        ended[key] += counts and kind in ("end", "bury")
    facts = write.facts
    assert max(ended.values(), default=0) <= 1
    trials = [training for training in facts.trainings.values() if training.is_trial]
    assert all(training.number < 3 for training in trials if training.setting is not None)
    tried = [training.setting for training in trials if training.setting is not None]
    assert len(tried) == len(set(tried))
    again = StudyFacts()
    again.apply(write.entries)
    assert again.trainings == facts.trainings
    again.apply(write.entries)
    assert (again.trainings, again.begun) == (facts.trainings, facts.begun)
    open_ones = {one.key for one in facts.trainings.values() if one.result is None}
    assert {one.key for one in facts.running()} == open_ones


@pytest.mark.parametrize("body", ["{bad", "", "[" * 100_000, "null"])
def test_an_entry_that_is_no_json_is_void(body: str) -> None:
    row = SimpleNamespace(author="stranger", kind="begin", body=body, entry="e1", position=1)
    (entry,) = entries_of([row])
    facts = StudyFacts()
    assert facts.apply([entry]) == {"e1": False}


def test_what_ended_is_packed_and_reads_as_it_was_written() -> None:
    write = begun("a", "b")
    result = {**RESULT, "reason": "a ü", "reports": [{"scores": {"f1": float("inf")}}]}
    assert write("a", "end", key="0000", attempt=1, result=result)
    ended, running = write.facts.trainings["0000"], write.facts.trainings["0001"]
    assert isinstance(ended.result, Packed)
    assert isinstance(ended.settings, Packed)
    assert dict(ended.result) == unpacked(ended.result) == result
    assert (unpacked(ended.settings), running.settings) == (SETTINGS, SETTINGS)


def test_a_result_too_deep_to_be_packed_is_void() -> None:
    write = begun("a")
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert not write("a", "end", key="0000", attempt=1, result={**RESULT, "events": deep})
    assert write.facts.trainings["0000"].result is None
