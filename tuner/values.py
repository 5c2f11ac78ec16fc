"""Frozen values <-> JSON: one encoder and one decoder for every dataclass on disk."""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["from_plain", "to_plain"]

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return `value` as dicts, lists and scalars that `json` can write.

    Dataclasses and mappings become dicts, sequences lists, paths strings, enumeration members
    their values. Scalars of numeric libraries become Python's own; anything else its text.
    """
    if isinstance(value, enum.Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        return {name: to_plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [to_plain(item) for item in value]
    if hasattr(value, "item"):
        return value.item()
    return str(value)


def from_plain(cls: type[T], data: Any) -> T:
    """Build a `cls` from what `to_plain` made of one.

    Unknown keys are ignored and missing ones take their defaults, so that files of an older or a
    newer version stay readable.

    Raises:
        TypeError: When a value without a default is missing or `data` has the wrong shape.
        ValueError: When an enumeration does not know the value.
    """
    return typing.cast(T, _decode(cls, data))


def _decode(kind: Any, data: Any) -> Any:
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data)
    if origin is tuple:
        return _decode_tuple(typing.get_args(kind), data)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        item = typing.get_args(kind)[1]
        return {key: _decode(item, value) for key, value in data.items()}
    if isinstance(kind, type) and issubclass(kind, enum.Enum | Path):
        return kind(data)
    return float(data) if kind is float and isinstance(data, int) else data


def _decode_dataclass(kind: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise TypeError(f"a {kind.__name__} must be an object, but got {type(data).__name__}")
    hints = _hints(kind)
    known = {name: _decode(hints[name], data[name]) for name in hints if name in data}
    return kind(**known)


def _decode_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        return None
    rest = [kind for kind in kinds if kind is not type(None)]
    return _decode(rest[0], data) if len(rest) == 1 else data


def _decode_tuple(kinds: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item) for item in data)
    return tuple(_decode(kind, item) for kind, item in zip(kinds, data, strict=True))


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}
