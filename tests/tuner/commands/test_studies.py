"""`tuner studies`: the ready-made studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner import cli
from tuner.study_file import list_study_files, read_study_file

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("words", [["studies"], ["studies", "list"]])
def test_all_are_listed(words: list[str], capsys: Capture) -> None:
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in list_study_files())


@pytest.mark.parametrize("name", list_study_files())
def test_each_can_be_shown(name: str, capsys: Capture) -> None:
    assert cli.main(["studies", "show", name]) == 0
    assert f"Study {name}" in capsys.readouterr().out


def test_a_file_of_ones_own_can_be_shown(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'description = "[red]mine"\n[recipe]\nlearning_rate = 2e-5\nbatch_size = 8\nepochs = 2\n',
        encoding="utf-8",
    )
    assert cli.main(["studies", "show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "[red]mine" in shown
    assert "learning rate 2e-5, batch size 8, 2 epochs" in shown
    assert "Searched" not in shown


def test_a_copy_is_a_study_file(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["studies", "copy", "bert-base-cased"]) == 0
    path = tmp_path / "bert-base-cased.toml"
    assert read_study_file(path).recipe == read_study_file("bert-base-cased").recipe
    assert "--space" in capsys.readouterr().out
    assert cli.main(["studies", "copy", "bert-base-cased", "other.toml"]) == 0
    assert (tmp_path / "other.toml").is_file()
    assert cli.main(["studies", "copy", "bert-base-cased"]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["list", "x"], "tuner studies show x"),
        (["show"], "needs the name of a study"),
        (["copy"], "needs the name of a study"),
        (["show", "a", "b"], "tuner studies copy a b"),
        (["show", "bert-base-case"], "bert-base-cased"),
        (["delete", "x"], "choose from"),
    ],
)
def test_wrong_words_are_answered_with_the_right_ones(
    words: list[str], expected: str, capsys: Capture
) -> None:
    assert cli.main(["studies", *words]) == 2
    assert expected in " ".join(capsys.readouterr().err.split())
