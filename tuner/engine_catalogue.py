"""Finds the engines in `tuner/engines` by file name, without importing them.

A module whose name has no leading underscore and that defines `open_engine` can be chosen with
`--engine`; `in_process.py` is chosen as `in-process`.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, cast

from tuner.engine import Engine
from tuner.engine_recipe import EngineRequest
from tuner.errors import UsageError
from tuner.problems import nearest_name_hint

__all__ = ["EngineModule", "engine_names", "open_engine"]

PACKAGE = "tuner.engines"
FOLDER = Path(__file__).with_name("engines")


class EngineModule(Protocol):
    """What a module in `tuner/engines` defines to be chosen by name."""

    __doc__: str | None

    def open_engine(self, request: EngineRequest) -> Engine:
        """Make the engine.

        Raises:
            UsageError: Something asked for is not there (a device, an extra, a cluster).
        """


def engine_names(folder: Path = FOLDER) -> MappingProxyType[str, str]:
    """Return each engine's name and the first line of its module's docstring."""
    found = {}
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if not path.stem.startswith("_") and "open_engine" in functions:
            first_line = (ast.get_docstring(tree) or "").partition("\n")[0]
            found[path.stem.replace("_", "-")] = first_line
    return MappingProxyType(found)


def open_engine(name: str, request: EngineRequest) -> Engine:
    """Make the engine of this name; only its module is imported.

    Raises:
        UsageError: There is no such engine, or something it needs is not there.
    """
    names = engine_names()
    if name not in names:
        raise UsageError(
            f"There is no engine `{name}`; the engines are {', '.join(names)}.",
            nearest_name_hint(name, names),
        )
    module = importlib.import_module(f"{PACKAGE}.{name.replace('-', '_')}")
    return cast(EngineModule, module).open_engine(request)
