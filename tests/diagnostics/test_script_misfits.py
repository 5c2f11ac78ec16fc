"""What a script and the installed classes do not agree on, and what is written instead."""

from __future__ import annotations

from diagnostics.outdated_patterns import code_misfits
from diagnostics.script_misfits import argument_misfits, misfits_by_place
from diagnostics.subjects.environment import Environment, Library
from diagnostics.subjects.training_script import (
    Argument,
    Call,
    OutdatedCode,
    Signature,
    TrainingScript,
)

SIGNATURES = {
    "TrainingArguments": Signature(
        names=frozenset({"output_dir", "eval_strategy", "learning_rate", "fsdp_config", "old"}),
        deprecated={"old": "Deprecated. Use `learning_rate` instead."},
    ),
    "Trainer": Signature(names=frozenset({"model", "processing_class"})),
}


def environment(*calls: Call, outdated: tuple[OutdatedCode, ...] = ()) -> Environment:
    return Environment(
        source="x",
        libraries={"transformers": Library(name="transformers", version="5.23.0")},
        script=TrainingScript(path="train.py", calls=calls, outdated=outdated),
        signatures=SIGNATURES,
    )


def call(*arguments: tuple[str, str, int], callee: str = "TrainingArguments") -> Call:
    return Call(
        callee=callee,
        line=1,
        arguments=tuple(Argument(name=n, value=v, line=line) for n, v, line in arguments),
    )


def test_one_name_in_several_places_is_one_misfit() -> None:
    found = environment(
        call(("evaluation_strategy", '"epoch"', 4)), call(("evaluation_strategy", '"no"', 9))
    )
    (misfit,) = argument_misfits(found)
    assert misfit.lines == "lines 4 and 9"
    assert [place.line for place in misfit.places] == [4, 9]
    assert [each.instead for each in misfits_by_place(found)] == [
        'eval_strategy="epoch"',
        'eval_strategy="no"',
    ]


def test_many_places_are_cut() -> None:
    found = environment(call(*(("evaluation_strategy", '"no"', line) for line in range(1, 30))))
    assert len(argument_misfits(found)[0].places) == 5


def test_a_value_that_cannot_be_kept_is_replaced_by_an_example() -> None:
    (misfit,) = argument_misfits(environment(call(("fsdp_min_num_params", "100", 3))))
    assert misfit.instead == 'fsdp_config={"min_num_params": 0}'


def test_a_new_name_that_this_release_lacks_is_not_advised() -> None:
    (misfit,) = argument_misfits(environment(call(("no_cuda", "True", 3))))
    assert (misfit.kind, misfit.instead) == ("misspelt", "")


def test_an_argument_of_the_trainer_is_not_one_of_the_arguments() -> None:
    trainer, arguments = (
        argument_misfits(environment(call(("tokenizer", "t", 3), callee=callee)))[0]
        for callee in ("Trainer", "TrainingArguments")
    )
    assert (trainer.kind, trainer.instead) == ("renamed", "processing_class=t")
    assert arguments.kind == "misspelt"


def test_the_library_names_the_successor_of_what_it_deprecates() -> None:
    (misfit,) = argument_misfits(environment(call(("old", "1", 3))))
    assert (misfit.kind, misfit.instead) == ("deprecated", "learning_rate=1")


def test_a_class_that_is_not_known_is_not_judged() -> None:
    found = environment(call(("anything", "1", 3), callee="Seq2SeqTrainer"))
    assert argument_misfits(found) == ()


def test_an_attribute_may_have_any_name_but_an_old_one() -> None:
    script = TrainingScript(
        path="train.py",
        calls=(
            Call(
                callee="TrainingArguments",
                line=1,
                arguments=tuple(
                    Argument(name=name, value="1", line=2, attribute=True)
                    for name in ("evaluation_strategy", "learning_rat", "note_of_mine")
                ),
            ),
        ),
    )
    found = argument_misfits(Environment(source="x", script=script, signatures=SIGNATURES))
    assert [each.name for each in found] == ["evaluation_strategy"]


def test_unknown_patterns_are_passed_over() -> None:
    seen = OutdatedCode(pattern="of-a-later-version", line=3, text="x")
    assert code_misfits(environment(outdated=(seen,))) == ()
