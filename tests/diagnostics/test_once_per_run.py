"""Results are shared between rules and never between runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from diagnostics import series
from diagnostics.examples import run_example
from diagnostics.once_per_run import once_per_run
from diagnostics.subjects.run_history import RunHistory


def test_each_result_is_computed_once_for_a_run() -> None:
    asked: list[str] = []

    @once_per_run
    def label(run: RunHistory, suffix: str = "") -> str:
        """Return the source."""
        asked.append(suffix)
        return run.source + suffix

    run = RunHistory(epochs=(), source="one")
    assert [label(run), label(run), label(run, "!"), label(run, suffix="!")] == [
        "one", "one", "one!", "one!",
    ]  # fmt: skip
    assert asked == ["", "!", "!"]
    assert label.__doc__ == "Return the source."


def test_equal_runs_are_not_the_same_run() -> None:
    one, other = run_example(f1=(0.1, 0.2)), run_example(f1=(0.3, 0.4))
    for _ in range(3):
        assert [point.value for point in series.scores(one)] == [0.1, 0.2]
        assert [point.value for point in series.scores(other)] == [0.3, 0.4]
    assert series.scores(one, "f1") == series.scores(one)


def test_threads_do_not_mix_runs_up() -> None:
    runs = [run_example(f1=(index / 100,) * 5) for index in range(50)] * 10

    def first(run: RunHistory) -> bool:
        return series.scores(run)[0].value == run.epochs[0].metrics["f1"]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(first, runs))
