"""What the names in a script stand for: classes of transformers, their subclasses, and dicts."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["CALLEES", "Meaning", "ScriptNames", "is_dict_call", "names_of"]

CALLEES = ("TrainingArguments", "Seq2SeqTrainingArguments", "Trainer", "Seq2SeqTrainer")
"""Classes of transformers whose arguments are looked at."""

_PACKAGE = "transformers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a name of the script stands for: a class of transformers, or a subclass of one.

    Attributes:
        callee: The class of transformers.
        own: Arguments that the subclass adds.
    """

    callee: str
    own: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptNames:
    """The names of a script.

    Attributes:
        classes: Name to class.
        modules: Names of the package itself.
        dicts: Names that are assigned once, a dict that can be read.
        items: Such a name to what is put into it afterwards: key, value and line.
    """

    classes: Mapping[str, Meaning] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()
    dicts: Mapping[str, ast.expr] = field(default_factory=dict)
    items: Mapping[str, Sequence[tuple[str, ast.expr, int]]] = field(default_factory=dict)

    def meaning(self, node: ast.expr) -> Meaning | None:
        """Return the class that an expression names, such as `transformers.Trainer`."""
        if isinstance(node, ast.Subscript):  # a generic class
            node = node.value
        if isinstance(node, ast.Name):
            return self.classes.get(node.id)
        if isinstance(node, ast.Attribute) and node.attr in CALLEES:
            root = node.value
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in self.modules:
                return Meaning(callee=node.attr)
        return None


def names_of(tree: ast.Module) -> ScriptNames:
    """Return the names of a script, in whatever scope they are."""
    nodes = list(ast.walk(tree))
    modules = frozenset(_modules(nodes))
    classes = {name: Meaning(callee=callee) for name, callee in _imported(nodes)}
    definitions = [node for node in nodes if isinstance(node, ast.ClassDef)]
    for node in definitions:  # a class of one's own hides an imported one of its name
        inherited = {base.id for base in node.bases if isinstance(base, ast.Name)}
        if node.name not in inherited:
            classes.pop(node.name, None)
    for node in sorted(definitions, key=lambda each: each.lineno):
        known = ScriptNames(classes=classes, modules=modules)
        meaning = next((found for base in node.bases if (found := known.meaning(base))), None)
        if meaning is not None:
            own = meaning.own | frozenset(_own_arguments(node))
            classes[node.name] = Meaning(callee=meaning.callee, own=own)
    dicts = dict(_dicts(nodes))
    return ScriptNames(classes=classes, modules=modules, dicts=dicts, items=_items(nodes, dicts))


def _modules(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        for alias in node.names if isinstance(node, ast.Import) else ():
            if alias.name.partition(".")[0] == _PACKAGE:
                yield alias.asname or _PACKAGE


def _imported(nodes: list[ast.AST]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if not isinstance(node, ast.ImportFrom) or node.level:
            continue
        if (node.module or "").partition(".")[0] != _PACKAGE:
            continue
        for alias in node.names:
            if alias.name == "*":
                yield from ((name, name) for name in CALLEES)
            elif alias.name in CALLEES:
                yield alias.asname or alias.name, alias.name


def _own_arguments(node: ast.ClassDef) -> Iterator[str]:
    """Yield the fields of a subclass, and the parameters of its constructor."""
    for member in node.body:
        if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            yield member.target.id
        elif isinstance(member, ast.FunctionDef) and member.name == "__init__":
            arguments = member.args
            yield from (each.arg for each in (*arguments.args, *arguments.kwonlyargs))


def _dicts(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Yield names that are assigned exactly once, and then a dict."""
    stored = Counter(
        node.id
        for node in nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)
    )
    for node in nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target, value = node.targets[0], node.value
        is_dict = isinstance(value, ast.Dict) or is_dict_call(value)
        if isinstance(target, ast.Name) and stored[target.id] == 1 and is_dict:
            yield target.id, value


def _items(
    nodes: list[ast.AST], dicts: Mapping[str, ast.expr]
) -> dict[str, list[tuple[str, ast.expr, int]]]:
    """Return what `name["key"] = value` puts into dicts, by line."""
    found: dict[str, list[tuple[str, ast.expr, int]]] = {}
    for node in (each for each in nodes if isinstance(each, ast.Assign)):
        for target in node.targets:
            if not isinstance(target, ast.Subscript) or not isinstance(target.value, ast.Name):
                continue
            key, name = target.slice, target.value.id
            if name in dicts and isinstance(key, ast.Constant) and isinstance(key.value, str):
                item = (key.value, node.value, target.lineno)
                found.setdefault(name, []).append(item)
    return {name: sorted(items, key=lambda item: item[2]) for name, items in found.items()}


def is_dict_call(value: ast.expr) -> bool:
    """Whether an expression is a call of `dict`."""
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id == "dict"
