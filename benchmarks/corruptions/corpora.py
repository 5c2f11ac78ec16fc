"""Made-up labelled data without a defect, in several scripts, schemes and formats.

Words are put together from syllables of their script. Names come from other syllables than common
words, so that no name is left unannotated by accident; every sentence is there once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["LANGUAGES", "Corpus", "Sentence", "in_scheme", "make_corpus"]

SIZES = {"train": 420, "dev": 160, "test": 160}
TYPES = ("PER", "ORG", "LOC")
COMMON_WORDS = 900
NAMES = 260
LENGTHS = (7, 22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """How words of a language are put together.

    Attributes:
        common: Syllables of common words.
        names: Syllables of names.
        capitals: Whether names begin with a capital.
        single: Whether a word is a single sign, as where text is cut into signs.
    """

    common: Sequence[str]
    names: Sequence[str]
    capitals: bool = True
    single: bool = False


def _signs(first: int, count: int) -> list[str]:
    return [chr(first + number) for number in range(count)]


LANGUAGES = {
    "latin": Language(
        common=["ta", "re", "mi", "so", "lu", "pen", "dor", "vis", "cal", "ne", "bo", "tri", "qua"],
        names=["zan", "kho", "gry", "whel", "fju", "stox", "byr"],
    ),
    "umlauts": Language(
        common=["ge", "ver", "mä", "ßer", "öl", "lich", "tur", "bau", "sel", "ho"],
        names=["schü", "zwö", "kraß", "pfei", "qui", "jör"],
    ),
    "cyrillic": Language(
        common=["на", "по", "се", "та", "ри", "ло", "ве", "ди", "ку", "мо"],
        names=["щук", "жгя", "фью", "хря", "цвы", "эрш"],
    ),
    "greek": Language(
        common=["τα", "με", "σο", "ρι", "κα", "λη", "νο", "πε", "δυ"],
        names=["ξαφ", "ψυχ", "θρε", "βγω", "ζμι"],
    ),
    "arabic": Language(
        common=["با", "تم", "سل", "ري", "كو", "نا", "هد", "مر", "لي"],
        names=["غض", "ظخ", "ذث", "شق", "صط"],
        capitals=False,
    ),
    "devanagari": Language(
        common=["का", "ते", "मि", "सो", "रु", "ना", "पे", "हा", "लो"],
        names=["झृ", "ढौ", "ठै", "ञा", "षि"],
        capitals=False,
    ),
    "chinese": Language(
        common=_signs(0x4E00, 700), names=_signs(0x5F00, 400), capitals=False, single=True
    ),
    "kana": Language(
        common=["か", "た", "さ", "も", "に", "る", "ら", "の", "こ"],
        names=["ヴァ", "ジェ", "ピョ", "ツォ", "ギャ"],
        capitals=False,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """Words and their entities as (first word, word behind the last, type)."""

    words: tuple[str, ...]
    entities: tuple[tuple[int, int, str], ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Splits of sentences whose tags are written in one scheme."""

    name: str
    scheme: str
    splits: dict[str, list[Sentence]]


def make_corpus(language: str, *, scheme: str, seed: int) -> Corpus:
    """Return a data set of a language; the same arguments give the same sentences."""
    chance = random.Random(f"{language} {seed}")
    chosen = LANGUAGES[language]
    common = _words(chosen, chosen.common, COMMON_WORDS, chance)
    names = {kind: _names(chosen, kind, chance) for kind in TYPES}
    seen: set[tuple[str, ...]] = set()
    splits: dict[str, list[Sentence]] = {split: [] for split in SIZES}
    for split, size in SIZES.items():
        while len(splits[split]) < size:
            sentence = _sentence(common, names, chance)
            if sentence.words not in seen:
                seen.add(sentence.words)
                splits[split].append(
                    replace(
                        sentence,
                        tags=in_scheme(scheme, len(sentence.words), sentence.entities),
                    )
                )
    return Corpus(name=f"{language}, {scheme}", scheme=scheme, splits=splits)


def _words(
    language: Language, syllables: Sequence[str], count: int, chance: random.Random
) -> list[str]:
    if language.single:
        return list(syllables)
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choices(syllables, k=chance.randint(2, 4)))] = None
    return list(found)


def _names(language: Language, kind: str, chance: random.Random) -> list[tuple[str, ...]]:
    """Return names of one to three words; no two types share a word."""
    place = TYPES.index(kind)
    if language.single:
        signs = language.names[place :: len(TYPES)]
        return [tuple(chance.sample(signs, chance.randint(1, 3))) for _ in range(NAMES)]
    endings = ("on", "ia", "ux") if language.capitals else tuple(language.names[:3])
    words = [word + endings[place] for word in _words(language, language.names, 200, chance)]
    if language.capitals:
        words = [word.capitalize() for word in words]
    return [tuple(chance.sample(words, chance.randint(1, 3))) for _ in range(NAMES)]


def _sentence(
    common: Sequence[str], names: dict[str, list[tuple[str, ...]]], chance: random.Random
) -> Sentence:
    words = chance.choices(common, k=chance.randint(*LENGTHS))
    entities: list[tuple[int, int, str]] = []
    place = 0
    for kind in chance.sample(TYPES, chance.choice((0, 1, 1, 2, 2, 3))):
        place += chance.randint(1, 3)
        name = chance.choice(names[kind])
        words[place:place] = name
        entities.append((place, place + len(name), kind))
        place += len(name)
        if place >= len(words):
            words.append(chance.choice(common))
    words.append(".")
    return Sentence(words=tuple(words), entities=tuple(entities))


def in_scheme(
    scheme: str, length: int, entities: Sequence[tuple[int, int, str]]
) -> tuple[str, ...]:
    """Return the tags of a sentence in IOB1, IOB2, BIOES, BILOU or without a scheme (`none`)."""
    tags = ["O"] * length
    before = (-1, "")
    for start, end, kind in entities:
        touching = before == (start, kind)
        for place in range(start, end):
            letter = _letter(scheme, first=place == start, last=place == end - 1, touching=touching)
            tags[place] = f"{letter}-{kind}" if letter else kind
        before = (end, kind)
    return tuple(tags)


def _letter(scheme: str, *, first: bool, last: bool, touching: bool) -> str:
    match scheme:
        case "none":
            return ""
        case "IOB1":
            return "B" if first and touching else "I"
        case "IOB2":
            return "B" if first else "I"
    single, ending = ("S", "E") if scheme == "BIOES" else ("U", "L")
    if first:
        return single if last else "B"
    return ending if last else "I"
