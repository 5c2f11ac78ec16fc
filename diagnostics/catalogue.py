"""Finds the one unit that each module of a folder defines, or names the faulty file.

A rule, a reader or a data format is added by adding one file: the folder is the list.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TypeVar

from diagnostics.errors import DiagnosticsError

__all__ = ["CatalogueError", "unit", "units"]

T = TypeVar("T")


class CatalogueError(DiagnosticsError):
    """A module of a catalogue that cannot be imported, or does not define exactly one unit."""


def units(package: str, kind: type[T]) -> tuple[T, ...]:
    """Instances of the one `kind` that each module of a package defines.

    Folders inside the package are walked too. Modules whose name starts with an underscore hold
    what several units share and are passed over.

    Args:
        package: Dotted name of the package, such as `diagnostics.formats`.
        kind: The contract. A unit is a concrete class that derives from it by name, is defined in
            the module itself and can be made without arguments.

    Returns:
        One instance per module, sorted by the module's dotted name.

    Raises:
        CatalogueError: If a module cannot be imported, defines no unit or several, or its unit
            cannot be made; the message names the file.
    """
    names = sorted(_module_names(importlib.import_module(package)))
    return tuple(_unit(_import(name), kind) for name in names)


def unit(name: str, kind: type[T]) -> T:
    """Return an instance of the one `kind` that a single module defines.

    Args:
        name: Dotted name of the module.
        kind: The contract, as for `units`.

    Raises:
        CatalogueError: As for `units`.
    """
    return _unit(_import(name), kind)


def _module_names(package: ModuleType) -> Iterator[str]:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if found.name.rpartition(".")[2].startswith("_"):
            continue
        if found.ispkg:
            yield from _module_names(_import(found.name))
        else:
            yield found.name


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise CatalogueError(
            f"`{name}` cannot be imported: {type(error).__name__}: {error}.",
            "Mend the file, or take it out of the folder.",
        ) from error


def _unit(module: ModuleType, kind: type[T]) -> T:
    found: list[type[T]] = [
        value for value in vars(module).values() if _is_unit(value, module, kind)
    ]
    if len(found) != 1:
        names = ", ".join(unit.__name__ for unit in found) or "none"
        raise CatalogueError(
            f"{module.__file__} must define exactly one concrete `{kind.__name__}`, "
            f"but it defines {names}.",
            "Put each unit into a file of its own; start the name of a shared module with `_`.",
        )
    try:
        return found[0]()
    except TypeError as error:
        raise CatalogueError(
            f"`{found[0].__name__}` in {module.__file__} cannot be made without arguments: {error}."
        ) from error


def _is_unit(value: object, module: ModuleType, kind: type) -> bool:
    """Whether `value` is a concrete class of this module that derives from `kind` by name.

    The method resolution order is asked, not `issubclass`: a class that merely looks like a
    protocol is no unit.
    """
    return (
        inspect.isclass(value)
        and value.__module__ == module.__name__
        and kind in value.__mro__
        and value is not kind
        and not inspect.isabstract(value)
    )
