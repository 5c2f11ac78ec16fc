"""What installed libraries ask of each other, by their own metadata, and which of it is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from diagnostics.library_versions import unmet_requirements
from diagnostics.planned_libraries import planned_but_missing
from diagnostics.subjects.environment import Environment, Library
from diagnostics.version_ranges import admits

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = [
    "INDISPENSABLE",
    "Demand",
    "canonical",
    "demands",
    "for_training",
    "known_demands",
    "missing",
    "unmet",
]

INDISPENSABLE = ("torch", "transformers", "accelerate")
"""Without any of them the Trainer of transformers cannot run (its extra `torch`)."""

_ROOTS = (
    *INDISPENSABLE,
    *("tuner-hpo", "datasets", "tokenizers", "optuna", "huggingface-hub", "safetensors", "numpy"),
    *("evaluate", "seqeval", "peft", "sentence-transformers", "torchvision", "torchaudio"),
    *("scikit-learn", "scipy", "pandas", "pyarrow", "bitsandbytes"),
)
"""Libraries that trainings use, where they are installed; what they need in turn matters too."""

_EXTRAS: Mapping[str, frozenset[str]] = {"transformers": frozenset({"torch"})}
"""Extras that count as asked for: transformers keeps what the Trainer needs in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one installed library asks of another.

    Attributes:
        library: The library that asks.
        version: Its version.
        other: The library that it needs.
        wanted: Versions that will do, as pip writes them; empty: any.
        installed: The version that is there; None when it is missing.
        declared: Whether the library says so itself; else it is known from release notes.
        free: Versions of the library that do not ask for it; empty: none are known.
    """

    library: str
    version: str
    other: str
    wanted: str
    installed: str | None
    declared: bool = True
    free: str = ""

    @property
    def met(self) -> bool:
        """Whether the installed version will do."""
        return self.installed is not None and admits(self.wanted, self.installed)


def canonical(name: str) -> str:
    """Return a name as pip compares it: `Hugging_Face.Hub` becomes `hugging-face-hub`."""
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def demands(environment: Environment) -> tuple[Demand, ...]:
    """Return everything that installed libraries declare about others on this Python."""
    libraries, python = environment.libraries or {}, environment.python
    extras = {name: set(wanted) for name, wanted in _EXTRAS.items()}
    for library in libraries.values():
        for other, _, wanted_extras in _holding(library, frozenset(), python):
            extras.setdefault(other, set()).update(wanted_extras)
    return tuple(
        Demand(
            library=library.name,
            version=library.version,
            other=other,
            wanted=wanted,
            installed=environment.version(other),
        )
        for library in libraries.values()
        for other, wanted, _ in _holding(library, frozenset(extras.get(library.name, ())), python)
    )


@lru_cache(maxsize=8192)
def _holding(
    library: Library, extras: frozenset[str], python: str
) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return name, versions and extras of the requirements that hold on this Python."""
    return tuple(
        (canonical(asked.name), str(asked.specifier), frozenset(asked.extras))
        for text in library.requires
        if (asked := _parsed(text)) is not None and _holds(text, extras, python)
    )


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Requirement | None:
    """Return a requirement; None for what is none: metadata of strangers may be malformed."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


@lru_cache(maxsize=8192)
def _holds(text: str, extras: frozenset[str], python: str) -> bool:
    """Whether the condition of a requirement holds, with any of the extras or without one."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    asked = _parsed(text)
    marker = None if asked is None else asked.marker
    if marker is None:
        return asked is not None
    known = {"python_version": ".".join(python.split(".")[:2]), "python_full_version": python}
    facts = known if python else {}
    try:
        return any(marker.evaluate({**facts, "extra": extra}) for extra in ("", *extras))
    except (UndefinedComparison, UndefinedEnvironmentName):
        return False


def for_training(environment: Environment) -> frozenset[str]:
    """Return the libraries that trainings use, and all that those need, installed or not."""
    needs: dict[str, set[str]] = {}
    for demand in demands(environment):
        needs.setdefault(demand.library, set()).add(demand.other)
    found = set(INDISPENSABLE)
    waiting = [name for name in _ROOTS if name in (environment.libraries or {})]
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting += needs.get(name, set()) - found
    return frozenset(found)


def unmet(environment: Environment) -> tuple[Demand, ...]:
    """Return what libraries of trainings ask for and do not get from the versions installed."""
    relevant = for_training(environment)
    asked = (demand for demand in demands(environment) if demand.library in relevant)
    return tuple(dict.fromkeys(each for each in asked if each.installed and not each.met))


def missing(environment: Environment) -> dict[str, tuple[Demand, ...]]:
    """Return each library that trainings need and that is not installed, with who asks for it."""
    relevant = for_training(environment)
    libraries = environment.libraries or {}
    found: dict[str, tuple[Demand, ...]] = {
        name: () for name in INDISPENSABLE if name not in libraries
    }
    for demand in demands(environment):
        if demand.library in relevant and demand.installed is None:
            found[demand.other] = (*found.get(demand.other, ()), demand)
    for name, planned in planned_but_missing(environment).items():
        asked = Demand(library=planned, version="", other=name, wanted="", installed=None)
        found[name] = (*found.get(name, ()), asked)
    return found


def known_demands(environment: Environment) -> tuple[Demand, ...]:
    """Return what is not met of the requirements that no library declares, but that are known."""
    libraries = environment.libraries or {}
    versions = {name: library.version for name, library in libraries.items()}
    told = {(demand.library, demand.other) for demand in unmet(environment)}
    return tuple(
        Demand(
            library=asked.library,
            version=versions[asked.library],
            other=asked.other,
            wanted=asked.wanted,
            installed=versions[asked.other],
            declared=False,
            free=f">={asked.until}" if asked.since == "0" else f"<{asked.since}",
        )
        for asked in unmet_requirements(versions)
        if (asked.library, asked.other) not in told
    )
