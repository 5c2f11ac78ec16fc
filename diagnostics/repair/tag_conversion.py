"""Converts the tags of sentences to IOB2, and keeps each change with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from diagnostics.repair.change_log import ChangeLog
from diagnostics.repair.filed_sentence import FiledSentence
from diagnostics.tag_scheme import TagScheme

__all__ = ["TagConversion"]


class TagConversion:
    """Converts tags of one split.

    Args:
        scheme: How the split writes its tags.
        changes: What is changed goes there.
        repair: Whether broken transitions and slips are told apart from plain conversions.
    """

    def __init__(self, scheme: TagScheme, changes: ChangeLog, *, repair: bool = True) -> None:
        self.scheme = scheme
        self.changes = changes
        self.repair = repair
        kinds = {kind for tag, (_, kind) in scheme.parsed.items() if tag not in scheme.slips}
        self.unknown = {tag for tag in scheme.slips if scheme.parsed[tag][1] not in kinds}

    def of_sentence(self, filed: FiledSentence) -> FiledSentence:
        """Return a sentence with its tags in IOB2."""
        tags = self.of_words(filed, range(len(filed.sentence.tags)))
        if tags == filed.sentence.tags:
            return filed
        return FiledSentence(file=filed.file, sentence=replace(filed.sentence, tags=tags))

    def of_words(self, filed: FiledSentence, words: Sequence[int]) -> tuple[str, ...]:
        """Return the tags of some words of a sentence in IOB2, as if there were no others."""
        written = tuple(filed.sentence.tags[word] for word in words)
        converted = self.scheme.convert(written).tags
        if converted != written:
            neighbours = zip(("", *written), written, strict=False)
            for word, (before, tag), new in zip(words, neighbours, converted, strict=True):
                if new != tag:
                    after = f"{filed.sentence.tokens[word]} {new}"
                    self.changes.add(self._kind(before, tag), filed.place(word), after=after)
        return converted

    def _kind(self, before: str, tag: str) -> str:
        """Return what the change of a tag behind another is called."""
        if tag in self.unknown:
            return "tags-unknown"
        if not self.repair:
            return "tags-converted"
        if tag in self.scheme.slips:
            return "tags-mended"
        return "tags-repaired" if self.scheme.breaks(before, tag) else "tags-converted"
