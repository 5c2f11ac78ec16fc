"""What a run must have logged for a rule to judge it, each with the reason it gives if not."""

from __future__ import annotations

import re

from diagnostics import series
from diagnostics.rule import Need
from diagnostics.subjects.run_history import RunHistory

__all__ = [
    "entity_scores",
    "evaluations",
    "learning_rate",
    "losses",
    "metric",
    "steps",
    "task_metric",
    "token_classifier",
]

_TOKENS = re.compile(
    r"TokenClassif|Tagger|Tagging|EntityRecogni|CRF|Crf|NER(?=$|_|[A-Z][a-z])|Ner(?=$|_|[A-Z])"
    r"|(?<![A-Za-z])ner(?![a-z])"
)
"""How architectures that label words are named: `BertForTokenClassification`, `SequenceTagger`."""

_LONGEST_NAME = 200
"""Characters of a name that are looked at."""

_OTHER_TASK = re.compile(
    r"For[A-Z]|LMHead|Classif|Answering|Generation|Summari|Translation|FillMask|Speech|Similarity"
    r"|Detection|Segmentation|FeatureExtraction|Regression"
)
"""How architectures with another task are named, where nothing above is in the name."""


def evaluations(least: int) -> Need:
    """Need at least so many evaluations: no trend is claimed from fewer than four."""

    def need(run: RunHistory) -> str | None:
        found = len(series.evaluations(run))
        if found >= least:
            return None
        return f"the run logged {_count(found, 'evaluation')}, and this needs {least}"

    return need


def metric(run: RunHistory) -> str | None:
    """Need a monitored score of any kind."""
    return None if series.scores(run) else "the run logged no score on its development split"


def task_metric(run: RunHistory) -> str | None:
    """Need a score of the task; the evaluation loss is none."""
    missing = metric(run)
    if missing is None and run.monitor == "loss":
        return "the run logged a loss but no score of its task, such as F1"
    return missing


def entity_scores(run: RunHistory) -> str | None:
    """Need F1 with precision and recall, from a run that may be token classification."""
    if token_classifier(run) is False:
        return f"the model is a {run.config['architecture']}, not a token classifier"
    if run.monitor != "f1" or not series.scores(run):
        return "the run logged no F1"
    if not (series.scores(run, "precision") and series.scores(run, "recall")):
        return "the run logged no precision and recall"
    return None


def token_classifier(run: RunHistory) -> bool | None:
    """Whether the architecture is one that labels words; None where its name does not tell."""
    architecture = str(run.config.get("architecture", ""))[:_LONGEST_NAME]
    if _TOKENS.search(architecture):
        return True
    return False if _OTHER_TASK.search(architecture) else None


def losses(run: RunHistory) -> str | None:
    """Need a training or an evaluation loss, by evaluation or by step."""
    if series.train_losses(run) or series.eval_losses(run):
        return None
    if any(series.number(row.loss) is not None for row in run.steps):
        return None
    return "the run logged no loss"


def learning_rate(run: RunHistory) -> str | None:
    """Need the peak learning rate."""
    rate = series.number(run.config.get("learning_rate"))
    return None if rate is not None and rate > 0 else "the run did not record its learning rate"


def steps(run: RunHistory) -> str | None:
    """Need the number of optimizer steps."""
    return None if series.total_steps(run) else "the run logged no step numbers"


def _count(found: int, noun: str) -> str:
    return f"{found or 'no'} {noun}{'' if found == 1 else 's'}"
