"""Remembers where each sentence stood first, in about 110 bytes for each."""

from __future__ import annotations

from typing import NamedTuple

from diagnostics.measure import SeenSentence

__all__ = ["Earlier", "FirstSentences", "place_name"]

_MOST_HELD = 1_500_000
"""Different sentences that are held; above it every second one, every fourth, ... by hash value."""

_LABEL_BITS, _LINE_BITS = 32, 40


class Earlier(NamedTuple):
    """Where a sentence stood first.

    Attributes:
        split: The split.
        place: File and line, such as `train.txt:12`.
        same_labels: Whether it was labelled in the same way there.
    """

    split: str
    place: str
    same_labels: bool


class FirstSentences:
    """The first place of each sentence, by the hash of its text.

    Attributes:
        mask: Bits that must be 0 in the hash of a sentence that is looked at.
    """

    def __init__(self) -> None:
        self.mask = 0
        self._held: dict[int, int] = {}
        self._files: dict[tuple[str, str], int] = {}

    def meet(self, seen: SeenSentence, key: int) -> Earlier | None:
        """Return where the sentence of this hash stood first; None, and remember it, if here."""
        labels = hash(seen.entities) & (1 << _LABEL_BITS) - 1 if seen.entities else 0
        known = self._held.get(key)
        if known is not None:
            return self._earlier(known, labels)
        file = self._files.setdefault((seen.split, seen.file), len(self._files))
        line = seen.sentence.line or 0
        self._held[key] = (file << _LINE_BITS | line) << _LABEL_BITS | labels
        if len(self._held) > _MOST_HELD:
            self.mask = 2 * self.mask + 1
            self._held = {key: at for key, at in self._held.items() if not key & self.mask}
        return None

    def _earlier(self, known: int, labels: int) -> Earlier:
        at, labels_there = divmod(known, 1 << _LABEL_BITS)
        file, line = divmod(at, 1 << _LINE_BITS)
        split, name = list(self._files)[file]
        return Earlier(split, place_name(name, line), labels == labels_there)


def place_name(file: str, line: int | None) -> str:
    """Return file without its folder, and line where it is known, such as `train.txt:12`."""
    name = file.replace("\\", "/").rpartition("/")[2]
    return f"{name}:{line}" if line else name
