"""Which rules are asked: chosen by identifier, name or the beginning of either."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from diagnostics.errors import DiagnosticsError
from diagnostics.judgement import SwitchedOff
from diagnostics.rule import Rule

__all__ = ["Selection", "matching", "rule_named", "split_names"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A choice of rules.

    Attributes:
        select: Only rules that match one of these; empty takes all.
        ignore: Not the rules that match one of these, whatever is selected; the value is the
            reason, which reports show, and may be empty.
        preview: Whether rules that are still being tried out take part.
    """

    select: tuple[str, ...] = ()
    ignore: Mapping[str, str] = field(default_factory=dict)
    preview: bool = False

    def choose(
        self, rules: Sequence[Rule[Any]], *, known: Sequence[Rule[Any]] | None = None
    ) -> tuple[tuple[Rule[Any], ...], tuple[SwitchedOff[Any], ...]]:
        """Return the rules to ask, and those that were switched off with the reason.

        Args:
            rules: The rules to choose from.
            known: All rules that may be named, also those about other subjects; None: `rules`.

        Raises:
            DiagnosticsError: A name matches no rule, or nothing is left to ask.
        """
        named = rules if known is None else known
        chosen_ids = {rule.id for rule in matching(self.select, named) if self.select}
        wanted = [rule for rule in rules if not self.select or rule.id in chosen_ids]
        if not wanted:
            raise DiagnosticsError(
                f"No rule among {', '.join(self.select)} is about what is judged here.",
                "`tuner rules` lists the rules: R... are about runs, D... about data, E... about "
                "the environment.",
            )
        reasons = {
            rule.id: reason
            for pattern, reason in self.ignore.items()
            for rule in matching([pattern], named)
        }
        allowed = [rule for rule in wanted if self.preview or not rule.preview]
        if not allowed:
            names = ", ".join(sorted(rule.name for rule in wanted))
            raise DiagnosticsError(
                f"What was selected is still being tried out: {names}.",
                "Add --preview to hear it.",
            )
        chosen = tuple(rule for rule in allowed if rule.id not in reasons)
        if not chosen:
            raise DiagnosticsError(
                "Every selected rule is ignored: nothing would be judged.",
                "Select more, or ignore less.",
            )
        off = tuple(
            SwitchedOff(rule=rule, reason=reasons[rule.id])
            for rule in allowed
            if rule.id in reasons
        )
        return chosen, off


def split_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names in lists such as `R101,overfits-metric`, each once and in their order."""
    parts = (part.strip() for text in texts for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def rule_named(name: str, rules: Sequence[Rule[Any]]) -> Rule[Any]:
    """Return the one rule with an identifier or a name.

    Raises:
        DiagnosticsError: There is none; the nearest name is suggested.
    """
    folded = _folded(name)
    for rule in rules:
        if folded in (rule.id.lower(), rule.name):
            return rule
    raise _unknown(name, rules)


def matching(patterns: Iterable[str], rules: Sequence[Rule[Any]]) -> set[Rule[Any]]:
    """Return the rules whose identifier or name is, or else begins with, one of the patterns.

    Raises:
        DiagnosticsError: A pattern matches no rule; the nearest name is suggested.
    """
    matched: set[Rule[Any]] = set()
    for pattern in patterns:
        folded = _folded(pattern)
        found = [rule for rule in rules if folded in (rule.id.lower(), rule.name)] or [
            rule for rule in rules if rule.id.lower().startswith(folded)
        ]
        found = found or [rule for rule in rules if rule.name.startswith(folded)]
        if not folded or not found:
            raise _unknown(pattern, rules)
        matched |= set(found)
    return matched


def _folded(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _unknown(name: str, rules: Sequence[Rule[Any]]) -> DiagnosticsError:
    known = [text for rule in rules for text in (rule.id, rule.name)]
    near = difflib.get_close_matches(name.strip(), known, n=1) or difflib.get_close_matches(
        _folded(name), [text.lower() for text in known], n=1
    )
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    return DiagnosticsError(
        f"There is no rule `{name}`.", f"{suggestion}`tuner rules` lists the rules."
    )
