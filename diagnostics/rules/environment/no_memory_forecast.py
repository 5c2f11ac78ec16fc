"""Rule E211: a forecast of memory was asked for, and none could be made."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.subjects.environment import Environment

__all__ = ["NoMemoryForecast"]

_FAR = {"name": "google-bert/bert-base-cased", "local": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMemoryForecast(Rule[Environment]):
    """A forecast of memory was asked for, and none could be made.

    Why it matters: a model was named to learn whether it fits, and that was not answered; nothing
    else in the report answers it.

    What to change: fetch the model, or mend what keeps its configuration from being read.

    Source: the forecast itself, which says why it could not be made.
    """

    id: ClassVar = "E211"
    name: ClassVar = "no-memory-forecast"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.model,)
    doubt: ClassVar = "The training runs where the model is, and this machine is another."
    bad: ClassVar = {
        "the model is not here": found(model=_FAR, forecast_fault="it is not on this machine"),
        "a damaged folder": found(
            model={"name": "mine", "local": True}, forecast_fault="its config.json is no JSON"
        ),
    }
    good: ClassVar = {
        "it was made": found(model=_FAR, forecast={"batch_size": 8, "upper_bytes": 2**30}),
        "none was asked for": found(),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look for the reason why there is no forecast."""
        fault = environment.forecast_fault
        if not fault or environment.forecast:
            return []
        name = str(environment.model.get("name", ""))
        cached = (environment.hub.models or ()) if environment.hub is not None else ()
        far = environment.model.get("local") is False and name not in cached
        fetch = f"Fetch the model: hf download {shlex.quote(name)}."
        return [
            self.finding(
                f"Whether a training of {name} fits is not known, since its memory could not be "
                f"forecast: {fault}.",
                evidence=[Evidence(label="model", value=name)],
                fixes=[Fix(text=fetch if far else "Mend that, and look again.")],
            )
        ]
