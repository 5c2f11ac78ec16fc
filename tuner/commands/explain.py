"""Explain a rule of `tuner diagnose` or a term of a training log in plain words."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields
from textwrap import fill

from rich.text import Text

from diagnostics.checkup import run_rules
from diagnostics.findings import Flagged
from diagnostics.glossary import TERMS, Term
from diagnostics.rule import Rule
from diagnostics.subjects.run_history import RunHistory
from tuner.display.canvas import Canvas, make_console
from tuner.errors import UsageError

__all__ = ["configure", "run"]

SECTION = re.compile(r"^(Why it matters|What to change|Source):\s*", re.MULTILINE)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add what to explain."""
    parser.add_argument(
        "topic", metavar="TOPIC", help="a rule (R201 or overfits-metric) or a term (f1, loss, ...)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the explanation."""
    console = make_console()
    width = Canvas.of(console).width
    for line in _explain(arguments.topic, width):
        console.print(line, soft_wrap=True)
    return 0


def _explain(topic: str, width: int) -> Iterator[Text]:
    """Return the lines on a topic.

    Raises:
        UsageError: There is no such rule or term; the nearest name is suggested.
    """
    wanted = topic.strip().lower().replace("_", "-").replace(" ", "-")
    rules = {name: rule for rule in run_rules() for name in (rule.id.lower(), rule.name)}
    terms = {term.name: term for term in TERMS}
    if wanted in rules:
        return _rule_lines(rules[wanted], width)
    if wanted in terms:
        return _term_lines(terms[wanted], width)
    near = difflib.get_close_matches(wanted, [*rules, *terms], n=1)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    raise UsageError(
        f"There is no rule and no term `{topic}`.",
        f"{suggestion}`tuner rules` lists the rules; terms are {', '.join(terms)}.",
    )


def _term_lines(term: Term, width: int) -> Iterator[Text]:
    yield Text(term.name, style="bold")
    yield Text(fill(term.meaning, width))
    yield Text(fill(f"Example: {term.example}", width))


def _rule_lines(rule: Rule[RunHistory], width: int) -> Iterator[Text]:
    """Yield title, sections, thresholds and one bad and one good example."""
    parts = SECTION.split(inspect.getdoc(type(rule)) or "")
    yield Text(
        f"{rule.id} {rule.name} ({rule.severity}, evidence {rule.tier.name.lower()})", "bold"
    )
    yield Text(fill(parts[0].strip(), width))
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        yield Text()
        yield Text(heading, style="bold")
        yield Text(fill(text[:1].upper() + text[1:].strip(), width))
    yield Text()
    yield Text("What would change the verdict", style="bold")
    yield Text(fill(rule.doubt, width))
    yield from _threshold_lines(rule, width)
    yield from _example_lines(rule, width)


def _threshold_lines(rule: Rule[RunHistory], width: int) -> Iterator[Text]:
    described = field_docs(type(rule))
    named = [field for field in fields(rule) if field.default is not MISSING]
    if named:
        yield Text()
        yield Text("Thresholds", style="bold")
    for field in named:
        line = f"{field.name} = {field.default}: {described.get(field.name, '')}"
        yield Text(fill(line, width, subsequent_indent="  "))


def _example_lines(rule: Rule[RunHistory], width: int) -> Iterator[Text]:
    yield Text()
    yield Text("Examples", style="bold")
    for caption, subject in rule.bad.items():
        outcome = rule.judge(subject)
        message = outcome.findings[0].message if isinstance(outcome, Flagged) else ""
        yield Text(fill(f"flagged: {caption}. {message}", width, subsequent_indent="  "))
    for caption in rule.good:
        yield Text(fill(f"fine: {caption}", width, subsequent_indent="  "))


def field_docs(cls: type) -> dict[str, str]:
    """Return the docstring that follows each field in the source of a class."""
    found = re.findall(
        r'^    (\w+): \w+ = [^\n]+\n    """(.*?)"""',
        inspect.getsource(cls),
        re.MULTILINE | re.DOTALL,
    )
    return {name: " ".join(text.split()) for name, text in found}
