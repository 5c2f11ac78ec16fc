"""Rule R305: the label names carry no B- and I-, so the entity metric misreads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import needs
from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence.label_lists import (
    label_names,
    placeholders,
    prefixed,
    typed_scores,
)
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["LabelsAreNotChunks"]

_COMMON_TYPES = frozenset(
    {
        *("PER", "PERSON", "LOC", "LOCATION", "ORG", "ORGANIZATION", "MISC", "GPE", "NORP", "NAME"),
        *("DATE", "TIME", "MONEY", "PRODUCT", "EVENT", "LANGUAGE", "PERCENT", "QUANTITY", "EMAIL"),
        *("PHONE", "ADDRESS", "CITY", "COUNTRY", "SKILL", "COMPANY", "DISEASE", "CHEMICAL", "DRUG"),
        *("GENE", "PROTEIN", "SYMPTOM", "TITLE", "TOTAL", "QUESTION", "ANSWER", "HEADER"),
    }
)
"""Entity types that many data sets use; two of them without their first letter are no chance."""

_CUT_TYPES = frozenset(name[1:] for name in _COMMON_TYPES) - _COMMON_TYPES
_TWO_TYPES = {"ER": {"f1": 0.5}, "OC": {"f1": 0.6}, "RG": {"f1": 0.4}}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsAreNotChunks(Rule[RunHistory]):
    """The labels are not chunks: they have no `B-` and `I-`, and the metric misreads them.

    Why it matters: seqeval takes the first letter of a label for its prefix. `PER` becomes the type
    `ER`, neighbouring entities merge, and every label that begins with O counts as outside: with
    `OBJ` and `ORG` alone F1 is 0 even for perfect predictions.

    What to change: write the prefixes (`B-` on the first word of an entity, `I-` on the others).
    For tasks without entities, such as part-of-speech tagging, use token-level accuracy or F1.

    Source: run here with seqeval 1.2.2; reports in simpletransformers #714 and seqeval #75.
    """

    id: ClassVar = "R305"
    name: ClassVar = "labels-are-not-chunks"
    severity: ClassVar = Severity.WARNING
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R201", "R202", "R301", "R302", "R303", "R304", "R308")
    doubt: ClassVar = "A metric of one's own that compares words, not entities."
    bad: ClassVar = {
        "seqeval warned": run_example(
            f1=(0.2, 0.3),
            events=[RunEvent(kind="labels-not-chunks", message="PER seems not to be NE tag.")],
        ),
        "PER, LOC and O": run_example(
            f1=(0.2, 0.3),
            precision=(0.2, 0.3),
            recall=(0.2, 0.3),
            id2label={0: "O", 1: "PER", 2: "LOC"},
        ),
        "a type that begins with O": run_example(
            f1=(0.0, 0.0), precision=(0.0, 0.0), recall=(0.0, 0.0), labels=["O", "OBJ", "ACT"]
        ),
        "types without their first letter": run_example(
            f1=(0.4, 0.5), per_type=(_TWO_TYPES, _TWO_TYPES)
        ),
    }
    good: ClassVar = {
        "IOB2": run_example(
            f1=(0.4, 0.5), precision=(0.4, 0.5), recall=(0.4, 0.5),
            id2label={0: "O", 1: "B-PER", 2: "I-PER", 3: "B-ORG", 4: "I-ORG"},
        ),
        "part-of-speech tags with accuracy": run_example(
            accuracy=(0.9, 0.95), id2label={0: "NOUN", 1: "VERB", 2: "ADJ"}
        ),
        "a text classifier": run_example(
            f1=(0.8, 0.9), precision=(0.8, 0.9), recall=(0.8, 0.9),
            id2label={0: "negative", 1: "positive"}, architecture="BertForSequenceClassification",
        ),
        "placeholder names": run_example(
            f1=(0.8, 0.9), precision=(0.8, 0.9), recall=(0.8, 0.9),
            id2label={0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"},
        ),
        "a type that is short by nature": run_example(
            f1=(0.4, 0.5), per_type=({"PER": {"f1": 0.5}, "ER": {"f1": 0.6}},) * 2
        ),
    }  # fmt: skip

    fewest_cut: int = 2
    """Types without their first letter that are no chance."""

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look at what the metric said, at the names of the labels, and at those of the types."""
        events = [event for event in run.events if event.kind == "labels-not-chunks"]
        names = _unprefixed(run)
        cut = _cut_types(run)
        if names:
            return [self._unprefixed(run, names)]
        if events:
            return [self._warned(events)]
        if len(cut) >= self.fewest_cut:
            return [self._cut(cut)]
        if not label_names(run) and not typed_scores(run):
            return NotApplicable(reason="the run recorded no label names")
        return []

    def _unprefixed(self, run: RunHistory, names: Sequence[str]) -> Finding:
        lost = [name for name in names if name.startswith(("O", "o"))]
        shown = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
        message = f"The {len(names)} labels {shown} carry no B- or I-: seqeval cuts their first "
        message += f"letter ({names[0]} is read as {names[0][1:] or '_'})."
        if lost:
            verb = "counts" if len(lost) == 1 else "count"
            message += f" {', '.join(lost[:3])} {verb} as outside, so F1 misses it altogether."
        outside = "O" in label_names(run)
        return self.finding(
            message,
            evidence=[
                Evidence(label="labels without prefix", value=len(names)),
                Evidence(label="labels read as outside", value=len(lost)),
            ],
            fixes=[_prefixes() if outside else _token_level()],
            severity=Severity.WARNING if outside or lost else Severity.INFO,
        )

    def _warned(self, events: Sequence[RunEvent]) -> Finding:
        return self.finding(
            f"The metric warned that labels are no chunks: {events[0].message.rstrip('.')}.",
            evidence=[Evidence(label="warnings", value=len(events))],
            fixes=[_prefixes(), _token_level()],
        )

    def _cut(self, cut: Sequence[str]) -> Finding:
        return self.finding(
            f"The scores name the types {', '.join(cut[:5])}, which lack their first letter: the "
            "labels carry no B- or I-, and seqeval took that letter for the prefix.",
            evidence=[Evidence(label="types without their first letter", value=len(cut))],
            fixes=[_prefixes()],
        )


def _unprefixed(run: RunHistory) -> tuple[str, ...]:
    """Return the labels besides O, if the run scores entities and they have no prefixes."""
    names = label_names(run)
    labels_words = needs.token_classifier(run)
    entity_scores = run.monitor == "f1" and any("recall" in point.metrics for point in run.epochs)
    if not entity_scores or prefixed(names) or labels_words is False:
        return ()
    # Without O and without an architecture these may be the classes of whole texts.
    if "O" not in names and not labels_words:
        return ()
    named = tuple(name for name in names if name != "O")
    return () if placeholders(named) else named


def _cut_types(run: RunHistory) -> tuple[str, ...]:
    """Return well-known types that lack their first letter, if none appears in full."""
    scored = typed_scores(run)
    names = {name.upper() for name in scored[-1]} if scored else set()
    return () if names & _COMMON_TYPES else tuple(sorted(names & _CUT_TYPES))


def _prefixes() -> Fix:
    return Fix(
        text="Write the labels in IOB2: B- on the first word of each entity, I- on the others.",
        parameter="tag_scheme",
        old="none",
        new="IOB2",
        how="each run of words with one label becomes one entity",
    )


def _token_level() -> Fix:
    return Fix(
        text="For a task without entities score single words instead of chunks.",
        parameter="metric_for_best_model",
        old="f1",
        new="accuracy",
        how="every word has a label of its own there",
    )
