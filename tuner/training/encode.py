"""Words and tags to windows of sub-tokens: first sub-token labelled, every word scored once."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from diagnostics.subjects.labelled_data import Sentence
from tuner.errors import ModelError

__all__ = ["EncodedSplit", "SubwordEncoder", "Tokenizer", "encode", "load_or_encode"]

IGNORED = -100
"""Label of sub-tokens that take no part in loss or score (torch's `ignore_index`)."""

OVERLAP_SHARE = 0.25
"""Share of a window that the next one repeats, so that words at a cut keep context."""

IntArray = npt.NDArray[np.int64]


class Tokenizer(Protocol):
    """What is needed of a transformers tokenizer."""

    unk_token_id: int | None
    mask_token_id: int | None
    eos_token_id: int | None
    pad_token_id: int | None

    def __call__(
        self, text: list[str], *, add_special_tokens: bool, truncation: bool
    ) -> dict[str, list[list[int]]]:
        """Tokenize each text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSplit:
    """A split as flat arrays: windows of sub-tokens, and the words that they score.

    Attributes:
        ids: Shape (sub-tokens,): token ids of all windows, one after the other.
        labels: Shape (sub-tokens,): label ids; `IGNORED` but on the first sub-token of a word, in
            the one window that scores the word.
        offsets: Shape (windows + 1,): where each window begins in `ids`.
        words: Shape (words,): number of the word that each scored sub-token stands for, in the
            order of the windows. Every word occurs exactly once.
        gold: Shape (words,): gold label id of each word.
        sentence_of: Shape (words,): number of the sentence of each word.
        sentences: Number of sentences.
        cut_sentences: Sentences that needed more than one window.
        cut_words: Words longer than a whole window, of which only the first sub-tokens are seen.
        unknown_words: Words without any sub-token, represented by the unknown token.
    """

    ids: npt.NDArray[np.int32]
    labels: npt.NDArray[np.int32]
    offsets: IntArray
    words: IntArray
    gold: IntArray
    sentence_of: IntArray
    sentences: int
    cut_sentences: int = 0
    cut_words: int = 0
    unknown_words: int = 0

    def __len__(self) -> int:
        """Count the windows."""
        return self.offsets.size - 1

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return token ids and labels of a window."""
        span = slice(self.offsets[index], self.offsets[index + 1])
        return self.ids[span], self.labels[span]

    @property
    def lengths(self) -> IntArray:
        """Sub-tokens per window, special tokens included."""
        return np.diff(self.offsets)


class SubwordEncoder:
    """Splits single words into sub-tokens with any tokenizer, each distinct word once.

    Words are tokenized one by one, which gives what `is_split_into_words=True` gives, with slow
    tokenizers too; byte-level tokenizers must have been loaded with `add_prefix_space=True`.

    Args:
        tokenizer: A transformers tokenizer.
        max_length: Most sub-tokens of a window, special tokens included.
    """

    def __init__(self, tokenizer: Tokenizer, max_length: int) -> None:
        self.tokenizer = tokenizer
        self.prefix, self.suffix = _special_tokens(tokenizer)
        self.room = max_length - len(self.prefix) - len(self.suffix)
        if self.room < 1:
            raise ModelError(
                "`max_length` must leave room for words beside the "
                f"{max_length - self.room} special tokens, but got {max_length}.",
                "Use 128 or more.",
            )
        self._cache: dict[str, list[int]] = {}

    def learn(self, words: Sequence[str]) -> None:
        """Tokenize all distinct words that are new."""
        new = sorted(set(words) - self._cache.keys())
        if new:
            found = self.tokenizer(new, add_special_tokens=False, truncation=False)["input_ids"]
            self._cache.update(zip(new, found, strict=True))

    def pieces(self, word: str) -> list[int]:
        """Return the sub-tokens of a learnt word; empty when the tokenizer drops it."""
        return self._cache[word]

    @property
    def unknown(self) -> int:
        """Token id that stands for a word without sub-tokens."""
        tokenizer = self.tokenizer
        for candidate in (tokenizer.unk_token_id, tokenizer.mask_token_id, tokenizer.eos_token_id):
            if candidate is not None:
                return candidate
        return 0


def _special_tokens(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Find what the tokenizer puts before and after a text."""
    bare = tokenizer(["a"], add_special_tokens=False, truncation=False)["input_ids"][0]
    full = tokenizer(["a"], add_special_tokens=True, truncation=False)["input_ids"][0]
    for start in range(len(full) - len(bare) + 1):
        if full[start : start + len(bare)] == bare:
            return full[:start], full[start + len(bare) :]
    raise ModelError(
        "The tokenizer changes a word when it adds its special tokens, so words cannot be aligned.",
        "Choose a model whose tokenizer adds special tokens only before and after the text.",
    )


@dataclass(frozen=True, slots=True)
class _Window:
    """Words `first` to `stop` of a sentence; `scored_from` to `scored_to` are scored here."""

    first: int
    stop: int
    scored_from: int
    scored_to: int


def cut_windows(sizes: Sequence[int], room: int) -> list[_Window]:
    """Cut a sentence into overlapping windows that score every word exactly once.

    Args:
        sizes: Sub-tokens per word, each at least 1 and at most `room`.
        room: Sub-tokens that a window has room for.

    Returns:
        Windows in order. A word in the overlap of two windows is scored in the one that gives it
        more context: the overlap is split in its middle.
    """
    starts = _window_starts(sizes, room)
    spans = [(start, _fill(sizes, start, room)) for start in starts]
    borders = [0]
    for (_, stop), (following, _) in itertools.pairwise(spans):
        borders.append((following + stop + 1) // 2)
    borders.append(len(sizes))
    return [
        _Window(first, stop, borders[number], borders[number + 1])
        for number, (first, stop) in enumerate(spans)
    ]


def _fill(sizes: Sequence[int], start: int, room: int) -> int:
    """Return the word after the last that fits into a window which begins at `start`."""
    used = 0
    for word in range(start, len(sizes)):
        used += sizes[word]
        if used > room:
            return word
    return len(sizes)


def _window_starts(sizes: Sequence[int], room: int) -> list[int]:
    """Choose where windows begin: each repeats up to `OVERLAP_SHARE` of the one before."""
    starts = [0]
    while (stop := _fill(sizes, starts[-1], room)) < len(sizes):
        start, repeated = stop, 0
        while (
            start - 1 > starts[-1]
            and repeated + sizes[start - 1] <= room * OVERLAP_SHARE
            # The next window must reach beyond this one, or it would score nothing new.
            and repeated + sizes[start - 1] + sizes[stop] <= room
        ):
            start -= 1
            repeated += sizes[start]
        starts.append(start)
    return starts


def encode(
    sentences: Sequence[Sentence], labels: Sequence[str], encoder: SubwordEncoder
) -> EncodedSplit:
    """Encode a split.

    Args:
        sentences: Sentences with IOB2 tags.
        labels: Label list, which must hold every tag.
        encoder: Tokenizer and window size.

    Returns:
        The windows of all sentences; no word is dropped.
    """
    encoder.learn([token for sentence in sentences for token in sentence.tokens])
    index = {label: number for number, label in enumerate(labels)}
    builder = _Builder(encoder)
    for sentence in sentences:
        builder.add(sentence.tokens, [index[tag] for tag in sentence.tags])
    return builder.build()


class _Builder:
    """Collects windows, words and what had to be mended."""

    def __init__(self, encoder: SubwordEncoder) -> None:
        self.encoder = encoder
        self.ids: list[int] = []
        self.labels: list[int] = []
        self.offsets: list[int] = [0]
        self.words: list[int] = []
        self.gold: list[int] = []
        self.sentence_of: list[int] = []
        self.sentences = self.cut_sentences = self.cut_words = self.unknown_words = 0

    def add(self, tokens: Sequence[str], tags: Sequence[int]) -> None:
        pieces = [self._pieces(token) for token in tokens]
        windows = cut_windows([len(piece) for piece in pieces], self.encoder.room)
        base = len(self.gold)
        for window in windows:
            self._window(window, pieces, tags, base)
        self.gold.extend(tags)
        self.sentence_of.extend([self.sentences] * len(tags))
        self.sentences += 1
        self.cut_sentences += len(windows) > 1

    def _pieces(self, token: str) -> list[int]:
        pieces = self.encoder.pieces(token)
        if not pieces:
            self.unknown_words += 1
            return [self.encoder.unknown]
        if len(pieces) > self.encoder.room:
            self.cut_words += 1
            return pieces[: self.encoder.room]
        return pieces

    def _window(
        self, window: _Window, pieces: list[list[int]], tags: Sequence[int], base: int
    ) -> None:
        self._append(self.encoder.prefix, IGNORED)
        for word in range(window.first, window.stop):
            scored = window.scored_from <= word < window.scored_to
            self._append(pieces[word][:1], tags[word] if scored else IGNORED)
            self._append(pieces[word][1:], IGNORED)
            if scored:
                self.words.append(base + word)
        self._append(self.encoder.suffix, IGNORED)
        self.offsets.append(len(self.ids))

    def _append(self, ids: Sequence[int], label: int) -> None:
        self.ids.extend(ids)
        self.labels.extend([label] * len(ids))

    def build(self) -> EncodedSplit:
        return EncodedSplit(
            ids=np.array(self.ids, dtype=np.int32),
            labels=np.array(self.labels, dtype=np.int32),
            offsets=np.array(self.offsets, dtype=np.int64),
            words=np.array(self.words, dtype=np.int64),
            gold=np.array(self.gold, dtype=np.int64),
            sentence_of=np.array(self.sentence_of, dtype=np.int64),
            sentences=self.sentences,
            cut_sentences=self.cut_sentences,
            cut_words=self.cut_words,
            unknown_words=self.unknown_words,
        )


_ARRAYS = ("ids", "labels", "offsets", "words", "gold", "sentence_of")
_COUNTS = ("sentences", "cut_sentences", "cut_words", "unknown_words")


def load_or_encode(
    sentences: Sequence[Sentence],
    labels: Sequence[str],
    encoder: SubwordEncoder,
    cache: Path | None,
    key: str,
) -> EncodedSplit:
    """Encode a split, or read it from the cache folder where an earlier run left it.

    Args:
        sentences: Sentences with IOB2 tags.
        labels: Label list.
        encoder: Tokenizer and window size.
        cache: Folder for `<key>.npz`; None encodes anew.
        key: What the result depends on (data, tokenizer, window size), as text.
    """
    if cache is None:
        return encode(sentences, labels, encoder)
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"
    stored = _read(path)
    if stored is None:
        stored = encode(sentences, labels, encoder)
        with contextlib.suppress(OSError):  # whoever needs the folder will say why it fails
            _write(stored, path)
    return stored


def _read(path: Path) -> EncodedSplit | None:
    """Read a cached split; None when it is missing or damaged (it is only a copy)."""
    if not path.is_file():
        return None
    try:
        # numpy leaves the file open when it is damaged, so it is opened here.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            values: dict[str, Any] = {name: stored[name] for name in _ARRAYS}
            values |= {name: int(stored[name]) for name in _COUNTS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return EncodedSplit(**values)


def _write(split: EncodedSplit, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp.npz")  # several workers may write
    np.savez(temporary, **{name: getattr(split, name) for name in (*_ARRAYS, *_COUNTS)})
    temporary.replace(path)
