"""Rule E104: a compiled library was built for another NumPy than the one that is here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from diagnostics import environment_needs as needs
from diagnostics.findings import Evidence, Finding, Fix, Severity, Tier
from diagnostics.pip_line import plan_pip_line
from diagnostics.rule import Rule
from diagnostics.rules.environment._evidence.examples import found, libraries
from diagnostics.rules.environment._evidence.numpy_faults import is_numpy_fault
from diagnostics.subjects.environment import Environment, Torch
from diagnostics.version_ranges import admits

__all__ = ["NumpyAbiMismatch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumpyAbiMismatch(Rule[Environment]):
    """A compiled library was built for another NumPy than the one that is here.

    Why it matters: NumPy 2 changed its binary interface. A module built for NumPy 1 fails at its
    import, or PyTorch hands out no arrays any more and the evaluation dies after the first epoch.

    What to change: a release of the library that was built for NumPy 2; or NumPy 1 where there is
    none.

    Source: the error of the import itself, or of handing a tensor to NumPy; NumPy's page on
    binary compatibility.
    """

    id: ClassVar = "E104"
    name: ClassVar = "numpy-abi-mismatch"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    needs: ClassVar = (needs.installed,)
    doubt: ClassVar = "A module of that name in another folder was imported."
    bad: ClassVar = {
        "tensors cannot become arrays": found(
            libraries=libraries({"torch": "2.3.1", "numpy": "2.0.1"}),
            torch=Torch(numpy_fault="RuntimeError: Numpy is not available"),
        ),
        "pandas fails at its import": found(
            libraries=libraries({"pandas": "2.2.2", "numpy": "1.26.4"}),
            import_faults={"pandas": "ValueError: numpy.dtype size changed, may be incompatible"},
        ),
    }
    good: ClassVar = {
        "arrays are handed out": found(),
        "another error": found(import_faults={"torch": "OSError: libcudart.so.12: cannot open"}),
        "not tried": found(torch=Torch(numpy_fault=None)),
    }

    def check(self, environment: Environment) -> Sequence[Finding]:
        """Look at the errors of imports, and of handing a tensor to NumPy."""
        numpy = environment.version("numpy") or "not installed"
        faults = dict(environment.import_faults)
        if environment.torch is not None and environment.torch.numpy_fault:
            faults.setdefault("torch", environment.torch.numpy_fault)
            faults["torch"] = faults["torch"] or environment.torch.numpy_fault
        return [
            self.finding(
                f"{name} was built for another NumPy than the {numpy} that is here: "
                f"{fault.rstrip('.')}.",
                evidence=[
                    Evidence(label=name, value=environment.version(name) or "unknown"),
                    Evidence(label="numpy", value=numpy),
                ],
                fixes=_fixes(environment, name, numpy),
            )
            for name, fault in faults.items()
            if is_numpy_fault(fault)
        ]


def _fixes(environment: Environment, name: str, numpy: str) -> list[Fix]:
    """Return the fixes: the newer library, and the older NumPy where nothing else forbids it."""
    line = plan_pip_line(environment)
    planned = line.change_of("numpy")
    if planned is not None:
        how = "what is installed asks for it"
        text = "Install a version that suits all libraries."
        return [Fix(text=text, parameter="numpy", old=numpy, new=planned.wanted, how=how)]
    major = numpy.partition(".")[0]
    other = Fix(
        text=f"Install a release of {name} that was built for NumPy {major}.",
        parameter=name,
        old=environment.version(name),
        new=f"a release for NumPy {major}",
        how="the newest one, as a rule" if major == "2" else "an older one, as a rule",
    )
    if not admits(">=2", numpy):
        upgrade = "Or take NumPy 2, with pip install -U numpy, where nothing asks for NumPy 1."
        return [other, Fix(text=upgrade)]
    return [other, Fix(text="Or pip install 'numpy<2', where nothing asks for NumPy 2.")]
