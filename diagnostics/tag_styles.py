"""How a single tag is written: where its role stands, behind which sign, in which letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["EMPTY_TYPE", "ROLES", "SEPARATORS", "TagStyle", "role_and_type", "tag_styles"]

ROLES = {"B": "B", "I": "I", "M": "I", "E": "E", "L": "E", "S": "S", "U": "S", "W": "S"}
"""Letter in a tag to its role: begin, inside, end, single."""

SEPARATORS = "-_:/"
EMPTY_TYPE = re.compile(f"[{''.join(ROLES)}][{SEPARATORS}]|[{SEPARATORS}]+[{''.join(ROLES)}]?")
"""Finds a tag that has lost its type, such as `B-`."""

UNNAMED_TYPE = "ENTITY"
"""Type given to entities that are tagged with the bare letters `B` and `I`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagStyle:
    """Where the role stands in a tag: before or behind the type, and behind which separator.

    Attributes:
        pattern: Finds the `role` and the `type`.
        example: A tag of it, such as `B-X`.
    """

    pattern: re.Pattern[str]
    example: str

    def parse(self, tag: str) -> tuple[str, str] | None:
        """Return the role and the type of a tag; None when it is written otherwise."""
        return role_and_type(self.pattern, tag)


def role_and_type(pattern: re.Pattern[str], tag: str) -> tuple[str, str] | None:
    """Return the role and the type that a pattern finds in a tag; None when it does not fit."""
    match = pattern.fullmatch(tag)
    if match is None:
        return None
    parts = match.groupdict()
    return ROLES[parts["role"].upper()], parts.get("type") or UNNAMED_TYPE


def tag_styles() -> Iterator[TagStyle]:
    """Yield every style that is known, the most usual first."""
    letters = "".join(ROLES)
    for role in (f"[{letters}]", f"[{letters.lower()}]"):
        for mark in SEPARATORS:
            yield TagStyle(
                pattern=re.compile(f"(?P<role>{role}){mark}(?P<type>.+)"), example=f"B{mark}X"
            )
        for mark in SEPARATORS:
            yield TagStyle(
                pattern=re.compile(f"(?P<type>.+){mark}(?P<role>{role})"), example=f"X{mark}B"
            )
    yield TagStyle(pattern=re.compile("(?P<role>[BIES])"), example="B")
