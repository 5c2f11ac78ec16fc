"""Rules about splits: how grave what they have in common is, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.data_checkup import check
from diagnostics.errors import DataError
from diagnostics.findings import Severity
from tests.diagnostics.data.surveying import conll, found, numbered, written


@pytest.mark.parametrize(
    ("copies", "severity"),
    [(0, None), (1, Severity.INFO), (2, Severity.WARNING), (150, Severity.ERROR)],
)
def test_how_grave_copies_are(tmp_path: Path, copies: int, severity: Severity | None) -> None:
    dev = numbered(0, copies) + numbered(1000, 1150 - copies)
    folder = written(tmp_path, train=conll(*numbered(0, 200)), dev=conll(*dev))
    said = found(folder, "D402")
    assert [each.severity for each in said] == ([severity] if severity else [])


def test_a_file_given_twice_is_an_error_and_the_root_of_the_rest(tmp_path: Path) -> None:
    train = written(tmp_path, train=conll(*numbered(0, 100))) / "train.txt"
    said = check(train, dev=train, select=["D4"]).findings
    assert (said[0].rule, said[0].severity) == ("D401", Severity.ERROR)
    assert "about 15 sentences of 100" in said[0].fixes[1].text
    assert {each.rule: each.consequence_of for each in said}["D406"] == "D401"


def test_an_empty_development_split_never_passes(tmp_path: Path) -> None:
    """spaCy passes it, as one without overlap."""
    record = '{"tokens": ["Anna", "left"], "ner_tags": ["B-PER", "O"]}\n'
    train, dev = tmp_path / "train.jsonl", tmp_path / "dev.jsonl"
    train.write_text(record * 9)
    dev.write_text('{"tokens": [], "ner_tags": []}\n')
    (said,) = check(train, dev=dev, select=["D411"]).findings
    assert said.severity is Severity.ERROR
    for content in ("", "\n\n", "[]"):
        dev.write_text(content)
        with pytest.raises(DataError):
            check(train, dev=dev)


def test_drift_needs_more_than_a_difference(tmp_path: Path) -> None:
    person, place = conll("Anna/B-PER sleeps"), conll("Rome/B-LOC shone")
    train = person * 80 + place * 20
    assert not found(written(tmp_path, train=train, dev=person * 2 + place), "D407")
    (said,) = found(written(tmp_path, train=train, dev=person * 60 + place * 40), "D407")
    assert said.severity is Severity.INFO
    (said,) = found(written(tmp_path, train=train, dev=person * 20 + place * 80), "D407")
    assert said.severity is Severity.WARNING
    assert "PER from 80% to 20%" in said.message


def test_how_many_sentences_to_move(tmp_path: Path) -> None:
    folder = written(tmp_path, train=conll("A/B-X b") * 100, dev=conll("A/B-X b") * 400)
    (said,) = found(folder, "D412")
    assert "move 300 sentences from dev to train" in said.fixes[1].text


def test_a_single_file_is_told_what_will_be_taken_out(tmp_path: Path) -> None:
    train = written(tmp_path, train=conll("A/B-X b") * 200) / "train.txt"
    said = {each.rule: each for each in check(train, select=["D4"]).findings}
    assert set(said) == {"D409", "D410"}
    assert "about 30 sentences of 200" in said["D409"].message
