"""The command line as a user meets it: help, errors, exit codes."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuner
from tuner import cli, command_catalogue
from tuner.errors import StudyError

REPOSITORY = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def failing_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Return a function that makes `tuner studies` raise."""

    def fail(error: BaseException) -> None:
        def run(arguments: object) -> int:
            raise error

        module = types.SimpleNamespace(__doc__="Fail.", configure=lambda parser: None, run=run)
        monkeypatch.setattr(cli, "load_command", lambda name, commands: module)

    return fail


def test_help_lists_every_command_with_its_first_docstring_line(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for command in command_catalogue.find_commands().values():
        assert re.search(rf"^  {command.name} +{re.escape(command.summary)}", shown, re.MULTILINE)
    assert "first steps:" in shown


def test_no_arguments_show_the_help(capsys: Capture) -> None:
    assert cli.main([]) == 0
    assert "commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", command_catalogue.find_commands())
def test_every_command_has_help_that_explains_each_option(name: str, capsys: Capture) -> None:
    assert cli.main([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: tuner {name}")
    assert command_catalogue.find_commands()[name].summary.rstrip(".") in " ".join(shown.split())


def test_version(capsys: Capture) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"tuner {tuner.__version__}"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["serch"], "Did you mean `tuner search`?"),
        (["search", "--trails", "3"], "Did you mean `--trials`?"),
        (["search", "data", "more"], "no argument `more`"),
        (["--colour", "search"], "no option `--colour`"),
        (["search", "data", "--sampler", "annealing"], "choose from"),
        (["search", "data", "--trials"], "expected one argument"),
        (["search", "data", "--quiet", "--json"], "not allowed with argument"),
    ],
)
def test_a_usage_error_names_the_fault_and_the_way_out(
    arguments: list[str], expected: str, capsys: Capture
) -> None:
    assert cli.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    shown = " ".join(captured.err.split())
    assert shown.startswith("Error: ")
    assert expected in shown
    assert "Traceback" not in shown


def test_an_error_shows_message_and_hint_and_no_control_character(
    failing_command: Callable[[BaseException], None], capsys: Capture
) -> None:
    failing_command(StudyError("[red]bad\x1b[31m\rname\u202e", "Rename [it]."))
    assert cli.main(["studies"]) == 2
    shown = capsys.readouterr().err
    assert shown == "Error: [red]bad\\x1b[31m\\rname\\u202e\nRename [it].\n"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), "finished work is kept"),
        (PermissionError(errno.EACCES, "Permission denied", "runs/x"), "--runs-dir"),
        (MemoryError(), "no memory left"),
    ],
)
def test_what_the_machine_refuses_is_told_with_a_way_out(
    error: Exception,
    expected: str,
    failing_command: Callable[[BaseException], None],
    capsys: Capture,
) -> None:
    failing_command(error)
    assert cli.main(["studies"]) == 2
    shown = " ".join(capsys.readouterr().err.split())
    assert expected in shown
    assert "bug" not in shown


def test_an_unexpected_error_is_called_a_bug_and_shows_its_traceback_on_request(
    failing_command: Callable[[BaseException], None],
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failing_command(ZeroDivisionError("division by zero"))
    monkeypatch.delenv("TUNER_DEBUG", raising=False)
    assert cli.main(["studies"]) == 2
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: division by zero" in shown
    assert "report it" in shown
    assert "Traceback" not in shown
    assert cli.main(["studies", "--debug"]) == 2
    assert "Traceback" in capsys.readouterr().err
    monkeypatch.setenv("TUNER_DEBUG", "1")
    assert cli.main(["studies"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_control_c_is_quiet(
    failing_command: Callable[[BaseException], None], capsys: Capture
) -> None:
    failing_command(KeyboardInterrupt())
    assert cli.main(["studies"]) == 130
    assert capsys.readouterr() == ("", "")


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=30))
def test_any_text_as_a_command_is_answered_without_a_traceback(name: str) -> None:
    assert cli.main([name]) in (0, 2)


def test_a_file_that_is_no_python_is_listed_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:", encoding="utf-8")
    (tmp_path / "fine_one.py").write_text('"""Do it.\n\nMore."""', encoding="utf-8")
    (tmp_path / "_shared.py").write_text('"""Not a command."""', encoding="utf-8")
    found = command_catalogue.find_commands(tmp_path)
    assert list(found) == ["broken", "fine-one"]
    assert found["fine-one"].summary == "Do it."
    assert "cannot be read" in found["broken"].summary


def outcome(output: IO[Any] | int, *words: str) -> tuple[int, str]:
    """Run the command line with a standard output of its own; return exit code and errors."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tuner", *words],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": str(REPOSITORY)},
    )
    if process.stdout is not None:
        process.stdout.close()
    _, errors = process.communicate()
    return process.returncode, errors


@pytest.mark.parametrize("words", ["--help", "search --help", "studies list"])
def test_a_closed_pipe_and_a_full_disk_end_quietly(words: str) -> None:
    assert outcome(subprocess.PIPE, *words.split()) == (0, "")
    if Path("/dev/full").exists():
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            assert outcome(full, *words.split()) == (0, "")
