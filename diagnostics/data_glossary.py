"""The terms of labelled data in plain words, each with a small worked example."""

from __future__ import annotations

from diagnostics.glossary import Term

__all__ = ["DATA_TERMS"]

DATA_TERMS: tuple[Term, ...] = (
    Term(
        name="bioes",
        meaning="Tags that also mark the end of an entity: B- begins it, I- stands inside, E- ends "
        "it, S- is an entity of one word. BILOU says L- for E- and U- for S-, BMES says M- for I-. "
        "It is converted to IOB2 before training.",
        example="Alice Brown joined Acme: B-PER E-PER O S-ORG.",
        aliases=("bilou", "bmes", "iobes"),
    ),
    Term(
        name="design-effect",
        meaning="How much less a split tells than as many independent entities would: entities "
        "come in sentences, and those of one sentence are right or wrong together. The number of "
        "entities divided by it is how many independent ones they are worth.",
        example="300 entities with a design effect of 2 tell as much as 150 drawn one by one.",
        aliases=("effective-sample-size",),
    ),
    Term(
        name="drift",
        meaning="The splits were not drawn from the same kind of text: labels are more or less "
        "frequent in one of them than chance explains. A score on the other kind is then no "
        "promise for this one.",
        example="ORG is 40 % of the entities of train and 12 % of those of dev.",
        aliases=("distribution-shift",),
    ),
    Term(
        name="leakage",
        meaning="Sentences that are trained on stand in the development or test split too. The "
        "model knows them by heart, so its score is too good.",
        example="60 of 300 dev sentences stand in train: F1 0.80 may be 1.00 on those 60 and 0.75 "
        "on the rest, (60 x 1.00 + 240 x 0.75) / 300.",
        aliases=("data-leakage", "contamination", "duplicates"),
    ),
    Term(
        name="learning-curve",
        meaning="The score after training on a part of the data, a larger part, and all of it. "
        "Where it still rises at the end, more labelled sentences help.",
        example="F1 0.60 with 250 sentences, 0.68 with 500, 0.72 with 1,000: the next doubling "
        "may bring 0.02.",
    ),
    Term(
        name="near-duplicate",
        meaning="Two sentences that differ in a word or two. They are compared by the share of "
        "their runs of three words that they have in common (Jaccard similarity).",
        example="Of 12 different runs of three words 10 stand in both: 10 / 12 = 0.83, above 0.8.",
        aliases=("near-duplicates", "jaccard", "minhash"),
    ),
    Term(
        name="outside",
        meaning="The tag O of words that belong to no entity. Most words have it, so that a model "
        "which says nothing but O is right most of the time.",
        example="5 % of the words are in entities: always O has accuracy 0.95, and F1 0.",
        aliases=("o", "all-o"),
    ),
    Term(
        name="padding",
        meaning="Sentences of a batch are filled up to the longest of them with positions that "
        "count for nothing but are computed. Batches of sentences of like length need little.",
        example="Lengths 10, 12 and 50 in one batch: 150 positions are computed, 72 are used.",
    ),
    Term(
        name="span",
        meaning="An entity given as the characters at which it begins and ends in a text, in place "
        "of a tag per word. The end is the first character behind it.",
        example='In "Jane left" the span [0, 4, "PER"] is Jane.',
        aliases=("spans", "offsets"),
    ),
    Term(
        name="stratified",
        meaning="Drawn in proportion: each kind of sentence, by the rarest label in it, gives its "
        "share, so that rare labels are in each part.",
        example="10 % of 1,000 sentences, 20 of them with a LAW: 2 with a LAW and 98 others.",
        aliases=("stratified-split", "stratified-sample"),
    ),
    Term(
        name="sub-token",
        meaning="A piece of a word as the model's tokenizer cuts it: frequent words are one piece, "
        "rare ones several. The length of an input is counted in sub-tokens.",
        example="Rindfleisch: R ##ind ##fle ##isch, 4 sub-tokens for 1 word.",
        aliases=("subword", "sub-tokens", "wordpiece", "tokenizer"),
    ),
    Term(
        name="truncation",
        meaning="Inputs that are longer than the maximum length are cut, and the entities behind "
        "the cut are lost: neither trained nor found. Overlapping windows lose none.",
        example="A sentence of 150 sub-tokens at a maximum length of 128: the last 24 are lost, "
        "for 2 of the 128 are special tokens.",
        aliases=("max-length", "max-seq-length", "windows"),
    ),
    Term(
        name="unknown-token",
        meaning="What a tokenizer puts in place of signs that it has never seen. The model learns "
        "nothing about the word.",
        example="A model of English reads a Thai word as [UNK].",
        aliases=("unk",),
    ),
)
