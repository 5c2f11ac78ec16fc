"""`tuner check` as a user types it: what it reads, what it refuses, how it ends."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from shutil import copy, copytree
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from diagnostics.report import json_document
from tests.tuner.trainings import write_study_file
from tuner.cli import main

ROOT = Path(__file__).parents[3]
CLEAN = ROOT / "tuner" / "sample_data"
SCHEMA = json.loads(Path(json_document.__file__).with_name("schema.json").read_text("utf-8"))
HEAVY = ("torch", "transformers", "optuna", "sklearn", "scipy", "pandas", "datasets", "pyarrow")
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A file in which line 5 has no tag; the words of line 2 could colour a terminal."""
    path = tmp_path / "train.conll"
    path.write_text("Acme B-ORG\n\x1b[31mrose O\n. O\n\nBell\nleft O\n\n" * 1, encoding="utf-8")
    return path


def call(*words: object) -> int:
    return main(["check", *map(str, words)])


def checked(capsys: Shown, *words: object) -> Any:
    """Check with JSON as the output; return the verdict on the data."""
    call(*words, "--format", "json")
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(SCHEMA).validate(document)
    (run,) = document["runs"]
    return run


def test_how_it_was_read_is_said_first(capsys: Shown) -> None:
    assert call(CLEAN) == 0
    first = capsys.readouterr().out.splitlines()[:4]
    assert first[0].startswith("Fit to train on")
    assert first[2] == "conll (token=0,tag=1; separator whitespace; utf-8), tags in IOB2"


def test_file_and_line_of_a_fault(faulty: Path, capsys: Shown) -> None:
    assert call(faulty) == 1
    shown = capsys.readouterr().out
    assert "Not fit to train on as it is" in shown
    assert "train.conll:5" in shown
    assert "\x1b" not in shown
    run = checked(capsys, faulty)
    (found,) = [found for found in run["findings"] if found["severity"] == "error"]
    assert (found["file"], found["line"]) == (str(faulty), 5)
    assert run["facts"]["splits"]["train"]["sentences"] == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "never"), 0),
        (("--fail-on", "error"), 1),
        (("--select", "D404"), 0),
        (("--ignore", "D,", "--select", "D404,D405", "--ignore", "D404"), 2),
        (("--select", "Q1"), 2),
        (("--format", "yaml"), 2),
        (("--format", "conll"), 2),
        (("--data-format", "yaml"), 2),
        (("--columns", "token=7"), 2),
        (("--columns", "word=0"), 2),
        (("--sample", "0"), 2),
        (("--batch-size", "many"), 2),
        (("--dev", "nowhere.conll"), 2),
        (("--model", "./nowhere"), 2),
        (("--study", "./nowhere.toml"), 2),
    ],
)
def test_exit_codes(faulty: Path, options: tuple[str, ...], code: int, capsys: Shown) -> None:
    assert call(faulty, *options) == code
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err and "bug" not in shown.err
    if code == 2:
        assert shown.err.startswith("Error: ") and not shown.out
        assert len(shown.err.splitlines()) >= 2, "a message and a way out"


def test_the_output_format_is_told_from_that_of_the_data(faulty: Path, capsys: Shown) -> None:
    call(faulty, "--format", "conll")
    assert "--data-format" in capsys.readouterr().err


def nothing(folder: Path) -> None:
    """There is nothing at all."""


def an_empty_folder(folder: Path) -> None:
    (folder / "data").mkdir()


def a_folder_without_data(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "README.md").write_text("# No data\n", encoding="utf-8")


def a_binary_file(folder: Path) -> None:
    (folder / "data").write_bytes(bytes(range(256)) * 20)


def an_archive(folder: Path) -> None:
    (folder / "data").write_bytes(gzip.compress(b"Acme B-ORG\n"))


def a_zip_file(folder: Path) -> None:
    with zipfile.ZipFile(folder / "data", "w") as archive:
        archive.writestr("train.txt", "Acme B-ORG\n")


def an_empty_file(folder: Path) -> None:
    (folder / "data").touch()


def blank_lines(folder: Path) -> None:
    (folder / "data").write_text("\n\n\n", encoding="utf-8")


def document_starts_alone(folder: Path) -> None:
    (folder / "data").write_text("-DOCSTART- O\n\n", encoding="utf-8")


