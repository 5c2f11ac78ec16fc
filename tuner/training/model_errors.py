"""Why a pretrained model cannot be had: what hub and loaders raise, as one clear message."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tuner.errors import ModelError

__all__ = ["explain"]

_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """What is known about a failed attempt to load a model.

    Attributes:
        name: The model as the user named it.
        text: What the outermost error says.
        kinds: Names of the classes of all errors in the chain, their base classes included. They
            come from half a dozen libraries that share none, and whose names change less often than
            their messages.
    """

    name: str
    text: str
    kinds: frozenset[str]

    @property
    def is_local(self) -> bool:
        return Path(self.name).expanduser().is_dir()

    @property
    def reason(self) -> str:
        return textwrap.shorten(self.text, _LONGEST_REASON, placeholder=" …")

    def says(self, *texts: str) -> bool:
        return any(text in self.text for text in texts)

    def is_a(self, *kinds: str) -> bool:
        return not self.kinds.isdisjoint(kinds)


def explain(name: str, error: Exception) -> ModelError:
    """Say why a model cannot be loaded, and what to do about it.

    Args:
        name: The model as the user named it.
        error: What transformers, the hub's client, tokenizers or safetensors raised.
    """
    kinds = {kind.__name__ for link in _chain(error) for kind in type(link).__mro__}
    failure = _Failure(name=name, text=str(error), kinds=frozenset(kinds))
    return _refused(failure) or _damaged(failure) or _unreachable(failure) or _unknown(failure)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refused(failure: _Failure) -> ModelError | None:
    """Models that must not, or cannot, be used at all."""
    if failure.says("trust_remote_code"):
        return ModelError(
            f"The model {failure.name!r} brings code of its own, which is never run.",
            "Choose a model whose architecture transformers knows.",
        )
    if failure.says("Weights only load failed", "WeightsUnpickler"):
        return ModelError(
            f"The weights of {failure.name!r} are a pickle that holds more than tensors; it could "
            "run code, so it is not read.",
            "Use a copy whose weights are safetensors (model.safetensors).",
        )
    if failure.says("does not recognize this architecture", "Should have a `model_type`"):
        return ModelError(
            f"transformers does not know what kind of model {failure.name!r} is: {failure.reason}",
            "Choose an encoder such as BERT, RoBERTa, DeBERTa, DistilBERT or ModernBERT; a very "
            "new one may need a newer transformers.",
        )
    return None


def _damaged(failure: _Failure) -> ModelError | None:
    """Files that are there and cannot be read."""
    if not failure.is_local and not failure.is_a("SafetensorError", "UnpicklingError"):
        return None
    return ModelError(
        f"The model {failure.name!r} cannot be read: {failure.reason}",
        "The files may be damaged or half downloaded: fetch them again "
        "(`hf download MODEL --force-download`).",
    )


def _unreachable(failure: _Failure) -> ModelError | None:
    """Models that the hub does not hand out, or that cannot be fetched now."""
    name = failure.name
    if failure.is_a("GatedRepoError"):
        return ModelError(
            f"The hub does not hand out {name!r} without permission.",
            "Accept its terms on the hub, then `hf auth login`; or pass a folder with the model.",
        )
    if failure.is_a("RepositoryNotFoundError"):
        return ModelError(
            f"There is no model {name!r}, neither as a folder nor on the hub.",
            "Check the spelling; a local model is passed as the path of its folder. A private one "
            "needs `hf auth login`.",
        )
    if failure.is_a("LocalEntryNotFoundError", "OfflineModeIsEnabled"):
        return ModelError(
            f"The model {name!r} is neither a folder nor in the local cache, and the hub cannot be "
            "reached.",
            "Without a network, fetch it elsewhere (`hf download MODEL --local-dir FOLDER`) and "
            "pass that folder: --model FOLDER.",
        )
    if failure.is_a("TransportError", "ConnectionError", "TimeoutError"):
        return ModelError(
            f"The download of {name!r} broke off.",
            "Run the same command again: files that have come whole are kept. Or fetch it with "
            "`hf download MODEL --local-dir FOLDER`, and pass that folder: --model FOLDER.",
        )
    return None


def _unknown(failure: _Failure) -> ModelError:
    if failure.says("does not appear to have a file named"):
        return ModelError(
            f"The model {failure.name!r} is not complete: {failure.reason}",
            "Was its download cut short? With a network the same command fetches the rest; else "
            "pass a folder that holds the whole model.",
        )
    return ModelError(
        f"The model {failure.name!r} cannot be loaded: {failure.reason}",
        "Pass the folder that `save_pretrained` wrote, or a hub id such as bert-base-cased.",
    )
