"""Fine-tune an encoder once, with given settings or a recipe; report every epoch."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tuner.commands import _options, _values
from tuner.commands._refused_data import show_refusal
from tuner.display import make_train_observer
from tuner.errors import DataCheckError, UsageError
from tuner.trial import SCHEDULES, TrialState

EXAMPLES = """\
examples:
  tuner train data/ --model bert-base-cased --learning-rate 2e-5 --batch-size 16
  tuner train data/ --recipe bert-base-cased
"""
EXIT_CODES = {TrialState.FINISHED: 0, TrialState.INTERRUPTED: 130}
MAIN = (
    ("learning_rate", "X", "peak learning rate of AdamW"),
    ("batch_size", "N", "sentences per optimizer step"),
    ("epochs", "N", "length of the training and of its learning-rate schedule"),
)
FURTHER = (
    ("warmup_ratio", "X", "share of the steps in which the learning rate rises"),
    ("weight_decay", "X", "decoupled weight decay of AdamW"),
    (
        "schedule",
        "NAME",
        f"course of the learning rate: {', '.join(SCHEDULES)} (scores for many epoch counts)",
    ),
    ("dropout", "X", "probability of every dropout layer (else the model's own)"),
    ("label_smoothing", "X", "share of the probability spread over all labels"),
    ("frozen_layers", "N", "encoder layers, from the embeddings up, that are not trained"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of `tuner train`."""
    parser.usage = "tuner train DATA --model MODEL [OPTIONS]"
    parser.epilog = EXAMPLES
    _options.add_data_options(parser)
    _options.add_model_options(parser)
    group = parser.add_argument_group("hyperparameters")
    group.add_argument(
        "--recipe", metavar="NAME|FILE", help="a ready-made study's settings; see `tuner studies`"
    )
    _add_hyperparameters(group, MAIN)
    further = parser.add_argument_group("further hyperparameters")
    _add_hyperparameters(further, FURTHER)
    further.add_argument(
        "--counts",
        metavar="N,N",
        type=_values.whole_numbers("--counts"),
        help="epoch counts of a trunk (else 1, 2, 3, 5, 8, ... up to the epochs)",
    )
    _options.add_seed(group, "seed of the split, the head, the order of batches and dropout")
    _add_place(_options.add_machine_options(parser))
    _options.add_display_options(parser)


def _add_hyperparameters(
    group: _options.Group, hyperparameters: tuple[tuple[str, str, str], ...]
) -> None:
    for name, metavar, what in hyperparameters:
        option = "--" + name.replace("_", "-")
        group.add_argument(option, metavar=metavar, type=_values.hyperparameter(name), help=what)


def _add_place(group: _options.Group) -> None:
    place = group.add_mutually_exclusive_group()
    place.add_argument(
        "--name",
        metavar="NAME",
        type=_values.folder_name("--name"),
        help="name of the run and its folder (else from the data)",
    )
    place.add_argument("--output", metavar="FOLDER", help="folder of the run, in place of --name")


def run(arguments: argparse.Namespace) -> int:
    """Train, show the result and return 0, 1 without a result, or 130 when interrupted."""
    values = train_arguments(arguments)
    try:
        with make_train_observer(_options.display_kind(arguments)) as observer:
            from tuner import api  # torch and its kind come in here, not before

            result = api.train(**values, observer=observer)
    except DataCheckError as refusal:
        return show_refusal(refusal, as_json=arguments.json)
    return EXIT_CODES.get(result.state, 1)


def train_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the parsed options as keyword arguments of `tuner.train`, the observer apart.

    Raises:
        UsageError: Data is missing, or a shared option is wrong.
    """
    if arguments.data is None:
        raise UsageError(
            "DATA is missing: what shall be trained on?",
            "Give a labelled file, a folder or a hub id.",
        )
    names = [name for name, _, _ in (*MAIN, *FURTHER)]
    wanted = [*names, "counts", "name"]
    values = _options.shared_arguments(arguments) | _options.given(arguments, wanted)
    if arguments.output is not None:
        folder = Path(arguments.output)
        values["name"] = _values.folder_name("--output")(folder.name)
        values["runs_dir"] = str(folder.parent)
    return values
