"""`import tuner` is light, and gives the three functions whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "optuna", "datasets", "sklearn", "scipy", "pandas", "accelerate")


def run_python(code: str) -> str:
    """Run code in a fresh interpreter and return what it printed."""
    arguments = [sys.executable, "-c", f"import sys\n{code}"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "code",
    [
        "import tuner; dir(tuner); tuner.__version__",
        "from tuner import search, train, load_study",
        "import pydoc, tuner; pydoc.render_doc(tuner)",
    ],
)
def test_importing_imports_nothing_heavy(code: str) -> None:
    assert run_python(f"{code}\nprint([name for name in {HEAVY} if name in sys.modules])") == "[]"


@pytest.mark.parametrize(
    "before",
    [
        "from tuner import train",
        "from tuner import load_study",
        "import tuner.api",
        "import tuner.search.folder",
        "from tuner.search import folder",
        "import tuner; tuner.search; import tuner.search.loop",
    ],
)
def test_search_is_the_function_whatever_was_imported_before(before: str) -> None:
    """The package `tuner.search` has the same name and must not take its place."""
    code = f"{before}\nimport tuner\nfrom tuner.search.folder import StudyFolder\n"
    checks = "print(tuner.search is sys.modules['tuner.api'].search, callable(tuner.train))"
    assert run_python(f"{code}tuner.search\n{checks}") == "True True"


def test_unknown_names_are_refused_as_usual() -> None:
    code = "import tuner\ntry:\n    tuner.tune\nexcept AttributeError as error:\n    print(error)"
    assert run_python(code) == "module 'tuner' has no attribute 'tune'"
