"""What the rules about scripts share: examples, and the name of the installed class."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from diagnostics.findings import Fix
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.script_misfits import Misfit
from diagnostics.subjects.environment import Environment
from diagnostics.subjects.training_script import Argument, Call, Signature, TrainingScript

__all__ = ["installed_class", "rewrite", "scanned"]

_NAMES = {
    "TrainingArguments": {"output_dir", "eval_strategy", "learning_rate", "warmup_steps"},
    "Trainer": {"model", "args", "processing_class", "train_dataset"},
}
"""A few arguments of the present release, for examples."""


def installed_class(environment: Environment, misfit: Misfit) -> str:
    """Return the class with its release: `TrainingArguments of transformers 5.23.0`."""
    version = environment.version("transformers")
    return f"{misfit.callee} of transformers {version}" if version else misfit.callee


def rewrite(misfit: Misfit, how: str) -> Fix:
    """Return the fix that writes another name in place of the argument."""
    return Fix(
        text=f"Change {misfit.lines}.",
        parameter=misfit.name,
        old=misfit.value or None,
        new=misfit.instead,
        how=how,
    )


def scanned(
    arguments: Mapping[str, str],
    *,
    callee: str = "TrainingArguments",
    names: AbstractSet[str] | None = None,
    deprecated: Mapping[str, str] | None = None,
    own: AbstractSet[str] = frozenset(),
    flags: bool = False,
) -> Environment:
    """Return an environment with a script that passes these arguments, for examples."""
    passed = tuple(
        Argument(name=name, value=value, line=line)
        for line, (name, value) in enumerate(arguments.items(), start=10)
    )
    call = Call(callee=callee, line=9, arguments=passed, own=frozenset(own), flags=flags)
    signature = Signature(
        names=frozenset(_NAMES[callee] if names is None else names), deprecated=deprecated or {}
    )
    return found(
        script=TrainingScript(path="train.py", calls=(call,)), signatures={callee: signature}
    )
