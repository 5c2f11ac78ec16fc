"""The benchmarks of checking data run through on small inputs, and can tell good from bad."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import check_speed, mutations
from benchmarks.corruptions import score
from benchmarks.corruptions.corpora import LANGUAGES, in_scheme, make_corpus
from benchmarks.corruptions.files import FORMATS, write
from benchmarks.corruptions.kinds import KINDS, Kind
from diagnostics.data_checkup import check
from diagnostics.findings import Severity


def test_corruptions_of_one_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    arguments = ["--shared", str(tmp_path), "--data", "cyrillic, IOB2", "--output", str(output)]
    score.main([*arguments, "--only", "Spans"])
    assert "RATIO corruptions found / planted: 3 / 3" in capsys.readouterr().out
    cases = json.loads(output.read_text(encoding="utf-8"))["cases"]
    assert {case["placed"] for case in cases} == {True}


@pytest.mark.parametrize("language", LANGUAGES)
def test_clean_data_is_called_clean(language: str, tmp_path: Path) -> None:
    corpus = make_corpus(language, scheme="IOB2", seed=3)
    for split, sentences in corpus.splits.items():
        (tmp_path / f"{split}.txt").write_text(write("conll", sentences).text, encoding="utf-8")
    grave = [found.name for found in check(tmp_path).findings if found.severity != Severity.INFO]
    assert grave == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_every_kind_changes_the_files(kind: Kind) -> None:
    form = sorted(kind.forms)[0]
    scheme = sorted(kind.schemes or {"IOB2"})[0]
    corpus = make_corpus("latin", scheme=scheme, seed=0)
    planted = kind.damage(corpus, form, random.Random(0))
    clean = {split: write(form, found).text for split, found in corpus.splits.items()}
    assert {split: found.text for split, found in planted.files.items()} != clean
    for split, line in planted.places:
        assert 1 <= line <= len(planted.files[split].lines)


@pytest.mark.parametrize("form", FORMATS)
def test_lines_are_where_the_words_are(form: str) -> None:
    corpus = make_corpus("latin", scheme="IOB2", seed=0)
    train = corpus.splits["train"][:20]
    written = write(form, train)
    for (number, place), line in written.line_of.items():
        assert train[number].words[place] in written.lines[line - 1]


def test_schemes_of_a_made_up_sentence() -> None:
    entities = [(0, 2, "PER"), (2, 3, "PER"), (4, 5, "LOC")]
    assert in_scheme("IOB1", 5, entities) == ("I-PER", "I-PER", "B-PER", "O", "I-LOC")
    assert in_scheme("BILOU", 5, entities) == ("B-PER", "L-PER", "U-PER", "O", "U-LOC")


def test_mutations_run_through(capsys: pytest.CaptureFixture[str]) -> None:
    mutations.main(["--files", "25", "--seed", "1"])
    assert "RATIO failures / files: 0 / 25" in capsys.readouterr().out


def test_mutations_can_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(path: Path) -> None:
        raise ZeroDivisionError(path)

    monkeypatch.setattr(mutations, "diagnose", broken)
    monkeypatch.setattr(mutations, "check", broken)
    with pytest.raises(SystemExit):
        mutations.main(["--files", "3"])
    assert "6 crash" in capsys.readouterr().out


def test_speed_of_checking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "figures.json"
    check_speed.main(["--sentences", "300", "--output", str(output)])
    assert "RATIO datasets.load_dataset / tuner check, 300 sentences" in capsys.readouterr().out
    (figures,) = json.loads(output.read_text(encoding="utf-8"))["figures"]
    assert figures["ours"]["seconds"] > 0
