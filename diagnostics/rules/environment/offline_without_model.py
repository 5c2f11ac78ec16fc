"""Rule E207: downloads are forbidden, and the model is not in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.subjects.environment import Environment, Hub

__all__ = ["OfflineWithoutModel"]

_BERT = "google-bert/bert-base-cased"


def _offline(*models: str) -> Hub:
    return Hub(folder="~/.cache/huggingface/hub", models=models, offline=("HF_HUB_OFFLINE",))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineWithoutModel(Rule[Environment]):
    """Downloads are forbidden, and the model is not in the cache.

    Why it matters: the training ends before it starts, with an error about a file that is not
    cached.

    What to change: unset the variable for one download, or copy the model's folder here and name
    that folder.

    Source: the environment variables of huggingface_hub, and the folders of its cache.
    """

    id: ClassVar = "E207"
    name: ClassVar = "offline-without-model"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.hub,)
    doubt: ClassVar = "The training uses another cache (HF_HOME) than this command."
    bad: ClassVar = {
        "another model is cached": found(
            hub=_offline("distilbert/distilbert-base-cased"), model={"name": _BERT}
        ),
        "no model named, and an empty cache": found(hub=_offline()),
    }
    good: ClassVar = {
        "cached": found(hub=_offline(_BERT), model={"name": _BERT}),
        "cached under its former name": found(
            hub=_offline(_BERT), model={"name": "bert-base-cased"}
        ),
        "a folder": found(hub=_offline(), model={"name": "models/own", "local": True}),
        "downloads are allowed": found(hub=Hub(folder="cache", models=()), model={"name": _BERT}),
        "the cache cannot be listed": found(
            hub=Hub(folder="cache", offline=("HF_HUB_OFFLINE",)), model={"name": _BERT}
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for the model in the cache."""
        hub = environment.hub
        if hub is None or not hub.offline or hub.models is None:
            return []
        if environment.model.get("local") or (hub.models and "name" not in environment.model):
            return []
        name = str(environment.model.get("name", ""))
        if name and any(_same(name, cached) for cached in hub.models):
            return []
        what = f"{name} is not in the cache" if name else "the cache holds no model"
        return [
            self.finding(
                f"{hub.offline[0]} forbids downloads, and {what} at {hub.folder}.",
                evidence=[
                    Evidence(label=hub.offline[0], value=True),
                    Evidence(label="models in the cache", value=len(hub.models)),
                ],
                fixes=[
                    Fix(
                        text=f"Unset {hub.offline[0]} for one download.",
                        parameter=hub.offline[0],
                        old="1",
                        new="0",
                        how="afterwards the model is in the cache",
                    ),
                    Fix(text="Or copy the model's folder here, and give --model that folder."),
                ],
                severity=Severity.ERROR if name else Severity.INFO,
            )
        ]


def _same(name: str, cached: str) -> bool:
    """Whether a cached model is the one named; old names lack the organization."""
    return name == cached or ("/" not in name and cached.endswith(f"/{name}"))
