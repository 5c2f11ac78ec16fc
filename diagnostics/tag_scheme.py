"""Tag schemes, and how tags of each are converted to IOB2.

IOB1 (`I-` everywhere, `B-` only between neighbours of one type), IOB2 (`B-` at every start), BIOES
and BILOU (also BMES and other letters for the same four roles), with `-`, `_`, `:` or `/` before or
behind the type, and plain types without any scheme, whose runs are taken for entities.
"""

from __future__ import annotations

import enum
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from diagnostics.tag_styles import role_and_type

__all__ = ["OUTSIDE", "ConvertedTags", "SchemeName", "TagScheme", "entities"]

OUTSIDE = "O"


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
        return role_and_type(self.pattern, tag) if self.pattern else None

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
