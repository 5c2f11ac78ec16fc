"""Model cards: complete, read by the hub's tools, and not to be broken by what strangers wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from hypothesis import given, settings
from hypothesis import strategies as st

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.trainings import RECIPE
from tuner.model_card import CardFacts, model_card
from tuner.trial import EpochReport, Scores, TrialSpec, TypeScores

SCORES = Scores(
    loss=0.25,
    precision=0.8,
    recall=0.6,
    f1=0.6857,
    accuracy=0.95,
    per_type={"ORG": TypeScores(precision=0.8, recall=0.6, f1=0.6857, support=10)},
)
SPEC = TrialSpec(learning_rate=2e-5, batch_size=16, epochs=2, dropout=0.1, label_smoothing=0.05)


def report(epoch: int) -> EpochReport:
    return EpochReport(epoch=epoch, epochs=2, step=13 * epoch, train_loss=0.5, scores=SCORES)


FACTS = CardFacts(
    name="fin-bert",
    base_model="bert-base-cased",
    data_name="fin",
    data_lines=("train: 10 sentences, 100 words, 12 entities",),
    spec=replace(SPEC, extra={"optim": "adafactor", "adam_beta2": 0.98}),
    reports=(report(1), report(2)),
    best_epoch=2,
    dev=SCORES,
    test=replace(SCORES, f1=0.5),
    notes=("4 settings were tried; trial 2 won.",),
    versions={"torch": "2.9", "transformers": "5.0"},
)


PLAIN = model_card(FACTS)


def header(card: str) -> dict[str, Any]:
    """Return the metadata of a card."""
    before, metadata, _ = card.split("---\n", 2)
    assert before == ""
    loaded: dict[str, Any] = yaml.safe_load(metadata)
    return loaded


def read_as_the_hub_does(text: str) -> Any:
    """Return the card as `huggingface_hub` understands it; its metadata have no declared types."""
    return ModelCard(text)


def test_the_metadata_are_what_the_hub_reads() -> None:
    card = read_as_the_hub_does(model_card(FACTS))
    assert card.data.base_model == "bert-base-cased"
    assert card.data.pipeline_tag == "token-classification"
    assert card.data.library_name == "transformers"
    assert card.data.model_name == "fin-bert"
    results = {result.metric_type: result for result in card.data.eval_results or ()}
    assert set(results) == {"precision", "recall", "f1", "accuracy"}
    assert results["f1"].metric_value == 0.5
    assert results["f1"].dataset_split == "test"
    assert results["f1"].dataset_name == "fin"


def test_without_a_test_split_the_development_score_is_named_as_such() -> None:
    card = read_as_the_hub_does(model_card(replace(FACTS, test=None)))
    results = {result.metric_type: result for result in card.data.eval_results or ()}
    assert results["f1"].metric_value == pytest.approx(0.6857)
    assert results["f1"].dataset_split == "validation"
    assert "| test |" not in card.text


def test_it_tells_hyperparameters_epochs_versions_and_data() -> None:
    card = model_card(FACTS)
    for line in (
        "- learning_rate: 2e-05",
        "- train_batch_size: 16",
        "- num_epochs: 2",
        "- seed: 42",
        "- optimizer: adafactor (weight decay 0.01)",
        "- lr_scheduler_type: linear",
        "- lr_scheduler_warmup_ratio: 0.1",
        "- dropout: 0.1",
        "- label_smoothing_factor: 0.05",
        "- adam_beta2: 0.98",
        "| 0.5000 | 1.0 | 13 | 0.2500 | 0.8000 | 0.6000 | 0.6857 | 0.9500 |",
        "| 0.5000 | 2.0 | 26 | 0.2500 | 0.8000 | 0.6000 | 0.6857 | 0.9500 |",
        "The saved weights are those of epoch 2.",
        "| ORG | 0.8000 | 0.6000 | 0.6857 | 10 |",
        "- train: 10 sentences, 100 words, 12 entities",
        "- 4 settings were tried; trial 2 won.",
        "- torch: 2.9",
    ):
        assert line in card.splitlines()


@pytest.mark.parametrize(
    "name", ["/home/somebody/secret/model-x", "./secret/model-x", "~/secret/model-x"]
)
def test_where_a_local_model_lies_is_nobodys_business(name: str) -> None:
    card = model_card(replace(FACTS, base_model=name))
    assert "secret" not in card
    assert "the local model `model-x`" in card
    assert "base_model" not in header(card)


HOSTILE = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("\n\r\t\"'`|<>[]()#*_-:\\\x85\u2028\ud800"),
    max_size=40,
)


def shape(card: str) -> list[str]:
    """Return headings, list items and table rows by their first characters."""
    return re.findall(r"^(#+ |- #*|\||---|)", card, re.MULTILINE)


@settings(max_examples=60)
@given(name=HOSTILE, data_name=HOSTILE, note=HOSTILE, kind=HOSTILE)
def test_no_text_breaks_out_of_its_place(name: str, data_name: str, note: str, kind: str) -> None:
    scores = replace(SCORES, per_type={kind: SCORES.per_type["ORG"]})
    facts = replace(FACTS, name=name, data_name=data_name, notes=(note,), test=scores)
    card = model_card(facts)
    card.encode("utf-8")
    assert shape(card) == shape(PLAIN), "no heading, item or row more or less"
    metadata = header(card)
    assert metadata.keys() == header(PLAIN).keys()
    (entry,) = metadata["model-index"]
    assert isinstance(entry["name"], str)
    assert isinstance(entry["results"][0]["dataset"]["name"], str)
    body = card.split("---\n", 2)[2]
    for markup in "<>`":
        assert not re.search(rf"(?<!\\){markup}", body.replace(r"\\", ""))
    assert len(re.findall(r"(?<!\\)\|", body.replace(r"\\", ""))) == PLAIN.count("|")


def test_names_in_any_language_stay_readable() -> None:
    card = model_card(replace(FACTS, name="über-модель-🙂", data_name="データ"))
    (entry,) = header(card)["model-index"]
    assert entry["name"] == "über-модель-🙂"
    assert entry["results"][0]["dataset"]["name"] == "データ"
    assert "# über-модель-🙂" in card


def test_the_card_of_a_search(searched: Searched) -> None:
    winner, summary = searched.summary.winner, searched.summary
    assert winner is not None and summary.best_directory is not None and summary.test is not None
    card = read_as_the_hub_does((summary.best_directory / "README.md").read_text())
    results = {result.metric_type: result for result in card.data.eval_results or ()}
    assert results["f1"].metric_value == pytest.approx(summary.test.f1, abs=1e-6)
    lines = card.text.splitlines()
    assert f"- learning_rate: {winner.spec.learning_rate:.6g}" in lines
    epochs = [line for line in lines if re.match(r"\| \d\.\d{4} \| \d+\.0 \|", line)]
    assert len(epochs) == winner.spec.epochs
    assert f"The saved weights are those of epoch {winner.best_epoch}." in lines
    assert f"- 4 settings were tried; trial {winner.number} won." in lines
    assert any(line.startswith("- torch: ") for line in lines)
    assert any(line.startswith("- train: 48 sentences") for line in lines)
    items = [line for line in lines if line.startswith("- ")]
    assert len(items) == len(set(items)), "nothing is told twice"
    assert str(searched.runs) not in card.text, "no path of this machine"


def test_the_card_of_a_single_training(easy_data: Path, tiny_model: Path, tmp_path: Path) -> None:
    result = tuner.train(
        easy_data, model=tiny_model, recipe=RECIPE, epochs=1, runs_dir=tmp_path, device="cpu"
    )
    assert result.best_directory is not None
    card = read_as_the_hub_does((result.best_directory / "README.md").read_text())
    assert card.data.model_name == result.name
    assert "How the settings were chosen" not in card.text
    assert "- num_epochs: 1" in card.text.splitlines()
    assert str(tmp_path) not in card.text
