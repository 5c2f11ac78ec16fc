"""Which tag of a scheme was probably meant by one that does not follow it."""

from __future__ import annotations

import re

from diagnostics.rules.data._evidence.similar_names import same_but_for_writing
from diagnostics.tag_scheme import TagScheme
from diagnostics.tag_styles import ROLES, SEPARATORS

__all__ = ["meant_tags"]

_OUTSIDE = frozenset({"0", "o", "_", "-", "outside", "none", "nil", "null"})


def meant_tags(tag: str, reading: TagScheme) -> tuple[str, ...]:
    """Return the tag that was probably meant, or two: at the first word, and at the others.

    Args:
        tag: One of the slips.
        reading: How the tags are read; its other tags are what may have been meant.
    """
    if tag.casefold() in _OUTSIDE:
        return (reading.outside,)
    proper = [other for other in reading.parsed if other not in reading.slips]
    types = sorted({kind for other in proper if (kind := reading.parsed[other][1])})
    letters = sorted({letter for other in proper if (letter := _letter(other, reading))} | {*"BI"})
    for kind in types:
        for letter in letters:
            written = _written(letter, kind, reading)
            if same_but_for_writing(written, tag):
                return (written,)
    kind = next((known for known in types if same_but_for_writing(known, tag)), tag)
    parted = _parted(tag, reading)
    if kind == tag and parted is not None and parted[0] in letters:
        return (_written(*parted, reading),)
    return (_written("B", kind, reading), _written("I", kind, reading))


def _in_front(reading: TagScheme) -> bool:
    return reading.style.startswith("B")


def _letter(tag: str, reading: TagScheme) -> str:
    letter = tag[:1] if _in_front(reading) else tag[-1:]
    return letter if letter.upper() in ROLES and tag != reading.outside else ""


def _written(letter: str, kind: str, reading: TagScheme) -> str:
    mark = reading.style.strip("BX")
    return f"{letter}{mark}{kind}" if _in_front(reading) else f"{kind}{mark}{letter}"


def _parted(tag: str, reading: TagScheme) -> tuple[str, str] | None:
    """Return letter and type of a tag with another separator or case of the letter."""
    letter, kind = f"(?P<letter>[{''.join(ROLES)}])", "(?P<kind>.+)"
    parts = (letter, kind) if _in_front(reading) else (kind, letter)
    match = re.fullmatch(f"[{SEPARATORS}]".join(parts), tag, re.IGNORECASE)
    return (match["letter"].upper(), match["kind"]) if match else None
