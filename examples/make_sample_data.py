"""Write the sample data that `tuner search --demo` trains on: python examples/make_sample_data.py.

The sentences come from the grammar in `sample_data.toml`. The same grammar and seed give the same
files, byte for byte. Half of the names in the development and test sentences occur nowhere in the
training sentences, and a few training labels are wrong, as in real data.
"""

from __future__ import annotations

import argparse
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SEED = 20
SIZES = {"train": 250, "dev": 75, "test": 75}
UNSEEN_SHARE = 0.5
LABEL_NOISE = 0.015
LOWER_CASE_SHARE = 0.05

HERE = Path(__file__).resolve().parent
GRAMMAR = HERE / "sample_data.toml"
DESTINATION = HERE.parent / "tuner" / "sample_data"

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
ALTERNATIVES = re.compile(r"\(([^()|]*(?:\|[^()|]*)+)\)")
SLOT = re.compile(r"\{(\w+)(?::((?:[^{}]|\{\w+\})*))?\}")
ARTICLE = re.compile(r"\ba(?= +[AEIOaeio])")
MARK = "\0"  # between a token of an entity and its tag, while a sentence is being made

Sentence = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes sentences of one split.

    Attributes:
        grammar: The content of `sample_data.toml`.
        chance: Where every choice comes from.
        unseen_share: Share of the names that are taken from the list of unseen ones.
    """

    grammar: Mapping[str, Any]
    chance: random.Random
    unseen_share: float

    def write(self, template: str) -> Sentence:
        """Return one sentence of a template, as (token, IOB2 tag) pairs."""
        text = ARTICLE.sub("an", self._fill(template).lstrip())
        pairs = [token.partition(MARK) for token in (text[0].upper() + text[1:]).split()]
        return tuple((token, tag or "O") for token, _, tag in pairs)

    def _fill(self, text: str) -> str:
        text = _replace(OPTIONAL, text, lambda found: self.chance.choice((found[1], "")))
        text = _replace(ALTERNATIVES, text, lambda found: self.chance.choice(found[1].split("|")))
        return SLOT.sub(self._fill_slot, text)

    def _fill_slot(self, found: re.Match[str]) -> str:
        name, shape = found[1], found[2]
        if name in self.grammar["entities"]:
            shape = shape or self.chance.choice(self.grammar["entities"][name])
            return _tagged(self._fill(shape), name)
        return self._fill(self.chance.choice(self._words(name)))

    def _words(self, name: str) -> Sequence[str]:
        if name in self.grammar["words"]:
            words: Sequence[str] = self.grammar["words"][name]
            return words
        pool = "unseen" if self.chance.random() < self.unseen_share else "seen"
        names: Sequence[str] = self.grammar[pool][name]
        return names


def _replace(pattern: re.Pattern[str], text: str, choose: Any) -> str:
    """Replace the innermost matches until none is left, so that they may be nested."""
    while pattern.search(text):
        text = pattern.sub(choose, text)
    return text


def _tagged(text: str, entity_type: str) -> str:
    """Mark every token of an entity with its tag; a leading `~the` stays outside."""
    tokens, prefix = [], "B"
    for token in text.split():
        if token.startswith("~"):
            tokens.append(token[1:])
        else:
            tokens.append(f"{token}{MARK}{prefix}-{entity_type}")
            prefix = "I"
    return " ".join(tokens)


def templates(grammar: Mapping[str, Any], split: str) -> list[str]:
    """Return the templates of a split: some are kept for training, some for the evaluation."""
    left_out = "only_unseen" if split == "train" else "only_seen"
    kinds = {kind: lines for kind, lines in grammar["sentences"].items() if kind != left_out}
    return [line for lines in kinds.values() for line in lines]


def sentences(grammar: Mapping[str, Any], split: str, chance: random.Random) -> Iterator[Sentence]:
    """Yield sentences without end, every template equally often, in random order."""
    writer = Writer(
        grammar=grammar, chance=chance, unseen_share=0.0 if split == "train" else UNSEEN_SHARE
    )
    while True:
        lines = templates(grammar, split)
        chance.shuffle(lines)
        for line in lines:
            sentence = writer.write(line)
            if chance.random() < LOWER_CASE_SHARE:
                sentence = tuple((token.lower(), tag) for token, tag in sentence)
            yield sentence


def mislabelled(sentence: Sentence, chance: random.Random) -> Sentence:
    """Return the sentence with a small share of its entities overlooked."""
    tags, overlooked = [], False
    for _, tag in sentence:
        if tag.startswith("B-"):
            overlooked = chance.random() < LABEL_NOISE
        tags.append("O" if overlooked else tag)
    return tuple((token, tag) for (token, _), tag in zip(sentence, tags, strict=True))


def make(grammar: Mapping[str, Any], seed: int = SEED) -> dict[str, list[Sentence]]:
    """Return the sentences of every split; none occurs twice, in whatever split."""
    chance = random.Random(seed)
    seen: set[tuple[str, ...]] = set()
    splits: dict[str, list[Sentence]] = {}
    for split, size in SIZES.items():
        splits[split] = []
        for sentence in sentences(grammar, split, chance):
            words = tuple(token.lower() for token, _ in sentence)
            if words not in seen:
                seen.add(words)
                splits[split].append(sentence)
            if len(splits[split]) == size:
                break
    splits["train"] = [mislabelled(sentence, chance) for sentence in splits["train"]]
    return splits


def as_conll(split: Sequence[Sentence]) -> str:
    """Return a split in two columns, token and tag, with an empty line after every sentence."""
    return "".join(
        "".join(f"{token} {tag}\n" for token, tag in sentence) + "\n" for sentence in split
    )


def main() -> None:
    """Write train.txt, dev.txt and test.txt."""
    parser = argparse.ArgumentParser(description="Write the sample data.")
    parser.add_argument("folder", nargs="?", type=Path, default=DESTINATION)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for split, lines in make(tomllib.loads(GRAMMAR.read_text(encoding="utf-8"))).items():
        path = folder / f"{split}.txt"
        path.write_text(as_conll(lines), encoding="utf-8", newline="\n")
        print(f"{path}: {len(lines)} sentences")


if __name__ == "__main__":
    main()
