"""Fixes that are applied together never contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.findings import Finding, Fix, Severity, Tier
from diagnostics.fix_plan import is_applicable, plan_fixes, quantity


def finding(
    rule: str,
    *fixes: Fix,
    severity: Severity = Severity.WARNING,
    consequence_of: str | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        name="some-name",
        severity=severity,
        tier=Tier.STATISTICAL,
        message="Seen.",
        evidence=(),
        fixes=fixes,
        consequence_of=consequence_of,
    )


def fix(parameter: str | None, new: float | str | None, old: float | None = None) -> Fix:
    return Fix(text="Do it.", parameter=parameter, old=old, new=new)


def planned(findings: Sequence[Finding]) -> list[tuple[str, object, object]]:
    return [(p.rule, p.fix.parameter, p.fix.new) for p in plan_fixes(findings).changes]


def test_the_root_cause_decides_and_its_rival_is_named() -> None:
    findings = [finding("R201", fix("epochs", 4, 8)), finding("R105", fix("epochs", 12, 8))]
    plan = plan_fixes(findings)
    assert planned(findings) == [("R201", "epochs", 4)]
    (passed,) = plan.passed_over
    assert (passed.rule, passed.fix.new, passed.winner.rule) == ("R105", 12, "R201")


def test_two_names_of_one_thing_are_one_thing() -> None:
    findings = [finding("R107", fix("max_steps", 900)), finding("R105", fix("epochs", 12))]
    assert planned(findings) == [("R107", "max_steps", 900)]


def test_the_next_best_fix_is_taken_where_the_best_is_taken_already() -> None:
    findings = [
        finding("R102", fix("learning_rate", 5e-5)),
        finding("R302", fix("learning_rate", 1e-4), fix("epochs", 6)),
    ]
    assert planned(findings) == [("R102", "learning_rate", 5e-5), ("R302", "epochs", 6)]


def test_who_wants_the_same_is_no_rival() -> None:
    findings = [finding("R201", fix("epochs", 4)), finding("R106", fix("epochs", 4))]
    assert planned(findings) == [("R201", "epochs", 4)]
    assert plan_fixes(findings).passed_over == ()


def test_consequences_ask_for_nothing() -> None:
    findings = [
        finding("R403", fix("epochs", 30)),
        finding("R301", fix("learning_rate", 1e-4), consequence_of="R403"),
    ]
    assert planned(findings) == [("R403", "epochs", 30)]


def test_remarks_count_only_among_themselves() -> None:
    remark = finding("R105", fix("epochs", 12), severity=Severity.INFO)
    assert planned([remark]) == [("R105", "epochs", 12)]
    assert planned([finding("R102", fix("learning_rate", 5e-5)), remark]) == [
        ("R102", "learning_rate", 5e-5)
    ]


def test_smaller_batches_are_accumulated_where_the_finding_says_so() -> None:
    found = finding("R501", fix("batch_size", 4), fix("gradient_accumulation_steps", 4))
    assert planned([found]) == [
        ("R501", "batch_size", 4),
        ("R501", "gradient_accumulation_steps", 4),
    ]


def test_what_no_option_does_is_kept_for_the_hands() -> None:
    found = finding("R104", fix("train_sentences", 32), fix(None, None), fix("epochs", 6))
    plan = plan_fixes([found])
    assert [p.fix.parameter for p in plan.by_hand] == ["train_sentences", None]
    assert planned([found]) == [("R104", "epochs", 6)]


PARAMETERS = ("epochs", "max_steps", "learning_rate", "batch_size", "fp16", "precision", None)
FIXES = st.builds(fix, st.sampled_from(PARAMETERS), st.integers(1, 9))
FINDINGS = st.builds(
    lambda number, fixes, severity, cause: finding(
        f"R{number}", *fixes, severity=severity, consequence_of=cause
    ),
    st.integers(100, 799),
    st.lists(FIXES, min_size=1, max_size=4),
    st.sampled_from(list(Severity)),
    st.sampled_from([None, None, "R102"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FINDINGS, max_size=8))
def test_no_quantity_is_ever_set_twice(findings: list[Finding]) -> None:
    plan = plan_fixes(findings)
    quantities = [quantity(change.fix) for change in plan.changes]
    assert len(quantities) == len(set(quantities))
    assert all(is_applicable(change.fix) for change in plan.changes)
    asked = {found.rule for found in findings if found.consequence_of is None}
    assert {change.rule for change in plan.changes} <= asked
