"""The pages for people: their commands parse, their code compiles, their links lead somewhere."""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuner import cli
from tuner.command_catalogue import find_commands, load_command

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return [code for page in PAGES for kind, code in BLOCK.findall(read(page)) if kind == language]


def commands(program: str) -> Iterator[list[str]]:
    """Yield the arguments of every call of a program in the console blocks."""
    for block in blocks("console"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and Path(words[0]).name == program:
                yield words[1:]


def command_line(words: list[str]) -> str:
    return shlex.join(words) or "(nothing)"


@pytest.mark.parametrize("words", list(commands("tuner")), ids=command_line)
def test_tuner_commands_parse(words: list[str]) -> None:
    found = find_commands()
    parser = cli._command_parser(words[0], load_command(words[0], found))
    assert isinstance(parser.parse_all(words[1:]), argparse.Namespace)


@pytest.mark.parametrize("words", list(commands("make")), ids=command_line)
def test_make_targets_exist(words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)
    assert words[0] in targets


def test_installed_extras_exist() -> None:
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    asked = [word for words in commands("pip") for word in words if word.startswith(".[")]
    assert asked
    assert {extra for word in asked for extra in word[2:-1].split(",")} <= set(extras)


def test_the_two_commands_come_first() -> None:
    first = BLOCK.findall(read("README.md"))[0][1]
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("code", [code for code in blocks("python") if "import " in code])
def test_python_blocks_compile_and_their_imports_exist(code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None
            module = importlib.import_module(node.module)
            for alias in node.names:
                assert hasattr(module, alias.name), f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            assert all(importlib.util.find_spec(alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert not [link for link in LINK.findall(read(page)) if not (ROOT / link).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_no_machine(page: str) -> None:
    assert not re.search(r"/work/|/tmp/|/home/|/root/", read(page))


def test_architecture_names_what_exists() -> None:
    page = re.sub(r"`[^`]*<[^`]*`", "", read("ARCHITECTURE.md"))
    named = re.findall(r"`((?:diagnostics|studies|tests|tuner|examples|benchmarks)/[\w/.]*)`", page)
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


def test_architecture_names_every_package() -> None:
    page = read("ARCHITECTURE.md")
    folders = {
        path.parent.relative_to(ROOT).parts[:2]
        for package in ("diagnostics", "tuner")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    assert not [folder for folder in folders if f"`{'/'.join(folder)}/`" not in page]
