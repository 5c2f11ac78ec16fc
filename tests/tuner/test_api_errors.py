"""Whatever is wrong with what the user gives: one clear message with a way out, and exit code 2."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import tuner
from tests.tuner.conftest import Searched
from tests.tuner.trainings import (
    RECIPE,
    SPACE,
    STUDY_FILE,
    write_study_file,
)
from tuner.cli import main
from tuner.errors import ModelError, StudyError, UsageError

pytestmark = pytest.mark.long

Refused = Callable[..., str]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def refused(
    easy_data: Path,
    tiny_model: Path,
    runs: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Refused:
    """Run a command that must be refused before anything is trained; return the message."""
    monkeypatch.setenv("COLUMNS", "500")  # no path is long enough to be wrapped

    def call(*options: str | Path, command: str = "search", **replaced: Any) -> str:
        data = replaced.get("data", easy_data)
        model = replaced.get("model", tiny_model)
        words = [command, data, "--model", model, "--device", "cpu"]
        if "--runs-dir" not in options:
            words += ["--runs-dir", runs]
        assert main([str(word) for word in (*words, *options)]) == 2
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "bug" not in shown.err
        assert shown.err.startswith("Error: ")
        assert shown.out == "", "nothing is shown before the refusal"
        lines = shown.err.splitlines()
        assert len(lines) >= 2, "a message and a way out"
        return " ".join(" ".join(lines).split())

    return call


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


Change = Callable[[Path], object]


def model_with(tiny_model: Path, folder: Path, change: Change) -> Path:
    changed = Path(copytree(tiny_model, folder / "model-401"))
    change(changed)
    return changed


def set_config(**values: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        config = json.loads(path.read_text()) | values
        path.write_text(json.dumps(config))

    return change


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def without(*patterns: str) -> Change:
    def change(folder: Path) -> None:
        for path in [path for pattern in patterns for path in folder.glob(pattern)]:
            path.unlink()

    return change


@pytest.mark.parametrize("name", ["no-such-model", "someone/no-such-model"])
def test_an_unknown_model_without_a_network(refused: Refused, offline: None, name: str) -> None:
    message = refused(model=name)
    assert name in message
    assert "--model FOLDER" in message


def test_a_model_name_that_cannot_be_one(refused: Refused, offline: None) -> None:
    assert "bert?base!" in refused(model="bert?base!")


def test_a_model_folder_that_is_not_there(refused: Refused, runs: Path) -> None:
    assert "no model folder './nowhere'" in refused(model="./nowhere")
    assert not runs.exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (without("config.json"), "must hold a config.json"),
        (without("model.safetensors"), "no file named model.safetensors"),
        (without("token*", "vocab*"), "no tokenizer"),
        (cut_weights, "damaged or half downloaded"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 99), "damaged"),
        (lambda folder: (folder / "config.json").write_text("{"), "not a valid JSON"),
        (set_config(model_type="bart"), "no token-classification head"),
        (set_config(model_type="frobnicate"), "frobnicate"),
        (set_config(model_type=None), "transformers does not know"),
    ],
)
def test_a_broken_model_folder(
    refused: Refused, runs: Path, tiny_model: Path, tmp_path: Path, change: Change, expected: str
) -> None:
    model = model_with(tiny_model, tmp_path, change)
    assert expected in refused(model=model)
    assert not runs.exists(), "no folder is left behind for a study that cannot be"


def test_code_that_comes_with_a_model_is_never_run_nor_offered(
    refused: Refused, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bring_code(folder: Path) -> None:
        (folder / "theirs.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
        names = {
            "AutoConfig": "theirs.Config",
            "AutoTokenizer": ["theirs.Tokenizer", None],
            "AutoModelForTokenClassification": "theirs.Model",
        }
        set_config(model_type="theirs", auto_map=names)(folder)

    questions: list[str] = []

    def say_yes(question: str = "") -> str:
        questions.append(question)
        return "y"

    monkeypatch.setattr("builtins.input", say_yes)
    message = refused(model=model_with(tiny_model, tmp_path, bring_code))
    assert "code of its own" in message
    assert questions == [], "a tired yes must not run a stranger's code"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "does not exist"),
        (b"", "is empty"),
        (os.urandom(500) + b"\0", "binary"),
        (b"Nobody has labelled this text.\nIt is prose.\n", "none of the known formats"),
        (b"Bob O\nsleeps O\n\nEve O\nsings O\n" * 10, "no entity: every tag is `O`"),
        (b"Bob B-PER\n", "development split cannot be made"),
    ],
)
def test_data_that_cannot_be_trained_on(
    refused: Refused, runs: Path, tmp_path: Path, content: bytes | None, expected: str
) -> None:
    path = tmp_path / "mine.conll"
    if content is not None:
        path.write_bytes(content)
    assert expected in refused(data=path)
    assert not runs.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only names in UTF-8")
def test_a_file_name_that_is_no_text_is_no_trouble(
    easy_data: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = Path(copytree(easy_data, tmp_path / os.fsdecode(b"caf\xe9")))
    command = [
        "search", data, "--model", tiny_model, "--space", write_study_file(tmp_path), "--trials",
        "1", "--confirm", "0", "--study", "odd", "--runs-dir", tmp_path / "runs", "--json",
    ]  # fmt: skip
    for _ in range(2):  # the second time everything is read back
        assert main([str(word) for word in command]) == 0
        assert json.loads(capsys.readouterr().out)["status"] == "finished"
    assert tuner.load_study("odd", runs=tmp_path / "runs").spec.data_source == str(data)


def test_words_that_all_have_the_same_label(refused: Refused, tmp_path: Path) -> None:
    """Nothing can be learnt where there is nothing to tell apart."""
    path = tmp_path / "mine.conll"
    path.write_text("Bob B-PER\nEve B-PER\n\nAnn B-PER\nJoe B-PER\n\n" * 20)
    assert "every word" in refused(data=path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("low = 3e-3\nhigh = 2e-2", "low = 2e-2\nhigh = 3e-3", "`low < high` must hold"),
        ("low = 4\nhigh = 16", "low = 4\nhigh = 12", "powers of two"),
        ("batch_size = 8", "batch_size = 12", "batch_size"),
        ("epochs = 3", "epochs = 30", "lies outside of the search space"),
        ("[recipe]", "[recipe", "not TOML"),
    ],
)
def test_a_study_file_that_cannot_be_right(
    refused: Refused, tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in STUDY_FILE
    path = write_study_file(tmp_path, STUDY_FILE.replace(old, new))
    message = refused("--space", path)
    assert expected in message
    assert "tiny.toml" in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--trials", "0"], "`--trials >= 1` must hold, but got 0"),
        (["--device", "cuda:7"], "This machine offers"),
        (["--set", "max_grad_nrom=1"], "Did you mean max_grad_norm?"),
        (["--set", "learning_rate=1"], "--learning-rate"),
        (["--set", "optim=magic"], "magic"),
        (["--set", "max_grad_norm=often"], "takes a number, but got 'often'"),
        (["--set", "full_determinism=1"], "takes true or false, but got 1"),
        (["--set", "eval_on_start=true"], "would break how epochs are evaluated"),
        (["--set", "report_to=clearml"], "`report_to`"),
        (["--set", "report_to=nobody"], "`report_to`"),
        (["--set", 'lr_scheduler_kwargs={"num_cycels": 2}'], "num_cycels"),
        (["--recipe", "bert-base-case"], "Did you mean `bert-base-cased`?"),
    ],
)
@pytest.mark.parametrize("command", ["search", "train"])
def test_options_that_cannot_be_right(
    refused: Refused, runs: Path, command: str, options: list[str], expected: str
) -> None:
    if command == "train" and options[0] == "--trials":
        options, expected = ["--epochs", "0"], "at least 1"
    assert expected in refused(*options, command=command)
    assert not list(runs.rglob("*.json"))


@pytest.mark.parametrize("max_length", [0, 2, -5])
def test_windows_without_room(
    easy_data: Path, tiny_model: Path, runs: Path, max_length: int
) -> None:
    with pytest.raises((UsageError, ModelError), match="max_length"):
        tuner.train(easy_data, model=tiny_model, max_length=max_length, runs_dir=runs)


@pytest.mark.parametrize("name", ["../elsewhere", "/elsewhere", "", "a/b", ".hidden"])
def test_names_that_are_no_folder_names(
    easy_data: Path, tiny_model: Path, runs: Path, name: str
) -> None:
    with pytest.raises(UsageError, match="name"):
        tuner.train(easy_data, model=tiny_model, name=name, runs_dir=runs)
    with pytest.raises(UsageError, match="name"):
        tuner.search(easy_data, model=tiny_model, study=name, runs_dir=runs)


@pytest.mark.parametrize("command", ["search", "train"])
def test_a_place_that_cannot_be_written(refused: Refused, tmp_path: Path, command: str) -> None:
    """Not even root may make folders in /sys; and a file is no folder."""
    occupied = tmp_path / "file"
    occupied.write_text("")
    name = "--study" if command == "search" else "--name"
    assert "file" in refused("--runs-dir", occupied / "runs", name, "mine", command=command)
    if Path("/sys").is_dir():
        message = refused("--runs-dir", "/sys/runs", name, "mine", command=command)
        assert "/sys/runs/mine" in message
        assert "ermission" in message


def test_a_place_that_cannot_be_written_is_a_study_error(
    easy_data: Path, tiny_model: Path, tmp_path: Path
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    for call in (tuner.search, tuner.train):
        with pytest.raises(StudyError, match="file"):
            call(easy_data, model=tiny_model, runs_dir=occupied / "runs")


def test_a_file_in_place_of_the_study(refused: Refused, runs: Path) -> None:
    runs.mkdir()
    (runs / "mine").write_text("")
    assert "mine" in refused("--study", "mine")


def test_a_training_is_not_a_study(
    easy_data: Path, tiny_model: Path, refused: Refused, runs: Path
) -> None:
    """`tuner train` and then `tuner search` on the same data do not get in each other's way."""
    result = tuner.train(easy_data, model=tiny_model, recipe=RECIPE, epochs=1, runs_dir=runs)
    before = sorted(path.name for path in result.directory.iterdir())
    message = refused("--study", result.directory.name)
    assert "single training" in message and "--study" in message
    assert sorted(path.name for path in result.directory.iterdir()) == before
    summary = tuner.search(
        easy_data,
        model=tiny_model,
        space=SPACE,
        recipe=RECIPE,
        trials=1,
        confirm=0,
        runs_dir=runs,
        device="cpu",
    )
    assert summary.status == "finished"
    assert summary.directory != result.directory


def test_a_changed_study_is_refused_on_the_command_line(
    refused: Refused, searched: Searched, runs: Path
) -> None:
    copytree(searched.runs, runs)
    before = {path: path.read_bytes() for path in runs.rglob("*.json*")}
    message = refused("--study", "easy", "--space", "encoder-small")
    assert "space, learning_rate: " in message
    assert "--new" in message
    assert {path: path.read_bytes() for path in runs.rglob("*.json*")} == before
