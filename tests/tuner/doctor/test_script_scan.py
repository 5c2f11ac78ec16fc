"""Scripts are read and never run: what they pass to transformers, however they write it."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.subjects.training_script import TrainingScript
from tuner.doctor.script_scan import planned_by_script, scan_script
from tuner.doctor.script_source import read_script
from tuner.errors import UsageError


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "train.py"


def scan(script: Path, source: str) -> TrainingScript:
    script.write_text(textwrap.dedent(source), encoding="utf-8")
    return scan_script(read_script(str(script)))


def passed(found: TrainingScript) -> list[tuple[str, str, str, int]]:
    return [
        (call.callee, each.name, each.value, each.line)
        for call in found.calls
        for each in call.arguments
    ]


@pytest.mark.parametrize(
    "source",
    [
        "from transformers import TrainingArguments\nTrainingArguments(bf16=True)",
        "from transformers import TrainingArguments as TA\nTA(bf16=True)",
        "from transformers.training_args import TrainingArguments\nTrainingArguments(bf16=True)",
        "from transformers import *\nTrainingArguments(bf16=True)",
        "import transformers\ntransformers.TrainingArguments(bf16=True)",
        "import transformers as t\nt.training_args.TrainingArguments(bf16=True)",
        "from transformers import TrainingArguments\nTrainingArguments(**{'bf16': True})",
        "from transformers import TrainingArguments\nTrainingArguments(**dict(bf16=True))",
        "from transformers import TrainingArguments\na = {'bf16': True};TrainingArguments(**a)",
        "from transformers import TrainingArguments\na = dict(bf16=True);TrainingArguments(**a)",
        "def main():\n  from transformers import TrainingArguments;TrainingArguments(bf16=True)",
    ],
)
def test_every_way_to_pass_an_argument(source: str, script: Path) -> None:
    assert passed(scan(script, source)) == [("TrainingArguments", "bf16", "True", 2)]


@pytest.mark.parametrize(
    "source",
    [
        "TrainingArguments(bf16=True)",
        "from my.transformers import TrainingArguments\nTrainingArguments(bf16=True)",
        "from .transformers import TrainingArguments\nTrainingArguments(bf16=True)",
        """
        from transformers import TrainingArguments
        class TrainingArguments: pass
        TrainingArguments(bf16=True)
        """,
        "import datasets\ndatasets.TrainingArguments(bf16=True)",
        "",
    ],
)
def test_classes_of_others_are_left_alone(source: str, script: Path) -> None:
    found = scan(script, source)
    assert found.calls == ()
    assert found.notes == (
        "The script calls neither TrainingArguments nor Trainer of transformers.",
    )


def test_a_subclass_may_add_arguments(script: Path) -> None:
    found = scan(
        script,
        """
        from dataclasses import dataclass
        import transformers

        @dataclass
        class Arguments(transformers.Seq2SeqTrainingArguments):
            crf_rate: float = 1e-3

        class Mine(Arguments):
            def __init__(self, *args, extra=0, **rest): ...

        Mine("x", crf_rate=1, extra=2, bf16=True)
        """,
    )
    (call,) = found.calls
    assert call.callee == "Seq2SeqTrainingArguments"
    assert {"crf_rate", "extra"} <= call.own


def test_keywords_that_cannot_be_read_are_said(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import TrainingArguments
        settings = {"bf16": True}
        settings = load()
        TrainingArguments(output_dir="x", **settings, **vars(args))
        """,
    )
    assert passed(found) == [("TrainingArguments", "output_dir", '"x"', 5)]
    assert found.notes == (
        "Line 5: what **settings holds cannot be read.",
        "Line 5: what **vars(args) holds cannot be read.",
    )


def test_what_is_put_into_a_dict_afterwards_is_passed_too(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import TrainingArguments
        settings = {"bf16": True}
        settings["no_cuda"] = True
        TrainingArguments(**settings)
        settings["seed"] = 3
        other["no_cuda"] = True
        """,
    )
    assert passed(found) == [
        ("TrainingArguments", "bf16", "True", 3),
        ("TrainingArguments", "no_cuda", "True", 4),
    ]


def test_attributes_that_are_set_on_an_instance(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import TrainingArguments
        def main():
            args: TrainingArguments = TrainingArguments("out")
            args.evaluation_strategy = "no"
            args = TrainingArguments("out")
            if args.evaluation_strategy:
                args.no_cuda = True
            args.parts.no_cuda = True
        def other(args):
            args.no_cuda = True
        def third():
            args = parser.parse_args()
            args.no_cuda = True
            args = TrainingArguments("out")
            args.no_cuda = True
        """,
    )
    assert passed(found) == [
        ("TrainingArguments", "evaluation_strategy", '"no"', 5),
        ("TrainingArguments", "no_cuda", "True", 8),
    ]
    assert len(found.calls) == 3
    assert all(each.attribute for call in found.calls for each in call.arguments)


