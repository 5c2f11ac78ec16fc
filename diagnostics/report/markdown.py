"""The report for comments on pull requests: GitHub-flavoured Markdown.

What strangers wrote is escaped for Markdown and HTML: it can neither format, link, mention anyone
nor close a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar, TextIO

from diagnostics.findings import Finding
from diagnostics.judgement import Checkup
from diagnostics.report._curves import best_mark
from diagnostics.report._facts import run_facts, unjudged, verdict
from diagnostics.report._fix_command import fix_command
from diagnostics.report._overview import tally, word, worst_first
from diagnostics.report._phrases import TIERS, evidence_sentence, fix_sentence
from diagnostics.report._text import clean
from diagnostics.report_format import DEFAULT_OPTIONS, ReportFormat, ReportOptions
from diagnostics.subjects.run_history import RunHistory

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
    """Verdict and table of findings per run, the rest folded away."""

    name: ClassVar[str] = "markdown"

    def write(
        self,
        checkups: Sequence[Checkup[RunHistory]],
        stream: TextIO,
        options: ReportOptions = DEFAULT_OPTIONS,
    ) -> None:
        """Write one section per run, after a table of all where there are several."""
        if options.overview or len(checkups) != 1 or options.unread:
            checkups = worst_first(checkups) if options.overview else checkups
            stream.writelines(f"{line}\n" for line in _overview(checkups, options))
        if options.overview and not options.verbose:
            return
        for checkup in checkups:
            stream.writelines(f"{line}\n" for line in _run(checkup, options))


def _overview(checkups: Sequence[Checkup[RunHistory]], options: ReportOptions) -> Iterator[str]:
    yield f"## {escaped(tally(checkups, options.unread))}"
    yield ""
    yield "| Verdict | Run | First finding |"
    yield "|---|---|---|"
    for checkup in checkups:
        first = f"{checkup.findings[0].rule} {checkup.findings[0].name}" if checkup.findings else ""
        yield f"| {word(checkup)} | {escaped(checkup.subject.source)} | {escaped(first)} |"
    for each in options.unread:
        yield f"| not read | {escaped(each.path)} | {escaped(each.message)} |"
    yield ""


def _run(checkup: Checkup[RunHistory], options: ReportOptions) -> Iterator[str]:
    run = checkup.subject
    yield f"### {escaped(verdict(checkup))}"
    yield ""
    yield f"Log: {escaped(run.source)}"
    facts = [*run_facts(run), best_mark(run)]
    yield f"<br>Run: {escaped(', '.join(fact for fact in facts if fact))}"
    yield ""
    if checkup.findings:
        yield from _table(checkup.findings)
    if options.fix_command and (text := fix_command(checkup)):
        # Indented code shows everything as it is and, unlike a fence, cannot be closed.
        yield from (f"    {line}" for line in text.split("\n"))
        yield ""
    yield from _folded(checkup)


def _table(findings: Sequence[Finding]) -> Iterator[str]:
    yield "| | Finding | What was seen | What to change |"
    yield "|---|---|---|---|"
    for found in findings:
        role = "" if found.consequence_of is None else f" (follows from {found.consequence_of})"
        head = escaped(f"{found.rule} {found.name}{role}")
        seen = escaped(found.message)
        if evidence := evidence_sentence(found):
            seen += f"<br>{TIERS[found.tier].capitalize()}: {escaped(evidence)}"
        fixes = "" if role else "<br>or: ".join(escaped(fix_sentence(fix)) for fix in found.fixes)
        yield f"| {found.severity} | {head} | {seen} | {fixes} |"
    yield ""


def _folded(checkup: Checkup[RunHistory]) -> Iterator[str]:
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
    for note in checkup.subject.notes:
        yield f"- Note: {escaped(note)}"
    if checkup.others:
        yield f"- Also there, not judged: {escaped(', '.join(map(str, checkup.others)))}"
    yield ""
