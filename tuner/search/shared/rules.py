"""The rules by which the entries of a shared study's log count.

In the order of a training's life. An entry that breaks one is void; whoever wrote it
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

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

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
from tuner.search.shared.training import Process, Training

if TYPE_CHECKING:
    from tuner.search.shared.facts import StudyFacts

__all__ = ["MOST_DEATHS", "counts"]

MOST_DEATHS = 2
"""A training that took so many processes with it has failed: the third would go the same way."""


def counts(facts: StudyFacts, entry: Entry) -> bool:
    """Take note of an entry; return whether it breaks no rule.

    One that says nothing sensible breaks every rule.
    """
    rule = _RULES.get(entry.kind)
    try:
        return rule is not None and rule(facts, entry)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False


def _describe(facts: StudyFacts, entry: Entry) -> bool:
    if facts.study is not None or not is_description(entry.body):
        return False
    facts.study = entry.body
    return True


def _join(facts: StudyFacts, entry: Entry) -> bool:
    facts.processes[entry.author] = joining(entry.author, entry.body)
    return True


def _leave(facts: StudyFacts, entry: Entry) -> bool:
    known = facts.processes.get(entry.author, Process(name=entry.author))
    facts.processes[entry.author] = replace(known, has_left=True)
    for training in facts.owned_by(entry.author):
        facts.put(replace(training, owner=None))
    return True


def _release(facts: StudyFacts, entry: Entry) -> bool:
    known = facts.trainings.get(entry.body["key"])
    if known is None or known.result is not None or known.owner != entry.author:
        return False
    return facts.put(replace(known, owner=None))


def _begin(facts: StudyFacts, entry: Entry) -> bool:
    number = entry.body["number"]
    key = search_key(number)
    if not is_whole(number) or key in facts.trainings or number >= entry.body["limit"]:
        return False
    facts.begun += 1
    return facts.put(Training(key=key, number=number, owner=entry.author, last_owner=entry.author))


def _settle(facts: StudyFacts, entry: Entry) -> bool:
    training = facts.trainings.get(entry.body["key"])
    setting = entry.body["setting"]
    if training is None or training.owner != entry.author or training.settings is not None:
        return False
    if setting in facts.tried or not are_settings(entry.body["settings"], trial=True):
        return False
    facts.tried[setting] = training.key
    facts.order.append(replace(how_asked(entry.body), number=training.number))
    return facts.put(
        replace(training, settings=entry.body["settings"], setting=entry.body["setting"])
    )


def _exhaust(facts: StudyFacts, entry: Entry) -> bool:
    training = facts.trainings.get(entry.body["key"])
    if training is None or training.owner != entry.author or training.settings is not None:
        return False
    del facts.trainings[training.key]
    facts.open.pop(training.key, None)
    facts.begun -= 1
    facts.is_exhausted = True
    return True


def _claim(facts: StudyFacts, entry: Entry) -> bool:
    key, attempt, home = (entry.body[name] for name in ("key", "attempt", "home"))
    known = facts.trainings.get(key)
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
        return attempt == 1 and facts.put(new)
    if known.result is not None or attempt != known.attempt + 1:
        return False
    deaths = known.deaths + (known.owner is not None and epochs <= known.epochs)
    if deaths >= MOST_DEATHS or (known.owner and known.owner != entry.body.get("dead")):
        return False
    taken = replace(known, owner=entry.author, last_owner=entry.author, attempt=attempt)
    epochs = max(epochs, known.epochs)
    return facts.put(replace(taken, deaths=deaths, home=home, epochs=epochs))


def _bury(facts: StudyFacts, entry: Entry) -> bool:
    known = facts.trainings.get(entry.body["key"])
    if known is None or known.result is not None or known.owner != entry.body["dead"]:
        return False
    if known.deaths + 1 < MOST_DEATHS or known.attempt != entry.body["attempt"]:
        return False
    if not is_result(entry.body["result"]):
        return False
    buried = replace(known, owner=None, deaths=known.deaths + 1, result=entry.body["result"])
    return facts.put(buried)


def _end(facts: StudyFacts, entry: Entry) -> bool:
    known = facts.trainings.get(entry.body["key"])
    if known is None or known.result is not None or known.owner != entry.author:
        return False
    if known.attempt != entry.body["attempt"] or known.settings is None:
        return False
    if not is_result(entry.body["result"]):
        return False
    return facts.put(replace(known, owner=None, result=entry.body["result"]))


def _deliver(facts: StudyFacts, entry: Entry) -> bool:
    task = facts.trainings.get(entry.body["task"])
    if task is None or task.owner != entry.author:
        return False
    if task.is_trial or not is_delivery(entry.body):
        return False
    facts.delivered[entry.body["key"]] = entry.body
    return facts.put(replace(task, owner=None, result={}))


_RULES: Mapping[str, Callable[[StudyFacts, Entry], bool]] = {
    "study": _describe,
    "join": _join,
    "leave": _leave,
    "release": _release,
    "begin": _begin,
    "settle": _settle,
    "exhaust": _exhaust,
    "claim": _claim,
    "bury": _bury,
    "end": _end,
    "deliver": _deliver,
}
