"""What the entries of a shared study's log mean: who runs what, and how it ended.

The rules, in the order of a training's life. An entry that breaks one is void; whoever wrote it
sees that when it reads the log back.

1. `study`: the first one describes the study; every later process compares its own with it.
2. `begin`: a trial gets an owner, if its number is below the number of trials asked for and nobody
   began it before. Numbers come from Optuna, which gives each once.
3. `settle`: the owner says what the trial tries, unless another trial tries the same. Two processes
   that ask at the same moment therefore never train the same settings.
4. `claim`: a process takes a training: a re-run of the confirmation that nobody took, one that its
   owner released, or one whose owner seems dead. It names the attempt that it begins; the first
   claim of an attempt wins, so two processes that notice a death at once do not both take over.
5. `bury`: a training whose owner died for the second time has failed. Only deaths before a new
   epoch was kept count: a long training on machines that are taken away again and again goes on.
6. `end`: the result counts when its author still owns the training. The result of a process that
   was taken for dead, and comes back, is void.
7. `deliver`: the owner of the delivery says where the winner's model is.
8. `release` and `leave`: a process gives up one training, or all that it owns; that is no death.

An entry that this program would not write is void too, whatever it holds. Everything here is pure:
entries in, facts out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tuner.search.completion_order import OrderStep
from tuner.search.run_record import search_key
from tuner.search.shared.entry_bodies import (
    are_settings,
    how_asked,
    is_delivery,
    is_description,
    is_result,
    is_whole,
    joining,
)
from tuner.search.shared.log import Entry
from tuner.search.shared.packed import Packed
from tuner.search.shared.training import Process, Training

__all__ = ["MOST_DEATHS", "StudyFacts"]

MOST_DEATHS = 2
"""A training that took so many processes with it has failed: the third would go the same way."""


@dataclass(slots=True, kw_only=True)
class StudyFacts:
    """The state of a shared study after the entries read so far.

    Attributes:
        position: Place of the last entry that was read.
        study: Description of the study, or None before the first.
        processes: Everybody who ever joined, by name.
        trainings: All trainings, by key.
        begun: How many trials have an owner, had one, or ended.
        delivered: Key of a training to where its model was put.
        is_exhausted: Whether every setting of a finite space is being tried.
        changed: Keys of the trainings that changed since `take_changed`.
        open: Keys of the trainings that have not ended.
        order: In which order the trials got their settings and ended, over all processes.
    """

    position: int = 0
    study: Mapping[str, Any] | None = None
    processes: dict[str, Process] = field(default_factory=dict)
    trainings: dict[str, Training] = field(default_factory=dict)
    begun: int = 0
    delivered: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    is_exhausted: bool = False
    changed: dict[str, None] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    order: list[OrderStep] = field(default_factory=list)
    _tried: dict[str, str] = field(default_factory=dict)

    def apply(self, entries: Iterable[Entry]) -> dict[str, bool]:
        """Take note of entries; return for each, by identity, whether it counts."""
        verdicts = {}
        for entry in entries:
            if entry.position > self.position:
                self.position = entry.position
                rule = _RULES.get(entry.kind)
                verdicts[entry.identity] = rule is not None and _counts(rule, self, entry)
        return verdicts

    def take_changed(self) -> tuple[Training, ...]:
        """Return the trainings that changed since the last call."""
        keys, self.changed = self.changed, {}
        return tuple(self.trainings[key] for key in keys if key in self.trainings)

    def running(self) -> tuple[Training, ...]:
        """Return the trainings that have not ended."""
        return tuple(self.trainings[key] for key in self.open)

    def owned_by(self, process: str) -> tuple[Training, ...]:
        """Return the trainings that a process runs."""
        return tuple(training for training in self.running() if training.owner == process)

    def _put(self, training: Training) -> bool:
        if training.result and training.settings is not None:
            settings, result = Packed(training.settings), Packed(training.result)
            training = replace(training, settings=settings, result=result)
        self.trainings[training.key] = training
        self.changed[training.key] = None
        if training.result is None:
            self.open[training.key] = None
        else:
            self.open.pop(training.key, None)
            if training.is_trial:
                self.order.append(OrderStep(kind="ended", number=training.number))
        return True

    def _describe(self, entry: Entry) -> bool:
        if self.study is not None or not is_description(entry.body):
            return False
        self.study = entry.body
        return True

    def _join(self, entry: Entry) -> bool:
        self.processes[entry.author] = joining(entry.author, entry.body)
        return True

    def _leave(self, entry: Entry) -> bool:
        known = self.processes.get(entry.author, Process(name=entry.author))
        self.processes[entry.author] = replace(known, has_left=True)
        for training in self.owned_by(entry.author):
            self._put(replace(training, owner=None))
        return True

    def _release(self, entry: Entry) -> bool:
        known = self.trainings.get(entry.body["key"])
        if known is None or known.result is not None or known.owner != entry.author:
            return False
        return self._put(replace(known, owner=None))

    def _begin(self, entry: Entry) -> bool:
        number = entry.body["number"]
        key = search_key(number)
        if not is_whole(number) or key in self.trainings or number >= entry.body["limit"]:
            return False
        self.begun += 1
        return self._put(
            Training(key=key, number=number, owner=entry.author, last_owner=entry.author)
        )

    def _settle(self, entry: Entry) -> bool:
        training = self.trainings.get(entry.body["key"])
        setting = entry.body["setting"]
        if training is None or training.owner != entry.author or training.settings is not None:
            return False
        if setting in self._tried or not are_settings(entry.body["settings"], trial=True):
            return False
        self._tried[setting] = training.key
        self.order.append(replace(how_asked(entry.body), number=training.number))
        return self._put(
            replace(training, settings=entry.body["settings"], setting=entry.body["setting"])
        )

    def _exhaust(self, entry: Entry) -> bool:
        training = self.trainings.get(entry.body["key"])
        if training is None or training.owner != entry.author or training.settings is not None:
            return False
        del self.trainings[training.key]
        self.open.pop(training.key, None)
        self.begun -= 1
        self.is_exhausted = True
        return True

    def _claim(self, entry: Entry) -> bool:
        key, attempt, home = (entry.body[name] for name in ("key", "attempt", "home"))
        known = self.trainings.get(key)
        epochs = entry.body.get("epochs", 0)
        if not (isinstance(key, str) and all(map(is_whole, (attempt, home, epochs)))):
            return False
        if known is None:
            new = Training(
                key=key,
                number=entry.body["number"],
                owner=entry.author,
                last_owner=entry.author,
                settings=entry.body["settings"],
            )
            if not (is_whole(new.number) and are_settings(new.settings, trial=False)):
                return False
            return attempt == 1 and self._put(new)
        if known.result is not None or attempt != known.attempt + 1:
            return False
        deaths = known.deaths + (known.owner is not None and epochs <= known.epochs)
        if deaths >= MOST_DEATHS or (known.owner and known.owner != entry.body.get("dead")):
            return False
        taken = replace(known, owner=entry.author, last_owner=entry.author, attempt=attempt)
        epochs = max(epochs, known.epochs)
        return self._put(replace(taken, deaths=deaths, home=home, epochs=epochs))

    def _bury(self, entry: Entry) -> bool:
        known = self.trainings.get(entry.body["key"])
        if known is None or known.result is not None or known.owner != entry.body["dead"]:
            return False
        if known.deaths + 1 < MOST_DEATHS or known.attempt != entry.body["attempt"]:
            return False
        if not is_result(entry.body["result"]):
            return False
        buried = replace(known, owner=None, deaths=known.deaths + 1, result=entry.body["result"])
        return self._put(buried)

    def _end(self, entry: Entry) -> bool:
        known = self.trainings.get(entry.body["key"])
        if known is None or known.result is not None or known.owner != entry.author:
            return False
        if known.attempt != entry.body["attempt"] or known.settings is None:
            return False
        if not is_result(entry.body["result"]):
            return False
        return self._put(replace(known, owner=None, result=entry.body["result"]))

    def _deliver(self, entry: Entry) -> bool:
        task = self.trainings.get(entry.body["task"])
        if task is None or task.owner != entry.author:
            return False
        if task.is_trial or not is_delivery(entry.body):
            return False
        self.delivered[entry.body["key"]] = entry.body
        return self._put(replace(task, owner=None, result={}))


def _counts(rule: Callable[[StudyFacts, Entry], bool], facts: StudyFacts, entry: Entry) -> bool:
    """Whether an entry breaks no rule; one that says nothing sensible breaks every rule."""
    try:
        return rule(facts, entry)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False


_RULES: Mapping[str, Callable[[StudyFacts, Entry], bool]] = {
    "study": StudyFacts._describe,
    "join": StudyFacts._join,
    "leave": StudyFacts._leave,
    "release": StudyFacts._release,
    "begin": StudyFacts._begin,
    "settle": StudyFacts._settle,
    "exhaust": StudyFacts._exhaust,
    "claim": StudyFacts._claim,
    "bury": StudyFacts._bury,
    "end": StudyFacts._end,
    "deliver": StudyFacts._deliver,
}
