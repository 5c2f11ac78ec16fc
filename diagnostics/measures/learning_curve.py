"""Estimates what more training sentences would bring, with a light tagger on parts of train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics.measure import Entity, Measure, SeenSentence
from diagnostics.measures._outlook import Outlook, outlook
from diagnostics.measures._power_law import PowerLaw
from diagnostics.measures._thinned_sample import ThinnedSample
from diagnostics.measures._training_curve import Labelled, PartScore, train_on_parts

__all__ = ["CurvePoint", "LearningCurve", "LearningCurveFound", "Outlook", "PowerLaw"]

_MOST_TRAINED, _MOST_SCORED = 10_000, 3_000
_MOST_WORK = 2_500_000
"""Words times different tags that are trained on: the time of a linear model grows with it."""

_FEWEST_TRAINED, _FEWEST_SCORED = 20, 10
"""Sentences with entities below which no training is worth the while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Score of the light tagger with a part of the training sentences.

    Attributes:
        sentences: How many it was trained on.
        f1: Mean entity-level F1 over the draws of that part.
        lowest, highest: The lowest and the highest F1 of the draws.
    """

    sentences: int
    f1: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurveFound:
    """What more sentences would bring a light tagger: a stand-in for the encoder.

    Attributes:
        points: Scores by number of sentences, rising; empty when there were too few to try.
        scored_on: `dev`, or `train` for a fifth of train that was held out.
        train_sentences: Training sentences of the data set.
        sampled: One of how many training sentences was used: 1 is all.
        outlook: Where the curve leads; None when none fits.
    """

    points: tuple[CurvePoint, ...] = ()
    scored_on: str = "dev"
    train_sentences: int = 0
    sampled: int = 1
    outlook: Outlook | None = None


class LearningCurve(Measure[LearningCurveFound]):
    """Scores of a light tagger on 25, 50, 75 and 100 % of train, and where they lead."""

    absent: ClassVar[str] = "it takes longer: add --learning-curve"
    on_request: ClassVar[str] = "learning-curve"

    def __init__(self) -> None:
        self._samples = {
            "train": ThinnedSample[Labelled](_MOST_TRAINED),
            "dev": ThinnedSample[Labelled](_MOST_SCORED),
        }

    def add(self, seen: SeenSentence) -> None:
        """Offer the sentence to the sample of its split."""
        sample = self._samples.get(seen.split)
        if sample is not None and sample.turn():
            tokens = seen.sentence.tokens
            sample.keep(Labelled(tokens, _tags(len(tokens), seen.entities)))

    def result(self) -> LearningCurveFound:
        """Train and score."""
        train, dev = self._samples["train"], self._samples["dev"]
        trained, scored, scored_on = train.items, dev.items, "dev"
        if _with_entities(scored) < _FEWEST_SCORED:
            scored, scored_on = trained[::5], "train"
            trained = [each for number, each in enumerate(trained) if number % 5]
        if _with_entities(trained) < _FEWEST_TRAINED or _with_entities(scored) < _FEWEST_SCORED:
            return LearningCurveFound(scored_on=scored_on, train_sentences=train.seen)
        stride = _stride(trained)
        scores = train_on_parts(trained[::stride], scored)
        return LearningCurveFound(
            points=_points(scores),
            scored_on=scored_on,
            train_sentences=train.seen,
            sampled=train.stride * stride,
            outlook=outlook(scores, train.seen),
        )


def _stride(sentences: Sequence[Labelled]) -> int:
    """Return of how many sentences one is used so that all trainings end within seconds."""
    words = sum(len(each.tokens) for each in sentences)
    tags = len({tag for each in sentences for tag in each.tags})
    return max(1, -(-words * tags // _MOST_WORK))


def _tags(length: int, entities: Sequence[Entity]) -> list[str]:
    """Return the tags of a sentence in IOB2."""
    tags = ["O"] * length
    for start, end, label in entities:
        tags[start] = f"B-{label}"
        tags[start + 1 : end] = [f"I-{label}"] * (end - start - 1)
    return tags


def _with_entities(sentences: Sequence[Labelled]) -> int:
    return sum(any(tag != "O" for tag in each.tags) for each in sentences)


def _points(scores: Sequence[PartScore]) -> tuple[CurvePoint, ...]:
    by_size: dict[int, list[float]] = {}
    for score in scores:
        by_size.setdefault(score.sentences, []).append(score.f1)
    return tuple(
        CurvePoint(sentences=size, f1=sum(f1s) / len(f1s), lowest=min(f1s), highest=max(f1s))
        for size, f1s in by_size.items()
    )
