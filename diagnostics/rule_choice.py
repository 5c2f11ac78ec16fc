"""Puts options and the settings of a project together: which rules are asked about a subject."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from diagnostics.judgement import SwitchedOff, all_rules
from diagnostics.rule import Rule
from diagnostics.selection import Selection, matching, split_names
from diagnostics.settings import Settings

__all__ = ["chosen_rules"]

Subject = TypeVar("Subject")


def chosen_rules(
    rules: Sequence[Rule[Subject]],
    *,
    select: Iterable[str] = (),
    ignore: Iterable[str] | Mapping[str, str] = (),
    preview: bool = False,
    settings: Settings | None = None,
) -> tuple[tuple[Rule[Subject], ...], tuple[SwitchedOff[Subject], ...]]:
    """Return the rules to ask, with the thresholds of the project, and those switched off.

    Options come before settings; what either of them ignores is ignored. A selection in the
    settings that names no rule about this subject leaves all of them: it is about other subjects.

    Args:
        rules: All rules about the subject.
        select: Identifiers, names or beginnings of them; only these rules are asked.
        ignore: The same for rules that are not asked; a mapping gives the reason of each.
        preview: Ask rules that are still being tried out, too.
        settings: What a project's file says; None is no file.

    Raises:
        DiagnosticsError: A rule is unknown, or none is left to ask.
    """
    told = settings or Settings()
    names = dict.fromkeys(split_names(ignore), "") if not isinstance(ignore, Mapping) else ignore
    asked = split_names(select)
    if not asked and told.select and matching(told.select, all_rules()) & set(rules):
        asked = told.select
    selection = Selection(select=asked, ignore={**names, **told.ignore}, preview=preview)
    known: Sequence[Rule[Any]] = all_rules() if selection.select or selection.ignore else rules
    return selection.choose(told.adjusted(rules), known=known)
