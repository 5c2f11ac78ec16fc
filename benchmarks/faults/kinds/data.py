"""Faults of the data: labels, their numbers, their places, and the splits."""

from __future__ import annotations

from benchmarks.faults import changes
from benchmarks.faults.setup import CONFIGURATION, Kind, Setup

__all__ = ["KINDS"]

_LABELS_BY_HAND = frozenset({"id2label", "num_labels", "label_shift", "label_pad_token_id"})

KINDS = (
    Kind(
        name="half-unlabelled",
        does="half of the entities of the training sentences unlabelled",
        setup=Setup(change=changes.entities_dropped),
        causes=frozenset({"entities-left-unlabelled", "precision-far-above-recall"}),
        fixes=frozenset({"train_entities", "train_sentences"}),
        predictions=True,
    ),
    Kind(
        name="wrong-types",
        does="30 % of the entities of the training sentences of another type",
        setup=Setup(change=changes.wrong_types),
        causes=frozenset({"memorised", "underfits"}),
        fixes=frozenset({"train_entities", "train_sentences"}),
    ),
    Kind(
        name="labels-shifted",
        does="tags of the training sentences one word too far right",
        setup=Setup(change=changes.shifted),
        causes=frozenset({"token-label-shift"}),
        fixes=_LABELS_BY_HAND,
        predictions=True,
    ),
    Kind(
        name="dev-types-turned",
        does="types of the development split under each other's names",
        setup=Setup(change=changes.types_turned),
        causes=frozenset({"label-map-mismatch"}),
        fixes=_LABELS_BY_HAND,
        predictions=True,
    ),
    Kind(
        name="dev-labels-renumbered",
        does="labels of the development split numbered by another list",
        setup=Setup(dev_labels=changes.other_order),
        causes=frozenset({"label-map-mismatch"}),
        fixes=_LABELS_BY_HAND,
        predictions=True,
    ),
    Kind(
        name="no-prefixes",
        does="types as labels, without B- and I-",
        setup=Setup(change=changes.bare_types),
        causes=frozenset({"labels-are-not-chunks"}),
        fixes=_LABELS_BY_HAND | {"tag_scheme", "compute_metrics"},
        evidence=CONFIGURATION,
    ),
    Kind(
        name="iob1-scored-strictly",
        does="IOB1 tags, scored in the strict mode for IOB2",
        setup=Setup(change=changes.iob1, strict=True),
        causes=frozenset({"scheme-mismatch"}),
        fixes=frozenset({"tag_scheme", "compute_metrics"}),
        predictions=True,
    ),
    Kind(
        name="all-pieces-labelled",
        does="every sub-token of a word labelled and scored",
        setup=Setup(all_pieces=True, per_type=True),
        causes=frozenset({"metric-suspect"}),
        fixes=_LABELS_BY_HAND,
    ),
    Kind(
        name="padding-labelled",
        does="padding labelled O, trained on and scored",
        setup=Setup(pad_label=0),
        causes=frozenset({"metric-suspect", "recall-far-above-precision"}),
        fixes=_LABELS_BY_HAND,
    ),
    Kind(
        name="cut-to-12",
        does="sentences cut to 12 sub-tokens",
        setup=Setup(max_length=12, per_type=True),
        causes=frozenset({"metric-suspect", "illogical-hyperparameter", "unusual-hyperparameter"}),
        fixes=frozenset({"max_length", "max_seq_length"}),
    ),
    Kind(
        name="dev-from-train",
        does="development sentences that are trained on",
        setup=Setup(change=changes.dev_from_train),
        causes=frozenset({"metric-suspect"}),
        fixes=frozenset({"deduplicate_splits"}),
        evidence=CONFIGURATION,
    ),
    Kind(
        name="type-missing-in-train",
        does="one type unlabelled in the training sentences",
        setup=Setup(change=changes.type_left_out, per_type=True),
        causes=frozenset({"type-collapse", "label-map-mismatch"}),
        fixes=frozenset({"train_entities"}),
    ),
)
