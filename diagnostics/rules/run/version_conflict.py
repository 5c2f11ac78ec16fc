"""Rule R701: libraries whose versions do not go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from diagnostics.examples import run_example
from diagnostics.findings import Evidence, Finding, Fix, NotApplicable, Severity, Tier
from diagnostics.library_versions import (
    Requirement,
    unmet_requirements,
    versions_of,
)
from diagnostics.rule import Rule
from diagnostics.rules.run._evidence import failures
from diagnostics.subjects.run_history import RunEvent, RunHistory

__all__ = ["VersionConflict"]

_PACKAGE = re.compile(r"[a-z][\w.-]{0,40}")
_WANTED = re.compile(r"[<>=!~]=?[\w.,<>=!~]{1,40}")

_OF_CAUSES: Mapping[str, tuple[str, str, str]] = {
    "numpy-abi": ("numpy", "<2", "a module was compiled for NumPy 1"),
    "numpy-names": ("numpy", "<1.24", "NumPy 1.24 dropped the names that the code uses"),
    "accelerator-build": ("torch", "a build for this device", "no kernels for it are in this one"),
    "accelerator-driver": ("torch", "a build for the driver's CUDA", "the driver is older"),
    "torch-too-old": ("torch", ">=2.6", "torch.load is unsafe before"),
    "binary-interface": ("torch", "the version that the extension was built for", "a symbol lacks"),
}
"""Cause of an event to package, what to install, and why."""

_ACCELERATE = RunEvent(
    kind="version-conflict",
    message="ImportError: Using the `Trainer` with `PyTorch` requires `accelerate>=0.26.0`",
    details={"package": "accelerate", "wanted": ">=0.26.0"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionConflict(Rule[RunHistory]):
    """Versions of libraries conflict with each other, or with the driver.

    Why it matters: the run does not start, or dies at the first call into the other library, with a
    message about something else. Nothing in the data or the settings can help.

    What to change: one package, to the version that the message or the other library asks for. In
    a fresh environment `pip install "transformers[torch]"` chooses versions that go together.

    Source: the messages themselves; the table of dependencies that transformers checks at its
    import. Versions that differ without an error are a remark: the run worked.
    """

    id: ClassVar = "R701"
    name: ClassVar = "version-conflict"
    severity: ClassVar = Severity.ERROR
    tier: ClassVar = Tier.CONCLUSIVE
    explains: ClassVar = ("R203", "R506")
    doubt: ClassVar = "The message comes from another environment than the training."
    bad: ClassVar = {
        "accelerate is too old": replace(
            run_example(events=[_ACCELERATE]),
            environment={"versions": {"accelerate": "0.20.1"}},
        ),
        "a module built for NumPy 1": run_example(
            events=[
                RunEvent(
                    kind="version-conflict",
                    message="A module that was compiled using NumPy 1.x cannot be run in",
                    details={"cause": "numpy-abi"},
                )
            ]
        ),
        "a library that is missing": run_example(
            events=[
                RunEvent(
                    kind="version-conflict",
                    message="T5Converter requires the protobuf library but it was not found",
                    details={"cause": "missing-package", "package": "protobuf"},
                )
            ]
        ),
        "versions that do not go together, yet ran": replace(
            run_example(f1=(0.5, 0.6)),
            environment={"versions": {"transformers": "4.41.2", "tokenizers": "0.21.0"}},
        ),
        "warned of, and the run went on": run_example(f1=(0.5, 0.6), events=[_ACCELERATE]),
    }
    good: ClassVar = {
        "versions that go together": replace(
            run_example(f1=(0.5, 0.6)),
            environment={
                "versions": {
                    "transformers": "4.25.1", "tokenizers": "0.13.2", "torch": "1.12.1+cu113",
                    "numpy": "1.26.4",
                }
            },
        ),
        "development versions": replace(
            run_example(f1=(0.5, 0.6)),
            environment={"versions": {"transformers": "4.41.0.dev0", "tokenizers": "0.21.0"}},
        ),
        "an unknown argument": run_example(
            events=[RunEvent(kind="unknown-argument", message="unexpected keyword argument 'x'")]
        ),
    }  # fmt: skip

    def check(self, run: RunHistory) -> Sequence[Finding] | NotApplicable:
        """Look for recorded events, and for versions that do not go together."""
        versions = versions_of(run)
        events = sorted(failures.events_of(run, "version-conflict"), key=failures.is_overcome)
        found = [self._of_event(run, event, versions) for event in events[:1]]
        if not found and not versions:
            return NotApplicable(reason="the run did not record the versions of its libraries")
        # The message names the conflict that counts; the table is for runs without one.
        return found or [self._of_versions(asked, versions) for asked in _unmet(versions)]

    def _of_event(self, run: RunHistory, event: RunEvent, versions: Mapping[str, str]) -> Finding:
        after, severity = failures.aftermath(run, event)
        return self.finding(
            f"{failures.sentence(event.message)}{after}",
            evidence=[
                Evidence(label=f"{name} in the run", value=version)
                for name, version in versions.items()
                if name == event.details.get("package")
            ],
            fixes=list(_fixes_of(event, versions)),
            severity=severity,
        )

    def _of_versions(self, asked: Requirement, versions: Mapping[str, str]) -> Finding:
        own, other = versions[asked.library], versions[asked.other]
        return self.finding(
            f"{asked.library} {own} asks for {asked.other}{asked.wanted}, but {other} was there.",
            evidence=[
                Evidence(label=asked.library, value=own),
                Evidence(label=asked.other, value=other),
            ],
            fixes=[
                _install(asked.other, other, asked.wanted, f"{asked.library} {own} asks for it")
            ],
            severity=Severity.INFO,
        )


def _unmet(versions: Mapping[str, str]) -> Iterator[Requirement]:
    yield from unmet_requirements(versions)


def _fixes_of(event: RunEvent, versions: Mapping[str, str]) -> Iterator[Fix]:
    """Yield what to install. Names from the message are used only where they look like names."""
    package, wanted = str(event.details.get("package", "")), str(event.details.get("wanted", ""))
    package = package if _PACKAGE.fullmatch(package) else ""
    if package and _WANTED.fullmatch(wanted):
        yield _install(package, versions.get(package), wanted, "the message asks for it")
    elif (cause := _OF_CAUSES.get(str(event.details.get("cause")))) is not None:
        name, new, how = cause
        yield _install(name, versions.get(name), new, how)
    elif package and event.details.get("cause") == "missing-package":
        how = "the message says that it is missing"
        yield Fix(text=f"pip install {package}.", parameter=package, new="installed", how=how)
    elif package:
        missing = event.details.get("name")
        text = f"Install a version of {package} that has {missing}, or import it from elsewhere."
        yield Fix(text=text)
    yield _TOGETHER


_TOGETHER = Fix(
    text='Make a fresh environment with pip install "transformers[torch]": these go together.',
)


def _install(package: str, old: str | None, new: str, how: str) -> Fix:
    exact = new.startswith(("<", ">", "=", "~", "!"))
    command = f"pip install '{package}{new}'" if exact else f"Install {new} of {package}"
    return Fix(text=f"{command}.", parameter=package, old=old, new=new, how=how)
