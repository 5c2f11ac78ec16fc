"""What the changes of a repair are called, and which of them reading a file makes."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["LEFT", "MADE", "ONCE_PER_FILE", "READING"]

MADE: Mapping[str, tuple[str, str]] = {
    "encoding-converted": ("1 file was converted to UTF-8.", "{} files were converted to UTF-8."),
    "line-ends-unified": (
        "The lines of 1 file end in line feeds now.",
        "The lines of {} files end in line feeds now.",
    ),
    "separators-unified": (
        "1 line had another separator than the others.",
        "{} lines had another separator than the others.",
    ),
    "lines-cut-at-returns": (
        "1 line was cut at a carriage return.",
        "{} lines were cut at carriage returns.",
    ),
    "lines-left-out": (
        "1 line that cannot be read was left out.",
        "{} lines that cannot be read were left out.",
    ),
    "words-without-tag-left-out": (
        "1 word without a tag was left out.",
        "{} words without a tag were left out.",
    ),
    "records-left-out": (
        "1 record that cannot be read was left out.",
        "{} records that cannot be read were left out.",
    ),
    "traces-removed": (
        "1 header line or byte order mark inside a file was removed.",
        "{} header lines or byte order marks inside files were removed.",
    ),
    "tags-trimmed": ("1 tag lost its white space.", "{} tags lost their white space."),
    "spans-left-out": (
        "1 span that cannot be kept was left out.",
        "{} spans that cannot be kept were left out.",
    ),
    "words-divided-at-spans": (
        "1 word was divided where a span ends inside it.",
        "{} words were divided where a span ends inside them.",
    ),
    "document-starts-dropped": (
        "1 line that starts a document (-DOCSTART-) was not written.",
        "{} lines that start documents (-DOCSTART-) were not written.",
    ),
    "comments-dropped": ("1 comment was not written.", "{} comments were not written."),
    "headers-removed": (
        "1 header line between words was removed.",
        "{} header lines between words were removed.",
    ),
    "tags-mended": (
        "1 misspelled tag was mended.",
        "{} misspelled tags were mended.",
    ),
    "sentences-joined": (
        "1 sentence break inside an entity was removed.",
        "{} sentence breaks inside entities were removed.",
    ),
    "tags-converted": (
        "The tag of 1 word was converted to IOB2.",
        "The tags of {} words were converted to IOB2.",
    ),
    "tags-repaired": (
        "1 broken transition of tags was repaired.",
        "{} broken transitions of tags were repaired.",
    ),
    "empty-words-removed": (
        "1 word without a visible character was removed.",
        "{} words without a visible character were removed.",
    ),
    "characters-removed": (
        "1 word lost its invisible characters.",
        "{} words lost their invisible characters.",
    ),
    "words-divided": (
        "1 word with blanks inside was divided.",
        "{} words with blanks inside were divided.",
    ),
    "markers-removed": (
        "1 mark of a document or tokenizer became a sentence break.",
        "{} marks of documents or tokenizers became sentence breaks.",
    ),
    "sentences-split": (
        "1 over-long sentence was split where sentences end.",
        "{} over-long sentences were split where sentences end.",
    ),
    "same-split-dropped": (
        "1 split that holds the same sentences as another was dropped.",
        "{} splits that hold the same sentences as another were dropped.",
    ),
    "duplicates-removed-from-train": (
        "1 training sentence that stands in dev or test was removed from train.",
        "{} training sentences that stand in dev or test were removed from train.",
    ),
    "duplicates-removed-from-dev": (
        "1 development sentence that stands in test was removed from dev.",
        "{} development sentences that stand in test were removed from dev.",
    ),
    "development-split-made": (
        "1 training sentence became the development split.",
        "{} training sentences became the development split, in proportion to the entity types.",
    ),
    "columns-dropped": (
        "The other column of 1 file was not written: words and tags only.",
        "The other columns of {} files were not written: words and tags only.",
    ),
    "empty-split-dropped": ("1 empty split was dropped.", "{} empty splits were dropped."),
}
"""Kind of a change to its message for one and for several."""

LEFT: Mapping[str, tuple[str, str]] = {
    "similar-type-names": (
        "1 pair of type names looks like one name.",
        "{} pairs of type names look like one name each.",
    ),
    "tags-unknown": (
        "1 tag is written like no other; its word carries it as a type of its own.",
        "{} tags are written like no others; their words carry them as types of their own.",
    ),
    "entities-across-sentences": (
        "1 entity goes on behind the end of its sentence: joined, it would be over-long.",
        "{} entities go on behind the ends of their sentences: joined, they would be over-long.",
    ),
    "long-sentences": (
        "1 sentence stayed over-long: no sentence ends inside.",
        "{} sentences stayed over-long: no sentence ends inside.",
    ),
    "damaged-characters": (
        "1 line holds bytes that are not UTF-8; they are lost (U+FFFD).",
        "{} lines hold bytes that are not UTF-8; they are lost (U+FFFD).",
    ),
    "no-development-split": (
        "A development split could not be made.",
        "A development split could not be made.",
    ),
    "numbers-without-names": (
        "The tags of 1 file are numbers without names.",
        "The tags of {} files are numbers without names.",
    ),
    "reading-stopped": (
        "1 file could not be read to its end.",
        "{} files could not be read to their ends.",
    ),
}
"""The same for what is left to a person."""

READING: Mapping[str, str] = {
    "ragged-line": "lines-left-out",
    "unclosed-quote": "separators-unified",
    "mixed-separators": "separators-unified",
    "separators-differ": "separators-unified",
    "carriage-return-inside": "lines-cut-at-returns",
    "missing-tag": "words-without-tag-left-out",
    "missing-value": "records-left-out",
    "length-mismatch": "records-left-out",
    "label-of-sentence": "records-left-out",
    "broken-json": "records-left-out",
    "truncated-json": "records-left-out",
    "no-tokens": "records-left-out",
    "no-text": "records-left-out",
    "id-out-of-range": "records-left-out",
    "empty-record": "records-left-out",
    "skipped-record": "records-left-out",
    "repeated-header": "traces-removed",
    "byte-order-mark-inside": "traces-removed",
    "white-space-in-tag": "tags-trimmed",
    "broken-span": "spans-left-out",
    "span-out-of-range": "spans-left-out",
    "overlapping-spans": "spans-left-out",
    "crossing-spans": "spans-left-out",
    "repeated-span": "spans-left-out",
    "empty-span": "spans-left-out",
    "span-inside-word": "words-divided-at-spans",
    "not-utf-8": "encoding-converted",
    "damaged-encoding": "damaged-characters",
    "ids-without-names": "numbers-without-names",
    "reading-stopped": "reading-stopped",
}
"""Kind of a problem that a reader met to the change that reading and writing it makes."""

ONCE_PER_FILE = frozenset({"not-utf-8", "ids-without-names", "reading-stopped"})
"""Problems that concern a whole file, wherever they show."""
