"""In what two studies differ that one cannot change while it goes on, and by which option."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from tuner.model_facts import ModelFacts
from tuner.study import StudySpec
from tuner.trial import TRUNK
from tuner.values import to_plain

__all__ = ["differences"]

_RECIPE_OPTIONS: Mapping[str, str] = MappingProxyType(
    {"schedule": "--schedule", "trunk": "--epochs", "seed": "--seed", "extra": "--set"}
)
_SPOKEN: Mapping[str, str] = MappingProxyType(
    {"trunk.counts": "counts of the trunk", "trunk.cooldown": "cooldown of the trunk"}
)


def differences(old: StudySpec, new: StudySpec) -> tuple[str, ...]:
    """Say how the two differ in what a study cannot change while it goes on.

    Budget, sampler, pruning, start points, storage, engine and devices may change; data, model,
    space, recipe and training options may not.

    Returns:
        One line per difference, with the option that makes it, such as
        `recipe, schedule: trunk before, linear now (--schedule)`.
    """
    recipes = (_flat(to_plain(old.recipe)), _flat(to_plain(new.recipe)))
    if old.recipe.schedule != new.recipe.schedule:  # which tells why only one has a trunk
        recipes = (_without_trunk(recipes[0]), _without_trunk(recipes[1]))
    spaces = (_space_lines(old), _space_lines(new))
    trunks = TRUNK in (old.recipe.schedule, new.recipe.schedule)
    return (
        *_data_differences(old, new),
        *_model_differences(old.model, new.model),
        *_changed(*spaces, "space, ", lambda name: _space_option(name, *spaces)),
        *_changed(*recipes, "recipe, ", lambda name: _recipe_option(name, trunks=trunks)),
        *_changed(_flat(old.training), _flat(new.training), "training, ", _option_of),
    )


def _data_differences(old: StudySpec, new: StudySpec) -> Iterator[str]:
    if old.data_fingerprint == new.data_fingerprint:
        return
    facts = list(_changed(_flat(old.data_facts), _flat(new.data_facts), "data, "))
    if old.data_source != new.data_source:
        facts.insert(0, f"data: {old.data_source} before, {new.data_source} now")
    yield from facts or ["data: the same counts, but other words or tags"]


def _model_differences(old: ModelFacts, new: ModelFacts) -> Iterator[str]:
    if old.fingerprint == new.fingerprint:
        return
    facts = [
        line
        for line in _changed(to_plain(old), to_plain(new), "model, ", lambda name: "--model")
        if not line.startswith("model, fingerprint:")
    ]
    yield from facts or ["model: the same name and size, but other weights or another tokenizer"]


def _without_trunk(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in recipe.items() if not name.startswith("trunk")}


def _space_lines(spec: StudySpec) -> dict[str, str]:
    return {name: str(value) for name, value in spec.space.parameters.items()}


def _space_option(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what changes a range, or whether there is one."""
    if name in old and name in new:
        return "--space"
    return "--schedule or --space" if name == "epochs" else "--also or --space"


def _recipe_option(name: str, *, trunks: bool) -> str:
    if name == "epochs" and trunks:
        return "--epochs"
    return _RECIPE_OPTIONS.get(name.partition(".")[0], "--recipe")


def _option_of(name: str) -> str:
    return "--" + name.replace("_", "-")


def _changed(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    prefix: str,
    option: Callable[[str], str] | None = None,
) -> Iterator[str]:
    """Yield a line per value that changed, with the option that sets it where there is one."""
    for name in dict.fromkeys((*old, *new)):
        before, now = to_plain(old.get(name)), to_plain(new.get(name))
        if before != now:
            named = f" ({option(name)})" if option is not None else ""
            spoken = _SPOKEN.get(name, name)
            yield f"{prefix}{spoken}: {_shown(before)} before, {_shown(now)} now{named}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _shown(value: Any) -> str:
    """Return a value as one would type it."""
    match value:
        case None | []:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ",".join(map(_shown, value))
        case _:
            return str(value)
