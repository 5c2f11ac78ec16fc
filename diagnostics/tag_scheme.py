"""Tag schemes: told apart over a whole data set, and converted to IOB2.

IOB1 (`I-` everywhere, `B-` only between neighbours of one type), IOB2 (`B-` at every start), BIOES
and BILOU (also BMES and other letters for the same four roles), with `-`, `_`, `:` or `/` before or
behind the type, and plain types without any scheme, whose runs are taken for entities.
"""

from __future__ import annotations

import enum
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagnostics.errors import DataError

__all__ = ["ConvertedTags", "SchemeName", "TagScheme", "detect_scheme", "entities", "scheme_of"]

OUTSIDE = "O"
OUTSIDE_WORDS = ("O", "o", "0", "OTHER", "OUTSIDE", "NONE", "NIL", "NULL", "_", "-")
"""What data sets write for "no entity", in the order in which it is believed."""

ROLES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
"""Letter in a tag to its role: begin, inside, end, single."""

SEPARATORS = "-_:/"
EMPTY_TYPE = re.compile(f"[{''.join(ROLES)}][{SEPARATORS}]|[{SEPARATORS}]+[{''.join(ROLES)}]?")
"""Finds a tag that has lost its type, such as `B-`."""

UNNAMED_TYPE = "ENTITY"
"""Type given to entities that are tagged with the bare letters `B` and `I`."""

ENOUGH_PREFIXED = 0.9
"""Share of the tagged words that must carry a prefix for the rest to be slips."""


class SchemeName(enum.StrEnum):
    """The schemes that are told apart."""

    IOB1 = "IOB1"
    IOB2 = "IOB2"
    BIOES = "BIOES"
    BILOU = "BILOU"
    PLAIN = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedTags:
    """Tags of one sentence in IOB2, and how many broke the rules of the scheme they came in."""

    tags: tuple[str, ...]
    repairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagScheme:
    """How a data set writes its tags.

    Attributes:
        name: The scheme.
        style: A tag of it as an example for the user, such as `B-X`, `X_B` or `X`.
        outside: Its tag for words outside all entities.
        parsed: Every tag of the data set to its role (`B`, `I`, `E`, `S`, `O`) and entity type.
        slips: Tags that do not follow the style, with their counts; they are read as inside their
            type, or, when only the letter of the role is in the other case, as meant.
        pattern: Finds the `role` and the `type` in a tag of the style; None for plain types.
    """

    name: SchemeName
    style: str
    outside: str
    parsed: Mapping[str, tuple[str, str]]
    slips: Mapping[str, int]
    pattern: re.Pattern[str] | None = None

    def parse(self, tag: str) -> tuple[str, str] | None:
        """Return the role and the type of a tag in this style; None when it does not follow it."""
        if tag in self.parsed:
            return self.parsed[tag]
        return _role_and_type(self.pattern, tag) if self.pattern else None

    def convert(self, tags: Sequence[str]) -> ConvertedTags:
        """Tags of a sentence in IOB2.

        An entity starts at `B` or `S`, after an end, and where the type changes. That holds in
        every scheme: a broken rule adds to the repairs, but never changes which words are tagged.
        """
        if set(tags) == {self.outside}:
            return ConvertedTags(tags=(OUTSIDE,) * len(tags), repairs=0)
        converted: list[str] = []
        repairs = 0
        before, type_before = "O", ""
        for tag in tags:
            role, entity_type = self.parsed.get(tag) or ("I", tag)
            if role == before == "O":
                converted.append(OUTSIDE)
                continue
            same = entity_type == type_before
            starts = role != "O" and (role in "BS" or before in "OES" or not same)
            repairs += self._breaks_rule(before, role, starts=starts, same=same)
            begins = "B" if starts else "I"
            converted.append(OUTSIDE if role == "O" else sys.intern(f"{begins}-{entity_type}"))
            before, type_before = role, entity_type
        repairs += self._breaks_rule(before, "O", starts=False, same=False)
        return ConvertedTags(tags=tuple(converted), repairs=repairs)

    def breaks(self, before: str, tag: str) -> bool:
        """Whether `tag` may not follow `before` under the scheme; "" is the edge of a sentence."""
        role_before, type_before = self._parse(before)
        role, entity_type = self._parse(tag)
        same = entity_type == type_before
        return self._breaks_rule(role_before, role, starts=self.starts(before, tag), same=same)

    def starts(self, before: str, tag: str) -> bool:
        """Whether an entity starts at `tag` behind `before`; "" is the edge of a sentence."""
        role_before, type_before = self._parse(before)
        role, entity_type = self._parse(tag)
        return role != "O" and (role in "BS" or role_before in "OES" or entity_type != type_before)

    def _parse(self, tag: str) -> tuple[str, str]:
        return self.parsed.get(tag, ("I", tag)) if tag else ("O", "")

    def _breaks_rule(self, before: str, role: str, *, starts: bool, same: bool) -> bool:
        """Whether `role` may not follow the role `before` under the scheme."""
        if self.name is SchemeName.PLAIN:
            return False
        if self.name is SchemeName.IOB2:
            return starts and role == "I"
        if self.name is SchemeName.IOB1:
            return role == "B" and not (same and before in "BI")
        left_open = before in "BI" and (starts or role == "O")
        return left_open or (starts and role in "IE")


