"""What it looks like in printed text when memory runs out, of the accelerator or of the host."""

from __future__ import annotations

from diagnostics._sign import signs

__all__ = ["ACCELERATOR", "HOST", "KILLED"]

KILLED = frozenset(
    {
        "killed",
        "dödad",
        "getötet",
        "geëlimineerd",
        "matado",
        "processus arrêté",
        "terminado (killed)",
        "tué",
        "ucciso",
        "unicestwiony",
        "убито",
        "강제 종료됨",
        "強制終了",
        "已杀死",
        "已砍掉",
    }
)
"""What shells print, alone on a line, for a process that got signal 9."""

_SIZE = r"[\d.]{1,15} ?(?:bytes|[KMGT]?i?B)"
_EXIT = r"\bexit(?:ed with)?[ _]?(?:code|status)"

HOST = signs(
    "host-out-of-memory",
    ("killed", r"^\S{1,80}: line \d{1,9}: {1,9}\d{1,9} killed\b", "killed"),
    ("zsh: killed", r"^zsh: killed\b", "killed"),
    ("out of memory: killed process", "", "killed"),
    ("oom", r"\boom[-_ ]?kill(?:ed|er)?\b", "killed"),
    ("137", rf"{_EXIT}\W{{1,6}}137\b", "killed"),
    ("-9", rf"{_EXIT}\W{{0,6}}-9\b", "killed"),
    ("sigkill", r"signals?[ .(]{0,3}(?:9 \()?sigkill", "killed"),
    ("signal 9", r"\bsignal 9\b", "killed"),
    ("killed by signal", r"killed by signal:? (?:9\b|killed)", "killed"),
    ("killed by signal", r"killed by signal:? bus error", "shared-memory"),
    ("bus error", r"(?:^|: |unexpected )bus error\b", "shared-memory"),
    ("shared memory", r"(?:insufficient|out of) shared memory", "shared-memory"),
    ("shared memory", r"unable to (?:open|write|mmap).{0,60}shared memory", "shared-memory"),
    ("/dev/shm", r"no space left on device.{0,80}/dev/shm", "shared-memory"),
    ("allocate memory", r"can(?:'t|not) allocate memory", ""),
    ("not enough memory", r"not enough memory: you tried", ""),
    ("unable to allocate", rf"unable to allocate {_SIZE} for an array", ""),
    ("memoryerror", r"^(?:\w{1,40}\.){0,6}_?(?:array)?memoryerror\b", ""),
    ("std::bad_alloc", "", ""),
    ("all available ram", r"crashed after using all available ram", ""),
    ("memory than is available", r"tried to allocate more memory than is available", ""),
    ("memory limit", r"exceeded (?:job|step) memory limit", ""),
)
"""Main memory, shared memory, and processes that got signal 9 (as a rule for their memory)."""

ACCELERATOR = signs(
    "out-of-memory",
    # PyTorch of all generations, JAX, and what NCCL and cuDNN print.
    (
        "out of memory",
        r"\b(?:cuda|hip|xpu|npu|hpu|mps|rocm)\b.{0,40}\bout of memory(?=[.:;(,'\"\s]|$)",
        "",
    ),
    ("outofmemoryerror:", "", ""),
    ("tried to allocate", rf"tried to allocate {_SIZE} \((?:gpu|hip|xpu) \d", ""),
    ("_error_out_of_memory", r"\b(?:cuda|hip)_error_out_of_memory\b", ""),
    ("hiperroroutofmemory", "", ""),
    ("cudaerrormemoryallocation", "", ""),
    ("cudnn_status_alloc_failed", "", ""),
    # TensorFlow and XLA on GPUs and TPUs.
    ("out of memory", r"\bresource_?exhausted.{0,40}out of memory", ""),
    ("ran out of memory", r"ran out of memory (?:in memory space|trying to allocate)", ""),
    ("oom when allocating", "", ""),
    ("resource exhausted", r"resource exhausted: (?:failed to allocate|oom)", ""),
    ("resourceexhaustederror", "", ""),
    ("dst tensor is not initialized", "", ""),
    ("hbm", r"exceeded hbm capacity|hbm oom", ""),
    ("attempting to reserve", r"attempting to reserve [\d.]{1,15} ?[KMGT](?:i?B)? at the", ""),
    # Habana.
    ("pt_devmem", r"pt_devmem.{0,20}allocation failed", ""),
)
"""Memory of the accelerator. The lists of accelerate and Lightning are contained, but for cuDNN's
CUDNN_STATUS_NOT_SUPPORTED, which says nothing about memory."""
