"""Which rules are asked, and how a name that matches none is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Severity, Tier
from diagnostics.rule import Rule
from diagnostics.selection import Selection, rule_named, split_names


@dataclass(frozen=True, slots=True, kw_only=True)
class _Silent(Rule[Any]):
    severity: ClassVar = Severity.INFO
    tier: ClassVar = Tier.HEURISTIC
    bad: ClassVar[dict[str, Any]] = {}
    good: ClassVar[dict[str, Any]] = {}

    def check(self, subject: Any) -> list[Any]:
        return []


def rule(identifier: str, label: str, *, in_preview: bool = False) -> Rule[Any]:
    members = {"id": identifier, "name": label, "preview": in_preview}
    made: type[_Silent] = type(f"Rule{identifier}", (_Silent,), {"__slots__": (), **members})
    return made()


RULES = (
    rule("R101", "non-finite-loss"),
    rule("R102", "learning-rate-too-high"),
    rule("R103", "learning-rate-too-low"),
    rule("R201", "overfits-metric"),
    rule("R299", "brand-new", in_preview=True),
)


def chosen(*select: str, ignore: dict[str, str] | None = None, preview: bool = False) -> list[str]:
    selection = Selection(select=select, ignore=ignore or {}, preview=preview)
    return [each.id for each in selection.choose(RULES)[0]]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("R101", ["R101"]),
        ("r101", ["R101"]),
        ("R1", ["R101", "R102", "R103"]),
        ("overfits-metric", ["R201"]),
        ("overfits_metric", ["R201"]),
        ("learning-rate", ["R102", "R103"]),
        ("R2", ["R201"]),
    ],
)
def test_identifiers_names_and_beginnings(pattern: str, expected: list[str]) -> None:
    assert chosen(pattern) == expected


def test_all_but_previews_are_asked_by_default() -> None:
    assert chosen() == ["R101", "R102", "R103", "R201"]
    assert chosen(preview=True)[-1] == "R299"


def test_a_rule_in_preview_has_to_be_asked_for() -> None:
    with pytest.raises(DiagnosticsError, match=r"brand-new.*--preview"):
        chosen("R299")
    assert chosen("R299", preview=True) == ["R299"]


def test_ignoring_beats_selecting_and_keeps_its_reason() -> None:
    selection = Selection(select=("R1",), ignore={"R102": "known"})
    rules, off = selection.choose(RULES)
    assert [each.id for each in rules] == ["R101", "R103"]
    assert [(each.rule.id, each.reason) for each in off] == [("R102", "known")]


def test_ignoring_everything_is_a_mistake() -> None:
    with pytest.raises(DiagnosticsError, match="nothing would be judged"):
        chosen("R201", ignore={"R2": ""})


@pytest.mark.parametrize(
    ("name", "near"),
    [("R110", "R10"), ("overfits-metrics", "overfits-metric"), ("Overfit_metric", "overfits-")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, near: str) -> None:
    for selection in (Selection(select=(name,)), Selection(ignore={name: ""})):
        with pytest.raises(DiagnosticsError, match=f"no rule `{name}`. Did you mean `{near}"):
            selection.choose(RULES)


def test_nothing_near_means_no_suggestion() -> None:
    with pytest.raises(DiagnosticsError) as raised:
        chosen("D2")
    assert "Did you mean" not in str(raised.value)


def test_one_rule_by_its_name() -> None:
    assert rule_named("r201", RULES).name == "overfits-metric"
    with pytest.raises(DiagnosticsError, match="no rule `R2`"):
        rule_named("R2", RULES)


def test_lists_are_split() -> None:
    assert split_names(["R1, R2", "R1", "", ","]) == ("R1", "R2")
