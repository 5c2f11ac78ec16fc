"""Whoever stops reading a report has seen enough: that is no finding and no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALL_O = Path(__file__).parents[2] / "data" / "readers" / "trainer_state" / "all_o"


def test_a_reader_who_leaves_early() -> None:
    program = "import sys; from tuner.cli import main; sys.exit(main(sys.argv[1:]))"
    options = ["diagnose", str(ALL_O), "-v", "--fail-on", "never"]
    command = [sys.executable, "-c", program, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, b"")
