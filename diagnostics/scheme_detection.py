"""Tells the tag scheme of a whole data set from its tags and from how they follow each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from diagnostics.errors import DataError
from diagnostics.tag_scheme import OUTSIDE, SchemeName, TagScheme
from diagnostics.tag_styles import EMPTY_TYPE, ROLES, TagStyle, role_and_type, tag_styles

__all__ = ["detect_scheme", "scheme_of"]

OUTSIDE_WORDS = ("O", "o", "0", "OTHER", "OUTSIDE", "NONE", "NIL", "NULL", "_", "-")
"""What data sets write for "no entity", in the order in which it is believed."""

ENOUGH_PREFIXED = 0.9
"""Share of the tagged words that must carry a prefix for the rest to be slips."""


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


def _most_believable_style(named: Counter[str]) -> TagStyle | None:
    """The style that explains most of the tagged words, or None for plain types."""
    total = named.total()
    best: tuple[float, TagStyle] | None = None
    for style in tag_styles():
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
    style: TagStyle, parsed: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, str]]:
    """Role and type of tags such as `b-PER` among `B-PER`: known types with a letter of a role."""
    either = re.compile(style.pattern.pattern, re.IGNORECASE)
    known = {kind for tag, (_, kind) in parsed.items() if style.parse(tag)}
    found = {tag: role_and_type(either, tag) for tag in parsed if not style.parse(tag)}
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
    style: TagStyle,
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
