"""Commands that are too long for a line can still be copied into a shell."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.command_lines import command_lines

SIGNS = st.characters(codec="utf-8", exclude_characters="\0\n")
TRAIN = (
    "tuner train 'my data/train file.conll' --model /models/a-rather-long-name/encoder "
    "--learning-rate 0.000123 --batch-size 16 --epochs 3 --set bf16=True"
)


def test_a_short_command_is_one_line() -> None:
    assert command_lines("tuner show fin", 80) == ["tuner show fin"]


def test_a_long_one_is_broken_between_its_words_and_options_keep_their_values() -> None:
    assert command_lines(TRAIN, 60) == [
        "tuner train 'my data/train file.conll' \\",
        "    --model /models/a-rather-long-name/encoder \\",
        "    --learning-rate 0.000123 --batch-size 16 --epochs 3 \\",
        "    --set bf16=True",
    ]


def test_a_word_that_is_longer_than_a_line_stays_whole() -> None:
    path = "/very" * 30
    assert command_lines(f"tuner diagnose {path} -v", 40) == [
        "tuner diagnose \\",
        f"    {path} \\",
        "    -v",
    ]


@pytest.mark.parametrize("command", ["tuner show 'open" + " x" * 90, "a  b" * 90, ""])
def test_what_is_no_plain_command_is_left_alone(command: str) -> None:
    assert command_lines(command, 80) == [command]


@given(
    st.lists(st.text(SIGNS, max_size=30), max_size=9),
    st.integers(20, 60),
)
def test_the_lines_mean_what_the_command_means(words: list[str], width: int) -> None:
    command = shlex.join(["tuner", *words])
    lines = command_lines(command, width)
    assert shlex.split("\n".join(lines).replace(" \\\n", " ")) == ["tuner", *words]
    assert all(len(line) <= width or " " not in line.strip(" \\") or "'" in line for line in lines)


def test_bash_reads_them_alike() -> None:
    words = [
        "a b" * 9,
        "it's" * 6,
        "$HOME" * 5,
        "-x",
        "--set",
        'a="1"',
        "ü" * 30,
        "back\\slash" * 4,
    ]
    command = "printf '<%s>' " + shlex.join(words) + r" $'\x1b[31m it\'s'"
    broken = "\n".join(command_lines(command, 40))
    assert broken.count("\\\n") > 3
    told = [
        subprocess.run(["bash", "-c", text], capture_output=True, check=True).stdout
        for text in (command, broken)
    ]
    assert told[0] == told[1] and told[0].count(b"<") == len(words) + 1
