"""A study: what is searched, on which data and model, with which budget. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
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
        start_sources: For each of them the finished study that it won, or an empty text; empty
            where none comes from a study.
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
    start_sources: tuple[str, ...] = ()
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

    @property
    def first_sources(self) -> tuple[str, ...]:
        """For each of the first points the study that it won; empty for the others."""
        points = (self.recipe, *self.start_points)
        sources = (("", *self.start_sources) + ("",) * len(points))[: len(points)]
        return tuple(sources[points.index(point)] for point in self.first_points)

    def going_on_from(self, earlier: StudySpec) -> StudySpec:
        """Return this study with the points that were chosen when it began."""
        return replace(self, start_points=earlier.start_points, start_sources=earlier.start_sources)


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


def _kind(parameter: Parameter) -> str:
    return next(name for name, kind in PARAMETER_KINDS.items() if isinstance(parameter, kind))
