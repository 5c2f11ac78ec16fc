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
        aliases: Other ways to type it.
    """

    name: str
    meaning: str
    example: str
    aliases: tuple[str, ...] = ()


TERMS: tuple[Term, ...] = (
    Term(
        name="accuracy",
        meaning="The share of words that got the right label. Most words are O (no entity), so a "
        "model that finds nothing still scores high: look at F1 first.",
        example="Of 100 words 85 are O. A model that says O everywhere has accuracy 0.85 and F1 0.",
        aliases=("acc",),
    ),
    Term(
        name="batch-size",
        meaning="How many sentences are read before the weights are changed once. Larger batches "
        "make steadier but fewer steps. The effective batch size counts accumulated steps and "
        "all devices.",
        example="208 sentences in batches of 16 make 13 steps per epoch; in batches of 4, 52.",
        aliases=("batch", "effective-batch-size"),
    ),
    Term(
        name="checkpoint",
        meaning="The weights as they were at some step, kept in a folder. The last one is not "
        "always the best: keep the one with the best score on the development split.",
        example="F1 by epoch 0.60, 0.72, 0.66: the checkpoint of epoch 2 is worth 0.06 more than "
        "the last.",
        aliases=("checkpoints",),
    ),
    Term(
        name="development-split",
        meaning="Labelled sentences that are never trained on and that decide between epochs and "
        "settings. The test split decides nothing and is read once, at the very end.",
        example="With 43 entities an F1 of 0.75 is uncertain by about 0.1 and more: a difference "
        "of 0.03 between two settings is no news.",
        aliases=("dev", "dev-set", "dev-split", "development-set", "validation", "eval"),
    ),
    Term(
        name="dropout",
        meaning="Switches off a random share of the neurons in each training step, so that none "
        "is relied on alone. It regularises; evaluation always uses all of them, which is one "
        "reason why the evaluation loss may lie below the training loss.",
        example="Dropout 0.1 on 768 values leaves about 691 of them on in each step.",
    ),
    Term(
        name="early-stopping",
        meaning="Ending a run when its score has not improved for so many evaluations (the "
        "patience).",
        example="Patience 3, F1 by epoch 0.60, 0.72, 0.71, 0.70, 0.70: the run ends after epoch "
        "5, and epoch 2 is kept.",
        aliases=("patience",),
    ),
    Term(
        name="epoch",
        meaning="One pass over all training sentences.",
        example="208 sentences, batch size 16, 20 epochs: 20 x 13 = 260 optimizer steps.",
        aliases=("epochs", "num-train-epochs"),
    ),
    Term(
        name="f1",
        meaning="The harmonic mean of precision and recall: high only when both are. An entity "
        "counts as found only if its type and both of its ends are right.",
        example="Precision 0.80 and recall 0.60: F1 = 2 x 0.80 x 0.60 / (0.80 + 0.60) = 0.69.",
        aliases=("f-score", "f1-score", "f-measure"),
    ),
    Term(
        name="gradient-norm",
        meaning="How strongly the loss of one batch pulls at the weights. Clipping scales what is "
        "longer than max_grad_norm (1.0 in the Trainer) back to that length. Always 0: nothing is "
        "trained. Infinite or NaN: the step is lost, and with it perhaps the model.",
        example="A gradient of norm 4 is clipped at 1.0: each of its parts is divided by 4.",
        aliases=("grad-norm", "gradient", "max-grad-norm", "gradient-clipping"),
    ),
    Term(
        name="iob2",
        meaning="The usual labels of entities: B- for the first word of an entity, I- for each "
        "further word of it, O for all others. Metrics of entities can read no other names; in "
        "IOB1, B- stands only where two entities of one type touch.",
        example="Alice Brown joined Acme: B-PER I-PER O B-ORG. Two entities, three entity words.",
        aliases=("bio", "iob", "iob1", "labels", "tags"),
    ),
    Term(
        name="label-smoothing",
        meaning="Asks the model for a little less certainty: a small share of the probability is "
        "spread over all labels. The loss can no longer reach 0.",
        example="Smoothing 0.1 with 9 labels wants 0.9 + 0.1 / 9 = 0.911 for the right one.",
    ),
    Term(
        name="learning-rate",
        meaning="How far the weights move in one step. Too high: the training overshoots and the "
        "loss climbs. Too low: it still falls when the run ends. Encoders are usually "
        "fine-tuned at 2e-5 to 5e-5, small ones at 1e-4 to 3e-4.",
        example="2e-5 is 0.00002. At 1e-2, 500 times that, a pretrained encoder forgets its "
        "language within one epoch.",
        aliases=("lr",),
    ),
    Term(
        name="loss",
        meaning="How surprised the model is by the right labels (cross-entropy): 0 is certain and "
        "right. The training loss should fall. The evaluation loss may rise while F1 holds: then "
        "the model grows overconfident, not worse.",
        example="Guessing evenly among 9 labels costs ln 9 = 2.20; giving the right label a "
        "probability of 0.9 costs -ln 0.9 = 0.11.",
        aliases=("train-loss", "eval-loss", "training-loss", "validation-loss"),
    ),
    Term(
        name="nan",
        meaning="Not a number: the result of a calculation that overflowed, such as infinity "
        "minus infinity. One NaN in a gradient makes every weight NaN for good.",
        example="In fp16 the largest number is 65,504: 300 x 300 = 90,000 is already infinite.",
        aliases=("inf", "non-finite"),
    ),
    Term(
        name="overfitting",
        meaning="The score on unseen data falls while the training goes on: the model learns its "
        "sentences by heart. A rising evaluation loss alone is not overfitting.",
        example="F1 by epoch 0.60, 0.72, 0.70, 0.66, 0.63: keep epoch 2.",
        aliases=("overfit",),
    ),
    Term(
        name="p-value",
        meaning="How often chance alone would show at least as clear a trend. Below 0.05 is "
        "called significant. With fewer than four evaluations no order of them is surprising "
        "enough.",
        example="5 scores can come in 120 orders. Only one rises all the way: p = 1 / 120 = 0.008.",
        aliases=("p", "significance"),
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
        name="schedule",
        meaning="The course of the learning rate: after the warm-up it usually falls in a straight "
        "line to 0 at the last step (linear), or along half a cosine.",
        example="Linear from 2e-5 over 260 steps: 1e-5 at step 130, 0 at step 260.",
        aliases=("scheduler", "lr-scheduler-type", "decay"),
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
        aliases=("steps", "max-steps", "optimizer-step"),
    ),
    Term(
        name="warm-up",
        meaning="The first steps, in which the learning rate rises from 0, so that the random new "
        "head does not tear the pretrained weights apart.",
        example="A warm-up ratio of 0.1 over 260 steps: full learning rate from step 26 on.",
        aliases=("warmup", "warmup-ratio", "warmup-steps"),
    ),
    Term(
        name="weight-decay",
        meaning="Draws every weight a little towards 0 in each step, in proportion to the learning "
        "rate. It regularises: what the data do not ask for fades.",
        example="Decay 0.01 at learning rate 2e-5 takes 2e-7 of each weight per step; 260 steps "
        "take 0.005 %.",
    ),
)
