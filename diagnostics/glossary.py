"""The terms of a training log in plain words, each with a small worked example."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TERMS", "Term"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term and what it means.

    Attributes:
        name: As it is typed, in kebab-case.
        meaning: A few plain sentences.
        example: A worked example with numbers.
    """

    name: str
    meaning: str
    example: str


TERMS: tuple[Term, ...] = (
    Term(
        name="accuracy",
        meaning="The share of words that got the right label. Most words are O (no entity), so a "
        "model that finds nothing still scores high: look at F1 first.",
        example="Of 100 words 85 are O. A model that says O everywhere has accuracy 0.85 and F1 0.",
    ),
    Term(
        name="batch-size",
        meaning="How many sentences are read before the weights are changed once. Larger batches "
        "make steadier but fewer steps. The effective batch size counts accumulated steps and "
        "all devices.",
        example="208 sentences in batches of 16 make 13 steps per epoch; in batches of 4, 52.",
    ),
    Term(
        name="epoch",
        meaning="One pass over all training sentences.",
        example="208 sentences, batch size 16, 20 epochs: 20 x 13 = 260 optimizer steps.",
    ),
    Term(
        name="f1",
        meaning="The harmonic mean of precision and recall: high only when both are. An entity "
        "counts as found only if its type and both of its ends are right.",
        example="Precision 0.80 and recall 0.60: F1 = 2 x 0.80 x 0.60 / (0.80 + 0.60) = 0.69.",
    ),
    Term(
        name="learning-rate",
        meaning="How far the weights move in one step. Too high: the training overshoots and the "
        "loss climbs. Too low: it still falls when the run ends. Encoders are usually "
        "fine-tuned at 2e-5 to 5e-5, small ones at 1e-4 to 3e-4.",
        example="2e-5 is 0.00002. At 1e-2, 500 times that, a pretrained encoder forgets its "
        "language within one epoch.",
    ),
    Term(
        name="loss",
        meaning="How surprised the model is by the right labels (cross-entropy): 0 is certain and "
        "right. The training loss should fall. The evaluation loss may rise while F1 holds: then "
        "the model grows overconfident, not worse.",
        example="Guessing evenly among 9 labels costs ln 9 = 2.20; giving the right label a "
        "probability of 0.9 costs -ln 0.9 = 0.11.",
    ),
    Term(
        name="overfitting",
        meaning="The score on unseen data falls while the training goes on: the model learns its "
        "sentences by heart. A rising evaluation loss alone is not overfitting.",
        example="F1 by epoch 0.60, 0.72, 0.70, 0.66, 0.63: keep epoch 2.",
    ),
    Term(
        name="precision",
        meaning="Of the entities that the model marked, the share that is right.",
        example="It marked 50 entities, 40 are right: precision 40 / 50 = 0.80.",
    ),
    Term(
        name="recall",
        meaning="Of the entities that are there, the share that the model found.",
        example="There are 80 entities, 40 were found: recall 40 / 80 = 0.50.",
    ),
    Term(
        name="seed",
        meaning="The number that decides all chance in a training: the new head's weights, the "
        "order of sentences, dropout. Settings are better only if they win over several seeds.",
        example="The same settings with three seeds: F1 0.73, 0.69, 0.76. A single 0.75 elsewhere "
        "proves nothing.",
    ),
    Term(
        name="step",
        meaning="One change of the weights, after one batch. A classification head that starts at "
        "random usually needs a few hundred.",
        example="3 epochs of 13 steps are 39 steps: most token classifiers still say O everywhere.",
    ),
    Term(
        name="warm-up",
        meaning="The first steps, in which the learning rate rises from 0, so that the random new "
        "head does not tear the pretrained weights apart.",
        example="A warm-up ratio of 0.1 over 260 steps: full learning rate from step 26 on.",
    ),
)
