"""`tuner train`: options become arguments of the Python interface, and wrong ones are refused."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import tuner
from tests.tuner.display import examples
from tuner import cli
from tuner.commands import _options, _values, train
from tuner.errors import UsageError
from tuner.train_view import TrainObserver, TrainResult
from tuner.trial import TrialState

Capture = pytest.CaptureFixture[str]


def parse(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    train.configure(parser)
    return train.train_arguments(parser.parse_args(words))


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Replace the Python interface by one that remembers how it was called."""
    calls: list[dict[str, Any]] = []

    def fake(*, observer: TrainObserver, **arguments: Any) -> TrainResult:
        calls.append(arguments)
        observer.started(examples.run_facts())
        for report in examples.reports():
            observer.epoch(report)
        state = TrialState(arguments.get("name", "finished"))
        result = dataclasses.replace(examples.train_result(), state=state)
        observer.ended(result)
        return result

    monkeypatch.setattr(tuner, "api", types.SimpleNamespace(train=fake), raising=False)
    monkeypatch.setitem(sys.modules, "tuner.api", tuner.api)
    return calls


def test_what_is_left_out_is_left_to_the_python_interface() -> None:
    assert parse("data") == {"data": "data", "runs_dir": "runs"}


def test_every_hyperparameter_arrives_also_when_it_is_zero() -> None:
    words = (
        "data --learning-rate 2e-5 --batch-size 12 --epochs 3 --warmup-ratio 0 --weight-decay 0.0"
        " --schedule cosine --dropout 0 --label-smoothing 0.1 --frozen-layers 0 --seed 0"
        " --recipe r --name n"
    )
    assert parse(*words.split()) == {
        "data": "data",
        "learning_rate": 2e-5,
        "batch_size": 12,
        "epochs": 3,
        "warmup_ratio": 0.0,
        "weight_decay": 0.0,
        "schedule": "cosine",
        "dropout": 0.0,
        "label_smoothing": 0.1,
        "frozen_layers": 0,
        "seed": 0,
        "recipe": "r",
        "name": "n",
        "runs_dir": "runs",
    }


def test_output_is_a_folder_in_place_of_a_name() -> None:
    values = parse("data", "--output", "models/first")
    assert (values["runs_dir"], values["name"]) == ("models", "first")
    assert parse("data", "--output", "first")["runs_dir"] == str(Path())


def test_every_argument_of_the_python_interface_can_be_given() -> None:
    from tuner import api

    names = {name for name, _, _ in (*train.MAIN, *train.FURTHER)}
    known = set(inspect.signature(api.train).parameters) - {"check", "observer", "settings"}
    assert known == {*names, *_options.SHARED, "counts", "name", "runs_dir"}


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("", "DATA is missing"),
        ("data --learning-rate 0", "a learning rate must be above 0"),
        ("data --learning-rate nan", "a learning rate must be above 0"),
        ("data --learning-rate small", "takes a number, but got `small`"),
        ("data --batch-size 0", "a batch size must be a whole number of at least 1"),
        ("data --batch-size 8.5", "takes a whole number, but got `8.5`"),
        ("data --epochs 0", "the number of epochs"),
        ("data --warmup-ratio 1.5", "a warm-up ratio must lie between 0 and 1"),
        ("data --dropout 1", "a dropout probability"),
        ("data --schedule zigzag", "a schedule must be one of linear"),
        ("data --frozen-layers -1", "frozen layers"),
        ("data --output ..", "`--output` names a folder"),
    ],
)
def test_wrong_values_are_refused_with_rule_value_and_way_out(words: str, rule: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(*words.split())
    assert rule in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("state", "code"), [("finished", 0), ("failed", 1), ("infeasible", 1), ("interrupted", 130)]
)
def test_exit_codes(state: str, code: int, faked: list[dict[str, Any]], capsys: Capture) -> None:
    assert cli.main(["train", "data", "--name", state]) == code
    assert "Validation" in capsys.readouterr().out
    assert faked == [{"data": "data", "name": state, "runs_dir": "runs"}]


def test_json_is_the_only_thing_on_standard_output(
    faked: list[dict[str, Any]], capsys: Capture
) -> None:
    assert cli.main(["train", "data", "--json"]) == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)["epochs"]) == 3
    assert captured.err == ""
    assert faked


@pytest.mark.parametrize("text", ["0", "-1", "4,2", "2,2", "x", "", "2,", "2.5"])
def test_counts_that_do_not_rise_are_told_before_any_data_is_read(text: str) -> None:
    with pytest.raises(UsageError, match="`--counts` takes rising whole numbers from 1") as caught:
        _values.whole_numbers("--counts")(text)
    assert caught.value.hint == "Write e.g. --counts 2,4,8."


def test_counts_are_read() -> None:
    assert _values.whole_numbers("--counts")("2, 4,8") == (2, 4, 8)