def an_endless_line(folder: Path) -> None:
    with (folder / "data").open("wb") as file:
        file.write(b"Acme B-ORG\nrose O\n\n")
        file.truncate(200 * 2**20)  # a hole, which takes no room on the disk


def an_endless_line_of_words(folder: Path) -> None:
    with (folder / "data").open("wb") as file:
        file.write(b"Acme B-ORG\nrose O\n\n")
        for _ in range(70):
            file.write(b"word " * (2**20 // 5))


@pytest.mark.parametrize(
    "make",
    [
        nothing,
        an_empty_folder,
        a_folder_without_data,
        a_binary_file,
        an_archive,
        a_zip_file,
        an_empty_file,
        blank_lines,
        document_starts_alone,
        an_endless_line,
        an_endless_line_of_words,
    ],
)
def test_what_is_no_data_is_refused_or_found(
    make: Callable[[Path], None],
    tmp_path: Path,
    capsys: Shown,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Said what was expected and what was seen, or findings; never a traceback."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    make(tmp_path)
    code = call(tmp_path / "data")
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err and "bug" not in shown.err
    assert (code == 2 and shown.err.startswith("Error: ")) or (code == 1 and "ERROR" in shown.out)


@pytest.mark.parametrize("tag", ["O", "B-X"])
def test_one_label_only_is_a_finding(tag: str, tmp_path: Path, capsys: Shown) -> None:
    path = tmp_path / "train.conll"
    path.write_text(f"Acme {tag}\nrose {tag}\n\n" * 30, encoding="utf-8")
    assert call(path) == 1
    assert "ERROR" in capsys.readouterr().out or tag == "B-X"


def test_data_is_missing(capsys: Shown) -> None:
    assert main(["check"]) == 2
    assert "DATA is missing" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["terminal", "json", "markdown", "sarif"])
def test_a_report_in_a_file(faulty: Path, form: str, tmp_path: Path, capsys: Shown) -> None:
    target = tmp_path / "report"
    assert call(faulty, "--format", form, "--output", target) == 1
    assert capsys.readouterr().out == ""
    text = target.read_text(encoding="utf-8")
    assert "D1" in text and "\x1b" not in text


def test_sarif_names_the_line(faulty: Path, capsys: Shown) -> None:
    call(faulty, "--format", "sarif", "--select", "D1")
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first["region"]["startLine"] == 5
    assert first["artifactLocation"]["uri"].endswith("/train.conll")


def test_a_plan_is_judged(capsys: Shown) -> None:
    run = checked(capsys, CLEAN, "--learning-rate", "3", "--batch-size", "0", "--epochs", "2")
    told = [found["message"] for found in run["findings"] if found["id"] == "R601"]
    assert any("learning_rate is 3" in message for message in told)
    assert any("batch_size is 0" in message for message in told)
    assert run["facts"]["plan"] == {"learning_rate": 3.0, "batch_size": 0, "epochs": 2.0}


def test_recipe_and_space_of_a_study_file_are_judged(tmp_path: Path, capsys: Shown) -> None:
    path = write_study_file(
        tmp_path,
        "[recipe]\nlearning_rate = 2e-5\nbatch_size = 16\nepochs = 3\n"
        "[space.learning_rate]\nlow = 1e-5\nhigh = 0.9\n",
    )
    run = checked(capsys, CLEAN, "--study", path)
    assert run["facts"]["plan"]["batch_size"] == 16
    assert any("With learning_rate 0.9" in found["message"] for found in run["findings"])


def test_a_sample(capsys: Shown) -> None:
    run = checked(capsys, CLEAN, "--sample", "40")
    again = checked(capsys, CLEAN, "--sample", "40", "--seed", "42")
    other = checked(capsys, CLEAN, "--sample", "40", "--seed", "7")
    sizes = [each["facts"]["splits"]["train"] for each in (run, again, other)]
    assert sizes[0] == sizes[1] != sizes[2]
    assert {size["sentences"] for size in sizes} == {40}
    assert run["facts"]["splits"]["dev"]["sentences"] == 75
    assert "40 of 250" in run["notes"][0]
    assert not checked(capsys, CLEAN, "--sample", "4000")["notes"]


def test_the_sample_is_the_one_that_is_trained_on(capsys: Shown) -> None:
    from tuner.data import load_data

    run = checked(capsys, CLEAN, "--sample", "40")
    trained_on = load_data(CLEAN, sample=40).facts["splits"]["train"]
    sizes = run["facts"]["splits"]["train"]
    assert (sizes["words"], sizes["labels"]) == (trained_on["tokens"], trained_on["per_type"])


def test_a_model_adds_what_its_tokenizer_makes_of_it(tiny_model: Path, capsys: Shown) -> None:
    run = checked(capsys, CLEAN, "--model", tiny_model, "--max-length", "16", "--select", "D5")
    assert "entities-truncated" in {found["name"] for found in run["findings"]}
    assert run["facts"]["model"]["name"]
    assert not run["not_judged"]


def test_other_splits_and_columns_are_in_the_next_command(
    faulty: Path, easy_data: Path, capsys: Shown
) -> None:
    dev = easy_data / "dev.conll"
    run = checked(capsys, easy_data / "train.conll", "--dev", dev, "--columns", "token=0,tag=1")
    commands = [each["command"] for each in run["next_commands"]]
    assert any(f"--dev {dev} --columns token=0,tag=1" in command for command in commands)


def test_a_repaired_copy(faulty: Path, tmp_path: Path, capsys: Shown) -> None:
    before = faulty.read_bytes()
    assert call(faulty, "--fix", tmp_path / "fixed") == 0
    shown = capsys.readouterr().out
    assert "Changed" in shown and "train.conll:5" in shown
    joined = " ".join(shown.replace("\\\n", " ").split())
    assert f"tuner check {tmp_path / 'fixed'}" in joined
    assert faulty.read_bytes() == before
    assert call(faulty, "--fix", tmp_path / "fixed") == 2, "it is there already"


def test_a_copy_in_another_format(tmp_path: Path, capsys: Shown) -> None:
    out = tmp_path / "json"
    assert call(CLEAN, "--convert", "json-tokens", out, "--format", "json") == 0
    written = json.loads(capsys.readouterr().out)
    assert [split["name"] for split in written["splits"]] == ["train", "dev", "test"]
    assert checked(capsys, out)["facts"]["splits"]["train"]["format"] == "json-tokens"


@pytest.mark.parametrize(
    "options",
    [
        ("--convert", "yaml", "out"),
        ("--fix", "out", "--format", "sarif"),
        ("--fix", "out", "--convert", "conll", "out"),
    ],
)
def test_copies_that_cannot_be(options: tuple[str, ...], tmp_path: Path, capsys: Shown) -> None:
    options = tuple(str(tmp_path / word) if word == "out" else word for word in options)
    assert call(CLEAN, *options) == 2
    assert capsys.readouterr().err.startswith("Error: ")
    assert not (tmp_path / "out").exists()


def test_settings_of_the_project_hold(
    easy_data: Path, tmp_path: Path, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(copytree(easy_data, tmp_path / "twice"))
    copy(folder / "train.conll", folder / "dev.conll")
    (tmp_path / "tuner.toml").write_text('fail-on = "error"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert call("twice") == 1
    ignored = 'fail-on = "error"\n[ignore]\nsame-data-twice = "a test of memory"\n'
    (tmp_path / "tuner.toml").write_text(ignored, encoding="utf-8")
    assert call("twice") == 0
    assert "a test of memory" in capsys.readouterr().out


def start(program: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    return done.stdout.splitlines()[-1]


def test_starts_light() -> None:
    program = (
        f"import sys; from tuner.cli import main; main(['check', {str(CLEAN)!r}]); "
        f"main(['check', {str(CLEAN)!r}, '--sample', '9', '--learning-rate', '1e-5']); "
        f"print('HEAVY', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    assert start(program) == "HEAVY"


def test_starts_on_few_modules(tmp_path: Path) -> None:
    """Each module costs about a millisecond of a start; `check_speed.py` measures the seconds."""
    path = tmp_path / "small.conll"
    path.write_text("Acme B-ORG\nrose O\n\n" * 20, encoding="utf-8")
    program = (
        "import sys; from tuner.cli import main; "
        f"main(['check', {str(path)!r}]); print(len(sys.modules))"
    )
    assert int(start(program)) < 600  # 440 when this was written; torch alone has 1,500