def entities(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Entities of IOB2 tags as (first word, word behind the last, type)."""
    start, entity_type = 0, ""
    for place, tag in enumerate(tags):
        if tag[0] == "I" or (tag == OUTSIDE and not entity_type):
            continue
        if entity_type:
            yield start, place, entity_type
        start, entity_type = place, tag[2:]
    if entity_type:
        yield start, len(tags), entity_type


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """Where the role stands in a tag: before or behind the type, and behind which separator."""

    pattern: re.Pattern[str]
    example: str

    def parse(self, tag: str) -> tuple[str, str] | None:
        return _role_and_type(self.pattern, tag)


def _role_and_type(pattern: re.Pattern[str], tag: str) -> tuple[str, str] | None:
    match = pattern.fullmatch(tag)
    if match is None:
        return None
    parts = match.groupdict()
    return ROLES[parts["role"].upper()], parts.get("type") or UNNAMED_TYPE


def _styles() -> Iterator[_Style]:
    letters = "".join(ROLES)
    for role in (f"[{letters}]", f"[{letters.lower()}]"):
        for mark in SEPARATORS:
            yield _Style(
                pattern=re.compile(f"(?P<role>{role}){mark}(?P<type>.+)"), example=f"B{mark}X"
            )
        for mark in SEPARATORS:
            yield _Style(
                pattern=re.compile(f"(?P<type>.+){mark}(?P<role>{role})"), example=f"X{mark}B"
            )
    yield _Style(pattern=re.compile("(?P<role>[BIES])"), example="B")


def detect_scheme(sentences: Iterable[Sequence[str]]) -> TagScheme:
    """The scheme of a data set.

    Args:
        sentences: Tags of every sentence of all splits: a single sentence, and even a single split,
            often allows several readings.

    Raises:
        DataError: If a tag is empty or lacks its type, or if no word is outside all entities.
    """
    follows: Counter[tuple[str, str]] = Counter()
    for tags in sentences:
        follows.update(zip(("", *tags), tags, strict=False))
    return scheme_of(follows)


def scheme_of(follows: Mapping[tuple[str, str], int]) -> TagScheme:
    """The scheme of a data set of which only the pairs of neighbouring tags are known.

    Args:
        follows: Tag before (empty at the start of a sentence) and tag, to how often they stand so.

    Raises:
        DataError: If a tag is empty or lacks its type, or if no word is outside all entities.
    """
    vocabulary: Counter[str] = Counter()
    for (_, tag), count in follows.items():
        vocabulary[tag] += count
    if any(not tag.strip() for tag in vocabulary):
        raise DataError("A word has an empty tag.", "Tag words outside all entities with `O`.")
    outside = _outside(vocabulary)
    named = Counter({tag: count for tag, count in vocabulary.items() if tag != outside})
    style = _most_believable_style(named)
    if style is None:
        return _plain(named, outside)
    parsed = {tag: style.parse(tag) or ("I", tag) for tag in named}
    parsed.update(_in_other_case(style, parsed))
    parsed[outside or OUTSIDE] = ("O", "")
    slips = {tag: count for tag, count in named.items() if style.parse(tag) is None}
    _refuse_empty_types(slips)
    return TagScheme(
        name=_name(named, style, follows, parsed),
        style=style.example,
        outside=outside or OUTSIDE,
        parsed=parsed,
        slips=slips,
        pattern=style.pattern,
    )


def _outside(vocabulary: Mapping[str, int]) -> str | None:
    """The tag that means "no entity", or None when none is known."""
    spellings = {tag.upper(): tag for tag in vocabulary} | {tag: tag for tag in vocabulary}
    return next((spellings[word] for word in OUTSIDE_WORDS if word in spellings), None)


def _most_believable_style(named: Counter[str]) -> _Style | None:
    """The style that explains most of the tagged words, or None for plain types."""
    total = named.total()
    best: tuple[float, _Style] | None = None
    for style in _styles():
        found = {tag: match for tag in named if (match := style.pattern.fullmatch(tag))}
        share = sum(named[tag] for tag in found) / total if total else 0.0
        letters = {match["role"] for match in found.values()}
        types = {match.groupdict().get("type") for match in found.values()}
        bare = types.issuperset(named.keys() - found.keys())
        if _admissible(letters, share, bare=bare) and (best is None or share > best[0]):
            best = share, style
    return best[1] if best else None


def _admissible(letters: set[str], share: float, *, bare: bool) -> bool:
    """Whether letters found in this share of the tagged words make a scheme.

    Types such as `E-mail` or `B_cell` look prefixed by chance: a scheme has `B` or `I` (or nothing
    but single-word entities), and when some tags are slips, at least two letters, or all slips are
    the bare types (`bare`) of prefixed tags. Small letters are believed only where they explain
    everything.
    """
    upper = {letter.upper() for letter in letters}
    whole = share == 1.0
    enough = len(letters) >= 2 or bare
    if not whole and (share < ENOUGH_PREFIXED or not enough or letters != upper):
        return False
    return bool(upper & {"B", "I"}) or upper in ({"S"}, {"U"})


def _plain(named: Mapping[str, int], outside: str | None) -> TagScheme:
    if named and outside is None:
        shown = ", ".join(sorted(named)[:5])
        raise DataError(
            f'Every word carries a type ({shown}) and no tag means "no entity".',
            "Tag words outside all entities with `O`, or choose another column with `--columns`.",
        )
    _refuse_empty_types(named, plain=True)
    parsed = {tag: ("I", tag) for tag in named}
    parsed[outside or OUTSIDE] = ("O", "")
    return TagScheme(
        name=SchemeName.PLAIN if named else SchemeName.IOB2,
        style="X",
        outside=outside or OUTSIDE,
        parsed=parsed,
        slips={},
    )


def _in_other_case(
    style: _Style, parsed: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Role and type of tags such as `b-PER` among `B-PER`: known types with a letter of a role."""
    either = re.compile(style.pattern.pattern, re.IGNORECASE)
    known = {kind for tag, (_, kind) in parsed.items() if style.parse(tag)}
    found = {tag: _role_and_type(either, tag) for tag in parsed if not style.parse(tag)}
    return {tag: read for tag, read in found.items() if read is not None and read[1] in known}


def _refuse_empty_types(tags: Mapping[str, int], *, plain: bool = False) -> None:
    empty = [tag for tag in tags if EMPTY_TYPE.fullmatch(tag)]
    empty += [] if plain else [tag for tag in tags if tag in ROLES]
    if empty:
        raise DataError(
            f"The tag {empty[0]!r} ({tags[empty[0]]:,} of them) has no entity type.",
            "Write the type behind the prefix, as in `B-PER`.",
        )


def _name(
    named: Iterable[str],
    style: _Style,
    follows: Mapping[tuple[str, str], int],
    parsed: Mapping[str, tuple[str, str]],
) -> SchemeName:
    letters = {match["role"].upper() for tag in named if (match := style.pattern.fullmatch(tag))}
    if letters & {"L", "U"}:
        return SchemeName.BILOU
    if letters - {"B", "I"}:
        return SchemeName.BIOES
    against = Counter[SchemeName]()
    for (tag_before, tag), count in follows.items():
        before, type_before = parsed.get(tag_before, ("O", ""))
        role, entity_type = parsed[tag]
        neighbours = before in "BI" and entity_type == type_before
        if role == "I" and not neighbours:
            against[SchemeName.IOB2] += count
        if role == "B" and not neighbours:
            against[SchemeName.IOB1] += count
    iob1 = against[SchemeName.IOB2] > against[SchemeName.IOB1]
    return SchemeName.IOB1 if iob1 else SchemeName.IOB2
