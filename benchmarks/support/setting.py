"""What all arms of a benchmark share: data, model, device; and the options that choose them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.support.tiny_model import build_tiny_model
from tuner.data import TaskData, load_data
from tuner.demo import demo_data, demo_model
from tuner.tasks.token_classification import TokenClassification
from tuner.training.device import Device, choose_device
from tuner.training.encode import EncodedSplit
from tuner.training.model_source import ModelSource, open_model

__all__ = [
    "BESIDE",
    "FIN",
    "Material",
    "Setting",
    "build_model",
    "data_source",
    "make_parser",
    "open_material",
    "parse",
    "setting_from",
]

FIN = Path(__file__).resolve().parents[3] / "shared" / "data" / "fin"
"""The FIN data (financial agreements), which is not ours to ship, beside the checkout."""

BESIDE: Mapping[str, Path] = {"fin": FIN, "wnut17": FIN.with_name("wnut17")}
"""Names for data sets beside the checkout: FIN, and WNUT 2017 (emerging entities)."""

TINY_SAMPLE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Data, model and device as the command line named them.

    Attributes:
        data: Data set, as `tuner.search` takes it.
        model: Model folder or hub id.
        sample: Training sentences to keep; None keeps all.
        max_length: Most sub-tokens of a window; None: the model's own limit.
        device: Name of the device; None: the best there is.
    """

    data: str
    model: str
    sample: int | None = None
    max_length: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """A setting with its files read: what every training loop starts from.

    Attributes:
        data: The data set.
        source: Config and tokenizer of the model.
        task: Labels and scores.
        train: Encoded training split.
        dev: Encoded development split.
        device: Where to train.
    """

    data: TaskData
    source: ModelSource
    task: TokenClassification
    train: EncodedSplit
    dev: EncodedSplit
    device: Device


def open_material(setting: Setting, seed: int) -> Material:
    """Read and encode the data, without loading any weights.

    Args:
        setting: Data, model and device.
        seed: Decides the sample, and the development split where one has to be made.
    """
    data = load_data(setting.data, seed=seed, sample=setting.sample)
    source = open_model(setting.model)
    task = TokenClassification(data.labels)
    length = min(setting.max_length or source.max_length, source.max_length)
    return Material(
        data=data,
        source=source,
        task=task,
        train=task.encode(data.train, source, length, None, data.fingerprint),
        dev=task.encode(data.dev, source, length, None, data.fingerprint),
        device=choose_device(setting.device),
    )


def make_parser(
    docstring: str | None, output: str, *, several_data: bool = False
) -> argparse.ArgumentParser:
    """Return a parser with the options that every benchmark has.

    Args:
        docstring: Docstring of the script, shown as its description.
        output: Default of `--output`.
        several_data: Whether `--data` and `--sample` take lists; see `smaller.settings_from`.
    """
    parser = argparse.ArgumentParser(
        description=docstring, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    several = "+" if several_data else None
    parser.add_argument(
        "--data",
        metavar="DATA",
        nargs=several,
        help="data set; `fin`, `wnut17`: those beside the checkout (default: the sample data)",
    )
    parser.add_argument("--model", metavar="M", help="folder or hub id (default: the demo's)")
    parser.add_argument(
        "--sample", type=int, metavar="N", nargs=several, help="train on N sentences only"
    )
    parser.add_argument("--max-length", type=int, metavar="N", help="most sub-tokens of a window")
    parser.add_argument("--device", metavar="NAME", help="cpu, mps or cuda (default: the best)")
    parser.add_argument(
        "--output", type=Path, default=Path(output), help="JSON with the raw figures (%(default)s)"
    )
    parser.add_argument(
        "--tiny",
        action="store_true",
        help="a tiny random model and settings that take seconds: shows that the script runs",
    )
    return parser


def parse(
    parser: argparse.ArgumentParser, arguments: Sequence[str] | None, tiny: Mapping[str, Any]
) -> argparse.Namespace:
    """Parse the command line; `--tiny` replaces the options named in `tiny`."""
    parsed = parser.parse_args(arguments)
    if parsed.tiny:
        vars(parsed).update({"sample": TINY_SAMPLE, **tiny})
    return parsed


def setting_from(arguments: argparse.Namespace, scratch: Path) -> Setting:
    """Turn parsed options into a setting.

    Args:
        arguments: What `parse` returned.
        scratch: Folder for the tiny model.
    """
    data = data_source(arguments.data)
    model = str(arguments.model or (build_model(data, scratch) if arguments.tiny else demo_model()))
    return Setting(
        data=data,
        model=model,
        sample=arguments.sample,
        max_length=arguments.max_length,
        device=arguments.device,
    )


def data_source(given: str | None) -> str:
    """Return the data set that `--data` names: one beside the checkout, or the sample data.

    Raises:
        SystemExit: One beside the checkout is asked for and is not there.
    """
    if given is not None and given in BESIDE and not Path(given).exists():
        folder = BESIDE[given]
        if not folder.is_dir():
            raise SystemExit(f"There is no {given!r} data in {folder}; pass its folder in --data.")
        return str(folder)
    return str(given or demo_data())


def build_model(data: str, scratch: Path) -> Path:
    """Build the tiny model for the words of a data set."""
    words = (word for sentence in load_data(data).train for word in sentence.tokens)
    return build_tiny_model(scratch / "tiny-bert", words)
