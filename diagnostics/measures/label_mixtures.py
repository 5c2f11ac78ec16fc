"""Samples which labels stand together in a sentence: what redrawing of sentences needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from diagnostics.measure import Measure, SeenSentence
from diagnostics.measures._thinned_sample import ThinnedSample

__all__ = ["LabelMixtures", "LabelMixturesFound", "Mixture"]

Mixture = tuple[str, ...]
"""Labels of the entities of one sentence, each as often as it occurs there."""

_SAMPLE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMixturesFound:
    """Labels of sentences.

    Attributes:
        splits: Split to the labels of up to 2,000 sentences with entities, spread evenly over it.
    """

    splits: Mapping[str, tuple[Mixture, ...]]


class LabelMixtures(Measure[LabelMixturesFound]):
    """Labels of the entities of sentences, in a sample of each split."""

    def __init__(self) -> None:
        self._samples: dict[str, ThinnedSample[Mixture]] = {}

    def add(self, seen: SeenSentence) -> None:
        """Offer the labels of a sentence with entities to the sample."""
        if seen.entities:
            sample = self._samples.get(seen.split)
            if sample is None:
                sample = self._samples[seen.split] = ThinnedSample(_SAMPLE)
            sample.offer(tuple([entity[2] for entity in seen.entities]))

    def result(self) -> LabelMixturesFound:
        """Return the samples."""
        return LabelMixturesFound(
            splits={split: tuple(sample.items) for split, sample in self._samples.items()}
        )
