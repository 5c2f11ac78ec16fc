"""Pretrained models: a folder or a hub id, its tokenizer, its facts, and clear errors."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import transformers
from transformers import AutoConfig, AutoTokenizer

from tuner.errors import ModelError
from tuner.training.model_errors import explain

__all__ = ["NO_CODE", "ModelSource", "guarded", "longest_input", "open_model", "read_config"]

LARGEST_SANE_LENGTH = 100_000
"""Tokenizers without a limit say 10**30; anything above this counts as none."""

DEFAULT_MAX_LENGTH = 512
"""Window size of encoders that allow more: attention cost grows with its square."""

NO_CODE: Mapping[str, bool] = MappingProxyType({"trust_remote_code": False})
"""For every `from_pretrained`: otherwise transformers asks, and a yes runs a stranger's code."""

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_Loaded = TypeVar("_Loaded")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A pretrained model that is there, before its weights are loaded.

    Attributes:
        name: As the user named it.
        location: Folder or hub id for `from_pretrained`.
        config: Its transformers configuration.
        tokenizer: Its tokenizer, set up for words that are split already.
        max_length: Most sub-tokens that model and tokenizer take, at most `DEFAULT_MAX_LENGTH`.
        fingerprint: Changes when config or weights change.
    """

    name: str
    location: str
    config: Any
    tokenizer: Any
    max_length: int
    fingerprint: str


def open_model(name: str) -> ModelSource:
    """Find a model folder or hub id and read its config and tokenizer.

    Raises:
        ModelError: There is no such model, it cannot be downloaded, or it has no usable tokenizer.
    """
    location, config = _location(name), read_config(name)
    tokenizer = guarded(name, lambda: _tokenizer(location))
    return ModelSource(
        name=name,
        location=location,
        config=config,
        tokenizer=tokenizer,
        max_length=longest_input(config, tokenizer.model_max_length),
        fingerprint=_fingerprint(location, config),
    )


def read_config(name: str) -> Any:
    """Return the transformers configuration of a model folder or hub id; no tokenizer is needed.

    Raises:
        ModelError: There is no such model, its configuration cannot be read, or it asks for code.
    """
    location = _location(name)
    config = guarded(name, lambda: AutoConfig.from_pretrained(location, **NO_CODE))
    _refuse_kernels(name, config)
    return config


def _refuse_kernels(name: str, config: Any) -> None:
    """Refuse a model whose configuration names code on the hub for its attention or its experts.

    transformers would fetch it and run it, whatever is said about remote code.
    """
    parts = (config, *(getattr(config, part, None) for part in getattr(config, "sub_configs", ())))
    for part, kind in itertools.product(parts, ("_attn_implementation", "_experts_implementation")):
        kernel = getattr(part, kind, None)
        if isinstance(kernel, str) and "/" in kernel:
            raise ModelError(
                f"The model {name!r} asks for the code {kernel!r} from the hub, which is never "
                "run.",
                f"Remove `{kind.strip('_')}` from its config.json, or choose another model.",
            )


def _location(name: str) -> str:
    """Return the folder, or the name itself when it can only be a hub id."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:8]) or "nothing"
            raise ModelError(
                f"A model folder must hold a config.json, but {name!r} holds {found}.",
                "Pass the folder that `save_pretrained` wrote, or a hub id.",
            )
        return str(folder)
    if folder.exists() or name.startswith((".", "/", "~")) or name.count("/") > 1 or "\\" in name:
        raise ModelError(
            f"There is no model folder {name!r}.",
            "Pass an existing folder, or a hub id such as bert-base-cased.",
        )
    return name


def guarded(name: str, load: Callable[[], _Loaded]) -> _Loaded:
    """Run a loader of transformers and turn what it raises into one clear message."""
    try:
        return load()
    except ModelError:
        raise
    except Exception as error:  # transformers, hub, tokenizers and safetensors share no base class
        raise explain(name, error) from error


def _tokenizer(location: str) -> Any:
    tokenizer = AutoTokenizer.from_pretrained(location, **NO_CODE)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and "ByteLevel" in str(backend.pre_tokenizer):
        # Byte-level tokenizers tell words by the space before them, which split words have lost.
        tokenizer = AutoTokenizer.from_pretrained(location, add_prefix_space=True, **NO_CODE)
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        # transformers makes an empty tokenizer where it finds no vocabulary.
        raise ModelError(
            f"There is no tokenizer beside the model {location!r}.",
            "Copy its tokenizer files (tokenizer.json, or vocab.txt) into the folder.",
        )
    if tokenizer.pad_token_id is None:
        raise ModelError(
            f"The tokenizer of {location!r} has no padding token.",
            "Choose an encoder (BERT, RoBERTa, DeBERTa, ...) rather than a text generator.",
        )
    return tokenizer


def longest_input(config: Any, told: int | None) -> int:
    """Return the most sub-tokens of an input, at most `DEFAULT_MAX_LENGTH`.

    Args:
        config: The transformers configuration of the model.
        told: What its tokenizer says; None where no tokenizer was read.
    """
    limits = [DEFAULT_MAX_LENGTH]
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        # RoBERTa and its kin number positions from pad_token_id + 1.
        shifted = config.model_type in {"roberta", "xlm-roberta", "camembert", "longformer"}
        limits.append(positions - (2 if shifted else 0))
    if told is not None and 0 < told < LARGEST_SANE_LENGTH:
        limits.append(told)
    return min(limits)


def _fingerprint(location: str, config: Any) -> str:
    """Hash a folder's config and weights; a hub model is known by its commit."""
    digest = hashlib.sha256()
    folder = Path(location)
    if not folder.is_dir():
        commit = getattr(config, "_commit_hash", None) or "unknown"
        return hashlib.sha256(f"{location}@{commit}".encode()).hexdigest()
    described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    described.pop("transformers_version", None)
    digest.update(json.dumps(described, sort_keys=True).encode())
    for path in sorted(path for pattern in _WEIGHTS for path in folder.glob(pattern)):
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


# Its reports of new heads and unused poolers alarm people about what is meant to be so.
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
