"""Check whether labelled data is fit to train on: format, labels, size, splits, sub-tokens, plan.

Every finding names file and line. The data is only read; `--fix` and `--convert` write a copy.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from diagnostics.data_checkup import check
from diagnostics.judgement import Checkup
from diagnostics.report_format import ReportOptions
from diagnostics.settings import Settings, find_settings
from diagnostics.subjects.dataset import Dataset
from tuner.commands import _reporting, _values
from tuner.errors import UsageError

__all__ = ["configure", "run"]

EXAMPLES = """\
examples:
  tuner check data/                                  a folder with train, dev and test
  tuner check train.conll --dev dev.conll            single files
  tuner check data/ --model bert-base-cased          also what its tokenizer makes of them
  tuner check data/ --fix repaired/                  a repaired copy, each change listed
  tuner check data/ --format sarif --output data.sarif

exit codes: 0 nothing as grave as --fail-on, 1 something is, 2 the data could not be read
"""
PLANNED = ("learning_rate", "batch_size", "epochs", "max_length")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.usage = "tuner check DATA [OPTIONS]"
    parser.epilog = EXAMPLES
    _add_data(parser.add_argument_group("data"))
    _add_plan(parser.add_argument_group("what is planned with it"))
    _add_depth(parser.add_argument_group("how closely"))
    _add_copies(parser.add_argument_group("copies"))
    _reporting.add_rule_options(parser, example="D1,ragged-lines")
    _reporting.add_output_options(parser)


def _add_data(group: _reporting.Group) -> None:
    group.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help="a file, a folder with splits, a saved datasets folder or a hub id",
    )
    group.add_argument("--dev", metavar="FILE", help="development split")
    group.add_argument("--test", metavar="FILE", help="test split")
    group.add_argument(
        "--data-format", metavar="NAME", help="format of DATA (else it is recognised)"
    )
    group.add_argument(
        "--columns", metavar="NAMES", help="names or places of the token and tag columns"
    )


def _add_plan(group: _reporting.Group) -> None:
    group.add_argument(
        "--model", metavar="MODEL", help="a folder with a pretrained encoder, or a hub id"
    )
    group.add_argument(
        "--max-length",
        metavar="N",
        type=_values.whole_number("--max-length", low=8),
        help="sub-tokens at which sentences are cut",
    )
    # What cannot be right is a finding here, with its reason; it is no fault of the command.
    group.add_argument(
        "--learning-rate",
        metavar="X",
        type=_values.real("--learning-rate"),
        help="judge this learning rate, too",
    )
    group.add_argument(
        "--batch-size",
        metavar="N",
        type=_values.whole("--batch-size"),
        help="judge this number of sentences per step, too",
    )
    group.add_argument(
        "--epochs", metavar="N", type=_values.real("--epochs"), help="judge this length, too"
    )
    group.add_argument(
        "--study", metavar="NAME|FILE", help="judge the recipe and the space of a study file, too"
    )


def _add_depth(group: _reporting.Group) -> None:
    group.add_argument(
        "--sample",
        metavar="N",
        type=_values.whole_number("--sample", low=1),
        help="look at N training sentences only, in proportion to the labels",
    )
    group.add_argument(
        "--seed", metavar="N", type=_values.hyperparameter("seed"), help="seed of the sample (42)"
    )
    group.add_argument("--deep", action="store_true", help="also rank labels that look wrong")
    group.add_argument(
        "--learning-curve",
        action="store_true",
        help="also estimate what more sentences would bring",
    )


def _add_copies(group: _reporting.Group) -> None:
    copies = group.add_mutually_exclusive_group()
    copies.add_argument("--fix", metavar="OUT", help="write a repaired copy into a new folder")
    copies.add_argument(
        "--convert",
        metavar=("FORMAT", "OUT"),
        nargs=2,
        help="write the data in another format into a new folder",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the data and write the report, or write a copy; 1 when a finding reaches the limit."""
    if arguments.data is None:
        raise UsageError(
            "DATA is missing: what shall be checked?",
            "Give a labelled file, a folder or a hub id.",
        )
    if arguments.fix is not None or arguments.convert is not None:
        return _write_copy(arguments)
    report = _reporting.report_format(
        arguments.format, "The format of the data is given with --data-format."
    )
    settings = find_settings(Path.cwd())
    checkup = _check(arguments, settings)
    options = ReportOptions(verbose=arguments.verbose)
    _reporting.deliver(report, [checkup], options, arguments.output)
    return int(_reporting.reaches_limit([checkup], arguments.fail_on, settings))


def _check(arguments: argparse.Namespace, settings: Settings) -> Checkup[Dataset]:
    planned = {name: getattr(arguments, name) for name in PLANNED}
    plan = {name: value for name, value in planned.items() if value is not None}
    variants = None
    if arguments.study is not None:
        from tuner.planned_settings import plan_of, variants_of
        from tuner.study_file import read_study_file

        study = read_study_file(arguments.study)
        plan, variants = plan_of(study.recipe, plan), variants_of(study.space)
    made, facts = None, None
    if arguments.model is not None:
        from tuner.training.subwords import subword_measure  # transformers come in here

        made, facts = subword_measure(arguments.model, max_length=arguments.max_length)
    return check(
        arguments.data,
        **_reading(arguments),
        plan=plan,
        variants=variants,
        model=facts,
        made=made,
        deep=arguments.deep,
        learning_curve=arguments.learning_curve,
        sample=arguments.sample,
        **({"seed": arguments.seed} if arguments.seed is not None else {}),
        select=arguments.select,
        ignore=arguments.ignore,
        preview=arguments.preview,
        settings=settings,
    )


def _reading(arguments: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in ("dev", "test", "data_format", "columns")}


def _write_copy(arguments: argparse.Namespace) -> int:
    from diagnostics.repair.data_repair import convert, repair
    from tuner.commands import _copies

    _copies.check_form(arguments.format)
    reading = _reading(arguments)
    if arguments.convert is not None:
        written = convert(arguments.data, *arguments.convert, **reading)
    else:
        written = repair(arguments.data, arguments.fix, **reading)
    _copies.show_copy(written, arguments.format)
    return 0
