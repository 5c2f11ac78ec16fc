"""Finds the entities of sentences while a data set is still being read."""

from __future__ import annotations

from collections.abc import Sequence

from diagnostics.measure import Entity
from diagnostics.tag_scheme import TagScheme

__all__ = ["EntityFinder"]


class EntityFinder:
    """Turns tags into entities, by a scheme that was detected on the beginning of the data.

    Where an entity starts does not depend on the scheme's name, only on the role and type of each
    tag: at a begin or a single, after an end, and where the type changes.

    Args:
        scheme: The scheme as far as it is known; None takes each tag but `O` for a type.

    Attributes:
        roles: Every tag met so far to its role (`B`, `I`, `E`, `S`, `O`) and entity type.
    """

    def __init__(self, scheme: TagScheme | None) -> None:
        self.scheme = scheme
        self.roles: dict[str, tuple[str, str]] = dict(scheme.parsed) if scheme else {"O": ("O", "")}
        self.outside = {tag for tag, (role, _) in self.roles.items() if role == "O"}

    def entities(self, tags: Sequence[str]) -> tuple[Entity, ...]:
        """Return the entities of one sentence, in order."""
        if self.outside.issuperset(tags):
            return ()
        found: list[Entity] = []
        roles = self.roles
        start, before, type_before = 0, "O", ""
        for place, tag in enumerate(tags):
            role, kind = roles.get(tag) or self._learn(tag)
            if role == "O":
                if before != "O":
                    found.append(Entity(start, place, type_before))
            elif role in "BS" or before in "OES" or kind != type_before:
                if before != "O":
                    found.append(Entity(start, place, type_before))
                start = place
            before, type_before = role, kind
        if before != "O":
            found.append(Entity(start, len(tags), type_before))
        return tuple(found)

    def agrees_with(self, scheme: TagScheme) -> bool:
        """Whether every tag met was understood as the scheme of the whole data set does."""
        return all(scheme.parsed.get(tag, met) == met for tag, met in self.roles.items())

    def _learn(self, tag: str) -> tuple[str, str]:
        parsed = (self.scheme.parse(tag) if self.scheme else None) or ("I", tag)
        self.roles[tag] = parsed
        return parsed
