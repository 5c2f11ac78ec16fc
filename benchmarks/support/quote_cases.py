"""The studies whose quotes are measured: those the model of cost was made on, and fresh ones."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CASES", "TINY", "Case"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One study.

    Attributes:
        data: `fin`, `wnut17` or `sample`.
        layers: Layers of the demo's encoder; 0 for a tiny random model.
        sentences: Training sentences.
        trials: Trials.
        prune: Whether hopeless trials are stopped.
        confirm: Further seeds.
        seed: Of the study.
    """

    data: str
    layers: int
    sentences: int
    trials: int
    prune: bool
    confirm: int = 0
    seed: int = 42


DEVELOP = (
    Case(data="fin", layers=1, sentences=48, trials=4, prune=False, seed=51),
    Case(data="wnut17", layers=2, sentences=60, trials=3, prune=False, confirm=1, seed=52),
    Case(data="fin", layers=1, sentences=60, trials=4, prune=False, seed=61),
    Case(data="wnut17", layers=1, sentences=80, trials=5, prune=True, seed=62),
    Case(data="sample", layers=2, sentences=40, trials=5, prune=False, seed=63),
    Case(data="fin", layers=2, sentences=40, trials=6, prune=True, seed=64),
    Case(data="wnut17", layers=1, sentences=40, trials=8, prune=False, seed=65),
)
FRESH = (
    Case(data="fin", layers=1, sentences=64, trials=4, prune=False, seed=81),
    Case(data="wnut17", layers=1, sentences=100, trials=5, prune=True, seed=82),
    Case(data="sample", layers=2, sentences=48, trials=5, prune=False, seed=83),
    Case(data="fin", layers=2, sentences=48, trials=6, prune=True, seed=84),
    Case(data="wnut17", layers=1, sentences=60, trials=8, prune=False, seed=85),
    Case(data="sample", layers=1, sentences=80, trials=3, prune=False, confirm=1, seed=86),
    Case(data="fin", layers=1, sentences=40, trials=10, prune=True, seed=87),
    Case(data="wnut17", layers=2, sentences=72, trials=4, prune=False, confirm=1, seed=88),
    Case(data="sample", layers=1, sentences=60, trials=9, prune=True, seed=89),
    Case(data="fin", layers=3, sentences=48, trials=4, prune=True, seed=90),
    Case(data="wnut17", layers=1, sentences=48, trials=5, prune=True, confirm=1, seed=91),
    Case(data="sample", layers=2, sentences=96, trials=6, prune=False, seed=92),
)
CASES = {"develop": DEVELOP, "fresh": FRESH}
TINY = (Case(data="sample", layers=0, sentences=40, trials=2, prune=True),)
