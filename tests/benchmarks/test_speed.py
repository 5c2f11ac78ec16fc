"""Phases hold each second once, and the ceiling counts what it says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from benchmarks.compiled_training import Trainings, verdict
from benchmarks.support.matrix_rate import MatrixRate, matrix_rate, operations_per_token
from benchmarks.support.phases import PhaseClock
from benchmarks.support.setting import Setting, open_material
from benchmarks.support.timing import Plan
from benchmarks.support.trial_phases import PHASES, profile_trial
from tuner.trial import TrialSpec


class Work:
    """Takes time on a clock that only it moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def inner(self) -> None:
        self.now += 2.0

    def outer(self) -> None:
        self.now += 1.0
        self.inner()
        self.now += 4.0


def test_a_second_belongs_to_the_innermost_phase() -> None:
    work = Work()
    clock = PhaseClock(lambda: work.now)
    with clock.assigned([(work, "outer", "a"), (work, "inner", "b")]):
        work.outer()  # outside of any phase: not counted
        with clock.phase("rest"):
            work.now += 8.0
            work.outer()
    assert clock.seconds == {"rest": 8.0, "a": 5.0, "b": 2.0}
    work.outer()
    assert clock.seconds["a"] == 5.0


def test_the_steps_of_an_iterator_are_a_phase() -> None:
    work = Work()
    clock = PhaseClock(lambda: work.now)

    def numbers() -> object:
        for number in range(3):
            work.now += 1.0
            yield number

    with clock.phase("rest"):
        for _ in clock.steps(numbers, "data")():
            work.now += 10.0
    assert clock.seconds == {"rest": 30.0, "data": 3.0}


def test_an_error_closes_its_phase() -> None:
    work = Work()
    clock = PhaseClock(lambda: work.now)
    with clock.phase("rest"):
        with pytest.raises(ValueError, match="no"), clock.phase("a"):
            raise ValueError("no")
        work.now += 3.0
    assert clock.seconds == {"a": 0.0, "rest": 3.0}


@pytest.mark.filterwarnings("default")
def test_a_trial_has_time_in_every_phase_of_arithmetic(tiny_model: Path, easy_data: Path) -> None:
    setting = Setting(data=str(easy_data), model=str(tiny_model), sample=12, device="cpu")
    spec = TrialSpec(learning_rate=1e-3, batch_size=4, epochs=1)
    plan = Plan(setting=setting, spec=spec, evaluation_batch_size=8)
    phases = profile_trial(plan, "wall")
    assert tuple(phases.seconds) == PHASES
    for name in (*PHASES[:6], "best model and predictions", "restored weights"):
        assert phases.seconds[name] > 0, name
    assert phases.share(*PHASES) == pytest.approx(1.0)
    assert phases.tokens == int(open_material(setting, 42).train.lengths.sum())


def test_operations_of_a_token() -> None:
    config = SimpleNamespace(hidden_size=2, intermediate_size=8, num_hidden_layers=3)
    import numpy as np

    lengths = np.array([2, 6])  # a token is in a sentence of 5 on average
    material = SimpleNamespace(
        source=SimpleNamespace(config=config), train=SimpleNamespace(lengths=lengths)
    )
    # Per layer: projections 4 * 2 * 2, feed-forward 2 * 2 * 8, attention 2 * 5 * 2.
    assert operations_per_token(material) == 3 * 2 * 3 * (16 + 32 + 20)  # type: ignore[arg-type]
    assert MatrixRate(1000.0, 10.0).tokens == 100.0


def test_the_rate_is_that_of_the_products_done(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from benchmarks.support import matrix_rate as module

    readings = iter(range(1000))
    monkeypatch.setattr(module, "CLOCKS", {"steady": lambda: float(next(readings))})
    monkeypatch.setattr(module, "LEAST_PRODUCTS", 1.0)
    rate = matrix_rate(4, 8, 16, torch.device("cpu"), "steady")
    assert rate == 2 * 4 * 8 * 16  # one product in one second


def arm(name: str, *seconds: tuple[float, ...]) -> Trainings:
    return Trainings(arm=name, seconds=seconds, f1s=(0.0,) * len(seconds))


def test_compiling_pays_after_the_epochs_that_make_up_for_it() -> None:
    eager = arm("eager", (11.0, 10.0, 10.0), (10.0, 10.0, 10.0))
    compiled = arm("compiled", (109.0, 8.0, 8.0), (28.0, 8.0, 8.0))
    assert verdict(eager, compiled) == [
        "Compiling takes 100.0 s in the first training, 20.0 s in a later one.",
        "RATIO eager / compiled, a later epoch: 1.25",
        "A later training gains by it from 10 epochs on.",
    ]
    assert verdict(compiled, eager)[0].startswith("Compiling takes 0.0 s")
    assert verdict(compiled, eager)[2].startswith("No training gains")
