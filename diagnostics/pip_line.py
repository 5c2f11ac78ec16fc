"""The one `pip install` line that mends all libraries together, contradicting none that stays."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from diagnostics.declared_requirements import (
    INDISPENSABLE,
    Demand,
    demands,
    known_demands,
    missing,
    unmet,
)
from diagnostics.subjects.environment import Environment
from diagnostics.version_ranges import satisfiable, tightest

__all__ = ["PipChange", "PipLine", "plan_pip_line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipChange:
    """One library to install in another version.

    Attributes:
        name: The library.
        old: The installed version; None when it is missing.
        wanted: Versions that will do, as pip writes them; empty: any.
        because: Libraries that ask for it, each with its version.
    """

    name: str
    old: str | None
    wanted: str
    because: tuple[str, ...] = ()

    @property
    def argument(self) -> str:
        """The library as an argument of pip, quoted for a shell."""
        return shlex.quote(f"{self.name}{self.wanted}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipLine:
    """What to install; `changes` is empty when all is well."""

    changes: tuple[PipChange, ...] = ()

    @property
    def command(self) -> str:
        """The command; empty without a change."""
        arguments = " ".join(change.argument for change in self.changes)
        return f"pip install {arguments}" if arguments else ""

    def change_of(self, name: str) -> PipChange | None:
        """Return what is done about a library; None when it stays."""
        return next((change for change in self.changes if change.name == name), None)


def plan_pip_line(environment: Environment) -> PipLine:
    """Return the fewest libraries to change so that every requirement known here is met.

    What is asked for and not met is changed, to versions that satisfy all libraries that stay.
    Where those contradict each other, one that asks is changed as well: rather one that trainings
    can do without, rather one whose requirement is not met now. What a new version asks for in its
    turn is known to the package index alone; pip sees to it.
    """
    broken = [*unmet(environment), *known_demands(environment)]
    gone = missing(environment)
    names = {demand.other for demand in broken} | set(gone)
    asked = [*demands(environment), *known_demands(environment)]
    free = {each.library: each.free or f"!={_release(each.version)}" for each in asked}
    given_up = _given_up(names, asked, free)
    changed = names | given_up
    # What only libraries that change ask for comes with them, in the version that they need then.
    changed -= {
        name
        for name, askers in gone.items()
        if name not in INDISPENSABLE and all(demand.library in changed for demand in askers)
    }
    changed -= _needless(names - set(gone), given_up, asked, changed)
    return PipLine(
        changes=tuple(
            _change(
                name,
                environment,
                _kept(name, asked, changed),
                free[name] if name in given_up else "",
            )
            for name in sorted(changed)
        )
    )


def _needless(
    names: set[str], given_up: set[str], asked: Sequence[Demand], changed: set[str]
) -> set[str]:
    """Return the libraries that may stay after all.

    What was amiss only for the sake of a library that changes may stay; but a bound guards it where
    that library is free to ask for something else.
    """
    guarded = {demand.other for demand in asked if demand.library in given_up}
    stays: set[str] = set()
    for name in sorted(names - given_up - guarded):
        if _may_stay(name, asked, changed - stays - {name}):
            stays.add(name)
    return stays


def _given_up(names: Iterable[str], asked: Sequence[Demand], free: Mapping[str, str]) -> set[str]:
    """Return the askers to change because libraries to change cannot please all that ask."""
    changed, found = set(names), set[str]()
    waiting = sorted(changed)
    while waiting:
        name = waiting.pop(0)
        # One that is given up may not stay what it is, whoever asks for that.
        own = [free[name]] if name in found else []
        kept = _kept(name, asked, changed)
        while kept and not satisfiable([*own, *(demand.wanted for demand in kept)]):
            asker = _to_give_up(kept, own)
            found.add(asker)
            changed.add(asker)
            waiting.append(asker)
            kept = _kept(name, asked, changed)
    return found


def _kept(name: str, asked: Sequence[Demand], changed: set[str]) -> list[Demand]:
    """Return what the libraries that stay ask of one."""
    return [demand for demand in asked if demand.other == name and demand.library not in changed]


def _may_stay(name: str, asked: Sequence[Demand], changed: set[str]) -> bool:
    """Whether all is well with a library as it is, when only these others change."""
    for demand in asked:
        if demand.other == name and demand.library not in changed and not demand.met:
            return False
        if demand.library == name and demand.other not in changed and not demand.met:
            return False
    needed = {demand.other for demand in asked if demand.library == name} & changed
    return all(
        satisfiable(demand.wanted for demand in _kept(other, asked, changed)) for other in needed
    )


def _to_give_up(kept: Sequence[Demand], own: Sequence[str]) -> str:
    """Return the library to change so that the others' requirements may be satisfied."""

    def cost(demand: Demand) -> tuple[bool, bool, bool, str]:
        rest = [other.wanted for other in kept if other.library != demand.library]
        return (
            not satisfiable([*own, *rest]),
            demand.library in INDISPENSABLE,
            demand.met,
            demand.library,
        )

    return min(kept, key=cost).library


def _release(version: str) -> str:
    """Return a version without the name of a local build, which exclusions do not take."""
    return version.partition("+")[0]


def _change(name: str, environment: Environment, kept: Sequence[Demand], free: str) -> PipChange:
    """Return what to do about a library.

    Args:
        name: The library.
        environment: What is installed.
        kept: What the libraries that stay ask of it.
        free: Versions of it that may ask for something else than the present one; empty: it does
            not change for what it asks.
    """
    old = environment.version(name)
    wanted = tightest(demand.wanted for demand in kept)
    if free and old is not None and all(demand.met for demand in kept):
        wanted = tightest([wanted, free])
    because = dict.fromkeys(f"{d.library} {d.version}" for d in kept if d.wanted and not d.met)
    return PipChange(name=name, old=old, wanted=wanted, because=tuple(because))
