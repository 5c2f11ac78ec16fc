"""`tuner search`: options become arguments of the Python interface, and wrong ones are refused."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import types
from typing import Any

import pytest

import tuner
from tests.tuner.display import examples
from tuner import cli
from tuner.commands import _options, _values, search
from tuner.errors import UsageError
from tuner.study_view import StudyObserver, StudySummary

Capture = pytest.CaptureFixture[str]


def parse(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    search.configure(parser)
    return search.search_arguments(parser.parse_args(words))


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the Python interface by one that remembers how it was called."""
    calls: list[dict[str, Any]] = []

    def fake(*, observer: StudyObserver, **arguments: Any) -> StudySummary:
        calls.append(arguments)
        summary = dataclasses.replace(examples.summary(), status=arguments.get("study", "finished"))
        observer.plan(examples.plan())
        observer.update(examples.snapshot(), "trial 7 starts")
        observer.finish(summary)
        return summary

    monkeypatch.setattr(tuner, "api", types.SimpleNamespace(search=fake), raising=False)
    monkeypatch.setitem(__import__("sys").modules, "tuner.api", tuner.api)
    return calls


def test_what_is_left_out_is_left_to_the_python_interface() -> None:
    assert parse("data") == {"data": "data", "runs_dir": "runs"}


def test_every_option_arrives() -> None:
    words = (
        "data --model m --trials 7 --time-budget 1h30m --study s --space sp --recipe r"
        " --also warmup-ratio,dropout --dev d --test t --data-format conll --columns 0,1"
        " --sample 9 --max-length 64 --seed 0 --sampler tpe --no-prune --confirm 0"
        " --stop-when-flat"
        " --storage sqlite:///x --runs-dir out --device cpu --new --set fp16=true --set optim=x"
        " --checkpoint-every 0 --no-past-studies"
    )
    assert parse(*words.split()) == {
        "data": "data",
        "model": "m",
        "trials": 7,
        "time_budget": 5400.0,
        "study": "s",
        "space": "sp",
        "recipe": "r",
        "also": ("warmup_ratio", "dropout"),
        "dev": "d",
        "test": "t",
        "data_format": "conll",
        "columns": "0,1",
        "sample": 9,
        "max_length": 64,
        "seed": 0,
        "sampler": "tpe",
        "prune": False,
        "confirm": 0,
        "stop_when_flat": True,
        "storage": "sqlite:///x",
        "runs_dir": "out",
        "device": "cpu",
        "new": True,
        "settings": {"fp16": True, "optim": "x"},
        "checkpoint_every": 0.0,
        "past_studies": False,
    }


def test_every_argument_of_the_python_interface_can_be_given() -> None:
    from tuner import api

    known = set(inspect.signature(api.search).parameters) - {
        "check",
        "observer",
        "past_studies",
        "prune",
        "settings",
    }
    assert known == {*search.SEARCH_OPTIONS, *_options.SHARED, "runs_dir"}


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("", "DATA is missing"),
        ("data --demo", "`--demo` brings its own data"),
        ("data --trials 0", "`--trials >= 1` must hold, but got 0"),
        ("data --trials many", "`--trials` takes a whole number, but got `many`"),
        ("data --trials 1.5", "but got `1.5`"),
        ("data --time-budget 90", "have units (d, h, m, s), but got `90`"),
        ("data --time-budget 0h", "longer than 0"),
        ("data --time-budget 2x", "but got `2x`"),
        ("data --confirm -1", "`--confirm >= 0` must hold, but got -1"),
        ("data --also seed", "never searched"),
        ("data --also epochs", "always searched"),
        ("data --also warmup_ration", "no hyperparameter `warmup_ration`"),
        ("data --set fp16", "`--set` takes name=value, but got `fp16`"),
        ("data --set =1", "`--set` takes name=value"),
        ("data --set a=1 --set a=2", "`--set a` is given twice"),
        ("data --study ../etc", "`--study` names a folder"),
        ("data --study .hidden", "`--study` names a folder"),
        ("data --seed 4294967296", "a seed must be a whole number"),
        ("data --checkpoint-every -1", "`--checkpoint-every >= 0`"),
        ("data --checkpoint-every nan", "`--checkpoint-every >= 0`"),
        ("data --max-length 2", "`--max-length >= 8`"),
        ("data --sample 0", "`--sample >= 1`"),
    ],
)
def test_wrong_values_are_refused_with_rule_value_and_way_out(words: str, rule: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(*words.split())
    assert rule in caught.value.message
    assert caught.value.hint


def test_a_file_in_place_of_the_runs_folder_is_refused(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="is a file"):
        parse("data", "--runs-dir", str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("a=1", 1),
        ("a=1e-5", 1e-5),
        ("a=True", True),
        ("a=false", False),
        ('a="x y"', "x y"),
        ("a=[1, 2]", [1, 2]),
        ("a=adafactor", "adafactor"),
        ("a=", ""),
        ("a=b=c", "b=c"),
        ("a=1\nb=2", "1\nb=2"),
    ],
)
def test_settings_are_read_as_toml_would(pair: str, value: object) -> None:
    assert _values.assignments([pair]) == {"a": value}


@pytest.mark.parametrize(
    ("status", "code"), [("finished", 0), ("no-result", 1), ("interrupted", 130)]
)
def test_exit_codes(status: str, code: int, faked: list[dict[str, Any]], capsys: Capture) -> None:
    assert cli.main(["search", "data", "--study", status]) == code
    assert "trial 7 starts" in capsys.readouterr().out
    assert faked == [{"data": "data", "study": status, "runs_dir": "runs"}]


def test_json_is_the_only_thing_on_standard_output(
    faked: list[dict[str, Any]], capsys: Capture
) -> None:
    assert cli.main(["search", "--demo", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["winner"]["trial"] == 4
    assert captured.err == ""
    assert faked == [{"demo": True, "runs_dir": "runs"}]


def test_quiet_shows_the_answer_only(faked: list[dict[str, Any]], capsys: Capture) -> None:
    assert cli.main(["search", "data", "--quiet"]) == 0
    shown = capsys.readouterr().out
    assert "Answer: fin" in shown
    assert "trial 7 starts" not in shown
    assert faked
