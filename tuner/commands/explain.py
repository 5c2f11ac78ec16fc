"""Explain a rule of `tuner diagnose` or a term of a training log in plain words."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
from collections.abc import Iterator
from textwrap import fill

from rich.text import Text

from diagnostics.checkup import run_rules
from diagnostics.findings import Finding, Flagged
from diagnostics.glossary import TERMS, Term
from diagnostics.report.terminal import evidence_line, fix_line, small_chart
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory
from diagnostics.thresholds import thresholds
from tuner.display.canvas import Canvas, make_console
from tuner.errors import UsageError

__all__ = ["configure", "run"]

SECTION = re.compile(r"^(Why it matters|What to change|Source):\s*", re.MULTILINE)
CHART = 30
"""Most columns of an example's curves."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what to explain."""
    parser.add_argument(
        "topic", metavar="TOPIC", help="a rule (R201 or overfits-metric) or a term (f1, loss, ...)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation."""
    console = make_console()
    canvas = Canvas.of(console)
    for line in _explain(arguments.topic, canvas.width, plain=console.options.ascii_only):
        console.print(line, soft_wrap=True)
    return 0


def _explain(topic: str, width: int, *, plain: bool) -> Iterator[Text]:
    """Return the lines on a topic.

    Raises:
        UsageError: There is no such rule or term; the nearest name is suggested.
    """
    wanted = topic.strip().lower().replace("_", "-").replace(" ", "-")
    rules = {name: rule for rule in run_rules() for name in (rule.id.lower(), rule.name)}
    terms = {name: term for term in TERMS for name in (term.name, *term.aliases)}
    if wanted in rules:
        return _rule_lines(rules[wanted], width, plain=plain)
    if wanted in terms:
        return _term_lines(terms[wanted], width)
    near = difflib.get_close_matches(wanted, [*rules, *terms], n=1)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    raise UsageError(
        f"There is no rule and no term `{topic}`.",
        f"{suggestion}`tuner rules` lists the rules; terms are "
        f"{', '.join(term.name for term in TERMS)}.",
    )


def _term_lines(term: Term, width: int) -> Iterator[Text]:
    yield Text(term.name, style="bold")
    yield Text(fill(term.meaning, width))
    yield Text(fill(f"Example: {term.example}", width))


def _rule_lines(rule: Rule[RunHistory], width: int, *, plain: bool) -> Iterator[Text]:
    """Yield title, sections, evidence, thresholds and a bad and a good example."""
    parts = SECTION.split(inspect.getdoc(type(rule)) or "")
    preview = ", still being tried out: --preview asks it" if rule.preview else ""
    evidence = rule.tier.name.lower()
    yield Text(f"{rule.id} {rule.name} ({rule.severity}, evidence {evidence}{preview})", "bold")
    yield Text(fill(parts[0].strip(), width))
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        told = text.strip()
        yield from _section(heading, told[:1].upper() + told[1:], width)
    yield from _section("Evidence", _computed(rule), width)
    yield from _section("What would change the verdict", rule.doubt, width)
    yield from _threshold_lines(rule, width)
    yield from _example_lines(rule, width, plain=plain)


def _section(heading: str, text: str, width: int) -> Iterator[Text]:
    if text:
        yield Text()
        yield Text(heading, style="bold")
        yield Text(fill(" ".join(text.split()), width))


def _first_finding(rule: Rule[RunHistory], subject: RunHistory) -> Finding | None:
    outcome = rule.judge(subject)
    return outcome.findings[0] if isinstance(outcome, Flagged) else None


def _computed(rule: Rule[RunHistory]) -> str:
    """Return the figures that the rule computes, as its bad examples show them."""
    found = (_first_finding(rule, subject) for subject in rule.bad.values())
    labels = dict.fromkeys(each.label for one in found if one for each in one.evidence)
    return f"It looks at {', '.join(labels)}." if labels else ""


def _threshold_lines(rule: Rule[RunHistory], width: int) -> Iterator[Text]:
    described = field_docs(type(rule))
    known = thresholds(rule)
    if known:
        yield Text()
        yield Text("Thresholds", style="bold")
    for name, value in known.items():
        line = f"{name} = {value}: {described.get(name, '')}"
        yield Text(fill(line, width, subsequent_indent="  "))


def _example_lines(rule: Rule[RunHistory], width: int, *, plain: bool) -> Iterator[Text]:
    """Yield the first bad and the first good example with their curves, the others as captions."""
    yield Text()
    yield Text("Examples", style="bold")
    for place, (caption, subject) in enumerate(rule.bad.items()):
        found = _first_finding(rule, subject)
        message = found.message if found else ""
        yield Text(fill(f"flagged: {caption}. {message}", width, subsequent_indent="  "))
        if place == 0 and found:
            yield from _curves(subject, plain=plain)
            yield from _reasons(found, width)
    for place, (caption, subject) in enumerate(rule.good.items()):
        yield Text(fill(f"fine: {caption}", width, subsequent_indent="  "))
        if place == 0:
            yield from _curves(subject, plain=plain)


def _curves(subject: RunHistory, *, plain: bool) -> Iterator[Text]:
    yield from (Text(f"    {row}") for row in small_chart(subject, columns=CHART, plain=plain))


def _reasons(found: Finding, width: int) -> Iterator[Text]:
    if evidence := evidence_line(found):
        yield Text(fill(f"  Evidence: {evidence}", width, subsequent_indent="    "))
    yield Text(fill(f"  Fix: {fix_line(found.fixes[0])}", width, subsequent_indent="    "))


def field_docs(cls: type) -> dict[str, str]:
    """Return the docstring that follows each field in the source of a class."""
    found = re.findall(
        r'^    (\w+): [^\n=]+ = [^\n]+\n    """(.*?)"""',
        inspect.getsource(cls),
        re.MULTILINE | re.DOTALL,
    )
    return {name: " ".join(text.split()) for name, text in found}
