"""The tables about `transformers` against the release that is installed here."""

from __future__ import annotations

import ast
import importlib.util
import re
from importlib import metadata
from pathlib import Path

import pytest

from diagnostics.library_versions import REQUIREMENTS, unmet_requirements
from diagnostics.renamed_arguments import CHECKED_AGAINST, RENAMED

SPEC = importlib.util.find_spec("transformers")
pytestmark = pytest.mark.skipif(SPEC is None, reason="transformers is not installed")


def source(name: str) -> str:
    """Source of a module of transformers; importing it would load PyTorch."""
    assert SPEC is not None
    assert SPEC.origin is not None
    return (Path(SPEC.origin).parent / name).read_text(encoding="utf-8")


def training_arguments() -> set[str]:
    classes = [node for node in ast.parse(source("training_args.py")).body
               if isinstance(node, ast.ClassDef) and node.name == "TrainingArguments"]  # fmt: skip
    return {
        node.target.id
        for node in classes[0].body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


def is_checked_release() -> bool:
    return metadata.version("transformers").startswith(f"{CHECKED_AGAINST}.")


def test_new_names_exist() -> None:
    known = training_arguments()
    assert {entry.new for entry in RENAMED.values() if entry.new} - known <= {"processing_class"}
    assert "processing_class" in source("trainer.py")


@pytest.mark.skipif(SPEC is None or not is_checked_release(), reason="another release")
def test_old_names_are_gone() -> None:
    assert training_arguments().isdisjoint(RENAMED)


@pytest.mark.skipif(SPEC is None or not is_checked_release(), reason="another release")
def test_requirements_are_those_of_the_library() -> None:
    table = dict(re.findall(r'"([\w-]+)": "([^"]+)"', source("dependency_versions_table.py")))
    for asked in REQUIREMENTS:
        if asked.library == "transformers" and asked.since == CHECKED_AGAINST:
            listed = set(table[asked.other].removeprefix(asked.other).split(","))
            assert set(asked.wanted.split(",")) <= listed


def test_the_libraries_installed_here_go_together() -> None:
    names = {asked.library for asked in REQUIREMENTS} | {asked.other for asked in REQUIREMENTS}
    versions = {name: metadata.version(name) for name in names}
    assert list(unmet_requirements(versions)) == []


def test_every_removed_argument_says_what_to_do() -> None:
    assert all(entry.new or entry.note for entry in RENAMED.values())
