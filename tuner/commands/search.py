"""Search the best learning rate, batch size and epoch count for labelled data.

Run the same command again to go on where it stopped: after Ctrl-C, after a
crash, or with more trials. The first Ctrl-C finishes the epoch, saves and
summarises; the second stops at once.
"""

from __future__ import annotations

import argparse
from typing import Any

from tuner.commands import _options, _values
from tuner.commands._refused_data import show_refusal
from tuner.display import make_observer
from tuner.errors import DataCheckError, UsageError

EXAMPLES = """\
examples:
  tuner search --demo
  tuner search data/ --model bert-base-cased --trials 20
  tuner search train.conll --test test.conll --model ./encoder --time-budget 2h
  tuner search data/ --model bert-base-cased --also warmup_ratio,weight_decay
  tuner search data/ --model bert-base-cased --schedule trunk --epochs 13
  tuner search data/ --model bert-base-cased --devices all --per-device auto
"""
EXIT_CODES = {"finished": 0, "no-result": 1, "interrupted": 130}
SEARCH_OPTIONS = (
    "trials",
    "time_budget",
    "space",
    "also",
    "schedule",
    "epochs",
    "sampler",
    "demo",
    "confirm",
    "stop_when_flat",
    "study",
    "new",
    "storage",
    "checkpoint_every",
    *_options.ENGINE,
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner search`."""
    parser.usage = "tuner search DATA --model MODEL [OPTIONS]"
    parser.epilog = EXAMPLES
    _options.add_data_options(parser)
    _options.add_model_options(parser)
    _add_budget(parser.add_argument_group("budget"))
    _add_space(parser.add_argument_group("what is searched, and how"))
    _add_study(parser.add_argument_group("study"))
    _options.add_engine_options(parser)
    _options.add_machine_options(parser)
    _options.add_display_options(parser)


def _add_budget(group: _options.Group) -> None:
    group.add_argument(
        "--trials",
        metavar="N",
        type=_values.whole_number("--trials", low=1),
        help="trials in total, over all restarts (20)",
    )
    group.add_argument(
        "--time-budget", metavar="TIME", type=_values.time_span, help="stop after 2h, 90m, ..."
    )
    group.add_argument(
        "--confirm",
        metavar="K",
        type=_values.whole_number("--confirm", low=0),
        help="train the best settings with K more seeds before choosing (2)",
    )
    group.add_argument("--no-prune", action="store_true", help="let every trial run to its end")
    group.add_argument(
        "--stop-when-flat",
        action="store_true",
        help="end the search when what is left to gain is below the noise of a score",
    )


def _add_space(group: _options.Group) -> None:
    group.add_argument(
        "--space", metavar="FILE|NAME", help="search space (else it follows from model and data)"
    )
    group.add_argument(
        "--recipe", metavar="NAME|FILE", help="settings of trial 0, which the winner must beat"
    )
    group.add_argument(
        "--also",
        metavar="NAMES",
        type=_values.hyperparameter_names,
        help=f"search these too, by comma: {', '.join(_values.OPTIONAL_HYPERPARAMETERS)}",
    )
    group.add_argument(
        "--schedule",
        metavar="NAME",
        type=_values.hyperparameter("schedule"),
        help="course of the learning rate; `trunk`: one training answers for all epoch counts",
    )
    group.add_argument(
        "--epochs",
        metavar="N",
        type=_values.hyperparameter("epochs"),
        help="highest epoch count of a trunk (else that of the space)",
    )
    group.add_argument(
        "--sampler",
        metavar="NAME",
        choices=("gp", "tpe", "random"),
        help="how settings are chosen: gp, tpe or random (gp)",
    )
    group.add_argument(
        "--no-past-studies",
        action="store_true",
        help="do not begin with what won like studies in --runs-dir",
    )
    _options.add_seed(group, "seed of the splits, the sampler and the trainings")
    group.add_argument("--demo", action="store_true", help="use sample data and a small model")


def _add_study(group: _options.Group) -> None:
    group.add_argument(
        "--study",
        metavar="NAME",
        type=_values.folder_name("--study"),
        help="name of the study and its folder (else from the data)",
    )
    group.add_argument("--new", action="store_true", help="start anew beside an existing study")
    group.add_argument(
        "--storage",
        metavar="URL",
        help="database that several processes share (else TUNER_STORAGE, else a file of the study)",
    )
    group.add_argument(
        "--checkpoint-every",
        metavar="S",
        type=_values.seconds("--checkpoint-every"),
        help="least seconds between checkpoints (20)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Search, show the result and return 0, 1 without a result, or 130 when interrupted."""
    values = search_arguments(arguments)
    try:
        with make_observer(_options.display_kind(arguments)) as observer:
            from tuner import api  # torch and its kind come in here, not before

            summary = api.search(**values, observer=observer)
    except DataCheckError as refusal:
        return show_refusal(refusal, as_json=arguments.json)
    return EXIT_CODES[summary.status]


def search_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the parsed options as keyword arguments of `tuner.search`, the observer apart.

    Raises:
        UsageError: Data is missing or given twice, or a shared option is wrong.
    """
    if arguments.data is None and not arguments.demo:
        raise UsageError(
            "DATA is missing: what shall be searched on?",
            "Give a labelled file, a folder or a hub id; `tuner search --demo` needs none.",
        )
    if arguments.data is not None and arguments.demo:
        raise UsageError(
            f"`--demo` brings its own data, but got `{arguments.data}` too.", "Leave one out."
        )
    values = _options.given(arguments, SEARCH_OPTIONS) | _options.shared_arguments(arguments)
    switched = {"prune": not arguments.no_prune, "past_studies": not arguments.no_past_studies}
    return values | {name: False for name, is_on in switched.items() if not is_on}
