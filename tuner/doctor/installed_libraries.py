"""The installed libraries, from their own metadata; nothing is imported, nothing is downloaded."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from diagnostics.declared_requirements import canonical
from diagnostics.subjects.environment import Library, Torch

__all__ = ["installed_libraries", "package_folder", "source_tree", "torch_build"]

_MOST_LIBRARIES = 5_000
_LARGEST_SOURCE = 2**22
"""Bytes of a source file that are read at most: the longest one of transformers has 2**18."""


def installed_libraries() -> tuple[dict[str, Library], tuple[str, ...]]:
    """Return each installed library by its name, and what is odd about the metadata.

    Of two libraries with one name the first counts, as it does for imports.
    """
    found: dict[str, Library] = {}
    notes: list[str] = []
    for library in _libraries():
        if library.name not in found:
            found[library.name] = library
        elif found[library.name].version != library.version:
            notes.append(
                f"{library.name} is installed twice, as {found[library.name].version} and as "
                f"{library.version}: reinstall it."
            )
    return dict(sorted(found.items())), tuple(dict.fromkeys(notes))


def _libraries() -> Iterator[Library]:
    for count, distribution in enumerate(metadata.distributions()):
        if count >= _MOST_LIBRARIES:
            return
        try:
            facts = distribution.metadata
            name, version = facts["Name"], facts["Version"]
            requires = tuple(distribution.requires or ())
            python = facts["Requires-Python"]
        except Exception:  # noqa: BLE001  # whatever is wrong with one package's metadata
            continue
        if name and version:  # a folder that pip left half deleted has neither
            yield Library(
                name=canonical(name),
                version=str(version),
                requires=requires,
                requires_python=str(python or ""),
            )


def package_folder(name: str) -> Path | None:
    """Return the folder of a package without importing it; None when there is none."""
    # The finders are asked, not importlib.util.find_spec: that would answer for what this very
    # process has imported.
    found = (finder.find_spec(name, None) for finder in sys.meta_path)
    try:
        spec = next((each for each in found if each is not None), None)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def torch_build() -> Torch | None:
    """Return how the installed PyTorch was built, from its version file; None when it has none."""
    folder = package_folder("torch")
    module = None if folder is None else source_tree(folder / "version.py")
    if module is None:
        return None
    values = dict(_assigned(module))
    return Torch(cuda=_release(values, "cuda"), hip=_release(values, "hip"))


def source_tree(path: Path) -> ast.Module | None:
    """Return the syntax tree of an installed module; None when it cannot be read."""
    try:
        if path.stat().st_size > _LARGEST_SOURCE:
            return None
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _assigned(module: ast.Module) -> Iterator[tuple[str, object]]:
    for node in module.body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                yield target.id, value.value


def _release(values: dict[str, object], name: str) -> str | None:
    """Return a release, empty where the build goes without; None where the file does not say."""
    return None if name not in values else str(values[name] or "")
