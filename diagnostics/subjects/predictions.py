"""What a model predicted for the development split, beside what is right."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Predictions", "Tags"]

Tags = tuple[str, ...]
"""One tag per word of a sentence, such as `("B-PER", "I-PER", "O")`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """Gold and predicted tags of the same sentences.

    Attributes:
        gold: Tags of each sentence as annotated.
        predicted: Tags of each sentence as predicted; as many sentences as `gold`, and in each
            sentence as many tags.
    """

    gold: tuple[Tags, ...]
    predicted: tuple[Tags, ...]

    def __post_init__(self) -> None:
        """Check that both sides describe the same words.

        Raises:
            ValueError: They differ in the number of sentences or of tags in a sentence.
        """
        if list(map(len, self.gold)) != list(map(len, self.predicted)):
            raise ValueError("gold and predicted tags differ in their lengths")
