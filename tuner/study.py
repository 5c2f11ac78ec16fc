"""A study: what is searched, on which data and model, with which budget. Plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from tuner.errors import StudyError, UsageError
from tuner.model_facts import ModelFacts
from tuner.space import (
    Choice,
    LogRange,
    Parameter,
    PowersOfTwo,
    SearchSpace,
    UniformRange,
    WholeRange,
)
from tuner.trial import TrialSpec
from tuner.values import from_plain, to_plain

__all__ = [
    "SearchOptions",
    "StudySpec",
    "differences",
    "spec_from_json",
    "spec_to_json",
]

Sampler = Literal["gp", "tpe", "random"]
SAMPLERS: tuple[str, ...] = get_args(Sampler)
PARAMETER_KINDS: Mapping[str, type[Parameter]] = {
    "log": LogRange,
    "uniform": UniformRange,
    "whole": WholeRange,
    "powers of two": PowersOfTwo,
    "choice": Choice,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """How much is searched, and how. All of these may change when a study goes on.

    Attributes:
        trials: Trials in total, over all restarts.
        time_budget: Seconds in total, over all restarts; None for no limit.
        confirm: With how many further seeds each contender is trained.
        contenders: How many of the best settings are confirmed.
        sampler: `gp` (Gaussian process), `tpe` or `random`.
        prune: Whether hopeless trials are stopped early.
        seed: Seed of the sampler and of the choice of trials that audit the pruner.
        storage: Optuna storage URL, or None for an SQLite file in the study's folder.
        engine: What runs the trainings (`in-process`, `workers`, `ray`); None chooses.
        devices: Devices to train on (`cuda:0`, `cpu`), or `all` alone; empty where none was named.
        per_device: Trainings side by side on one device, or `auto`; None where nothing was said.
        address: Address of a Ray cluster, or None.
        artifacts: URL under which models and checkpoints are kept; None for the study's folder.
        stop_when_flat: Whether the search ends when what its other trials are expected to gain is
            below the noise of a score; never in a study that several processes share.
    """

    trials: int = 20
    time_budget: float | None = None
    confirm: int = 2
    contenders: int = 3
    sampler: Sampler = "gp"
    prune: bool = True
    seed: int = 42
    storage: str | None = None
    engine: str | None = None
    devices: tuple[str, ...] = ()
    per_device: int | Literal["auto"] | None = None
    address: str | None = None
    artifacts: str | None = None
    stop_when_flat: bool = False

    def __post_init__(self) -> None:
        for name, low in (("trials", 1), ("confirm", 0), ("contenders", 1)):
            if getattr(self, name) < low:
                raise UsageError(f"`{name} >= {low}` must hold, but got {getattr(self, name)}.")
        if self.time_budget is not None and not self.time_budget > 0:
            raise UsageError(f"`time_budget > 0` must hold, but got {self.time_budget}.")
        if self.sampler not in SAMPLERS:
            raise UsageError(
                f"`sampler` must be one of {', '.join(SAMPLERS)}, but got `{self.sampler}`."
            )
        if isinstance(self.per_device, int) and self.per_device < 1:
            raise UsageError(f"`per_device >= 1` must hold, but got {self.per_device}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """Everything that makes a study what it is.

    Attributes:
        name: Name of the study and of its folder.
        space: Which hyperparameters are searched, over which range.
        recipe: The settings of trial 0, and of everything that is not searched.
        start_points: Known good settings tried right after the recipe; they differ from it in
            searched hyperparameters only.
        options: How much is searched, and how.
        model: Facts about the encoder.
        data_source: The data as the user named it.
        data_fingerprint: Hash over tokens and tags of all splits.
        data_facts: Facts about the data (format, scheme, counts per split, ...).
        has_test: Whether there is a test split to read at the end.
        training: Further options that the result depends on (`max_length`, ...), JSON-serialisable.
        warnings: What the reader of the result must know about data and model, as sentences.
    """

    name: str
    space: SearchSpace
    recipe: TrialSpec
    start_points: tuple[TrialSpec, ...] = ()
    options: SearchOptions = field(default_factory=SearchOptions)
    model: ModelFacts
    data_source: str
    data_fingerprint: str
    data_facts: Mapping[str, Any] = field(default_factory=dict)
    has_test: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for point in self.start_points:
            if self.with_searched(self.searched(point)) != point:
                raise UsageError(
                    "A start point must equal the recipe in everything that is not searched, but "
                    f"got {point} with the recipe {self.recipe}.",
                    "Search the hyperparameter, or change the recipe.",
                )

    def searched(self, spec: TrialSpec) -> dict[str, Any]:
        """Return the searched hyperparameters of `spec`, in the order of the space."""
        return {name: getattr(spec, name) for name in self.space.parameters}

    def with_searched(self, values: Mapping[str, Any]) -> TrialSpec:
        """Return the recipe with `values` for its searched hyperparameters."""
        return replace(self.recipe, **values)

    @property
    def first_points(self) -> tuple[TrialSpec, ...]:
        """What is tried before the sampler decides: the recipe, then the other start points."""
        points = (self.recipe, *self.start_points)
        return tuple(point for place, point in enumerate(points) if point not in points[:place])


def spec_to_json(spec: StudySpec) -> dict[str, Any]:
    """Return a study as JSON values."""
    parameters = {
        name: {"kind": _kind(parameter), **to_plain(parameter)}
        for name, parameter in spec.space.parameters.items()
    }
    space = {"parameters": parameters, "reasons": dict(spec.space.reasons)}
    return {**to_plain(spec), "space": space}


def spec_from_json(data: Mapping[str, Any]) -> StudySpec:
    """Return the study that `spec_to_json` wrote.

    Raises:
        StudyError: When a part is missing or cannot be understood.
    """
    try:
        parameters = {
            name: from_plain(PARAMETER_KINDS[value["kind"]], value)
            for name, value in data["space"]["parameters"].items()
        }
        space = SearchSpace(parameters=parameters, reasons=data["space"]["reasons"])
        fields = {**data, "space": {"parameters": {}, "reasons": {}}}
        points = tuple(from_plain(TrialSpec, point) for point in data["start_points"])
        spec = from_plain(StudySpec, {**fields, "start_points": []})
        return replace(spec, space=space, start_points=points)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(
            f"The study's description cannot be read: {error!r}.",
            "Was `study.json` changed by hand, or written by another version?",
        ) from error


def differences(old: StudySpec, new: StudySpec) -> tuple[str, ...]:
    """Say how the two differ in what a study cannot change while it goes on.

    Budget, sampler, pruning, start points, storage, engine and devices may change; data, model,
    space, recipe and training options may not.

    Returns:
        One line per difference, such as `learning_rate: 1e-05 to 0.0001 before, fixed now`.
    """
    return (
        *_data_differences(old, new),
        *_model_differences(old.model, new.model),
        *_changed(_space_lines(old), _space_lines(new), "space, "),
        *_changed(to_plain(old.recipe), to_plain(new.recipe), "recipe, "),
        *_changed(old.training, new.training, "training, "),
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
        for line in _changed(to_plain(old), to_plain(new), "model, ")
        if not line.startswith("model, fingerprint:")
    ]
    yield from facts or ["model: the same name and size, but other weights or another tokenizer"]


def _space_lines(spec: StudySpec) -> dict[str, str]:
    return {name: str(value) for name, value in spec.space.parameters.items()}


def _changed(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        before, now = to_plain(old.get(name)), to_plain(new.get(name))
        if before != now:
            yield f"{prefix}{name}: {_shown(before)} before, {_shown(now)} now"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _shown(value: Any) -> str:
    return "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _kind(parameter: Parameter) -> str:
    return next(name for name, kind in PARAMETER_KINDS.items() if isinstance(parameter, kind))