def test_flags_in_a_list(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import HfArgumentParser, TrainingArguments
        parser = HfArgumentParser(TrainingArguments)
        parser.parse_args_into_dataclasses(
            args=["--output_dir", "x", "--evaluation-strategy=epoch", "--do_train", "--bf16", flag]
        )
        """,
    )
    assert passed(found) == [
        ("TrainingArguments", "output_dir", "x", 5),
        ("TrainingArguments", "evaluation_strategy", "epoch", 5),
        ("TrainingArguments", "do_train", "", 5),
        ("TrainingArguments", "bf16", "", 5),
    ]
    assert all(call.flags for call in found.calls)


def test_lists_of_other_programs_are_no_flags(script: Path) -> None:
    assert scan(script, 'run(["ls", "--evaluation_strategy", "x"])').calls == ()


@pytest.mark.parametrize(
    ("source", "patterns"),
    [
        ("from transformers import AdamW", ["adamw-of-transformers"]),
        ("from transformers.optimization import AdamW", ["adamw-of-transformers"]),
        ("from torch.optim import AdamW", []),
        ("from datasets import load_metric", ["load-metric-of-datasets"]),
        ("import datasets\ndatasets.load_metric('f1')", ["load-metric-of-datasets"]),
        ("from evaluate import load_metric", []),
        (
            """
            from transformers import Trainer
            class T(Trainer):
                def compute_loss(self, model, inputs, return_outputs=False): ...
            """,
            ["compute-loss-without-item-count"],
        ),
        (
            """
            from transformers import Trainer
            class T(Trainer):
                def compute_loss(self, model, inputs, return_outputs=False, **kwargs): ...
            class U(Trainer):
                def compute_loss(self, model, inputs, num_items_in_batch=None): ...
            class V(Other):
                def compute_loss(self, model, inputs): ...
            """,
            [],
        ),
    ],
)
def test_outdated_code(source: str, patterns: list[str], script: Path) -> None:
    assert [each.pattern for each in scan(script, source).outdated] == patterns


def test_values_are_shown_as_written(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import TrainingArguments
        TrainingArguments(run_name="Ä→é", seed=int("7"), learning_rate=(
            2e-5
        ), lr_scheduler_kwargs={
            "a": 1,
        })
        """,
    )
    assert [value for _, _, value, _ in passed(found)] == ['"Ä→é"', 'int("7")', "2e-5", "{ ..."]


def test_what_a_script_plans(script: Path) -> None:
    found = scan(
        script,
        """
        from transformers import TrainingArguments
        TrainingArguments(dataloader_num_workers=4, bf16=True, per_device_train_batch_size=16)
        TrainingArguments(fp16=False, dataloader_num_workers=workers)
        """,
    )
    assert planned_by_script(found)["precision"] == "bf16"
    assert planned_by_script(found)["batch_size"] == 16


def test_many_calls_are_cut_and_said(script: Path) -> None:
    calls = "TrainingArguments(a=1)\n" * 300
    found = scan(script, f"from transformers import TrainingArguments\n{calls}")
    assert len(found.calls) == 200
    assert found.notes == ("Only the first 200 of 300 calls were compared.",)


def test_a_generated_line_shows_no_values(script: Path) -> None:
    many = ", ".join(f"a{number}={number}" for number in range(900))
    found = scan(script, f"from transformers import TrainingArguments as T; T({many})")
    assert len(found.calls[0].arguments) == 500
    assert {each.value for each in found.calls[0].arguments} == {""}


def test_nothing_is_run(script: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    scan(script, f"open({str(witness)!r}, 'w')\n")
    assert not witness.exists()


PIECES = st.sampled_from(
    [
        "from transformers import TrainingArguments, Trainer, HfArgumentParser\n",
        "class T(T, Trainer): x: int = 0\n",
        "class Trainer(TrainingArguments): pass\n",
        "a = {**a, 1: 2, 'b': 3}\n",
        "TrainingArguments(**a, *b, c=d)\n",
        "e = T(**a)\ne.x = f = 3\na['y'] = 4\n",
        "T[int](**{'x': 1, **y})\n",
        "['--', '--=', '---x', '--a', '--b']\n",
        "HfArgumentParser(T)\n",
        "match x:\n  case T(a=1): pass\n",
        "import transformers.x.y as z\n",
        "z.Trainer.Trainer(q=1)\n",
        "\f\n",
    ]
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(st.lists(PIECES | st.text(max_size=20), max_size=12))
def test_any_text_is_scanned_or_refused(script: Path, pieces: list[str]) -> None:
    script.write_text("".join(pieces), encoding="utf-8", errors="surrogatepass", newline="")
    try:
        found = scan_script(read_script(str(script)))
    except UsageError:
        return
    assert all(call.line >= 1 for call in found.calls)
