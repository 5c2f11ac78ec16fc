"""Names that are probably meant to be one: spelled differently, misspelt, or in the plural."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from itertools import combinations

__all__ = ["rare_look_alikes", "same_but_for_writing", "same_look", "similar_names"]

_SEPARATORS = re.compile(r"[-_\s./:]+")
_SHORTEST = 4
"""Letters below which one letter makes another name: `PER` and `PET`."""

_LONG = 6
"""Letters from which two words are hardly ever one letter apart by chance."""

_LOOKS = str.maketrans("01l5|", "OIISI")
"""Characters to the capitals that they look like."""

_LONGEST = 40
_MOST_NAMES = 2_000


def same_but_for_writing(one: str, other: str) -> bool:
    """Whether two names are equal but for capitals and separators."""
    return _plain(one) == _plain(other)


def same_look(one: str, other: str) -> bool:
    """Whether two names differ in look-alikes (`0` and `O`, `1`, `l` and `I`, `5` and `S`)."""
    looks = [name.translate(_LOOKS) for name in (one, other)]
    return not same_but_for_writing(one, other) and same_but_for_writing(*looks)


def rare_look_alikes(counts: Mapping[str, int], *, rare: float) -> set[str]:
    """Return the names that look like one which is spelled otherwise and far more frequent.

    Args:
        counts: Names with how often they occur.
        rare: Share of the other up to which a name is rare.
    """
    most: dict[str, str] = {}
    for name in counts:
        looks = _plain(name.translate(_LOOKS))
        if looks not in most or counts[name] > counts[most[looks]]:
            most[looks] = name
    pairs = ((most[_plain(name.translate(_LOOKS))], name) for name in counts)
    return {name for often, name in pairs if _seldom(counts, (often, name), rare)}


def similar_names(
    counts: Mapping[str, int],
    *,
    rare: float,
    continued: Collection[tuple[str, str]] = (),
) -> list[tuple[str, str]]:
    """Return pairs of names that look like one, the more frequent of each pair first.

    Args:
        counts: Names with how often they occur; only the first 2,000 are looked at.
        rare: Share of the other up to which a short name may be its misspelling.
        continued: Pairs of names of which entities of the first go on as the second: there a
            rare name of any length may be the misspelling.
    """
    near: dict[str, set[str]] = {}
    for name in list(counts)[:_MOST_NAMES]:
        looks = _plain(name[:_LONGEST].translate(_LOOKS))
        for key in {*_shortened(_plain(name)[:_LONGEST]), f"looks {looks}"}:
            near.setdefault(key, set()).add(name)
    pairs = {
        pair
        for names in near.values()
        if len(names) <= 50
        for pair in combinations(sorted(names, key=lambda name: (-counts[name], name)), 2)
    }
    found = [
        pair
        for pair in pairs
        if _alike(*pair, seldom=(seldom := _seldom(counts, pair, rare)))
        or (seldom and (same_look(*pair) or _goes_on(*pair, continued)))
    ]
    return sorted(found, key=lambda pair: (-counts[pair[0]], pair))


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()


def _seldom(counts: Mapping[str, int], pair: tuple[str, str], rare: float) -> bool:
    return counts[pair[1]] <= rare * counts[pair[0]]


def _goes_on(often: str, other: str, continued: Collection[tuple[str, str]]) -> bool:
    short, long = sorted((_plain(often), _plain(other)), key=len)
    return (other, often) in continued and _one_edit(short, long)


def _shortened(name: str) -> set[str]:
    """Return a name without its plural ending, and with one letter less anywhere.

    Two names of one edit, or a word and its plural, always have one of these in common.
    """
    endings = {name, name.removesuffix("es"), name.removesuffix("s")}
    if name.endswith("ies"):
        endings.add(f"{name.removesuffix('ies')}y")
    return endings | {name[:place] + name[place + 1 :] for place in range(len(name))}


def _alike(often: str, other: str, *, seldom: bool) -> bool:
    one, two = _plain(often), _plain(other)
    if one == two:
        return True
    short, long = sorted((one, two), key=len)
    if len(short) < _SHORTEST or _differ_in_a_part(often, other):
        return False
    if long in (f"{short}s", f"{short}es") or long == f"{short.removesuffix('y')}ies":
        return True
    return (len(long) >= _LONG or seldom) and _one_edit(short, long)


def _differ_in_a_part(one: str, other: str) -> bool:
    """Whether a number or a part of its own differs: `ORG1`, `ORG2`; `SIDE_A`, `SIDE_B`."""
    if re.sub(r"\d", "", one) == re.sub(r"\d", "", other):
        return True
    parts, others = _SEPARATORS.split(one.casefold()), _SEPARATORS.split(other.casefold())
    if len(parts) != len(others):
        return False
    different = [pair for pair in zip(parts, others, strict=True) if pair[0] != pair[1]]
    return any(min(map(len, pair)) < _SHORTEST for pair in different)


def _one_edit(short: str, long: str) -> bool:
    """Whether one letter is added, left out, replaced, or exchanged with its neighbour."""
    start = 0
    while start < len(short) and short[start] == long[start]:
        start += 1
    if len(short) < len(long):
        return len(long) == len(short) + 1 and short[start:] == long[start + 1 :]
    rest, other = short[start:], long[start:]
    return rest[1:] == other[1:] or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
