"""Every allocation and every release of a piece of work, in order, and the moment of the peak.

`torch.distributed._tools.MemTracker` counts alike, but is private, absent from builds without
`torch.distributed`, and keeps no order of events, which the simulation of an allocator needs.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["AllocationRecord", "AllocationRecorder", "Event"]

_IN_PLACE: Mapping[Any, Any] = MappingProxyType(
    {
        torch.ops.aten.scatter_add.default: torch.ops.aten.scatter_add_.default,
        torch.ops.aten.index_put.default: torch.ops.aten.index_put_.default,
    }
)
"""What autograd does in place, but not on tensors without data (`gather_backward` and
`index_backward` in PyTorch's `FunctionsManual.cpp`)."""

Scratch = Callable[[Any, tuple[Any, ...]], int]
"""Output and arguments of an operator to the bytes that its kernel takes and gives back."""


@dataclass(frozen=True, slots=True)
class Event:
    """A storage that came (or went).

    Attributes:
        serial: Number of the storage, from 0.
        came: Whether it was allocated; false when it was released.
    """

    serial: int
    came: bool


@dataclass(slots=True)
class AllocationRecord:
    """What was allocated and released.

    Attributes:
        events: In their order.
        sizes: Bytes of each storage, by serial number.
        kinds: What each storage is for, by serial number.
    """

    events: list[Event] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def come(self, size: int, kind: str) -> int:
        """Note an allocation and return its serial number."""
        self.sizes.append(size)
        self.kinds.append(kind)
        self.events.append(Event(len(self.sizes) - 1, True))
        return len(self.sizes) - 1

    def go(self, serial: int) -> None:
        """Note a release."""
        self.events.append(Event(serial, False))

    def at_peak(self) -> Mapping[str, int]:
        """Return the bytes of each kind at the moment when most was allocated."""
        live = most = peak = 0
        for position, event in enumerate(self.events, start=1):
            live += self.sizes[event.serial] * (1 if event.came else -1)
            if live > most:
                most, peak = live, position
        held: set[int] = set()
        for event in self.events[:peak]:
            (held.add if event.came else held.discard)(event.serial)
        kinds: Counter[str] = Counter()
        for serial in held:
            kinds[self.kinds[serial]] += self.sizes[serial]
        return kinds


class AllocationRecorder(TorchDispatchMode):
    """Records the storages of all tensors that operators return while it is active.

    Args:
        scratch: Name of an operator, such as `aten._safe_softmax`, to what its kernel takes for
            itself, which no operator returns.
    """

    def __init__(self, scratch: Mapping[str, Scratch]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.record = AllocationRecord()
        self.kind = "inputs"
        self.is_backward = False
        self._scratch = scratch
        self._serials: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Iterable[Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operator and note what it has allocated."""
        if self.is_backward:
            func = _IN_PLACE.get(func, func)
        out = func(*args, **(kwargs or {}))
        # A cast of a weight is held until the backward pass, whatever the batch.
        cast = func is torch.ops.aten._to_copy.default and self.kind_of(args[0]) == "weights"
        with self.of_kind("weight copies" if cast else self.kind):
            self.see(out)
        scratch = self._scratch.get(str(func.overloadpacket))
        if scratch is not None:
            self.record.go(self.record.come(scratch(out, args), "temporaries"))
        return out

    @contextmanager
    def of_kind(self, kind: str) -> Iterator[None]:
        """Label what is allocated meanwhile."""
        before, self.kind = self.kind, kind
        try:
            yield
        finally:
            self.kind = before

    def see(self, tensors: Any) -> None:
        """Note the storages of tensors, where they are new."""
        for tensor in tree_leaves(tensors):
            if isinstance(tensor, torch.Tensor):
                self._see(tensor.untyped_storage())

    def _see(self, storage: Any) -> None:
        if storage in self._serials:
            return
        serial = self.record.come(storage.nbytes(), self.kind)
        self._serials[storage] = serial
        weakref.finalize(storage, self.record.go, serial).atexit = False

    def kind_of(self, tensor: Any) -> str | None:
        """Return what a tensor's storage is for; None when it has not been seen."""
        serial = self._serials.get(tensor.untyped_storage())
        return None if serial is None else self.record.kinds[serial]

    def relabel(self, tensors: Iterable[torch.Tensor], kind: str) -> None:
        """Correct what tensors are for, where that shows only afterwards."""
        for tensor in tensors:
            serial = self._serials.get(tensor.untyped_storage())
            if serial is not None:
                self.record.kinds[serial] = kind
