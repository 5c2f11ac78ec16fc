"""The catalogue finds one unit per file and names the file that breaks the rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.catalogue import CatalogueError, units

CONTRACT = """
from abc import ABC, abstractmethod

class Animal(ABC):
    name = ""

    @abstractmethod
    def sound(self) -> str: ...
"""


def unit(name: str) -> str:
    """Source of a module that defines one animal."""
    return f"""
from {{package}}._contract import Animal

class {name}(Animal):
    name = "{name.lower()}"

    def sound(self) -> str:
        return "?"
"""


class Folder:
    """A package on disk whose files a test writes."""

    def __init__(self, root: Path, package: str) -> None:
        self.package = package
        self.path = root / package
        self.path.mkdir()
        self.write("__init__.py", "")
        self.write("_contract.py", CONTRACT)

    def write(self, name: str, source: str) -> None:
        """Write one module; `{package}` in the source becomes the package's name."""
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(source.replace("{package}", self.package))

    def names(self) -> list[str]:
        """Names of the units found, in their order."""
        import importlib

        kind = importlib.import_module(f"{self.package}._contract").Animal
        return [found.name for found in units(self.package, kind)]


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Folder:
    """An empty catalogue that can be imported under a name of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    name = "".join(letter for letter in request.node.name if letter.isalnum())
    return Folder(tmp_path, f"catalogue_{name}")


def test_units_come_in_the_order_of_their_files(folder: Folder) -> None:
    folder.write("zebra.py", unit("Zebra"))
    folder.write("ant.py", unit("Ant"))
    assert folder.names() == ["ant", "zebra"]


def test_folders_are_walked(folder: Folder) -> None:
    folder.write("birds/__init__.py", "")
    folder.write("birds/owl.py", unit("Owl"))
    folder.write("ant.py", unit("Ant"))
    assert folder.names() == ["ant", "owl"]


def test_an_imported_unit_is_not_counted(folder: Folder) -> None:
    folder.write("ant.py", unit("Ant"))
    folder.write("bee.py", "from {package}.ant import Ant" + unit("Bee"))
    assert folder.names() == ["ant", "bee"]


def test_a_shared_module_is_passed_over(folder: Folder) -> None:
    folder.write("_shared.py", "LEGS = 6")
    folder.write("ant.py", unit("Ant"))
    assert folder.names() == ["ant"]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("LEGS = 6", "defines none"),
        (unit("Ant") + unit("Bee"), "defines Ant, Bee"),
        ("import no_such_library_anywhere", "cannot be imported: ModuleNotFoundError"),
        ("class Ant(:", "cannot be imported: SyntaxError"),
        (unit("Ant") + "    def __init__(self, legs): ...", "cannot be made without arguments"),
        (unit("Ant").replace("sound", "silence"), "defines none"),
    ],
    ids=["nothing", "two", "missing-import", "syntax", "arguments", "abstract"],
)
def test_a_faulty_file_is_named(folder: Folder, source: str, complaint: str) -> None:
    folder.write("faulty.py", source)
    with pytest.raises(CatalogueError, match=complaint) as caught:
        folder.names()
    assert "faulty" in caught.value.message


def test_a_class_that_only_looks_like_a_unit_is_none(folder: Folder) -> None:
    folder.write("lookalike.py", "class Ant:\n    def sound(self) -> str:\n        return '?'\n")
    with pytest.raises(CatalogueError, match="defines none"):
        folder.names()
