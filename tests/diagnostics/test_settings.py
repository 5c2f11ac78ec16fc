"""What a project's file may say, and how each mistake in it is answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.checkup import examination, run_rules
from diagnostics.errors import DiagnosticsError
from diagnostics.settings import Settings, find_settings

FULL = """
[tool.tuner]
select = ["R1", "R201"]
fail-on = "error"
metric = "eval_f1"

[tool.tuner.ignore]
R102 = "a sweep on purpose"

[tool.tuner.rules.R201]
after_best = 4
small_drop = 1
"""


def written(folder: Path, text: str, name: str = "pyproject.toml") -> Settings:
    (folder / name).write_text(text, encoding="utf-8")
    return find_settings(folder)


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    found = written(tmp_path, FULL)
    assert found == Settings(
        select=("R1", "R201"),
        ignore={"R102": "a sweep on purpose"},
        fail_on="error",
        metric="eval_f1",
        thresholds={"R201": {"after_best": 4, "small_drop": 1}},
        source=str(tmp_path / "pyproject.toml"),
    )


def test_in_a_file_of_its_own_the_keys_may_stand_at_the_top(tmp_path: Path) -> None:
    top = FULL.replace("[tool.tuner]", "").replace("tool.tuner.", "")
    own = written(tmp_path, top, "tuner.toml")
    assert own.thresholds == {"R201": {"after_best": 4, "small_drop": 1}}
    assert own.fail_on == "error"
    assert written(tmp_path, FULL, "tuner.toml").select == ("R1", "R201")


def test_the_nearest_file_upwards_holds(tmp_path: Path) -> None:
    inner = tmp_path / "project" / "runs"
    inner.mkdir(parents=True)
    written(tmp_path, FULL)
    (inner.parent / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert find_settings(inner).source == str(tmp_path / "pyproject.toml")
    (inner.parent / "tuner.toml").write_text("metric = 'f1'\n", encoding="utf-8")
    assert find_settings(inner) == Settings(metric="f1", source=str(inner.parent / "tuner.toml"))


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    assert written(tmp_path, "[project]\nname = 'broken\n").source == ""


def test_thresholds_reach_the_rule(tmp_path: Path) -> None:
    how = examination(settings=written(tmp_path, FULL))
    assert [rule.id for rule in how.rules if rule.id[:2] != "R1"] == ["R201"]
    (adjusted,) = [rule for rule in how.rules if rule.id == "R201"]
    assert (getattr(adjusted, "after_best"), getattr(adjusted, "small_drop")) == (4, 1)  # noqa: B009
    (untouched,) = [rule for rule in run_rules() if rule.id == "R201"]
    assert getattr(untouched, "after_best") == 3  # noqa: B009
    assert [(off.rule.id, off.reason) for off in how.switched_off] == [
        ("R102", "a sweep on purpose")
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool.tuner]\nselct = []", "no setting `selct`. Did you mean `select`?"),
        ("[tool.tuner]\nfail_on = 'error'", "no setting `fail_on`. Did you mean `fail-on`?"),
        ("[tool.tuner]\nfail-on = 'fatal'", "one of error, warning, info, never"),
        ("[tool.tuner]\nselect = 'R1'", "`select` must be a list"),
        ("[tool.tuner]\nmetric = 1", "`metric` must be a text"),
        ("[tool.tuner]\nignore = ['R1']", "each rule with the reason"),
        ("[tool.tuner.ignore]\nR1 = ''", "no reason for `R1`"),
        ("[tool.tuner]\nrules = 3", "a table per rule"),
        ("[tool.tuner.rules.R999]\nx = 1", "no rule `R999`"),
        ("[tool.tuner.rules.R201]\nafter_bst = 3", "Did you mean `after_best`?"),
        ("[tool.tuner.rules.R201]\nafter_best = 3.5", "must be of type int, but is 3.5"),
        ("[tool.tuner.rules.R201]\nafter_best = true", "must be of type int, but is True"),
        ("[tool.tuner.rules.R201]\nsmall_drop = 'much'", "must be of type float, but is 'much'"),
        ("[tool.tuner.rules.R201]\nsmall_drop = nan", "must be of type float, but is nan"),
        ("[tool.tuner.ignore]\nR1000 = 'why'", "no rule `R1000`"),
        ("[tool]\ntuner = 3 # tool.tuner", "must be a table"),
        ("[tool.tuner\n", "is no TOML"),
        ("[tool.tuner]\nmetric = '\xff'", "is no TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(DiagnosticsError) as raised:
        examination(settings=find_settings(tmp_path))
    assert complaint in str(raised.value)
    assert str(path) in str(raised.value)


def test_options_come_before_settings(tmp_path: Path) -> None:
    told = written(tmp_path, FULL)
    how = examination(select=["R4"], ignore=["R401"], metric="accuracy", settings=told)
    assert {rule.id[:2] for rule in how.rules} == {"R4"}
    assert how.metric == "accuracy"
    assert examination(settings=told).metric == "eval_f1"
    assert {off.rule.id for off in how.switched_off} == {"R401"}
