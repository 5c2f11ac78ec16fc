"""Processor, memory, disk and cache, from a faked system."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuner.doctor.host import look_at_host
from tuner.doctor.hub_cache import cached_snapshot, hub_folder, look_at_hub
from tuner.doctor.model_files import model_facts

GIB = 2**30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


MEMINFO = "MemTotal:       33554432 kB\nMemFree:  1 kB\nMemAvailable:   16777216 kB\n"


def test_memory_of_a_machine_without_limits(tmp_path: Path) -> None:
    host = look_at_host(tmp_path, write(tmp_path, {"proc/meminfo": MEMINFO}))
    assert (host.memory_total, host.memory_available) == (32 * GIB, 16 * GIB)
    assert host.cpu_quota is None
    assert host.disk_free and host.disk_folder == str(tmp_path)


def test_limits_of_a_container(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/kubepods/pod"
    files = {
        "proc/meminfo": MEMINFO,
        "proc/self/cgroup": "0::/kubepods/pod\n",
        f"{group}/cpu.max": "150000 100000\n",
        f"{group}/memory.max": "max\n",
        "sys/fs/cgroup/kubepods/cpu.max": "max 100000\n",
        "sys/fs/cgroup/kubepods/memory.max": f"{8 * GIB}\n",
        "sys/fs/cgroup/kubepods/memory.current": f"{7 * GIB}\n",
        "sys/fs/cgroup/kubepods/memory.stat": f"anon 1\ninactive_file {2 * GIB}\n",
    }
    host = look_at_host(tmp_path, write(tmp_path, files))
    assert host.cpu_quota == 1.5
    assert (host.memory_total, host.memory_available) == (8 * GIB, 3 * GIB)


def test_limits_of_the_first_control_groups(tmp_path: Path) -> None:
    files = {
        "proc/meminfo": MEMINFO,
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    host = look_at_host(tmp_path, write(tmp_path, files))
    assert (host.cpu_quota, host.memory_total) == (4.0, 32 * GIB)


@pytest.mark.parametrize("text", ["", "garbage", "-1", "9" * 400, "max max", "\x00"])
def test_odd_files_of_the_kernel_are_no_limit(text: str, tmp_path: Path) -> None:
    files = {
        "proc/meminfo": text,
        "proc/self/cgroup": text,
        "sys/fs/cgroup/cpu.max": text,
        "sys/fs/cgroup/memory.max": text,
    }
    host = look_at_host(tmp_path / "not" / "there" / "yet", write(tmp_path, files))
    assert host.cpu_quota is None
    assert host.disk_free


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"HF_HUB_CACHE": "/a"}, "/a"),
        ({"HF_HOME": "/b", "XDG_CACHE_HOME": "/c"}, "/b/hub"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/huggingface/hub"),
        ({}, str(Path("~/.cache/huggingface/hub").expanduser())),
    ],
)
def test_where_the_cache_is(variables: dict[str, str], folder: str) -> None:
    assert str(hub_folder(variables)) == folder


def test_models_in_the_cache(tmp_path: Path) -> None:
    files = {
        "models--google-bert--bert-base-cased/snapshots/abc/config.json": "{}",
        "models--bert/blobs/1.incomplete": "12345",
        "datasets--wnut/snapshots/abc/x": "",
    }
    (tmp_path / "models--half" / "snapshots" / "abc").mkdir(parents=True)
    variables = {"HF_HUB_CACHE": str(write(tmp_path, files)), "HF_HUB_OFFLINE": "yes"}
    hub = look_at_hub({**variables, "TRANSFORMERS_OFFLINE": "0"})
    assert hub.models == ("google-bert/bert-base-cased",)
    assert hub.size == 7
    assert hub.offline == ("HF_HUB_OFFLINE",)
    assert cached_snapshot("google-bert/bert-base-cased", variables) is not None
    for name in ("bert", "../../etc", "/etc", "", "a/b/c"):
        assert cached_snapshot(name, variables) is None


def test_no_cache_at_all(tmp_path: Path) -> None:
    hub = look_at_hub({"HF_HUB_CACHE": str(tmp_path / "nowhere")})
    assert (hub.models, hub.size, hub.offline) == ((), 0, ())


def test_the_size_of_a_model_is_read_from_its_head(tmp_path: Path) -> None:
    head = b'{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[30,2]},"b":{"shape":[]}}'
    (tmp_path / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head)
    assert model_facts(str(tmp_path)) == {"name": str(tmp_path), "local": True, "parameters": 61}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 40, (5).to_bytes(8, "little") + b"[1,2]", (9).to_bytes(8, "little") + b"{"],
)
def test_a_damaged_head_says_nothing(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    assert "parameters" not in model_facts(str(tmp_path))


def test_a_model_that_is_nowhere_has_a_name_only() -> None:
    assert model_facts("no/such-model") == {"name": "no/such-model", "local": False}
