"""What the rules about environments need to know before they can judge."""

from __future__ import annotations

from diagnostics.subjects.environment import Environment

__all__ = [
    "accelerators",
    "forecast",
    "host",
    "hub",
    "imports",
    "installed",
    "model",
    "script",
    "signatures",
    "torch",
]


def installed(environment: Environment) -> str | None:
    """Say why the installed libraries are not known; None when they are."""
    return "the libraries were not looked at" if environment.libraries is None else None


def torch(environment: Environment) -> str | None:
    """Say why nothing is known of PyTorch; None when something is."""
    return "PyTorch was not looked at" if environment.torch is None else None


def accelerators(environment: Environment) -> str | None:
    """Say why the GPUs are not known; None when they are."""
    return "the devices were not looked at" if environment.accelerators is None else None


def host(environment: Environment) -> str | None:
    """Say why processor, memory and disks are not known; None when they are."""
    return "the machine was not looked at" if environment.host is None else None


def hub(environment: Environment) -> str | None:
    """Say why the cache of the model hub is not known; None when it is."""
    return "the cache of the model hub was not looked at" if environment.hub is None else None


def script(environment: Environment) -> str | None:
    """Say why no script is known; None when one is."""
    return "no script was given" if environment.script is None else None


def imports(environment: Environment) -> str | None:
    """Say why it is not known which libraries can be imported; None when it is."""
    return None if environment.import_faults else "no import was tried"


def forecast(environment: Environment) -> str | None:
    """Say why no memory was forecast; None when it was."""
    if environment.forecast:
        return None
    if environment.forecast_fault:
        return f"no forecast of memory: {environment.forecast_fault}"
    return "no model was named whose memory could be forecast"


def model(environment: Environment) -> str | None:
    """Say why there is no model to speak of; None when one was named."""
    return None if environment.model else "no model was named"


def signatures(environment: Environment) -> str | None:
    """Say why a script cannot be compared with the installed classes; None when it can."""
    if environment.script is None:
        return "no script was given"
    return None if environment.signatures else "transformers is not installed, or cannot be read"
