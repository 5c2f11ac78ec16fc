"""Say whether libraries and machine are ready to train, and whether a script fits the libraries.

Nothing is downloaded, and a script is read, never run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from diagnostics import environment_needs as needs
from diagnostics.judgement import Checkup, check_up, rules_about
from diagnostics.report_format import ReportOptions
from diagnostics.rule import Rule
from diagnostics.rule_choice import chosen_rules
from diagnostics.settings import Settings, find_settings
from diagnostics.subjects.environment import Environment
from tuner.commands import _reporting, _values
from tuner.commands._options import add_runs_dir, given
from tuner.doctor.forecasts import with_forecast
from tuner.doctor.look_around import Wanted, look_around
from tuner.doctor.plan_check import check_data, check_model, check_optimizer
from tuner.errors import UsageError

__all__ = ["configure", "run"]

EXAMPLES = """\
examples:
  tuner doctor                                     libraries, devices, memory, disk
  tuner doctor --model bert-base-cased             also whether that model fits
  tuner doctor --script train.py                   arguments that transformers has renamed
  tuner doctor --script train.py --format sarif --output script.sarif

exit codes: 0 nothing as grave as --fail-on, 1 something is, 2 an option is wrong, or
what it names cannot be read
"""
PRECISIONS = ("fp32", "bf16", "fp16")
PLANNED = ("batch_size", "max_length", "precision", "optimizer")
RUNS_DIR = "runs"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "tuner doctor [OPTIONS]"
    parser.epilog = EXAMPLES
    parser.add_argument(
        "--script", metavar="FILE", help="a training script to compare with the installed libraries"
    )
    _add_plan(parser.add_argument_group("what is planned"))
    _reporting.add_rule_options(parser, example="E1,renamed-argument")
    _reporting.add_output_options(parser)


def _add_plan(group: _reporting.Group) -> None:
    group.add_argument(
        "--model", metavar="MODEL", help="a folder with a pretrained encoder, or a hub id"
    )
    group.add_argument("--data", metavar="DATA", help="labelled data, for the time of an epoch")
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=_values.whole_number("--batch-size", low=1),
        help="sentences per step",
    )
    group.add_argument(
        "--max-length",
        metavar="N",
        type=_values.whole_number("--max-length", low=8),
        help="sub-tokens at which sentences are cut",
    )
    group.add_argument(
        "--precision",
        choices=PRECISIONS,
        help="fp32, bf16 or fp16 (else what the device is best at)",
    )
    group.add_argument(
        "--optimizer", metavar="NAME", help="optimizer, as TrainingArguments.optim names it"
    )
    add_runs_dir(group)


def run(arguments: argparse.Namespace) -> int:
    """Look around and write the report; 1 when a finding reaches the limit."""
    report = _reporting.report_format(arguments.format)
    if arguments.data is not None and arguments.model is None:
        raise UsageError(
            "`--data` tells how long the inputs of a model are, but there is no `--model`.",
            "Name the model, too; `tuner check DATA` checks the data alone.",
        )
    _check_plan(arguments)
    settings = find_settings(Path.cwd())
    checkup = _checkup(arguments, settings)
    options = ReportOptions(verbose=arguments.verbose, fix_command=True)
    _reporting.deliver(report, [checkup], options, arguments.output)
    return int(_reporting.reaches_limit([checkup], arguments.fail_on, settings))


def _check_plan(arguments: argparse.Namespace) -> None:
    """Refuse options that cannot be meant, whether or not the model can be read afterwards."""
    if arguments.optimizer is not None:
        check_optimizer(arguments.optimizer)
    if arguments.model is not None:
        check_model(arguments.model)
    if arguments.data is not None:
        check_data(arguments.data)


def _checkup(arguments: argparse.Namespace, settings: Settings) -> Checkup[Environment]:
    rules, switched_off = chosen_rules(
        rules_about("environment"),
        select=arguments.select,
        ignore=arguments.ignore,
        preview=arguments.preview,
        settings=settings,
    )
    wanted = _wanted(arguments)
    if not arguments.select:
        rules = tuple(rule for rule in rules if _concerns(rule, wanted))
    environment = look_around(wanted)
    if wanted.model is not None:
        environment = with_forecast(environment, arguments.data)
    elif unused := given(arguments, ("batch_size", "max_length")):
        options = " and ".join(f"--{name.replace('_', '-')}" for name in unused)
        note = f"Without --model no memory is forecast: {options} told nothing."
        environment = replace(environment, notes=(*environment.notes, note))
    environment = replace(environment, options=tuple(_options_of_the_plan(arguments)))
    return replace(check_up(environment, rules), switched_off=switched_off)


def _options_of_the_plan(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the words of the options, besides model and script, on which the verdict depends."""
    told = given(arguments, ("data", *PLANNED))
    if arguments.runs_dir != RUNS_DIR:
        told["runs_dir"] = arguments.runs_dir
    for name, value in told.items():
        yield from (f"--{name.replace('_', '-')}", str(value))


def _wanted(arguments: argparse.Namespace) -> Wanted:
    plan: dict[str, Any] = given(arguments, PLANNED)
    asked = (arguments.model, arguments.data, plan, arguments.select)
    return Wanted(
        model=arguments.model,
        script=arguments.script,
        checkpoints=Path(arguments.runs_dir),
        plan=plan,
        devices=arguments.script is None or any(asked),
    )


def _concerns(rule: Rule[Environment], wanted: Wanted) -> bool:
    """Whether a rule is about what will be looked at: to say that it is not would tell nothing."""
    if wanted.script is None and needs.script in rule.needs:
        return False
    if wanted.model is None and {needs.forecast, needs.model} & set(rule.needs):
        return False
    of_devices = {needs.accelerators, needs.host, needs.hub, needs.imports}
    return wanted.devices or not of_devices & set(rule.needs)
