"""What a user said about space and recipe, and the study that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuner.choices import RecipeLike, SpaceLike, StudyChoice, choose_study
from tuner.data import TaskData
from tuner.model_facts import ModelFacts
from tuner.opening import model_facts
from tuner.planned_settings import plan_of, planned_recipe, planned_space, variants_of
from tuner.search.past_studies import PastWinner, like_winners, past_winners
from tuner.study import SearchOptions, StudySpec
from tuner.study_file import StudyFile
from tuner.study_plan import data_warnings

if TYPE_CHECKING:
    from tuner.training.fine_tune import Workbench

__all__ = ["StudyWishes", "study_choice", "study_spec"]


@dataclass(frozen=True, slots=True)
class StudyWishes:
    """What the user said about space and recipe; see `tuner.choices.choose_study`.

    `past` is the folder of the studies to learn from, or None; `course` is the schedule of all
    trials and the highest count of a trunk.
    """

    space: SpaceLike
    recipe: RecipeLike
    files: tuple[StudyFile | None, StudyFile | None]
    also: tuple[str, ...]
    seed: int
    settings: Mapping[str, Any] | None
    past: Path | None
    course: tuple[str | None, int | None] = (None, None)

    @property
    def planned(self) -> dict[str, Any]:
        """Plan and variants for the check of the data, as far as the user chose them."""
        space_file, recipe_file = self.files
        recipe = planned_recipe(self.recipe, recipe_file, space_file)
        space = planned_space(self.space, space_file, recipe_file)
        return {"plan": plan_of(recipe, self.settings or {}), "variants": variants_of(space)}

    def past_winners(
        self, model: ModelFacts, data: TaskData, sentences: int
    ) -> tuple[PastWinner, ...]:
        """Return what won like studies, the likest first."""
        found = past_winners(self.past) if self.past is not None else ()
        return like_winners(found, model, data.fingerprint, sentences)


def study_choice(wishes: StudyWishes, data: TaskData, bench: Workbench) -> StudyChoice:
    """Return space, recipe and start points for this data and model.

    Raises:
        UsageError: A wish cannot be right for them.
    """
    model = model_facts(bench)
    schedule, epochs = wishes.course
    return choose_study(
        model,
        len(bench.train),
        space=wishes.space,
        recipe=wishes.recipe,
        files=wishes.files,
        also=wishes.also,
        seed=wishes.seed,
        settings=wishes.settings,
        past=wishes.past_winners(model, data, len(bench.train)),
        schedule=schedule,
        epochs=epochs,
    )


def study_spec(
    name: str, choice: StudyChoice, options: SearchOptions, data: TaskData, bench: Workbench
) -> StudySpec:
    """Return the study that is searched."""
    return StudySpec(
        name=name,
        space=choice.space,
        recipe=choice.recipe,
        start_points=choice.start_points,
        start_sources=choice.start_sources,
        options=options,
        model=model_facts(bench),
        data_source=data.source,
        data_fingerprint=data.fingerprint,
        data_facts=data.facts,
        has_test=bool(data.test),
        training={"max_length": bench.max_length},
        warnings=data_warnings(data, trials=options.trials),
    )
