"""Code of a script that newer releases of its libraries do not take any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from diagnostics.subjects.training_script import OutdatedCode
from tuner.doctor.script_names import ScriptNames
from tuner.doctor.script_source import ScriptSource

__all__ = ["outdated_code"]

_ITEM_COUNT = "num_items_in_batch"
_IMPORTS: Mapping[tuple[str, str], str] = {
    ("transformers", "AdamW"): "adamw-of-transformers",
    ("datasets", "load_metric"): "load-metric-of-datasets",
}
"""Package and name to the pattern; which releases lack it is for a rule to say."""


def outdated_code(
    nodes: Sequence[ast.AST], names: ScriptNames, source: ScriptSource
) -> tuple[OutdatedCode, ...]:
    """Return what depends on old releases, each line once, in the order of the script."""
    found = {(each.line, each.pattern): each for each in _outdated(nodes, names, source)}
    return tuple(found[key] for key in sorted(found))


def _outdated(
    nodes: Sequence[ast.AST], names: ScriptNames, source: ScriptSource
) -> Iterator[OutdatedCode]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from _outdated_loss(node, names, source)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            package = (node.module or "").partition(".")[0]
            for alias in node.names:
                if pattern := _IMPORTS.get((package, alias.name)):
                    yield _seen(pattern, node.lineno, source)
        elif isinstance(node, ast.Attribute) and _is_attribute(node, "datasets", "load_metric"):
            yield _seen("load-metric-of-datasets", node.lineno, source)


def _outdated_loss(
    node: ast.ClassDef, names: ScriptNames, source: ScriptSource
) -> Iterator[OutdatedCode]:
    meaning = names.classes.get(node.name)
    if meaning is None or not meaning.callee.endswith("Trainer"):
        return
    for member in node.body:
        if not isinstance(member, ast.FunctionDef) or member.name != "compute_loss":
            continue
        arguments = member.args
        taken = {each.arg for each in (*arguments.args, *arguments.kwonlyargs)}
        if arguments.kwarg is None and _ITEM_COUNT not in taken:
            yield _seen("compute-loss-without-item-count", member.lineno, source)


def _seen(pattern: str, line: int, source: ScriptSource) -> OutdatedCode:
    return OutdatedCode(pattern=pattern, line=line, text=source.line(line))


def _is_attribute(node: ast.Attribute, owner: str, name: str) -> bool:
    return node.attr == name and isinstance(node.value, ast.Name) and node.value.id == owner
