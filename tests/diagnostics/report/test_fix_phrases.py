"""How a fix is put into words: with the value of a run, or as what to set for data."""

from __future__ import annotations

import pytest

from diagnostics.findings import Fix, Value
from diagnostics.report.terminal import fix_line


@pytest.mark.parametrize(
    ("rule", "old", "said"),
    [
        ("R105", None, "Train longer: epochs not recorded → 30"),
        ("R105", 3, "Train longer: epochs 3 → 30"),
        ("D301", None, "Train longer: set epochs to 30"),
        ("D301", 3, "Train longer: epochs 3 → 30"),
    ],
)
def test_rules_about_data_miss_no_record(rule: str, old: Value | None, said: str) -> None:
    fix = Fix(text="Train longer.", parameter="epochs", old=old, new=30)
    assert fix_line(fix, rule=rule) == said
