"""Libraries that cannot be imported, as stubs that a process of its own imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.doctor.import_probe import Probe, probe_imports

TORCH = """
class _Cuda:
    def is_available(self): return True
    def device_count(self): return 1
    def get_arch_list(self): return ["sm_80", "compute_90"]
    def get_device_properties(self, number):
        class Facts:
            name, total_memory, major, minor = "NVIDIA A10", 1000, 8, 6
        return Facts()
cuda = _Cuda()
class version:
    cuda, hip = "12.6", None
def get_num_threads(): return 3
class _Tensor:
    def numpy(self): {numpy}
def zeros(size): return _Tensor()
"""


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return tmp_path


def probed(stubs: Path, source: str, *, seconds: float = 30) -> Probe:
    (stubs / "torch.py").write_text(source, encoding="utf-8")
    return probe_imports({"torch": None}, seconds=seconds)


def test_what_pytorch_can_use(stubs: Path) -> None:
    found = probed(stubs, "print('noise')\n" + TORCH.replace("{numpy}", "return 0"))
    assert found.faults == {"torch": ""}
    assert found.torch is not None
    assert (found.torch.cuda, found.torch.hip, found.torch.threads) == ("12.6", "", 3)
    assert (found.torch.available, found.torch.mps) == (True, None)
    assert found.torch.architectures == ("sm_80", "compute_90")
    assert found.torch.numpy_fault == ""
    assert [(gpu.name, gpu.capability) for gpu in found.gpus] == [("NVIDIA A10", (8, 6))]


def test_tensors_that_cannot_become_arrays(stubs: Path) -> None:
    source = TORCH.replace("{numpy}", "raise RuntimeError('Numpy is not available')")
    found = probed(stubs, source)
    assert found.torch is not None
    assert found.torch.numpy_fault == "RuntimeError: Numpy is not available"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "raise OSError('libcudart.so.12: cannot open\\nshared object file')",
            "OSError: shared object file",
        ),
        ("raise ImportError", "ImportError"),
        ("import sys; sys.exit('no licence')", "SystemExit: no licence"),
        ("x = (", "SyntaxError: '(' was never closed (torch.py, line 1)"),
        ("import os; os._exit(3)", "it ended the interpreter with exit code 3"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGILL)",
            "it ended the interpreter with signal SIGILL",
        ),
    ],
)
def test_a_library_that_cannot_be_imported(source: str, fault: str, stubs: Path) -> None:
    found = probed(stubs, source)
    assert found.faults == {"torch": fault}
    assert found.torch is None


def test_a_library_that_hangs(stubs: Path) -> None:
    found = probed(stubs, "import time; time.sleep(60)", seconds=1.5)
    assert found.faults == {"torch": "it did not end within 1.5 seconds"}


def test_a_library_that_is_not_installed_is_not_tried() -> None:
    assert probe_imports({}).faults == {}


def test_nothing_of_the_working_directory_is_imported(
    tmp_path: Path, stubs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "json.py").write_text("raise SystemExit(9)", encoding="utf-8")
    (folder / "torch.py").write_text("raise SystemExit(9)", encoding="utf-8")
    monkeypatch.chdir(folder)
    assert probed(stubs, TORCH.replace("{numpy}", "return 0")).faults == {"torch": ""}


def test_what_the_library_prints_is_no_answer(stubs: Path) -> None:
    noise = "print('tuner-doctor:{not json'); print('tuner-doctor:[1]'); print('tuner-doctor:')\n"
    found = probed(stubs, noise + TORCH.replace("{numpy}", "return 0"))
    assert found.faults == {"torch": ""}
