"""What rules about environments promise besides what every rule does, and say together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from diagnostics.findings import Clear, Flagged, NotApplicable
from diagnostics.judgement import check_up, rules_about
from diagnostics.rule import Rule
from diagnostics.subjects.environment import Accelerator, Environment, Host, Hub, Library, Torch

RULES: tuple[Rule[Environment], ...] = rules_about("environment")
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
A10 = Accelerator(
    index=0, name="NVIDIA A10", total_bytes=24 * 2**30, used_bytes=0, capability=(8, 6)
)


@EACH
def test_judges_nothing_that_was_not_looked_at(rule: Rule[Environment]) -> None:
    assert isinstance(rule.judge(Environment(source="nowhere")), NotApplicable)


@EACH
def test_judges_what_is_known_in_part(rule: Rule[Environment]) -> None:
    unknown = Environment(
        source="partly",
        libraries={},
        torch=Torch(),
        accelerators=(Accelerator(index=0, name="unknown"),),
        host=Host(),
        hub=Hub(),
    )
    outcome = rule.judge(unknown)
    if rule.name == "missing-library":
        assert isinstance(outcome, Flagged)
    else:
        assert isinstance(outcome, Clear | NotApplicable)


def libraries(**versions: str) -> dict[str, Library]:
    healthy = {"torch": "2.8.0", "transformers": "5.23.0", "accelerate": "1.10.0", **versions}
    return {name: Library(name=name, version=version) for name, version in healthy.items()}


WORKSTATION = Environment(
    source="/usr/venv",
    python="3.12.4",
    libraries=libraries(numpy="2.3.1"),
    import_faults={"torch": "", "numpy": ""},
    torch=Torch(
        cuda="12.6", hip="", architectures=("sm_80", "sm_86"), available=True, mps=False,
        threads=8, numpy_fault="",
    ),
    accelerators=(A10,),
    driver="550.54",
    driver_cuda="12.4",
    host=Host(
        cpus=16, memory_total=64 * 2**30, memory_available=50 * 2**30, shared_memory=32 * 2**30,
        disk_folder="runs", disk_free=500 * 2**30,
    ),
    hub=Hub(folder="/cache", size=0, models=("google-bert/bert-base-cased",)),
    plan={"precision": "bf16", "dataloader_num_workers": 4},
    model={"name": "bert-base-cased", "parameters": 110_000_000},
)  # fmt: skip
HEALTHY: dict[str, Any] = {
    "a workstation": {},
    "in a container of four processors": {
        "host": Host(cpus=64, cpu_quota=4.0, thread_variables={"OMP_NUM_THREADS": "4"}),
        "torch": Torch(cuda="12.6", available=True, threads=4),
    },
    "offline, with the model in the cache": {
        "hub": Hub(
            folder="/c", models=("google-bert/bert-base-cased",), offline=("HF_HUB_OFFLINE",)
        )
    },
    "a driver of the same family, older than the build": {
        "driver": "530.30",
        "driver_cuda": "12.1",
    },
}


@pytest.mark.parametrize("changes", HEALTHY.values(), ids=HEALTHY.keys())
def test_healthy_machines_raise_nothing(changes: dict[str, Any]) -> None:
    checkup = check_up(replace(WORKSTATION, **changes), RULES)
    assert not checkup.crashed
    assert [found.message for found in checkup.findings] == []


def test_the_root_of_a_failed_import_comes_first() -> None:
    broken = replace(
        WORKSTATION,
        libraries={
            **libraries(torch="2.2.2", numpy="2.0.1"),
            "transformers": Library(name="transformers", version="4.40.0"),
        },
        import_faults={"torch": "AttributeError: _ARRAY_API not found"},
    )
    found = check_up(broken, RULES).findings
    assert [(each.rule, each.consequence_of) for each in found] == [
        ("E103", None),
        ("E104", "E103"),
    ]


def test_an_old_driver_explains_why_the_gpu_is_not_used() -> None:
    old = replace(
        WORKSTATION, driver="470.1", driver_cuda="11.4", torch=Torch(cuda="12.6", available=False)
    )
    found = check_up(old, RULES).findings
    assert [(each.rule, each.consequence_of) for each in found] == [
        ("E106", None),
        ("E202", "E106"),
    ]


def test_a_severity_says_whether_the_library_checks_its_requirement() -> None:
    requires = ("tokenizers>=0.23.1,<0.24", "typer>=0.20")
    found = check_up(
        Environment(
            source="x",
            python="3.12.4",
            libraries={
                **libraries(tokenizers="0.22.0", typer="0.9.0"),
                "transformers": Library(name="transformers", version="5.23.0", requires=requires),
            },
        ),
        RULES,
    ).findings
    assert [(each.evidence[1].label, each.severity.value) for each in found] == [
        ("tokenizers", "error"),
        ("typer", "warning"),
    ]
