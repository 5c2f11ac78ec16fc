"""Whoever stops reading a report has seen enough: that is no finding and no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ALL_O = ROOT / "tests" / "data" / "readers" / "trainer_state" / "all_o"
SAMPLE = ROOT / "tuner" / "sample_data"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["diagnose", ALL_O, "-v", "--fail-on", "never"], 0),
        (["diagnose", ALL_O], 1),
        (["check", SAMPLE, "--fail-on", "info"], 1),
        (["check", SAMPLE, "--fail-on", "info", "--format", "json"], 1),
        (["check", SAMPLE, "--fail-on", "never"], 0),
    ],
)
def test_a_reader_who_leaves_early_gets_the_code_of_the_verdict(
    words: list[object], code: int
) -> None:
    program = "import sys; from tuner.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (code, b"")
