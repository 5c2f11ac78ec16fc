"""Settings for measurements that have to be short: shallower encoders and fewer sentences."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.support.cut_model import cut_model
from benchmarks.support.setting import Setting, setting_from
from benchmarks.support.small_data import write_small

__all__ = ["add_cuts", "settings_from", "smaller"]

SAMPLE_SEED = 0
"""Decides which sentences an evaluation split keeps, where all seeds of a comparison share it."""

SAMPLE_DATA = "sample data"


def add_cuts(parser: argparse.ArgumentParser) -> None:
    """Add the options that make trainings and evaluations shorter than `--sample` alone does."""
    parser.add_argument("--layers", type=int, metavar="N", help="keep N layers of the encoder")
    parser.add_argument("--dev-sample", type=int, metavar="N", help="evaluate on N sentences only")
    parser.add_argument("--test-sample", type=int, metavar="N", help="the same for the test split")


def smaller(
    setting: Setting, options: argparse.Namespace, scratch: Path, seed: int = SAMPLE_SEED
) -> Setting:
    """Return a setting as small as the options of `add_cuts` say.

    Args:
        setting: What the other options say.
        options: The parsed command line.
        scratch: Folder for what has to be made, of this setting alone.
        seed: Decides which sentences the smaller splits keep.
    """
    if options.layers is not None:
        model = cut_model(setting.model, options.layers, scratch / "cut-model")
        setting = replace(setting, model=model)
    if options.dev_sample is None and options.test_sample is None:
        return setting
    data = write_small(
        setting.data,
        scratch / Path(setting.data).name,
        dev=options.dev_sample,
        test=options.test_sample,
        seed=seed,
    )
    return replace(setting, data=data)


def settings_from(
    options: argparse.Namespace, scratch: Path, seed: int = SAMPLE_SEED
) -> dict[str, Setting]:
    """Return a setting for each data set, by its name.

    Args:
        options: What `parse` returned, of a parser for several data sets.
        scratch: Folder for what has to be made.
        seed: Decides which sentences smaller evaluation splits keep.

    Raises:
        SystemExit: `--sample` has neither one number nor one for each data set.
    """
    names = options.data or [None]
    samples = options.sample if isinstance(options.sample, list) else [options.sample]
    if len(samples) == 1:
        samples = samples * len(names)
    if len(samples) != len(names):
        raise SystemExit(f"--sample takes 1 number or {len(names)}, but got {len(samples)}.")
    settings = {}
    for name, sample in zip(names, samples, strict=True):
        label = SAMPLE_DATA if name is None else Path(name).name
        own = argparse.Namespace(**{**vars(options), "data": name, "sample": sample})
        folder = scratch / label.replace(" ", "-")
        settings[label] = smaller(setting_from(own, folder), options, folder, seed)
    return settings
