"""Commands that only read or list start at once: they import nothing heavy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
HEAVY = ("torch", "transformers", "optuna", "sklearn", "scipy", "pandas", "datasets", "pyarrow")
PROGRAM = f"""
import json, sys
from tuner.cli import main
code = main(sys.argv[1:])
print(json.dumps([code, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def ending(*words: str, folder: Path) -> tuple[int, list[str]]:
    """Return a command's exit code and the heavy packages that it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        check=True,
    )
    code, heavy = json.loads(done.stdout.splitlines()[-1])
    return code, heavy


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "search --help",
        "studies list",
        "studies show bert-base-cased",
        "show --runs-dir .",
        "show fin --runs-dir .",
        "show fin --trial 0 --runs-dir .",
        "export fin --runs-dir .",
        "export fin --format json --runs-dir .",
    ],
)
def test_light_commands_import_nothing_heavy(words: str, finished_runs: Path) -> None:
    assert ending(*words.split(), folder=finished_runs) == (0, [])


@pytest.mark.parametrize("words", ["train", "search --trials 0", "train data --epochs 0", "serch"])
def test_a_usage_error_costs_no_heavy_import(words: str, tmp_path: Path) -> None:
    assert ending(*words.split(), folder=tmp_path) == (2, [])
