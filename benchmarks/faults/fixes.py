"""Train faulty runs again with the fix that the report prints, and keep how they end.

The fixes are those of `diagnostics.fix_plan`, read from the kept run by program: parameters and new
values. What no training option does (labels, data) is not done; such a run counts as not recovered.
Two controls: a new seed and nothing else, which is the kept run of the same fault with the next
seed (and thus other sentences); and a tenth of the learning rate, whatever was said. Where the
mended training is one whose run is kept, such as the healthy one, that run is the result.

The RATIO is runs trained per run asked for; the others were in the table already.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.admission import Standing, standings
from benchmarks.faults.applied import applied, told
from benchmarks.faults.fix_results import (
    ARMS,
    NEW_SEED,
    PRINTED,
    TENTH,
    Key,
    Rerun,
    read_reruns,
    write_reruns,
)
from benchmarks.faults.judging import Case, read_cases
from benchmarks.faults.setup import Setup
from diagnostics.fix_plan import plan_fixes
from tuner.demo import demo_model

__all__ = ["main"]

FOLDER = Path(__file__).parent
SEEDS = (0, 1, 2)
KINDS = (
    *("rate-times-30", "rate-times-300", "high-rate-no-warmup", "rate-by-100", "rate-zero"),
    *("sgd-at-adam-rate", "schedule-too-short", "endless-warmup", "frozen-encoder"),
    *("batch-of-half-the-data", "three-epochs", "one-epoch", "24-sentences", "worst-epoch-kept"),
    *("weight-decay-of-100", "weight-decay-recorded", "dropout-of-80-percent", "cut-to-12"),
)
"""Faults that a training option can mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One training to do.

    Attributes:
        case: The faulty run.
        arm: What is changed.
        changes: The same as text.
        setup: The training; None when nothing can be set, or the run is there already.
        known: F1 of a run that is there already.
    """

    case: Case
    arm: str
    changes: str
    setup: Setup | None = None
    known: float | None = None

    @property
    def key(self) -> Key:
        """What tells it from the others."""
        return self.rerun(None).key

    def rerun(self, new: float | None) -> Rerun:
        """Return the result, given the score of the new run."""
        return Rerun(
            kind=self.case.kind.name,
            corpus=self.case.corpus,
            seed=self.case.seed,
            arm=self.arm,
            changes=self.changes,
            faulty=self.case.score or 0.0,
            new=new,
        )


def plans(
    cases: Sequence[Case], kinds: Sequence[str], corpora: Sequence[str], seeds: Sequence[int]
) -> Iterator[Plan]:
    """Yield what is to be trained, for every faulty run that did harm."""
    known = standings(cases)
    for case in cases:
        wanted = case.kind.name in kinds and case.corpus in corpora and case.seed in seeds
        if not wanted or known.get(str(case.folder)) is not Standing.POSITIVE:
            continue
        setup = case.kind.setup
        fixes = [planned.fix for planned in plan_fixes(case.findings).changes]
        mended = applied(setup, fixes) if fixes else None
        yield _plan(case, PRINTED, told(fixes), mended, cases)
        yield Plan(case=case, arm=NEW_SEED, changes="", known=_next_seed(case, cases))
        tenth = setup.learning_rate / 10
        lower = replace(setup, learning_rate=tenth)
        yield _plan(case, TENTH, f"learning_rate={tenth:g}", lower, cases)


def _plan(case: Case, arm: str, changes: str, setup: Setup | None, cases: Sequence[Case]) -> Plan:
    """Plan a training, unless a kept run is the very same: a seed decides everything."""
    same = next((each for each in cases if _is_run_of(each, case, setup)), None)
    if same is None:
        return Plan(case=case, arm=arm, changes=changes, setup=setup)
    return Plan(case=case, arm=arm, changes=changes, known=same.score)


def _is_run_of(each: Case, faulty: Case, setup: Setup | None) -> bool:
    where = (each.corpus, each.seed) == (faulty.corpus, faulty.seed)
    return where and each.kind.setup == setup and each.clean_f1 is not None


def _next_seed(case: Case, cases: Sequence[Case]) -> float | None:
    """Return the score of the same fault with the next seed."""
    like = [c for c in cases if (c.kind.name, c.corpus) == (case.kind.name, case.corpus)]
    later = sorted(like, key=lambda each: (each.seed <= case.seed, each.seed))
    return later[0].score if later and later[0].seed != case.seed else None


def trained(plan: Plan, model: Path) -> float | None:
    """Train as planned and return the score of what is kept; None when there is nothing to do."""
    from benchmarks.faults.trainers import Material
    from benchmarks.faults.training import train

    if plan.setup is None:
        return plan.known
    material = Material(model=model, corpus=plan.case.corpus, seed=plan.case.seed, setup=plan.setup)
    with tempfile.TemporaryDirectory(prefix="fix-") as folder:
        outcome = train(material, Path(folder))
    scores = [score for score in (outcome.f1, outcome.clean_f1) if score is not None]
    return min(scores, default=None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing in the table."""
    options = _options(arguments)
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch

    torch.set_num_threads(1)
    cases = list(read_cases(options.histories))
    every = plans(cases, options.only, options.corpus, options.seeds)
    wanted = [plan for plan in every if plan.arm in options.arms]
    before = list(read_reruns(options.output)) if options.output.is_file() else []
    done = {each.key: each for each in before if each.arm != NEW_SEED}
    others = [each for each in before if not _is_asked_for(each, options)]
    missing = [plan for plan in wanted if plan.key not in done]
    for plan in missing:
        new = trained(plan, options.model or demo_model())
        done[plan.key] = plan.rerun(new)
        asked = [done[each.key] for each in wanted if each.key in done]
        write_reruns(options.output, [*others, *asked])
        print(*plan.key, plan.case.score, "to", new, flush=True)
    print(f"RATIO trained / asked for: {len(missing)} / {len(wanted)}")


def _is_asked_for(rerun: Rerun, options: argparse.Namespace) -> bool:
    return (
        rerun.kind in options.only
        and rerun.corpus in options.corpus
        and rerun.seed in options.seeds
        and rerun.arm in options.arms
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=KINDS, metavar="KIND")
    parser.add_argument("--corpus", nargs="+", default=("sample",), metavar="NAME")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    parser.add_argument("--arms", nargs="+", choices=tuple(ARMS), default=tuple(ARMS))
    parser.add_argument("--histories", type=Path, default=FOLDER / "histories", metavar="DIR")
    parser.add_argument("--output", type=Path, default=FOLDER / "fixes.tsv", metavar="FILE")
    parser.add_argument("--model", type=Path, metavar="DIR", help="folder of an encoder")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
