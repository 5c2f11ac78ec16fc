"""A machine and the libraries on it, as they were found: what the rules on environments judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnostics.subjects.training_script import Signature, TrainingScript

__all__ = ["Accelerator", "Environment", "Host", "Hub", "Library", "Torch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """An installed distribution, by its own metadata.

    Attributes:
        name: Its name as pip normalises it: lower case, words joined by hyphens.
        version: Its version.
        requires: What it asks of others, as it declares it (`numpy>=1.17; extra == "np"`).
        requires_python: Which versions of Python it asks for; empty: it does not say.
    """

    name: str
    version: str
    requires: tuple[str, ...] = ()
    requires_python: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Torch:
    """The installed PyTorch: how it was built, and what it can use here. None is not known.

    Attributes:
        cuda: CUDA release that it was built with, such as `12.6`; empty: built without CUDA.
        hip: The same for ROCm.
        architectures: CUDA architectures whose kernels it holds, such as `sm_80`, `compute_90`.
        available: Whether it finds an accelerator that it can use.
        mps: Whether it can use Apple's GPU.
        threads: Threads that it computes with.
        numpy_fault: Why tensors cannot be handed to NumPy; empty when they can.
    """

    cuda: str | None = None
    hip: str | None = None
    architectures: tuple[str, ...] | None = None
    available: bool | None = None
    mps: bool | None = None
    threads: int | None = None
    numpy_fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """A GPU, whether or not PyTorch can use it. None is not known.

    Attributes:
        index: Its number.
        name: Its name.
        kind: `cuda` or `mps`.
        total_bytes: Its memory.
        used_bytes: What other processes hold of it.
        capability: CUDA compute capability, such as (8, 0).
        visible: Whether CUDA_VISIBLE_DEVICES lets programs see it.
    """

    index: int
    name: str
    kind: str = "cuda"
    total_bytes: int | None = None
    used_bytes: int | None = None
    capability: tuple[int, int] | None = None
    visible: bool = True

    @property
    def bf16(self) -> bool | None:
        """Whether it computes in bfloat16: CUDA devices from capability 8.0 on; None: not known."""
        return None if self.capability is None else self.capability >= (8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Processor, memory and disks. None is not known; sizes are in bytes.

    Attributes:
        cpus: Processors that this process may use, after affinity.
        cpu_quota: Processors' worth of time that the container grants; None: no limit.
        thread_variables: Environment variables that set a number of threads, such as
            OMP_NUM_THREADS, to their values.
        memory_total: Main memory; the limit of the container where it is lower.
        memory_available: What of it is free or can be freed.
        shared_memory: Size of /dev/shm.
        disk_folder: The folder that checkpoints go to.
        disk_free: What is free there for this user.
    """

    cpus: int | None = None
    cpu_quota: float | None = None
    thread_variables: Mapping[str, str] = field(default_factory=dict)
    memory_total: int | None = None
    memory_available: int | None = None
    shared_memory: int | None = None
    disk_folder: str = ""
    disk_free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The cache of the model hub.

    Attributes:
        folder: Where it is.
        size: Its bytes on disk; None is not known.
        models: The models in it, such as `google-bert/bert-base-cased`; None is not known.
        offline: Environment variables that forbid downloads and are on, such as HF_HUB_OFFLINE.
    """

    folder: str = ""
    size: int | None = None
    models: tuple[str, ...] | None = None
    offline: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What was found. None is not looked at, or not known.

    Attributes:
        source: What was looked at, for a person: the folder of the interpreter, or the script.
        python: Version of Python, such as `3.11.9`; empty is not known.
        platform: Operating system and machine, such as `Linux x86_64`.
        libraries: Name to installed library: every one, for each may ask something of another.
        import_faults: Library to the last line of the error with which its import failed; empty
            for one that can be imported. Libraries that were not tried are missing.
        torch: PyTorch.
        accelerators: GPUs of the machine; empty: there is none.
        driver: Version of the NVIDIA driver.
        driver_cuda: Newest CUDA release that the driver serves.
        host: Processor, memory and disks.
        hub: The cache of the model hub.
        script: A training script that was read, never run.
        signatures: Class of transformers to what the installed one accepts.
        plan: What is planned, by the standard names: `batch_size`, `max_length`, `precision`,
            `optimizer`, `dataloader_num_workers`; only what is known.
        model: Facts about the encoder (`name`, `local`, `parameters`), where known.
        forecast: Forecast of the accelerator's memory (`peak_bytes`, `largest_batch_size`), where
            one was made.
        forecast_fault: Why none could be made though a model was named, as a clause; else empty.
        notes: What a person should know about how it was found, as sentences.
        options: Words of the options by which the plan was given, such as `--batch-size` and `64`,
            to look at the same once more; those of model and script are not among them.
    """

    source: str
    python: str = ""
    platform: str = ""
    libraries: Mapping[str, Library] | None = None
    import_faults: Mapping[str, str] = field(default_factory=dict)
    torch: Torch | None = None
    accelerators: tuple[Accelerator, ...] | None = None
    driver: str | None = None
    driver_cuda: str | None = None
    host: Host | None = None
    hub: Hub | None = None
    script: TrainingScript | None = None
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    forecast: Mapping[str, Any] = field(default_factory=dict)
    forecast_fault: str = ""
    notes: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def version(self, name: str) -> str | None:
        """Return the version of a library; None when it is missing or nothing is known."""
        library = (self.libraries or {}).get(name)
        return None if library is None else library.version
