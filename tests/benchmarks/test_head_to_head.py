"""What a comparison of searches says, and that it goes on where it was interrupted."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

pytest.importorskip("torch")

from benchmarks import search_against_trainer as head_to_head
from benchmarks.support.contest import OURS, Contest
from benchmarks.support.cut_model import cut_model
from benchmarks.support.journal import Journal
from benchmarks.support.score_over_time import Trace, by_seconds, by_tokens, points_within
from benchmarks.support.search_ratios import described, savings_to_level, savings_to_their_best
from benchmarks.support.small_data import write_small
from benchmarks.support.smaller import settings_from
from benchmarks.support.trainer_search import THEIRS
from tuner.data import load_data

BOTH = (OURS, THEIRS)
BUDGET = 100.0


def trace(
    arm: str, *evaluations: tuple[float, int, float], data: str = "fin", seed: int = 42
) -> Trace:
    points = points_within(evaluations, budget=BUDGET)
    return Trace(arm=arm, data=data, seed=seed, points=points, trials=1, handed_over=None)


# Ratios


def test_ratios_to_their_best_and_to_the_level_of_both() -> None:
    traces = [
        trace(OURS, (10.0, 1, 0.5), (20.0, 5, 0.8)),
        trace(THEIRS, (40.0, 10, 0.4), (80.0, 20, 0.6)),
    ]
    # They have 0.6 after 80 of their 100 seconds, ours after 20.
    (best,) = savings_to_their_best(traces, by_seconds, BOTH, budget=BUDGET)
    assert (best.f1, best.ours, best.ratio) == (0.6, 20.0, 4.0)
    (whole,) = savings_to_their_best(traces, by_seconds, BOTH, budget=BUDGET, whole=True)
    assert whole.ratio == 5.0
    (level,) = savings_to_level(traces, by_tokens, BOTH)
    assert (level.f1, level.ratio) == (0.6, 4.0)


def test_what_we_never_reached_is_an_upper_bound() -> None:
    traces = [
        trace(OURS, (10.0, 1, 0.5), (90.0, 2, 0.55)),
        trace(THEIRS, (40.0, 1, 0.5), (80.0, 2, 0.6)),
    ]
    (best,) = savings_to_their_best(traces, by_seconds, BOTH, budget=BUDGET)
    assert best.ours is None
    assert str(best) == "below 0.80"
    assert described([best]) == "0.80 (median; reached in 0 of 1: fin below 0.80)"
    (level,) = savings_to_level(traces, by_seconds, BOTH)
    assert (level.f1, level.ratio) == (0.55, 80.0 / 90.0)


def test_only_searches_with_the_same_data_and_seed_are_compared() -> None:
    traces = [
        trace(OURS, (10.0, 1, 0.5)),
        trace(THEIRS, (20.0, 1, 0.5), seed=43),
        trace(THEIRS, (40.0, 1, 0.5), data="wnut17"),
    ]
    assert savings_to_their_best(traces, by_seconds, BOTH) == []


def test_a_rival_that_found_nothing_gives_no_ratio() -> None:
    traces = [trace(OURS, (10.0, 1, 0.5)), trace(THEIRS, (20.0, 1, 0.0))]
    assert described(savings_to_their_best(traces, by_seconds, BOTH)).startswith("none")
    assert described(savings_to_level(traces, by_seconds, BOTH)).startswith("none")


# Going on


def test_a_journal_keeps_conditions_apart_and_survives_a_line_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.jsonl"
    one, two = trace(OURS, (1.0, 1, 0.5)), trace(OURS, (2.0, 1, 0.5), seed=43)
    Journal(path, Trace, {"minutes": 1}).add(one)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"conditions": {"minutes": 1}, "part": {"arm"')
    Journal(path, Trace, {"minutes": 1}).add(two)
    Journal(path, Trace, {"minutes": 2}).add(one)
    assert Journal(path, Trace, {"minutes": 1}).known() == [one, two]
    assert Journal(path, Trace, {"minutes": 2}).known() == [one]
    assert Journal(None, Trace, {}).known() == []


def test_searches_of_an_earlier_call_are_not_repeated(
    tmp_path: Path, easy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, str, int]] = []

    def arm(name: str) -> object:
        def search(contest: Contest) -> Trace:
            calls.append((name, contest.data, contest.seed))
            if len(calls) == 4:
                raise KeyboardInterrupt
            score = (contest.seconds / 2, 10, 0.5)
            return trace(name, score, data=contest.data, seed=contest.seed)

        return search

    monkeypatch.setattr(head_to_head, "ARMS", {name: arm(name) for name in BOTH})
    monkeypatch.setattr(head_to_head, "in_own_process", lambda work, contest: work(contest))
    output = tmp_path / "figures.json"
    command = ["--data", str(easy_data), "--seeds", "3", "--minutes", "1", "--model", "any"]
    command += ["--arms", *BOTH, "--output", str(output)]
    with pytest.raises(KeyboardInterrupt):
        head_to_head.main(command)
    head_to_head.main(command)
    assert len(calls) == 7  # six searches, one of them begun twice
    assert calls[3] == calls[4]
    assert len(json.loads(output.read_text(encoding="utf-8"))["traces"]) == 6
    assert output.with_suffix(".png").stat().st_size > 0
    head_to_head.main([*command, "--clock", "processor"])  # other conditions: all of it anew
    assert len(calls) == 13


# Smaller settings


def options(**given: object) -> argparse.Namespace:
    usual = {
        "data": None,
        "model": "any",
        "sample": None,
        "max_length": None,
        "device": "cpu",
        "tiny": False,
        "layers": None,
        "dev_sample": None,
        "test_sample": None,
    }
    return argparse.Namespace(**{**usual, **given})


def test_each_data_set_has_a_sample_of_its_own(tmp_path: Path, easy_data: Path) -> None:
    other = tmp_path / "other"
    given = options(data=[str(easy_data), str(other)], sample=[10, 20])
    settings = settings_from(given, tmp_path)
    assert {name: each.sample for name, each in settings.items()} == {
        easy_data.name: 10,
        "other": 20,
    }
    with pytest.raises(SystemExit, match="1 number or 2"):
        settings_from(options(data=["a", "b"], sample=[1, 2, 3]), tmp_path)


def test_smaller_splits_hold_sentences_of_the_larger(tmp_path: Path, easy_data: Path) -> None:
    folder = write_small(str(easy_data), tmp_path / "small", dev=5, test=None, seed=0)
    whole, small = load_data(easy_data, seed=0), load_data(folder)
    assert [sentence.tokens for sentence in small.train] == [s.tokens for s in whole.train]
    assert len(small.dev) == 5
    tags = {tuple(sentence.tokens): sentence.tags for sentence in whole.dev}
    assert all(tags[tuple(sentence.tokens)] == sentence.tags for sentence in small.dev)


def test_a_cut_model_has_the_layers_asked_for(tmp_path: Path, tiny_model: Path) -> None:
    from transformers import AutoConfig

    folder = cut_model(str(tiny_model), 1, tmp_path / "cut")
    assert AutoConfig.from_pretrained(folder).num_hidden_layers == 1
    with pytest.raises(SystemExit, match="out of range"):
        cut_model(str(tiny_model), 99, tmp_path / "cut")
