"""The plain values in a YAML file, read line by line.

A parser is not needed for `name: value`, and this one can neither build objects, nor expand
aliases, nor fail on a tag that only the writer's program knows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["scalar", "yaml_scalars"]

_LARGEST = 1 << 20
_LINE = re.compile(r"( {0,40})(?:- )?['\"]?([\w./ -]{1,80}?)['\"]?:(?: +(.{1,400}))?")
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]{0,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][-+]?\d{1,4})?")
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "null": None, "~": None, "": None}
_NO_SCALAR = ("!", "&", "*", "{", "[", "|", ">", "%", "@", "`")


def yaml_scalars(path: Path) -> dict[str, Any]:
    """Return the names and plain values of a YAML file; empty when it cannot be read.

    Of inner mappings the values are returned under their own name, where no outer one has it. The
    form of Weights & Biases, a mapping with `value:`, gives that value.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", errors="replace")
    except (OSError, ValueError):
        return {}
    outer: dict[str, Any] = {}
    inner: dict[str, Any] = {}
    parent, parent_depth = "", 0
    for line in text.splitlines():
        found = _LINE.fullmatch(line.rstrip())
        if found is None:
            continue
        depth, name, value = len(found[1]), found[2], found[3]
        if value is None:
            parent, parent_depth = name, depth
        elif depth == 0:
            outer[name] = scalar(value)
        elif name == "value" and depth > parent_depth:
            (inner if parent_depth else outer)[parent] = scalar(value)
        elif name != "desc":
            inner.setdefault(name, scalar(value))
    return {name: value for name, value in {**inner, **outer}.items() if value is not None}


def scalar(text: str) -> Any:
    """Return a number, a truth value or a text as YAML writes it; None for everything else."""
    bare = text.strip()
    if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        bare = bare[1:-1]
    else:
        bare = bare.partition(" #")[0].strip()
    if bare.lower() in _WORDS:
        return _WORDS[bare.lower()]
    if bare.startswith(_NO_SCALAR):
        return None
    if not _NUMBER.fullmatch(bare):
        return bare
    return int(bare) if bare.lstrip("+-").isdecimal() else float(bare)
