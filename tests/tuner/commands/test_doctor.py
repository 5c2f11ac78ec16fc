"""`tuner doctor` as a user types it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import diagnostics.report
from diagnostics.subjects.environment import Torch
from tuner.cli import main
from tuner.doctor import look_around
from tuner.doctor.import_probe import Probe
from tuner.doctor.nvidia import Nvidia

REPOSITORY = Path(__file__).parents[3]
SCHEMA = json.loads(
    (Path(diagnostics.report.__path__[0]) / "schema.json").read_text(encoding="utf-8")
)
HEAVY = (
    *("torch", "transformers", "optuna", "sklearn", "scipy", "pandas", "datasets", "pyarrow"),
    *("numpy", "tokenizers", "huggingface_hub"),
)
OUTDATED = """\
from transformers import Trainer, TrainingArguments

arguments = TrainingArguments(output_dir="out", evaluation_strategy="epoch", learning_rat=2e-5)
trainer = Trainer(model=model, args=arguments, tokenizer=tokenizer)
"""
CURRENT = """\
from transformers import Trainer, TrainingArguments

arguments = TrainingArguments(output_dir="out", eval_strategy="epoch", learning_rate=2e-5)
trainer = Trainer(model=model, args=arguments, processing_class=tokenizer)
"""


@pytest.fixture
def outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "train.py").write_text(OUTDATED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return "train.py"


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a GPU, whose libraries need not be imported for real."""
    torch = Torch(cuda="", hip="", available=False, mps=False, threads=4, numpy_fault="")
    probe = Probe(faults={"torch": ""}, torch=torch)
    monkeypatch.setattr(look_around, "probe_imports", lambda libraries: probe)
    monkeypatch.setattr(look_around, "look_at_nvidia", Nvidia)
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "OMP_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("healthy", "outdated")
def test_the_next_look_repeats_what_was_planned(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan that is left out would be judged by its usual values, and the verdict would change."""
    Path("my data.conll").write_text("Anna B-PER\n", encoding="utf-8")
    words = (
        *("--model", "nowhere/model", "--script", "train.py", "--data", "my data.conll"),
        *("--batch-size", "64", "--max-length", "256", "--precision", "fp32"),
        *("--optimizer", "adamw_torch", "--runs-dir", "elsewhere"),
    )
    (command,) = document(*words, capsys=capsys)["next_commands"]
    assert command["command"] == f"tuner doctor {shlex.join(words)}"
    (plain,) = document("--script", "train.py", capsys=capsys)["next_commands"]
    assert plain["command"] == "tuner doctor --script train.py"


def document(*words: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    main(["doctor", *words, "--format", "json"])
    written: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(written, SCHEMA)
    (run,) = written["runs"]
    return dict(run)


@pytest.mark.usefixtures("healthy")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--model", "nowhere/model"], 1),
        (["--model", "nowhere/model", "--optimizer", "nonsense"], 2),
        (["--model", "nowhere/model", "--data", "nowhere.conll"], 2),
        (["--optimizer", "adamw_bnb_8bit", "--select", "E101"], 1),
        (["--optimizer", "nonsense"], 2),
        (["--batch-size", "0"], 2),
        (["--max-length", "many"], 2),
        (["--precision", "fp8"], 2),
        (["--format", "xml"], 2),
        (["--script", "nowhere.py"], 2),
        (["--data", "data.conll"], 2),
        (["--select", "E999"], 2),
        (["--select", "E2", "--fail-on", "info"], 1),
        (["--select", "E2", "--ignore", "no-accelerator,E204,E208", "--fail-on", "info"], 0),
        (["--output", "nowhere/report.txt"], 2),
        (["extra"], 2),
    ],
)
def test_exit_codes(words: list[str], code: int) -> None:
    assert main(["doctor", *words]) == code


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("", "but got ''"),
        ("  ", "but got ' "),
        ("/nope/x", "There is no model folder '/nope/x'"),
        ("foo bar!!", "no hub id looks like that"),
        ("a/b/c", "no hub id looks like that"),
        ("x" * 5000, "--model"),
        ("a\0b", "no hub id looks like that"),
        ("folder", "must hold a config.json"),
        ("folder/note.txt", "is a file"),
    ],
)
def test_what_is_no_model_is_one_message(
    model: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "note.txt").touch()
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--model", model]) == 2
    shown = capsys.readouterr()
    assert message in " ".join(shown.err.split())
    assert "hf download" not in shown.err
    assert shown.out == ""


@pytest.mark.usefixtures("healthy")
def test_a_forecast_that_is_missing_is_in_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert main(["doctor", "--model", "nowhere/model", "--batch-size", "8"]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("Ready to train, but without the forecast of memory")
    assert "E211 no-memory-forecast" in shown
    assert "hf download nowhere/model" in shown
    assert "no model was named" not in shown


@pytest.mark.usefixtures("healthy")
def test_a_plan_without_a_model_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    run = document("--batch-size", "8", "--max-length", "64", capsys=capsys)
    assert any("--batch-size and --max-length told nothing" in note for note in run["notes"])


@pytest.mark.usefixtures("healthy")
def test_the_library_of_the_optimizer_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor", "--optimizer", "adamw_bnb_8bit"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "E101 missing-library" in shown
    assert "pip install bitsandbytes" in shown


def test_a_script_of_old_fails_with_file_and_line(
    outdated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--script", outdated]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert f"{outdated}:3" in shown
    assert '3 evaluation_strategy="epoch" eval_strategy="epoch"' in shown
    assert "4 tokenizer=tokenizer processing_class=tokenizer" in shown
    assert "3 learning_rat=2e-5 learning_rate=2e-5" in shown


def test_a_present_script_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "train.py"
    path.write_text(CURRENT, encoding="utf-8")
    assert main(["doctor", "--script", str(path), "--fail-on", "info"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "(2 calls read)" in shown
    assert shown.startswith("Ready to train: nothing to report.")


def test_json_names_file_and_line_of_each_finding(
    outdated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = document("--script", outdated, capsys=capsys)
    assert [(each["id"], each["file"], each["line"]) for each in run["findings"]] == [
        ("E301", outdated, 3),
        ("E301", outdated, 4),
        ("E303", outdated, 3),
    ]
    assert run["findings"][0]["fixes"][0]["new"] == 'eval_strategy="epoch"'
    assert run["kind"] == "environment"
    assert run["facts"]["accelerators"] is None


@pytest.mark.usefixtures("healthy")
def test_json_of_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    run = document("--precision", "fp16", capsys=capsys)
    assert run["facts"]["libraries"]["torch"]
    assert run["facts"]["host"]["memory_bytes"] > 2**20
    assert run["facts"]["accelerators"] == []
    assert "E209" in {each["id"] for each in run["findings"]}


@pytest.mark.parametrize("name", ["terminal", "markdown", "sarif", "json"])
def test_every_format_is_written(
    name: str, outdated: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report"
    words = ["doctor", "--script", outdated, "--format", name, "--output", str(target)]
    assert main(words) == 1
    assert "E301" in target.read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_sarif_stands_at_the_line(outdated: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--script", outdated, "--format", "sarif"])
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    lines = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
    assert lines == [3, 4, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"def train(:\n", "is no valid Python: line 1"),
        (b"\x00\x01", "is binary"),
        (b"\xe9 = 1\n", "is not UTF-8"),
    ],
)
def test_a_script_that_cannot_be_read_is_one_message(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.py"
    path.write_bytes(content)
    assert main(["doctor", "--script", str(path)]) == 2
    shown = capsys.readouterr()
    assert message in " ".join(shown.err.split())
    assert "Traceback" not in shown.err
    assert shown.out == ""


def test_what_a_stranger_wrote_is_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.py"
    source = "from transformers import TrainingArguments\nTrainingArguments(no_cuda='\x1b[31m')\n"
    path.write_text(source, encoding="utf-8")
    main(["doctor", "--script", str(path)])
    assert "\x1b" not in capsys.readouterr().out


PROGRAM = f"""
import json, sys
from tuner.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def ending(*words: str, folder: Path, **variables: str) -> tuple[int, list[str], str]:
    """Return exit code, heavy packages that were imported, and the report."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **variables},
        check=True,
    )
    *shown, last = done.stdout.splitlines()
    code, heavy = json.loads(last)
    return code, heavy, "\n".join(shown)


def test_a_script_alone_imports_nothing_heavy(outdated: str, tmp_path: Path) -> None:
    assert ending("doctor", "--script", outdated, folder=tmp_path)[:2] == (1, [])


def test_a_pytorch_that_cannot_be_imported_is_a_finding(tmp_path: Path) -> None:
    stubs = tmp_path / "stubs"
    for name in ("numpy", "tokenizers", "safetensors", "pyarrow", "pandas"):
        (stubs / name).mkdir(parents=True)
        (stubs / name / "__init__.py").touch()
    (stubs / "torch").mkdir()
    (stubs / "torch" / "__init__.py").write_text(
        "raise OSError('libcudart.so.12: cannot open shared object file')\n", encoding="utf-8"
    )
    code, heavy, shown = ending(
        "doctor", folder=tmp_path, PYTHONPATH=f"{stubs}{os.pathsep}{REPOSITORY}"
    )
    assert (code, heavy) == (1, [])
    assert "E105 library-fails-to-import" in shown
    assert "libcudart.so.12: cannot open shared object file" in " ".join(shown.split())
