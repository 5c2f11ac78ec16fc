"""Explain a rule, or a term of training and of labelled data, in plain words."""

from __future__ import annotations

import argparse
import difflib
import inspect
import re
from collections.abc import Iterator
from textwrap import fill
from typing import Any

from rich.text import Text

from diagnostics.data_glossary import DATA_TERMS
from diagnostics.findings import Finding
from diagnostics.glossary import TERMS, Term
from diagnostics.judgement import all_rules
from diagnostics.report.terminal import evidence_line, fix_line, place_lines
from diagnostics.rule import Rule
from diagnostics.thresholds import thresholds
from tuner.commands._rule_examples import drawn, first_finding
from tuner.display.canvas import Canvas, make_console
from tuner.errors import UsageError

__all__ = ["configure", "run"]

ALL_TERMS = (*TERMS, *DATA_TERMS)
SECTION = re.compile(r"^(Why it matters|What to change|Source):\s*", re.MULTILINE)


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
    terms = {name: term for term in ALL_TERMS for name in (term.name, *term.aliases)}
    if wanted in terms:  # before the rules, of which two hundred files would be imported
        return _term_lines(terms[wanted], width)
    rules = {name: rule for rule in all_rules() for name in (rule.id.lower(), rule.name)}
    if wanted in rules:
        return _rule_lines(rules[wanted], width, plain=plain)
    near = difflib.get_close_matches(wanted, [*rules, *terms], n=1)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    raise UsageError(
        f"There is no rule and no term `{topic}`.",
        f"{suggestion}`tuner rules` lists the rules; terms are "
        f"{', '.join(sorted(term.name for term in ALL_TERMS))}.",
    )


def _term_lines(term: Term, width: int) -> Iterator[Text]:
    yield Text(term.name, style="bold")
    yield Text(fill(term.meaning, width))
    yield Text(fill(f"Example: {term.example}", width))


def _rule_lines(rule: Rule[Any], width: int, *, plain: bool) -> Iterator[Text]:
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


def _computed(rule: Rule[Any]) -> str:
    """Return the figures that the rule computes, as its bad examples show them."""
    found = (first_finding(rule, example) for example in rule.bad.values())
    labels = dict.fromkeys(each.label for one in found if one for each in one.evidence)
    return f"It looks at {', '.join(labels)}." if labels else ""


def _threshold_lines(rule: Rule[Any], width: int) -> Iterator[Text]:
    described = field_docs(type(rule))
    known = thresholds(rule)
    if known:
        yield Text()
        yield Text("Thresholds", style="bold")
    for name, value in known.items():
        line = f"{name} = {value}: {described.get(name, '')}"
        yield Text(fill(line, width, subsequent_indent="  "))


def _example_lines(rule: Rule[Any], width: int, *, plain: bool) -> Iterator[Text]:
    """Yield the first bad and the first good example as drawings, the others as captions."""
    yield Text()
    yield Text("Examples", style="bold")
    for place, (caption, example) in enumerate(rule.bad.items()):
        found = first_finding(rule, example)
        message = found.message if found else ""
        yield Text(fill(f"flagged: {caption}. {message}", width, subsequent_indent="  "))
        if place == 0 and found:
            yield from _drawn(example, plain=plain)
            yield from _reasons(found, width)
    for place, (caption, example) in enumerate(rule.good.items()):
        yield Text(fill(f"fine: {caption}", width, subsequent_indent="  "))
        if place == 0:
            yield from _drawn(example, plain=plain)


def _drawn(example: object, *, plain: bool) -> Iterator[Text]:
    yield from (Text(f"    {row}") for row in drawn(example, plain=plain))


def _reasons(found: Finding, width: int) -> Iterator[Text]:
    for place in place_lines(found)[:1]:
        yield Text(fill(f"  At {place}", width, subsequent_indent="    "))
    if evidence := evidence_line(found):
        yield Text(fill(f"  Evidence: {evidence}", width, subsequent_indent="    "))
    yield Text(
        fill(f"  Fix: {fix_line(found.fixes[0], rule=found.rule)}", width, subsequent_indent="    ")
    )


def field_docs(cls: type) -> dict[str, str]:
    """Return the docstring that follows each field in the source of a class."""
    found = re.findall(
        r'^    (\w+): [^\n=]+ = [^\n]+\n    """(.*?)"""',
        inspect.getsource(cls),
        re.MULTILINE | re.DOTALL,
    )
    return {name: " ".join(text.split()) for name, text in found}
