"""What every presenter holds to, whatever it speaks of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from diagnostics import catalogue
from diagnostics.examples import run_example
from diagnostics.judgement import Checkup
from diagnostics.report import json_document
from diagnostics.report._presenter import Presenter, presenter_of
from diagnostics.report._verdict import verdict
from diagnostics.report.terminal import render
from diagnostics.subjects.dataset import Dataset
from diagnostics.subjects.environment import Environment

PRESENTERS = catalogue.units("diagnostics.report._subjects", Presenter)  # type: ignore[type-abstract]
NOTHING: dict[str, Any] = {
    "run": run_example(),
    "data": Dataset(source="nothing", splits={}),
    "environment": Environment(source="nothing"),
}


def test_each_kind_has_one_and_the_schema_knows_it() -> None:
    schema = json.loads(Path(json_document.__file__).with_name("schema.json").read_text("utf-8"))
    kinds = sorted(presenter.kind for presenter in PRESENTERS)
    assert kinds == sorted(NOTHING)
    assert kinds == sorted(schema["$defs"]["checkup"]["properties"]["kind"]["enum"])
    assert set(kinds) <= set(schema["$defs"])


@pytest.mark.parametrize("kind", NOTHING)
def test_a_subject_finds_its_presenter(kind: str) -> None:
    assert presenter_of(NOTHING[kind]).kind == kind


def test_what_nobody_presents() -> None:
    with pytest.raises(TypeError, match="no presenter for int"):
        presenter_of(3)


@pytest.mark.parametrize("kind", NOTHING)
def test_a_subject_of_which_nothing_is_known(kind: str) -> None:
    checkup = Checkup(subject=NOTHING[kind], judgements=(), findings=())
    assert verdict(checkup).endswith(": nothing to report.")
    assert verdict(checkup) in render(checkup, 80)
