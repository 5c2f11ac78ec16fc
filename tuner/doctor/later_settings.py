"""Settings that a script gives to what a call has made already: `args.x = 1`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tuner.doctor.script_names import ScriptNames

__all__ = ["Setting", "settings_after_calls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as the script writes it.

    Attributes:
        name: Its name.
        value: Its value.
        line: 1-based line of the script.
    """

    name: str
    value: ast.expr
    line: int


def settings_after_calls(
    nodes: Iterable[ast.AST], names: ScriptNames
) -> dict[ast.Call, list[Setting]]:
    """Return the attributes that are set on what a call made, by that call.

    A name counts within the function, or the module, that gives it all of its values, and only
    where each of them is such a call.
    """
    found: dict[ast.Call, list[Setting]] = {}
    for scope in nodes:
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            _look_at(list(_within(scope)), names, found)
    return found


def _look_at(
    nodes: list[ast.AST], names: ScriptNames, found: dict[ast.Call, list[Setting]]
) -> None:
    """Add what one function sets."""
    made = _made(nodes, names)
    for target, value in _assigned(nodes):
        if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
            continue
        earlier = [call for call in made.get(target.value.id, ()) if call.lineno <= target.lineno]
        if earlier:
            call = max(earlier, key=lambda each: (each.lineno, each.col_offset))
            setting = Setting(name=target.attr, value=value, line=target.lineno)
            found.setdefault(call, []).append(setting)


def _made(nodes: list[ast.AST], names: ScriptNames) -> dict[str, list[ast.Call]]:
    """Return the names that stand for nothing but instances, each with the calls that made them."""
    made: dict[str, list[ast.Call]] = {}
    stored: dict[str, int] = {}
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            stored[node.id] = stored.get(node.id, 0) + 1
    for target, value in _assigned(nodes):
        if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
            continue
        if names.meaning(value.func) is not None:
            made.setdefault(target.id, []).append(value)
    return {name: calls for name, calls in made.items() if stored[name] == len(calls)}


def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield node.target, node.value


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function, without those of functions and classes in it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
