"""Finds in a script what depends on the release of transformers; the script is never run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from diagnostics.subjects.training_script import Argument, Call, TrainingScript
from tuner.doctor.later_settings import settings_after_calls
from tuner.doctor.outdated_code import outdated_code
from tuner.doctor.script_names import ScriptNames, is_dict_call, names_of
from tuner.doctor.script_source import ScriptSource

__all__ = ["planned_by_script", "scan_script"]

_MOST_NOTES = 5
_MOST_CALLS = 200
_MOST_ARGUMENTS = 500
"""Of one call; the largest class takes a quarter of it."""


def scan_script(source: ScriptSource) -> TrainingScript:
    """Return the calls with settings, and code that newer releases do not take."""
    names = names_of(source.tree)
    nodes = list(ast.walk(source.tree))
    notes: list[str] = []
    later = settings_after_calls(nodes, names)
    calls = []
    for node in nodes:
        call = _call(node, names, source, notes) if isinstance(node, ast.Call) else None
        if call is not None and isinstance(node, ast.Call):
            added = [
                _argument(each.name, each.value, each.line, source, attribute=True)
                for each in later.get(node, ())
            ]
            arguments = (*call.arguments, *added)[:_MOST_ARGUMENTS]
            calls.append(replace(call, arguments=arguments))
    calls += _flag_lists(nodes, source)
    if len(calls) > _MOST_CALLS:
        notes.insert(0, f"Only the first {_MOST_CALLS} of {len(calls)} calls were compared.")
    if not calls:
        notes.append("The script calls neither TrainingArguments nor Trainer of transformers.")
    return TrainingScript(
        path=source.path,
        calls=tuple(sorted(calls, key=lambda call: call.line)[:_MOST_CALLS]),
        outdated=outdated_code(nodes, names, source),
        notes=tuple(notes[:_MOST_NOTES]),
    )


def _call(
    node: ast.Call, names: ScriptNames, source: ScriptSource, notes: list[str]
) -> Call | None:
    meaning = names.meaning(node.func)
    if meaning is None:
        return None
    arguments: list[Argument] = []
    for keyword in node.keywords[:_MOST_ARGUMENTS]:
        if keyword.arg is not None:
            arguments.append(_argument(keyword.arg, keyword.value, keyword.lineno, source))
            continue
        unpacked = _unpacked(keyword.value, names, source)
        if unpacked is None:
            text = source.text_of(keyword.value)
            notes.append(f"Line {keyword.value.lineno}: what **{text} holds cannot be read.")
        arguments += unpacked or []
    return Call(
        callee=meaning.callee,
        line=node.lineno,
        arguments=tuple(arguments[:_MOST_ARGUMENTS]),
        own=meaning.own,
    )


def _argument(
    name: str, value: ast.expr, line: int, source: ScriptSource, *, attribute: bool = False
) -> Argument:
    return Argument(name=name, value=source.text_of(value), line=line, attribute=attribute)


def _unpacked(value: ast.expr, names: ScriptNames, source: ScriptSource) -> list[Argument] | None:
    """Return the arguments in a dict that is written out; None when it is not."""
    if isinstance(value, ast.Name):
        written = names.dicts.get(value.id)
        held = None if written is None else _held(written, source)
        added = [
            _argument(name, item, line, source)
            for name, item, line in names.items.get(value.id, ())
            if line <= value.lineno
        ]
        return None if held is None else [*held, *added]
    return _held(value, source)


def _held(value: ast.expr, source: ScriptSource) -> list[Argument] | None:
    """Return the arguments in an expression that is a dict; None when it is not."""
    if isinstance(value, ast.Call) and is_dict_call(value):
        return [
            _argument(keyword.arg, keyword.value, keyword.lineno, source)
            for keyword in value.keywords
            if keyword.arg is not None
        ]
    if not isinstance(value, ast.Dict):
        return None
    return [
        _argument(key.value, held, key.lineno, source)
        for key, held in zip(value.keys, value.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]


def _flag_lists(nodes: list[ast.AST], source: ScriptSource) -> Iterator[Call]:
    """Yield lists of command-line flags, in scripts that parse them into TrainingArguments."""
    if not any(_named(node) == "HfArgumentParser" for node in nodes):
        return
    for node in nodes:
        if not isinstance(node, ast.List):
            continue
        flags = tuple(islice(_flags(node, source), _MOST_ARGUMENTS))
        if flags:
            yield Call(callee="TrainingArguments", line=node.lineno, arguments=flags, flags=True)


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _flags(node: ast.List, source: ScriptSource) -> Iterator[Argument]:
    for place, item in enumerate(node.elts):
        if not isinstance(item, ast.Constant) or not isinstance(item.value, str):
            continue
        name, _, value = item.value.partition("=")
        if not name.startswith("--"):
            continue
        following = node.elts[place + 1] if place + 1 < len(node.elts) else None
        if not value and isinstance(following, ast.Constant):
            value = str(following.value)
        shown = "" if value.startswith("--") else value[:80]
        yield Argument(name=name[2:].replace("-", "_"), value=shown, line=item.lineno)


def planned_by_script(script: TrainingScript) -> dict[str, Any]:
    """Return what the script plans, by the standard names, as far as it is written out."""
    written = {
        argument.name: argument.value
        for call in script.calls
        if call.callee.endswith("TrainingArguments")
        for argument in call.arguments
    }
    planned: dict[str, Any] = {}
    for name, standard in (
        ("dataloader_num_workers", "dataloader_num_workers"),
        ("per_device_train_batch_size", "batch_size"),
    ):
        text = written.get(name, "")
        if text.isdecimal() and len(text) < 9:
            planned[standard] = int(text)
    for name in ("bf16", "fp16"):
        if written.get(name) == "True":
            planned["precision"] = name
    return planned
