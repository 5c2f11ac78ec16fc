"""Tag sets of other tasks than entities: parts of speech and chunks."""

from __future__ import annotations

from diagnostics.measures.tag_pairs import TagPairs
from diagnostics.subjects.dataset import Dataset
from diagnostics.table_layout import CHUNK_TYPES

__all__ = ["CHUNKS", "PARTS_OF_SPEECH", "named_tags"]

PARTS_OF_SPEECH = frozenset(
    (
        *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "CONJ", "DET", "INTJ", "NOUN", "NUM", "PART"),
        *("PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
        *("CC", "CD", "DT", "EX", "FW", "IN", "JJ", "JJR", "JJS", "LS", "MD", "NN", "NNS"),
        *("NNP", "NNPS", "PDT", "POS", "PRP", "PRP$", "RB", "RBR", "RBS", "RP", "TO", "UH"),
        *("VB", "VBD", "VBG", "VBN", "VBP", "VBZ", "WDT", "WP", "WP$", "WRB"),
        *("HYPH", "ADD", "AFX", "GW", "NFP", "XX", "-LRB-", "-RRB-", "-NONE-"),
        *(".", ",", ":", "``", "''", "(", ")", "#", "$", '"'),
    )
)
"""Universal and Penn Treebank tags. Types of entities that are also among them (`X`) are rare."""

CHUNKS = CHUNK_TYPES


def named_tags(dataset: Dataset) -> frozenset[str]:
    """Return the types of chunks, or the tags, that the data set uses; without `O`."""
    pairs = TagPairs.of(dataset).counts.values()
    tags = {tag for counts in pairs for _, tag in counts if tag}
    prefixed = {tag for tag in tags if tag[:2] in ("B-", "I-")}
    if prefixed and tags <= prefixed | {"O"}:
        return frozenset(tag[2:] for tag in prefixed)
    return frozenset(tags)
