"""Where workers run: devices by name, trainings per device, and what each may take."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tuner.engines.recipes import rising
from tuner.engine_recipe import EngineRequest, Place
from tuner.engines._workers import places as _places
from tuner.engines._workers import side_by_side as _side_by_side
from tuner.engines._workers.busy_share import covered_share
from tuner.engines._workers.places import choose_places, inside
from tuner.engines.scripted import ScriptedEngine, ScriptedRecipe
from tuner.engines.workers import open_engine
from tuner.errors import UsageError

GIB = 2**30


def request(**wishes: Any) -> EngineRequest:
    here = wishes.pop("here", ScriptedEngine(rising))
    recipe = ScriptedRecipe(curves=rising)
    return EngineRequest(recipe=recipe, here=here, folder=Path("unused"), **wishes)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(
        "tuner.training.offered_devices.offered_devices", lambda: ("cuda:0", "cuda:1", "cpu")
    )
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (60 * GIB, 80 * GIB))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("CUDA_MPS_PIPE_DIRECTORY", raising=False)


def test_one_training_on_the_cpu_leaves_the_threads_to_the_library() -> None:
    assert choose_places(request(devices=("cpu",)), cores=8).places == (
        Place(name="worker-1", device="cpu"),
    )


def test_trainings_on_the_cpu_share_its_cores() -> None:
    places = choose_places(request(devices=("cpu",), per_device=3), cores=8).places
    assert [place.name for place in places] == ["worker-1", "worker-2", "worker-3"]
    assert {place.threads for place in places} == {2}
    assert {place.memory_share for place in places} == {None}
    crowded = choose_places(request(devices=("cpu",), per_device=3), cores=2).places
    assert {place.threads for place in crowded} == {1}


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("named", [(), ("all",), ("0", "cuda:1"), ("cuda", "1")])
def test_every_gpu_gets_its_workers(named: tuple[str, ...]) -> None:
    chosen = choose_places(request(devices=named, per_device=2), cores=16)
    devices = [place.device for place in chosen.places]
    assert devices == ["cuda:0", "cuda:0", "cuda:1", "cuda:1"]
    assert {place.threads for place in chosen.places} == {4}
    # Of 60 GiB, a tenth is left alone; half of the rest, less what CUDA takes, of 80 GiB.
    share = (60 * 0.9 / 2 - 600 / 1024) / 80
    assert [place.memory_share for place in chosen.places] == [pytest.approx(share)] * 4
    assert any("CUDA MPS does not run" in note for note in chosen.notes)


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_of_its_own_is_not_capped() -> None:
    chosen = choose_places(request(devices=("cuda:1",)), cores=16)
    assert chosen.places == (Place(name="worker-1", device="cuda:1"),)
    assert chosen.notes == ()


@pytest.mark.usefixtures("two_gpus")
def test_mps_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_MPS_PIPE_DIRECTORY", "/run/mps")
    chosen = choose_places(request(per_device=2), cores=16)
    assert any("CUDA MPS runs" in note for note in chosen.notes)


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("forecast", "busy", "cores", "expected"),
    [
        (1.0, 0.3, 32, 4),  # the GPU idles for 70 % of the time
        (1.0, 1.0, 32, 1),  # it never idles
        (20.0, 0.1, 32, 2),  # two fit into 54 GiB
        (90.0, 0.1, 32, 1),  # not even one may fit, which the training itself handles
        (1.0, 0.01, 32, 8),  # more are never of use
        (1.0, 0.1, 6, 3),  # 3 cores for each GPU
        (1.0, None, 32, 8),
    ],
)
def test_as_many_as_fit_and_pay_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch, forecast: float, busy: float | None, cores: int, expected: int
) -> None:
    monkeypatch.setattr(
        _side_by_side, "_forecast", lambda bench, kind: SimpleNamespace(upper=forecast * GIB)
    )
    monkeypatch.setattr(_side_by_side, "_busy_share", lambda bench: busy)
    here = ScriptedEngine(rising)
    here.bench = SimpleNamespace()  # type: ignore[attr-defined]
    chosen = choose_places(request(here=here, per_device=None), cores=cores)
    assert len(chosen.places) == 2 * expected
    assert chosen.notes[0].startswith(f"{expected} side by side on a GPU:")


@pytest.mark.usefixtures("two_gpus")
def test_an_engine_whose_needs_are_unknown_gets_one_per_gpu() -> None:
    assert len(choose_places(request(per_device=None), cores=16).places) == 2


@pytest.mark.parametrize(("cores", "expected", "threads"), [(1, 1, None), (2, 2, 1), (32, 8, 4)])
def test_as_many_as_pay_on_the_cpu(cores: int, expected: int, threads: int | None) -> None:
    chosen = choose_places(request(devices=("cpu",), per_device=None), cores=cores)
    assert [place.threads for place in chosen.places] == [threads] * expected
    assert f"{cores} CPU core" in chosen.notes[0]


def test_no_more_on_the_cpu_than_fit_into_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    forecast = SimpleNamespace(upper=3 * GIB)
    monkeypatch.setattr(_side_by_side, "_forecast", lambda bench, kind: forecast)
    monkeypatch.setattr(_side_by_side, "_free_host_memory", lambda: 10 * GIB)
    here = ScriptedEngine(rising)
    here.bench = SimpleNamespace()  # type: ignore[attr-defined]
    wishes = request(here=here, devices=("cpu",), per_device=None)
    assert len(choose_places(wishes, cores=32).places) == 3


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"devices": ("cuda:2",)}, "This machine offers: cuda:0, cuda:1, cpu"),
        ({"devices": ("0", "7")}, "There is no device '7' here for `--devices 0,7`"),
        ({"devices": ("tpu",)}, "There is no device 'tpu' here"),
        ({"devices": ("cuda:0", "0")}, "each device once"),
        ({"per_device": 0}, "must be 1 or more, or `auto`, but got 0"),
        ({"per_device": -3}, "but got -3"),
    ],
)
def test_bad_usage_is_refused(wishes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        open_engine(request(**wishes))


@pytest.mark.parametrize(
    ("visible", "device", "expected"),
    [
        (None, "cuda:3", "3"),
        ("4,5", "cuda:1", "5"),
        ("GPU-a,MIG-b", "cuda:1", "MIG-b"),
        ("4", "cuda", "4"),
    ],
)
def test_a_worker_sees_its_gpu_alone(visible: str | None, device: str, expected: str) -> None:
    variables = {"HOME": "/root"} | ({"CUDA_VISIBLE_DEVICES": visible} if visible else {})
    place, environment = inside(Place(name="w", device=device, memory_share=0.5), variables)
    assert place == Place(name="w", device="cuda:0", memory_share=0.5)
    assert environment == {"HOME": "/root", "CUDA_VISIBLE_DEVICES": expected}


def test_a_worker_on_the_cpu_gets_its_threads() -> None:
    place = Place(name="w", device="cpu", threads=2)
    assert inside(place, {"A": "b"}) == (place, {"A": "b", "OMP_NUM_THREADS": "2"})


def test_the_time_that_kernels_cover() -> None:
    assert covered_share([]) is None
    assert covered_share([(1.0, 1.0)]) is None
    assert covered_share([(0.0, 1.0), (3.0, 4.0)]) == 0.5
    assert covered_share([(0.0, 4.0), (1.0, 2.0), (3.0, 5.0)]) == 1.0


def test_usable_cores_are_counted() -> None:
    assert _places.usable_cores() >= 1
