"""Short notation for what a tokenizer would have found, for examples of rules."""

from __future__ import annotations

from collections.abc import Mapping

from diagnostics.measures.subwords import Subwords, SubwordsFound

__all__ = ["found_subwords"]


def found_subwords(
    *,
    max_length: int = 512,
    lengths: Mapping[str, Mapping[int, int]] | None = None,
    words: int = 1_000,
    pieces: int = 1_200,
    entity_ends: Mapping[str, Mapping[int, int]] | None = None,
    unknown_words: int = 0,
    vanished_words: int = 0,
    vanished_entity_words: int = 0,
) -> dict[type, SubwordsFound]:
    """Return what `DataSample.measured` takes. Words and sub-tokens are those of train."""
    found = SubwordsFound(
        special=2,
        max_length=max_length,
        lengths=lengths or {"train": {20: 50}},
        words={"train": words},
        pieces={"train": pieces},
        entity_ends=entity_ends or {},
        words_beyond={},
        unknown_words=unknown_words,
        vanished_words=vanished_words,
        vanished_entity_words=vanished_entity_words,
    )
    return {Subwords.key(): found}
