"""The fences around the house: who imports whom, what is declared, how large things get."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("diagnostics", "studies", "tuner")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in MODULES]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

LONGEST_MODULE = 400
LONGEST_FUNCTION = 50
DISTRIBUTIONS = {"sklearn": "scikit-learn", "yaml": "pyyaml"}
VAGUE_NAMES = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}

# What a light command must not import: seconds of start-up, and a GPU driver's noise.
HEAVY = ("accelerate", "datasets", "optuna", "pandas", "pyarrow", "scipy", "sklearn", "torch")
LIGHT_COMMANDS = (
    ("--help",),
    ("--version",),
    ("check", "--help"),
    ("check", "tuner/sample_data"),
    ("diagnose", "--help"),
    ("doctor", "--help"),
    ("explain", "ragged-lines"),
    ("export", "--help"),
    ("rules",),
    ("search", "--help"),
    ("show",),
    ("studies",),
    ("train", "--help"),
)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(node: ast.stmt) -> int:
    """Count the lines of a statement, its docstring left out."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
        lines -= lines_of(node.body[0])
    return lines


def imported_packages(tree: ast.Module) -> set[str]:
    """Return the top-level packages that a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def distributions(requirements: list[str]) -> set[str]:
    return {
        re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements
    }


def test_import_contracts_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    exit_code = lint_imports(no_cache=True, no_logo=True)
    assert exit_code == 0, capsys.readouterr().out


def test_every_contract_has_an_id() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    assert len({contract["id"] for contract in contracts}) == len(contracts)


@pytest.mark.parametrize("arguments", LIGHT_COMMANDS, ids=" ".join)
def test_light_commands_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys; from tuner.cli import main; "
        f"code = main({list(arguments)!r}); "
        f"heavy = sorted(set({HEAVY!r}) & set(sys.modules)); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_third_party_imports_are_declared(path: Path) -> None:
    project = PROJECT["project"]
    declared = distributions(project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        if extra not in {"test", "dev", "bench"}:
            declared |= distributions(requirements)
    known = set(sys.stdlib_module_names) | set(PACKAGES)
    third_party = imported_packages(parse(path)) - known
    missing = {
        name
        for name in third_party
        if DISTRIBUTIONS.get(name, name).replace("_", "-").lower() not in declared
    }
    # Shipped contract suites are for authors of extensions, who have pytest.
    assert not missing - ({"pytest"} if path.stem == "testing" else set())


def test_constraints_pin_every_declared_package() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    pinned = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    project = PROJECT["project"]
    wanted = distributions(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        wanted |= distributions(extra)
    assert not wanted - {project["name"]} - pinned


def test_no_file_names_a_package_index() -> None:
    for name in ("pyproject.toml", "constraints.txt", "Makefile", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|://", text), name


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
    assert not {
        f.name: lines_of(f) for f in functions(parse(path)) if lines_of(f) > LONGEST_FUNCTION
    }


def test_the_typical_module_and_function_is_small() -> None:
    modules = [path for path in MODULES if path.name != "__init__.py"]
    assert statistics.median(len(path.read_text("utf-8").splitlines()) for path in modules) <= 150
    assert statistics.median(lines_of(f) for path in modules for f in functions(parse(path))) <= 12


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_modules_say_what_they_are_for(path: Path) -> None:
    assert path.stem.strip("_") not in VAGUE_NAMES
    assert ast.get_docstring(parse(path))
