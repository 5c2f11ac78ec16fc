"""Rule E105: a library is installed, but cannot be imported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found
from diagnostics.rules.environment._evidence.installs import TORCH_BUILDS
from diagnostics.rules.environment._evidence.numpy_faults import is_numpy_fault
from diagnostics.subjects.environment import Environment

__all__ = ["LibraryFailsToImport"]

_SHARED_LIBRARY = re.compile(r"\blib[\w+-]{1,40}\.(?:so|dylib)[\w.]{0,20}")
_SYMBOL = ("undefined symbol", "symbol not found", "dll load failed", "procedure could not be")


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryFailsToImport(Rule[Environment]):
    """A library is installed, but cannot be imported.

    Why it matters: nothing that uses it works. pip reports no fault, since it looks at versions
    only, not at what the modules need when they are loaded.

    What to change: as the error says. A missing libcudart, libcublas or libcudnn is part of
    another build of PyTorch; a missing symbol means that two modules were built for different
    versions of each other; a missing libstdc++ belongs to the system.

    Source: the error of the import itself, in a process of its own.
    """

    id: ClassVar = "E105"
    name: ClassVar = "library-fails-to-import"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed, needs.imports)
    doubt: ClassVar = "The training runs with other environment variables than this command."
    bad: ClassVar = {
        "no CUDA runtime": found(
            import_faults={"torch": "ImportError: libcudart.so.12: cannot open shared object file"}
        ),
        "a missing symbol": found(
            import_faults={
                "tokenizers": "ImportError: tokenizers.abi3.so: undefined symbol: PyUnicode_New"
            }
        ),
        "the interpreter dies": found(import_faults={"torch": "ended by signal SIGILL"}),
        "half of it was deleted": found(
            import_faults={"numpy": "ModuleNotFoundError: No module named 'numpy.core'"}
        ),
    }
    good: ClassVar = {
        "imported": found(import_faults={"torch": "", "numpy": ""}),
        "built for another NumPy, which is told by its own rule": found(
            import_faults={"torch": "RuntimeError: Numpy is not available"}
        ),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look at the errors of the imports."""
        return [
            self.finding(
                f"{name} {environment.version(name) or ''} cannot be imported: "
                f"{fault.rstrip('.')}.".replace("  ", " "),
                evidence=[Evidence(label="last line of the error", value=fault)],
                fixes=_fixes(name, fault),
            )
            for name, fault in environment.import_faults.items()
            if fault and not is_numpy_fault(fault)  # of which another rule tells
        ]


def _fixes(name: str, fault: str) -> list[Fix]:
    again = Fix(
        text=f"pip install --force-reinstall {name}.",
        parameter=name,
        new="reinstalled",
        how="files of it are missing, or belong to another build",
    )
    library = _SHARED_LIBRARY.search(fault)
    if library is not None and name == "torch":
        text = f"Install a build of PyTorch for this machine, which brings {library[0]} along: "
        return [Fix(text=f"{text}{TORCH_BUILDS}."), again]
    if library is not None:
        return [Fix(text=f"Install {library[0]} with the system's package manager."), again]
    if any(sign in fault.lower() for sign in _SYMBOL):
        together = "Make a fresh environment, so that all builds go together."
        return [again, Fix(text=together)]
    return [again]
