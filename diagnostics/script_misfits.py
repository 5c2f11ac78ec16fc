"""Where a script and the installed libraries do not go together, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from diagnostics.findings import Place
from diagnostics.renamed_arguments import RENAMED, Renamed
from diagnostics.subjects.environment import Environment
from diagnostics.subjects.training_script import Argument, Call, Signature

__all__ = ["Misfit", "argument_misfits", "misfits_by_place"]

Kind = Literal["renamed", "newer", "removed", "misspelt", "deprecated"]

_MOST_PLACES = 5
_LONGEST_NAME = 60
_SUCCESSOR = re.compile(r"(?:alias of|use(?: of)?) `?(?:--)?(\w{1,80})", re.IGNORECASE)
"""How the help texts of transformers name what stands in for a deprecated argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """An argument that the installed class does not take, or will not take for long.

    Attributes:
        kind: `renamed`: known under another name; `newer`: known to newer releases only;
            `removed`; `misspelt`: known to no release; `deprecated`.
        callee: The class.
        name: The argument.
        value: Its value as written; empty when it stands elsewhere.
        new: Name to use instead; empty when there is none.
        instead: What to write instead, name and value; empty when there is nothing.
        note: What else there is to say, as a clause; empty when nothing is.
        places: Where it stands, the first few places.
    """

    kind: Kind
    callee: str
    name: str
    value: str
    new: str = ""
    instead: str = ""
    note: str = ""
    places: tuple[Place, ...] = ()

    @property
    def written(self) -> str:
        """The argument as the script has it."""
        return f"{self.name}={self.value}" if self.value else self.name

    @property
    def lines(self) -> str:
        """The lines in words: `line 12`, `lines 12 and 30`."""
        numbers = [str(place.line) for place in self.places]
        if len(numbers) == 1:
            return f"line {numbers[0]}"
        return f"lines {', '.join(numbers[:-1])} and {numbers[-1]}"


def argument_misfits(environment: Environment) -> tuple[Misfit, ...]:
    """Return the arguments that do not fit, each name of a class once, in order."""
    found: dict[tuple[str, str], Misfit] = {}
    for misfit in misfits_by_place(environment):
        key = (misfit.callee, misfit.name)
        first = found.get(key)
        places = misfit.places if first is None else (*first.places, *misfit.places)
        found[key] = replace(first or misfit, places=places[:_MOST_PLACES])
    return tuple(found.values())


def misfits_by_place(environment: Environment) -> Iterator[Misfit]:
    """Yield the arguments that do not fit, once for each place where one stands."""
    script = environment.script
    for call in script.calls if script is not None else ():
        signature = environment.signatures.get(call.callee)
        for argument in call.arguments if signature is not None else ():
            misfit = None if signature is None else _misfit(call, argument, signature)
            if misfit is not None and script is not None:
                text = misfit.written
                place = Place(file=script.path, line=argument.line, text=text)
                yield replace(misfit, places=(place,))


def _misfit(call: Call, argument: Argument, signature: Signature) -> Misfit | None:
    """Return what is wrong with one argument; None when nothing is."""
    name, callee = argument.name, call.callee
    plain = Misfit(kind="misspelt", callee=callee, name=name, value=argument.value)
    if name in call.own:
        return None
    if name in signature.names:
        return _deprecated(plain, signature)
    entry = RENAMED.get(name)
    if entry is not None and callee.endswith(entry.callee):
        if not entry.new:
            return replace(plain, kind="removed", note=entry.note)
        # What is new must exist here, or the advice would be as wrong as the script.
        if entry.new in signature.names:
            return _renamed(plain, entry)
    older = _former_name(name, signature)
    if older is not None:
        return _to_name(replace(plain, kind="newer"), older)
    if call.flags or argument.attribute:  # perhaps of another class; any name may be set
        return None
    near = _nearest(name, signature.names | call.own)
    return _to_name(plain, near) if near else plain


@lru_cache(maxsize=256)
def _nearest(name: str, known: frozenset[str]) -> str:
    """Return the known name that is nearest; empty when none is near."""
    near = difflib.get_close_matches(name[:_LONGEST_NAME], sorted(known), n=1)
    return near[0] if near else ""


def _renamed(plain: Misfit, entry: Renamed) -> Misfit:
    kept = plain.value if entry.keeps_value else ""
    value = kept or _source(entry.value)
    return replace(
        plain,
        kind="renamed",
        new=entry.new,
        instead=f"{entry.new}={value}",
        note=entry.note or "the old name is gone",
    )


def _deprecated(plain: Misfit, signature: Signature) -> Misfit | None:
    """Return what the library says of an argument, with the name that it gives for it."""
    told = signature.deprecated.get(plain.name, "").rstrip(".")
    if not told:
        return None
    deprecated = replace(plain, kind="deprecated", note=told)
    match = _SUCCESSOR.search(told)
    return _to_name(deprecated, match[1]) if match and match[1] in signature.names else deprecated


def _source(value: object) -> str:
    return value if isinstance(value, str) and value.startswith("{") else repr(value)


def _to_name(plain: Misfit, new: str) -> Misfit:
    return replace(plain, new=new, instead=f"{new}={plain.value}" if plain.value else new)


def _former_name(name: str, signature: Signature) -> str | None:
    """Return the name that an older installed class has for a newer argument."""
    for old, entry in RENAMED.items():
        if entry.new == name and entry.keeps_value and old in signature.names:
            return old
    return None
