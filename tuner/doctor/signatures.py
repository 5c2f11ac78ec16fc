"""What the installed classes of transformers accept, read from their source without importing it.

Importing transformers' Trainer takes seconds and PyTorch; parsing four files takes a fraction of
one. A class whose arguments cannot be told for certain is left out: then nothing is said about it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from diagnostics.subjects.training_script import Signature
from tuner.doctor.installed_libraries import package_folder, source_tree

__all__ = ["installed_signatures"]

_FILES: Mapping[str, str] = {
    "TrainingArguments": "training_args.py",
    "Seq2SeqTrainingArguments": "training_args_seq2seq.py",
    "Trainer": "trainer.py",
    "Seq2SeqTrainer": "trainer_seq2seq.py",
}
_DEPRECATED = ("deprecated", "this argument is deprecated")
"""How the help texts of deprecated arguments begin, in releases 4 and 5."""


@cache
def installed_signatures() -> dict[str, Signature]:
    """Return class to what it accepts; empty when transformers is not installed."""
    folder = package_folder("transformers")
    if folder is None:
        return {}
    classes = {name: _class(folder / file, name) for name, file in _FILES.items()}
    found = {name: _signature(node, classes) for name, node in classes.items() if node is not None}
    return {name: signature for name, signature in found.items() if signature is not None}


def _class(path: Path, name: str) -> ast.ClassDef | None:
    module = source_tree(path)
    for node in () if module is None else module.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node
    return None


def _signature(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef | None]) -> Signature | None:
    """Return what a class takes; None where it takes any keyword, or derives from the unknown."""
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and member.name == "__init__":
            return _of_init(member)
    names: set[str] = set()
    deprecated: dict[str, str] = {}
    for base in node.bases:
        parent = classes.get(base.id) if isinstance(base, ast.Name) else None
        inherited = None if parent is None or parent is node else _signature(parent, classes)
        if inherited is None:
            return None
        names |= inherited.names
        deprecated.update(inherited.deprecated)
    for name, value in _fields(node):
        names.add(name)
        told = _help(value)
        if told.lower().startswith(_DEPRECATED):
            deprecated[name] = told
    return Signature(names=frozenset(names), deprecated=deprecated) if names else None


def _of_init(init: ast.FunctionDef) -> Signature | None:
    if init.args.kwarg is not None:
        return None
    names = {argument.arg for argument in (*init.args.args, *init.args.kwonlyargs)} - {"self"}
    deprecated = dict(_deprecated_keywords(init))
    return Signature(names=frozenset(names | set(deprecated)), deprecated=deprecated)


def _deprecated_keywords(init: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield old keywords that the decorator `deprecate_kwarg` still lets through."""
    for decorator in init.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Name):
            continue
        constants = [each.value for each in decorator.args if isinstance(each, ast.Constant)]
        texts = [text for text in constants if isinstance(text, str)]
        if decorator.func.id == "deprecate_kwarg" and texts:
            new = _keyword(decorator, "new_name")
            yield texts[0], f"Deprecated. Use `{new}` instead." if new else "Deprecated."


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the fields of a dataclass that its constructor takes, each with its default."""
    for member in node.body:
        if not isinstance(member, ast.AnnAssign) or not isinstance(member.target, ast.Name):
            continue
        constant = "ClassVar" in ast.dump(member.annotation)
        if not constant and _keyword(member.value, "init") is not False:
            yield member.target.id, member.value


def _help(value: ast.expr | None) -> str:
    """Return the help text in the metadata of a field; empty without one."""
    for keyword in value.keywords if isinstance(value, ast.Call) else ():
        if keyword.arg == "metadata" and isinstance(keyword.value, ast.Dict):
            for key, text in zip(keyword.value.keys, keyword.value.values, strict=True):
                named = isinstance(key, ast.Constant) and key.value == "help"
                if named and isinstance(text, ast.Constant) and isinstance(text.value, str):
                    return " ".join(text.value.split())
    return ""


def _keyword(value: ast.expr | None, name: str) -> object:
    """Return a constant keyword argument of a call; None without one."""
    for keyword in value.keywords if isinstance(value, ast.Call) else ():
        if keyword.arg == name and isinstance(keyword.value, ast.Constant):
            return keyword.value.value
    return None
