"""What a training script says to transformers, read from its source without running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Argument", "Call", "OutdatedCode", "Signature", "TrainingScript"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """A keyword argument as the script writes it.

    Attributes:
        name: Its name.
        value: Its value as source, shortened; empty when it stands elsewhere.
        line: 1-based line of the script.
        attribute: Whether it is set on what the call has made, which takes any name.
    """

    name: str
    value: str
    line: int
    attribute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of one of the classes that take settings of a training.

    Attributes:
        callee: Name of the class in transformers, such as `TrainingArguments`.
        line: 1-based line of the script.
        arguments: The keyword arguments that can be read.
        own: Arguments that a subclass in the script adds.
        flags: Whether the arguments are command-line flags that the script holds; such a list may
            hold flags of other classes too.
    """

    callee: str
    line: int
    arguments: tuple[Argument, ...] = ()
    own: frozenset[str] = frozenset()
    flags: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutdatedCode:
    """Code that newer releases of a library do not take, or take with a warning.

    Attributes:
        pattern: Kebab-case name of what was seen, such as `compute-loss-without-item-count`.
        line: 1-based line of the script.
        text: The line itself.
    """

    pattern: str
    line: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingScript:
    """A script, as far as it concerns the versions of libraries.

    Attributes:
        path: The file, as the user named it.
        calls: Calls of classes with settings, in the order of the file.
        outdated: Code that depends on old releases.
        notes: What could not be read, as sentences.
    """

    path: str
    calls: tuple[Call, ...] = ()
    outdated: tuple[OutdatedCode, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What an installed class accepts.

    Attributes:
        names: Names of its arguments.
        deprecated: Argument that still works to what the library says about it.
    """

    names: frozenset[str]
    deprecated: Mapping[str, str] = field(default_factory=dict)
