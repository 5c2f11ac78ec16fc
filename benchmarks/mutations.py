"""Thousands of damaged files, diagnosed and checked: nothing crashes, hangs, runs or escapes.

Every sample log and data file of the tests is damaged at random: cut short, nested deeply, given
huge numbers, control characters, terminal escapes, Rich markup, HTML, path tricks, pickled code or
random bytes. Each is diagnosed (or checked) and reported in every format. What counts:

- an exception that is no `DiagnosticsError`, or a rule that crashes;
- more than two seconds of processor time for one file;
- a control character in a report, or a planted tag (`<script ...>`) in Markdown as it stands;
- a report that is no JSON where it should be;
- the planted code ran: a file that it would write is there.

The RATIO is failures per file.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import pickle  # noqa: TID251 - only to make what must never be unpickled
import random
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from diagnostics.catalogue import units
from diagnostics.checkup import diagnose
from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError
from diagnostics.judgement import Checkup
from diagnostics.report_format import ReportFormat

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "data"
SLOW = 2.0
"""Processor seconds after which a file counts as one that hangs."""

TAG = "<script>alert(1)</script>"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
POISON = (
    b"\x1b[31mred\x1b]0;title\x07",
    b"[bold red]markup[/bold red][link=file:///etc/passwd]x[/link]",
    TAG.encode(),
    b"../../../../etc/passwd",
    b"1e999",
    b"-" + b"9" * 400,
    b"NaN",
    b"\xff\xfe\x00",
    "\u202egnp.exe\u2066".encode(),
    b'"', b"{", b"}", b"[", b"]", b",", b":", b"\n", b"\r", b"\t", b"|", b"\x00", b"\\u0000",
)  # fmt: skip


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        """Return what an unpickler would call."""
        return os.system, (f"touch {self.canary}",)


def main(arguments: Sequence[str] | None = None) -> None:
    """Damage, diagnose, count; exit 1 when anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--files", type=int, default=10_000, help="how many damaged files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", type=int, default=5, help="failures shown in full")
    options = parser.parse_args(arguments)
    samples = [path for path in sorted(SAMPLES.rglob("*")) if path.is_file()]
    reports: tuple[ReportFormat, ...] = units("diagnostics.report", ReportFormat)  # type: ignore[type-abstract]
    failures: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    for number in range(options.files):
        chance = random.Random(f"{options.seed} {number}")
        began = time.process_time()
        found = list(_try(chance.choice(samples), chance, reports, outcomes))
        took = time.process_time() - began
        slowest = max(slowest, took)
        found += [f"slow: {took:.1f} s"] if took > SLOW else []
        for failure in found:
            failures[failure.partition(":")[0]] += 1
            if failures.total() <= options.show:
                print(f"-- file {number} --\n{failure}", file=sys.stderr)
    told = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
    print(f"{options.files} damaged files from {len(samples)} samples: {told}")
    print(f"slowest: {slowest:.2f} s of processor time")
    for name, count in failures.most_common():
        print(f"  {count} {name}")
    print(f"RATIO failures / files: {failures.total()} / {options.files}")
    if failures:
        sys.exit(1)


def _try(
    sample: Path, chance: random.Random, reports: Sequence[ReportFormat], outcomes: Counter[str]
) -> Iterator[str]:
    """Yield what failed on one damaged copy of a sample."""
    with tempfile.TemporaryDirectory() as name:
        folder, canary = Path(name), Path(name, "canary")
        path = folder / sample.name
        path.write_bytes(_damaged(sample.read_bytes(), chance, canary))
        (folder / "training_args.bin").write_bytes(pickle.dumps(Bomb(canary)))
        judge = check if "formats" in sample.parts else diagnose
        for judged in (path, folder):
            yield from _judge(judge, judged, reports, outcomes)
        if canary.exists():
            yield f"executed: {sample}"


def _judge(
    judge: Callable[[Path], Checkup[Any]],
    path: Path,
    reports: Sequence[ReportFormat],
    outcomes: Counter[str],
) -> Iterator[str]:
    try:
        checkup = judge(path)
        outcomes["judged"] += 1
        for rule, error in checkup.crashed:
            yield f"rule {rule.id} crashed: {error} on {path.name}"
        for report in reports:
            stream = io.StringIO()
            report.write([checkup], stream)
            yield from _escaped(report.name, stream.getvalue())
    except DiagnosticsError:
        outcomes["refused"] += 1
    except Exception:  # noqa: BLE001 - whatever it is, it is what this looks for
        yield f"crash: {path.name}\n{traceback.format_exc()}"


def _escaped(report: str, text: str) -> Iterator[str]:
    if found := CONTROL.search(text):
        yield f"control character in {report}: {text[max(0, found.start() - 60) : found.end()]!r}"
    if report == "markdown" and TAG in text:
        yield "HTML in markdown: as it stood in the file"
    if report in ("json", "sarif"):
        try:
            json.loads(text)
        except ValueError as error:
            yield f"no JSON in {report}: {error}"


def _damaged(content: bytes, chance: random.Random, canary: Path) -> bytes:
    damages = (_cut, _poisoned, _nested, _shuffled, _repeated, _numbers, _random)
    often = (2, 6, 1, 1, 2, 6, 2)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = chance.choices(damages, often)[0](content, chance)
    if chance.random() < 0.02:
        content = pickle.dumps(Bomb(canary))
    return content


def _place(content: bytes, chance: random.Random) -> int:
    return chance.randint(0, len(content))


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: _place(content, chance)]


def _poisoned(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = _place(content, chance)
        removed = chance.choice((0, 0, 1, 5))
        content = content[:place] + chance.choice(POISON) + content[place + removed :]
    return content


def _nested(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    depth = chance.choice((30, 2_000, 60_000))
    return content[:place] + chance.choice((b"[", b'{"a":', b"(", b"<b>")) * depth + content[place:]


def _shuffled(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def _repeated(content: bytes, chance: random.Random) -> bytes:
    return (content + b"\n") * chance.choice((2, 5, 40))


def _numbers(content: bytes, chance: random.Random) -> bytes:
    """Replace some numbers by values that are hard to compute with."""
    hard = (b"1e308", b"-1e308", b"1e-320", b"0", b"-1", b"NaN", b"9" * 30, b"Infinity")

    def other(match: re.Match[bytes]) -> bytes:
        return chance.choice(hard) if chance.random() < 0.15 else match[0]

    return re.sub(rb"\d+(?:\.\d+)?", other, content)


def _random(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    return content[:place] + chance.randbytes(chance.randint(1, 200)) + content[place:]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
