"""Hyperparameters, models and sizes of data sets that a program prints before it trains."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from diagnostics.readers._literal_mapping import number
from diagnostics.readers._training_arguments import config_of_arguments

__all__ = ["arguments_of", "facts_of", "header_figures", "training_header"]

_ARGUMENT = re.compile(
    r"\b([A-Za-z_]\w{1,59})=('[^']{0,200}'|\"[^\"]{0,200}\"|<[^<>]{0,120}>|\[[^\[\]]{0,60}\]|[^\s,()'\"]{1,200})"
)
_LISTED = re.compile(r"(?:^|\s)- ([A-Za-z_]\w{1,59}): \"([^\"]{0,200})\"")
_HEADER = re.compile(r"([A-Za-z][A-Za-z .,&()]{1,110}?)\s{0,20}=\s{0,20}(\d[\d,]{0,20})\s*$")
_MODEL = re.compile(r"Some weights of (\w{1,100}) were not initialized from .{0,60}?at (\S{1,200})")
_SIZES = re.compile(r"\b(\d{1,12}) train\w{0,10}\W{1,5}(\d{1,12}) (?:val|dev)")
_SIZE = re.compile(
    r"\b(train|val|valid|validation|dev|eval)\w{0,5}[ _](?:data ?)?set(?:[ _]size)?"
    r"\s{0,5}[:=]\s{0,5}(\d{1,12})\b",
    re.IGNORECASE,
)
_KERAS_SIZES = re.compile(r"^Train on (\d{1,12}) samples(?:, validate on (\d{1,12}) samples)?")
_DEVICE = re.compile(r"\bdevice: ((?:cuda|mps|xpu|tpu|cpu)(?::\d{1,3})?)\b", re.IGNORECASE)
_SECRET = re.compile(r"token|secret|passw|api_?key|credential", re.IGNORECASE)
_ENUM = re.compile(r"<?[A-Z]\w{1,60}\.([A-Z_]{2,60})(?:: [^>]{0,80}>)?$")


def arguments_of(text: str) -> dict[str, Any]:
    """Return the `name=value` pairs of a printed call such as `TrainingArguments(...)`."""
    return {
        name: value
        for name, printed in _ARGUMENT.findall(text)
        if not _SECRET.search(name) and (value := _value(printed)) is not None
    }


def _value(printed: str) -> bool | int | float | str | None:
    bare = printed.strip("'\"")
    if bare in ("True", "False"):
        return bare == "True"
    if bare in ("", "None", "[]"):
        return None
    figure = number(bare)
    if figure is not None and not bare.endswith("%"):
        return int(figure) if bare.lstrip("+-").isdigit() and abs(figure) < 2**53 else figure
    enum = _ENUM.match(bare)
    return enum[1].lower() if enum else bare


def header_figures(line: str) -> tuple[str, int] | None:
    """Return name and figure of a line such as `  Num examples = 14,041`, else None."""
    found = _HEADER.search(line[-200:])
    if found is None:
        return None
    return found[1].strip().lower(), int(found[2].replace(",", ""))


def training_header(figures: Iterable[tuple[str, int]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return configuration and data facts of a `***** Running training *****` block.

    The batch counts what one optimizer step sees on all devices, without accumulation.
    """
    told = dict(figures)
    config: dict[str, Any] = {}
    for name, key in (("num epochs", "epochs"), ("total optimization steps", "max_steps")):
        if name in told:
            config[key] = told[name]
    accumulation = told.get("gradient accumulation steps")
    if accumulation:
        config["gradient_accumulation_steps"] = accumulation
    total = next((told[name] for name in told if name.startswith("total train batch size")), 0)
    single = next((told[name] for name in told if name.startswith("instantaneous batch")), 0)
    if total or single:
        config["batch_size"] = (total // (accumulation or 1)) or single
    parameters = told.get("number of trainable parameters")
    if parameters:
        config["parameters"] = parameters
    examples = told.get("num examples")
    return config, {"train_sentences": examples} if examples else {}


def facts_of(line: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return configuration, data facts and environment that a single line tells."""
    config: dict[str, Any] = {}
    dataset: dict[str, Any] = {}
    environment: dict[str, Any] = {}
    if (model := _MODEL.search(line)) is not None:
        config = {"architecture": model[1], "model": model[2]}
    elif (listed := _LISTED.search(line)) is not None and not _SECRET.search(listed[1]):
        value = _value(listed[2])
        config = {} if value is None else config_of_arguments({listed[1]: value})
    elif (device := _DEVICE.search(line)) is not None:
        environment = {"device": device[1].lower()}
    elif 'Model: "SequenceTagger' in line:
        config = {"architecture": "SequenceTagger"}
    sizes = _SIZES.search(line) or _KERAS_SIZES.search(line)
    if sizes is not None:
        dataset["train_sentences"] = int(sizes[1])
        if sizes[2] is not None:
            dataset["dev_sentences"] = int(sizes[2])
    elif (size := _SIZE.search(line)) is not None:
        split = "train" if size[1].lower() == "train" else "dev"
        dataset[f"{split}_sentences"] = int(size[2])
    return config, dataset, environment
