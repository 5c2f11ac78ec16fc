"""Findings and their fixes as paragraphs of the terminal report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnostics.findings import Finding, Fix, Severity
from diagnostics.fix_plan import plan_fixes
from diagnostics.report._paragraph import BLANK, STYLES, Paragraph, line
from diagnostics.report._phrases import (
    TIERS,
    evidence_sentence,
    first_place,
    fix_sentence,
    passed_over_sentences,
    place_list,
)
from diagnostics.report._text import clean

__all__ = ["finding_paragraphs", "fix_paragraphs"]

_CONTRIBUTORS = 2
"""Rules whose findings are shown in full besides the root cause; others are one line each."""
_CONSEQUENCES = 4
"""Consequences that are shown of each of them."""
_REMARKS = 7
"""Findings that are shown in one line each."""


def finding_paragraphs(
    findings: Sequence[Finding], *, verbose: bool, base: str = ""
) -> Iterator[Paragraph]:
    """Yield the root cause, what follows from it, what adds to it, and the folded rest.

    Args:
        findings: Root causes first, each before its consequences.
        verbose: Show every root cause in full.
        base: Folder that is not repeated in front of every place.
    """
    worst = _worst(findings)
    roots: dict[str, list[Finding]] = {}
    for found in findings:
        if found.consequence_of is None:
            roots.setdefault(found.rule, []).append(found)
    grave = [rule for rule in roots if worst[rule] is not Severity.INFO]
    full = list(roots) if verbose else grave[: 1 + _CONTRIBUTORS]
    for rule in full:
        role = "Root cause: " if grave and rule == grave[0] else "Also: " if rule in grave else ""
        first, *others = roots[rule]
        yield from _in_full(first, role, base)
        for other in others:
            yield from _in_full(other, "", base) if verbose else [_one_line(other, "", 2, base)]
        follow = [found for found in findings if found.consequence_of == rule]
        shown = follow if verbose else follow[:_CONSEQUENCES]
        yield from (_one_line(found, f"follows from {rule}. ", 2, base) for found in shown)
        yield from _more(len(follow) - len(shown), f"from {rule}")
        yield BLANK
    rest = [found for found in findings if found.rule not in full]
    yield from _folded(findings, rest, full, base=base, most=None if verbose else _REMARKS)


def _worst(findings: Sequence[Finding]) -> dict[str, Severity]:
    """Return, for each root cause, the gravest severity of it and of what follows from it."""
    worst: dict[str, Severity] = {}
    for found in findings:
        root = found.consequence_of or found.rule
        worst[root] = min(found.severity, worst.get(root, found.severity), key=lambda s: s.rank)
    return worst


def _folded(
    findings: Sequence[Finding],
    rest: Sequence[Finding],
    full: Sequence[str],
    *,
    base: str,
    most: int | None,
) -> Iterator[Paragraph]:
    """Yield a line for each finding that is not shown in full, nor below one that is."""
    folded = [found for found in rest if found.consequence_of not in full]
    if folded:
        yield line("Further remarks" if full else "Remarks", "bold")
    known = {found.rule for found in findings}
    for found in folded[:most]:
        if found.consequence_of is None:
            yield _one_line(found, "", 2, base)
        else:
            indent = 4 if found.consequence_of in known else 2
            yield _one_line(found, f"follows from {found.consequence_of}. ", indent, base)
    yield from _more(len(folded) - len(folded[:most]), "findings")
    if folded:
        yield BLANK


def _more(count: int, relation: str) -> Iterator[Paragraph]:
    if count > 0:
        yield line(f"and {count} more {relation}: -v shows them", "dim", indent=2)


def _in_full(found: Finding, role: str, base: str) -> Iterator[Paragraph]:
    # A remark is the root cause where a rule of thumb explains an error; it is no error itself.
    grade = "" if role and found.severity is Severity.INFO else f"{found.severity.upper()} "
    head = f"{grade}{found.rule} {found.name}"
    tier = f" ({TIERS[found.tier]})"
    yield Paragraph(parts=((role, "bold"), (head, STYLES[found.severity]), (tier, "dim")))
    yield line(clean(found.message), indent=2)
    for text in place_list(found, base):
        yield Paragraph(parts=((f"at {clean(text)}", ""),), indent=4, wrapped=False, cut=True)
    if evidence := evidence_sentence(found):
        yield line(f"Evidence: {clean(evidence)}", indent=2, hanging=2)
    if found.doubt:
        yield line(f"Doubt: {clean(found.doubt)}", "dim", indent=2)


def _one_line(found: Finding, relation: str, indent: int, base: str) -> Paragraph:
    head = (f"{found.severity} {found.rule} {found.name}: ", STYLES[found.severity])
    first = clean(first_place(found, base))
    return Paragraph(
        parts=(
            head,
            (f"{relation}{clean(found.message)}", ""),
            (f" ({first})" if first else "", "dim"),
        ),
        indent=indent,
        hanging=2,
    )


def fix_paragraphs(findings: Sequence[Finding], *, verbose: bool) -> Iterator[Paragraph]:
    """Yield the fixes that go together, each with its alternatives where there is room."""
    plan = plan_fixes(findings)
    if not plan.changes and not plan.by_hand:
        return
    chosen = [planned.fix for planned in (*plan.changes, *plan.by_hand)]
    rules = list(dict.fromkeys(p.rule for p in (*plan.changes, *plan.by_hand)))
    rules.sort(key=[found.rule for found in findings].index)
    for place, rule in enumerate(rules if verbose else rules[: 1 + _CONTRIBUTORS]):
        every = (fix for found in findings if found.rule == rule for fix in found.fixes)
        offered = list(dict.fromkeys(every))
        own = [fix for fix in offered if fix in chosen]
        rest = [fix for fix in offered if fix not in chosen] if verbose or place == 0 else []
        yield from _fix_lines(rule, own, rest)
    yield from (line(clean(text), "dim", indent=2) for text in passed_over_sentences(plan))
    yield BLANK


def _fix_lines(rule: str, own: Sequence[Fix], rest: Sequence[Fix]) -> Iterator[Paragraph]:
    for number, fix in enumerate(own):
        head = f"Fix for {rule}: " if number == 0 else "and: "
        yield _fix_line(head, fix, rule, indent=2 * (number > 0))
    for fix in rest:
        yield _fix_line("or: ", fix, rule, indent=2)


def _fix_line(head: str, fix: Fix, rule: str, *, indent: int) -> Paragraph:
    parts = ((head, "bold green"), (clean(fix_sentence(fix, rule=rule)), ""))
    return Paragraph(parts=parts, indent=indent, hanging=4)
