"""Hyperparameters that stand literally in Python source; the source is parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from diagnostics.readers._training_arguments import config_of_arguments
from diagnostics.readers._vocabulary import HYPERPARAMETERS

__all__ = ["SourceSettings"]

LARGEST = 100_000
"""Characters of one cell that are parsed: far more than a cell that people write."""

_OPTIMIZERS = frozenset({"Adam", "AdamW", "SGD", "Adafactor", "RMSprop", "AdamWeightDecay"})
_FIT = frozenset({"fit", "fine_tune"})
_DEEPEST = 200

Literal = bool | int | float | str


class SourceSettings:
    """Follows the cells of a notebook and knows what literal values its names have.

    A name that is bound a second time, in a loop or to something that is no literal has no value.
    """

    def __init__(self) -> None:
        self._names: dict[str, Literal | None] = {}

    def read(self, source: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the hyperparameters that calls in a cell give, and those that it only names.

        Calls are `TrainingArguments(...)`, `model.fit(...)`, an optimizer, `from_pretrained(...)`;
        named are assignments such as `BATCH_SIZE = 16`.
        """
        tree = _parsed(source)
        if tree is None:
            return {}, {}
        named: dict[str, Any] = {}
        given: dict[str, Any] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For):
                named |= self._bind(node)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                given |= self._call(node)
        return given, config_of_arguments(named)

    def _bind(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.For) -> dict[str, Any]:
        """Remember a binding, and return it if its name is that of a hyperparameter."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        plain = isinstance(node, ast.Assign | ast.AnnAssign)
        value = _literal(node.value) if plain and node.value is not None else None  # type: ignore[union-attr]
        found: dict[str, Any] = {}
        for target in targets:
            if not isinstance(target, ast.Name):
                continue
            again = target.id in self._names and self._names[target.id] != value
            self._names[target.id] = None if again else value
            if value is not None and target.id.lower() in HYPERPARAMETERS:
                found[target.id.lower()] = value
        return found

    def _call(self, node: ast.Call) -> dict[str, Any]:
        name = _name(node.func)
        keywords = {
            keyword.arg: value
            for keyword in node.keywords
            if keyword.arg is not None and (value := self._value(keyword.value)) is not None
        }
        if name.endswith("TrainingArguments"):
            return config_of_arguments(keywords)
        if name in _FIT:
            return _only(keywords, "epochs", "batch_size", "mini_batch_size", "max_epochs")
        if name in _OPTIMIZERS:
            return _only(keywords, "lr", "learning_rate", "weight_decay")
        if name == "from_pretrained" and node.args and "Model" in _owner(node.func):
            model = self._value(node.args[0])
            return {"model": model[:200]} if isinstance(model, str) else {}
        return {}

    def _value(self, node: ast.expr) -> Literal | None:
        return self._names.get(node.id) if isinstance(node, ast.Name) else _literal(node)


def _parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell without its magic commands, None where it is no Python."""
    if len(source) > LARGEST or _depth(source) > _DEEPEST:
        return None
    lines = (
        "pass" if line.lstrip().startswith(("%", "!", "?")) and line == line.lstrip() else line
        for line in source.split("\n")
    )
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _depth(source: str) -> int:
    """Return about how deep expressions may be nested: brackets, and chains of signs."""
    depth = deepest = run = 0
    for sign in source:
        depth += (sign in "([{") - (sign in ")]}")
        run = run + 1 if sign in "-+~.*@" else 0
        deepest = max(deepest, depth, run)
    return deepest


def _literal(node: ast.expr) -> Literal | None:
    """Return a number, truth value or text that stands literally; None for anything else."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    if not isinstance(node, ast.Constant):
        return None
    value = node.value
    if isinstance(value, bool | str):
        return value if sign == 1 else None
    return sign * value if isinstance(value, int | float) else None


def _only(keywords: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return config_of_arguments({name: keywords[name] for name in names if name in keywords})


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _owner(function: ast.expr) -> str:
    """Return `AutoModelForTokenClassification` of a call of its `from_pretrained`."""
    return _name(function.value) if isinstance(function, ast.Attribute) else ""
