"""The report for comments on pull requests: GitHub-flavoured Markdown.

What strangers wrote is escaped for Markdown and HTML: it can neither format, link, mention anyone
nor close a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, TextIO

from diagnostics.findings import Finding
from diagnostics.judgement import Checkup
from diagnostics.report._overview import tally, word, worst_first
from diagnostics.report._phrases import TIERS, evidence_sentence, fix_sentence, place_list
from diagnostics.report._presenter import presenter_of
from diagnostics.report._table import Table
from diagnostics.report._text import clean
from diagnostics.report._verdict import unjudged, verdict
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions

__all__ = ["Markdown", "escaped"]

_SPECIAL = re.compile(r"[\\`*\[\]|~!<>&@#$]|(?<![^\W_])_|_(?![^\W_])|(?<=:)//|(?<=[wW]{3})\.")
"""Every sign that could begin formatting, a table cell, HTML, a mention, a reference, mathematics
or a link; underscores inside words begin nothing."""


def escaped(value: object) -> str:
    """Return a value as one line of Markdown that shows as it is, whatever it holds."""
    return _SPECIAL.sub(lambda found: "".join(map(_entity, found[0])), clean(value))


def _entity(sign: str) -> str:
    return f"&#{ord(sign)};"


class Markdown(ReportFormat):
    """Verdict and table of findings per checkup, the rest folded away."""

    name: ClassVar[str] = "markdown"

    def write(
        self,
        checkups: Sequence[Checkup[Any]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write one section per checkup, after a table of all where there are several."""
        if options.overview or len(checkups) != 1 or options.unread:
            checkups = worst_first(checkups) if options.overview else checkups
            stream.writelines(f"{line}\n" for line in _overview(checkups, options))
        if options.overview and not options.verbose:
            for checkup in checkups if options.fix_command else ():
                stream.writelines(f"{line}\n" for line in _command(checkup, named=True))
            return
        for checkup in checkups:
            stream.writelines(f"{line}\n" for line in _checkup(checkup, options))


def _overview(checkups: Sequence[Checkup[Any]], options: ReportOptions) -> Iterator[str]:
    yield f"## {escaped(tally(checkups, options.unread))}"
    yield ""
    yield f"| Verdict | {_heading(checkups)} | First finding |"
    yield "|---|---|---|"
    for checkup in checkups:
        first = f"{checkup.findings[0].rule} {checkup.findings[0].name}" if checkup.findings else ""
        source = presenter_of(checkup.subject).source(checkup.subject)
        yield f"| {word(checkup)} | {escaped(source)} | {escaped(first)} |"
    for each in options.unread:
        yield f"| not read | {escaped(each.path)} | {escaped(each.message)} |"
    yield ""


def _checkup(checkup: Checkup[Any], options: ReportOptions) -> Iterator[str]:
    subject, presenter = checkup.subject, presenter_of(checkup.subject)
    yield f"### {escaped(verdict(checkup))}"
    yield ""
    yield f"{presenter.place}: {escaped(presenter.source(subject))}"
    facts = [*presenter.facts(subject), presenter.highlight(subject)]
    told = escaped(", ".join(fact for fact in facts if fact))
    yield f"<br>{presenter.noun[0].capitalize()}: {told}"
    yield ""
    for table in presenter.tables(subject):
        yield from _facts_table(table)
    if checkup.findings:
        yield from _table(checkup.findings)
    if options.fix_command:
        yield from _command(checkup)
    yield from _folded(checkup)


def _command(checkup: Checkup[Any], *, named: bool = False) -> Iterator[str]:
    presenter = presenter_of(checkup.subject)
    text = presenter.fix_command(checkup)
    if text and named:
        yield from (f"{presenter.place}: {escaped(presenter.source(checkup.subject))}", "")
    if text:
        # Indented code shows everything as it is and, unlike a fence, cannot be closed.
        yield from (f"    {line}" for line in text.split("\n"))
        yield ""


def _heading(checkups: Sequence[Checkup[Any]]) -> str:
    """Return what the paths of an overview are; runs when nothing could be judged."""
    nouns = {presenter_of(checkup.subject).noun[0] for checkup in checkups} or {"run"}
    return nouns.pop().capitalize() if len(nouns) == 1 else "Subject"


def _facts_table(table: Table) -> Iterator[str]:
    for place, row in enumerate((table.head, *table.rows)):
        yield f"| {' | '.join(map(escaped, row))} |"
        if place == 0:
            yield "|---" * len(row) + "|"
    yield ""
    if table.rest:
        yield from (escaped(table.rest), "")


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    yield "| | Finding | What was seen | What to change |"
    yield "|---|---|---|---|"
    for found in findings:
        role = "" if found.consequence_of is None else f" (follows from {found.consequence_of})"
        head = escaped(f"{found.rule} {found.name}{role}")
        seen = escaped(found.message)
        if places := place_list(found):
            seen += f"<br>At {'<br>'.join(map(escaped, places))}"
        if evidence := evidence_sentence(found):
            seen += f"<br>{TIERS[found.tier].capitalize()}: {escaped(evidence)}"
        fixes = (
            ""
            if role
            else "<br>or: ".join(escaped(fix_sentence(fix, rule=found.rule)) for fix in found.fixes)
        )
        yield f"| {found.severity} | {head} | {seen} | {fixes} |"
    yield ""


def _folded(checkup: Checkup[Any]) -> Iterator[str]:
    """Yield what most readers need not see, closed until clicked."""
    lines = [
        f"- {escaped(reason)}: {escaped(', '.join(rules))}" for reason, rules in unjudged(checkup)
    ]
    if lines:
        rules = len(checkup.not_judged)
        yield f"<details><summary>Not judged by {rules} of the rules, because</summary>"
        yield from ("", *lines, "", "</details>", "")
    for off in checkup.switched_off:
        reason = f": {escaped(off.reason)}" if off.reason else ""
        yield f"- Switched off: {escaped(f'{off.rule.id} {off.rule.name}')}{reason}"
    for failed, error in checkup.crashed:
        yield f"- Rule {failed.id} failed, please report it: {escaped(error)}"
    presenter = presenter_of(checkup.subject)
    for note in presenter.notes(checkup.subject):
        yield f"- Note: {escaped(note)}"
    for command, what in presenter.next_commands(checkup):
        yield f"- Next: {escaped(command)} ({escaped(what)})"
    if checkup.others:
        yield f"- Also there, not judged: {escaped(', '.join(map(str, checkup.others)))}"
    yield ""
