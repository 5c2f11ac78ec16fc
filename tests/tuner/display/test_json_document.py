"""The JSON documents that programs read."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from tests.tuner.display import examples
from tuner.display import json_document
from tuner.display.json_document import JsonDisplay, study_document, to_json, training_document
from tuner.study_quote import QuoteCheck


def keys(value: Any) -> Any:
    """Return the shape of a document: keys of objects, and of the first item of lists."""
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [keys(value[0])] if value and isinstance(value[0], dict) else type(value).__name__
    return type(value).__name__


def test_a_study_is_one_document_and_everything_else_goes_to_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=40)
    with JsonDisplay(console) as display:
        sys.stdout.write("a library talks\n")
        display.plan(examples.plan())
        display.update(examples.snapshot(), "note")
        display.tick(examples.snapshot())
        display.finish(examples.summary())
    assert capsys.readouterr() == ("", "a library talks\n")
    document = json.loads(stream.getvalue())
    assert document["winner"]["settings"]["learning_rate"] == 1.2e-4
    assert document["trials"][3]["score"] is None
    assert document["trials"][3]["state"] == "failed"
    assert sys.stdout is not sys.stderr


def test_the_keys_of_a_study_are_stable() -> None:
    assert keys(json.loads(to_json(study_document(examples.summary())))) == snapshot(
        {
            "format": "int",
            "kind": "str",
            "name": "str",
            "directory": "str",
            "status": "str",
            "winner": {
                "best_epoch": "int",
                "seeds": "list",
                "seed_scores": "list",
                "mean": "float",
                "spread": "float",
                "interval": "list",
                "fresh_mean": "float",
                "trial": "int",
                "settings": {
                    "learning_rate": "float",
                    "batch_size": "int",
                    "epochs": "int",
                    "warmup_ratio": "float",
                    "weight_decay": "float",
                    "schedule": "str",
                    "dropout": "NoneType",
                    "label_smoothing": "float",
                    "frozen_layers": "int",
                    "seed": "int",
                    "extra": {},
                    "trunk": "NoneType",
                },
                "dev": {
                    "loss": "float",
                    "precision": "float",
                    "recall": "float",
                    "f1": "float",
                    "accuracy": "float",
                    "per_type": {
                        "PER": {
                            "precision": "float",
                            "recall": "float",
                            "f1": "float",
                            "support": "int",
                        },
                        "ORG": {
                            "precision": "float",
                            "recall": "float",
                            "f1": "float",
                            "support": "int",
                        },
                        "LOC": {
                            "precision": "float",
                            "recall": "float",
                            "f1": "float",
                            "support": "int",
                        },
                        "MISC": {
                            "precision": "float",
                            "recall": "float",
                            "f1": "float",
                            "support": "int",
                        },
                    },
                },
            },
            "gain": {
                "recipe_mean": "float",
                "winner_mean": "float",
                "difference": "float",
                "interval": "list",
            },
            "test": {
                "loss": "float",
                "precision": "float",
                "recall": "float",
                "f1": "float",
                "accuracy": "float",
                "per_type": {
                    "PER": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "ORG": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "LOC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "MISC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                },
            },
            "trials": [
                {
                    "key": "str",
                    "number": "int",
                    "state": "str",
                    "score": "float",
                    "best_epoch": "int",
                    "epochs_done": "int",
                    "seconds": "float",
                    "origin": "str",
                    "note": "str",
                    "settings": {
                        "learning_rate": "float",
                        "batch_size": "int",
                        "epochs": "int",
                        "warmup_ratio": "float",
                        "weight_decay": "float",
                        "schedule": "str",
                        "dropout": "NoneType",
                        "label_smoothing": "float",
                        "frozen_layers": "int",
                        "seed": "int",
                        "extra": {},
                        "trunk": "NoneType",
                    },
                }
            ],
            "importances": {"learning_rate": "float", "epochs": "float", "batch_size": "float"},
            "pruning": {
                "pruned": "int",
                "epochs_saved": "int",
                "let_run": "int",
                "wrong": "int",
                "verdict": "str",
            },
            "model": "str",
            "seconds": "float",
            "quote": "NoneType",
            "warnings": "list",
            "next": [{"command": "str", "purpose": "str"}],
            "extra": {},
        }
    )


def test_a_quote_is_told_with_what_the_study_took() -> None:
    check = QuoteCheck(quoted=3300.0, actual=2880.0, ratio=2880 / 3300, close=True)
    document = study_document(dataclasses.replace(examples.summary(), quote=check))
    assert document["quote"] == {
        "quoted": 3300.0,
        "actual": 2880.0,
        "ratio": pytest.approx(0.873, abs=0.001),
        "close": True,
        "quoted_low": None,
        "compared": "",
    }


def test_the_keys_of_a_training_are_stable() -> None:
    assert keys(json.loads(to_json(training_document(examples.train_result())))) == snapshot(
        {
            "format": "int",
            "kind": "str",
            "name": "str",
            "directory": "str",
            "state": "str",
            "reason": "str",
            "best_epoch": "int",
            "dev": {
                "loss": "float",
                "precision": "float",
                "recall": "float",
                "f1": "float",
                "accuracy": "float",
                "per_type": {
                    "PER": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "ORG": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "LOC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "MISC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                },
            },
            "test": {
                "loss": "float",
                "precision": "float",
                "recall": "float",
                "f1": "float",
                "accuracy": "float",
                "per_type": {
                    "PER": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "ORG": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "LOC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                    "MISC": {
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "support": "int",
                    },
                },
            },
            "epochs": [
                {
                    "epoch": "int",
                    "step": "int",
                    "train_loss": "float",
                    "learning_rate": "NoneType",
                    "grad_norm": "NoneType",
                    "seconds": "float",
                    "dev": {
                        "loss": "float",
                        "precision": "float",
                        "recall": "float",
                        "f1": "float",
                        "accuracy": "float",
                        "per_type": {
                            "PER": {
                                "precision": "float",
                                "recall": "float",
                                "f1": "float",
                                "support": "int",
                            },
                            "ORG": {
                                "precision": "float",
                                "recall": "float",
                                "f1": "float",
                                "support": "int",
                            },
                            "LOC": {
                                "precision": "float",
                                "recall": "float",
                                "f1": "float",
                                "support": "int",
                            },
                            "MISC": {
                                "precision": "float",
                                "recall": "float",
                                "f1": "float",
                                "support": "int",
                            },
                        },
                    },
                }
            ],
            "model": "str",
            "warnings": "list",
            "next": [{"command": "str", "purpose": "str"}],
        }
    )


def test_every_key_is_documented() -> None:
    documented = json_document.__doc__ or ""
    for document in (
        study_document(examples.summary()),
        training_document(examples.train_result()),
    ):
        for key in document:
            assert f"`{key}`" in documented, key


def test_a_study_without_a_winner() -> None:
    summary = dataclasses.replace(
        examples.summary(), status="no-result", winner=None, gain=None, test=None
    )
    document = json.loads(to_json(study_document(summary)))
    assert (document["winner"], document["gain"], document["test"]) == (None, None, None)


def test_what_json_cannot_hold() -> None:
    document = {
        "a": math.nan,
        "b": (math.inf, 1.5),
        "c": Path("x"),
        "d": {
            1,
        },
        "e": "\udcff",
    }
    assert to_json(document) == snapshot("""\
{
  "a": null,
  "b": [
    null,
    1.5
  ],
  "c": "x",
  "d": [
    1
  ],
  "e": "\\udcff"
}\
""")


def test_a_training_prints_its_document() -> None:
    stream = io.StringIO()
    with JsonDisplay(Console(file=stream, width=40)) as display:
        display.started(examples.run_facts())
        display.epoch(examples.reports()[0])
        display.ended(examples.train_result())
    assert json.loads(stream.getvalue())["kind"] == "training"
