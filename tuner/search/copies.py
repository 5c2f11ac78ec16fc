"""Which models stay on disk: at most three at any time, and never the loser's.

While a search runs there are the best model so far (in the folder of its training), the best epoch
of the running training and its checkpoint. When a training ends, its checkpoint goes at once, and
of the two models the one that leads stays. At the end of a session the leading model is moved to
`best/` of the study; a small file in it names the training that it belongs to, so that the next
session can move it back.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tuner.errors import StudyError
from tuner.kept_epoch import keep_margin, settled_epochs
from tuner.search.artifacts.copies_elsewhere import CopiesElsewhere, open_copies
from tuner.search.documents import guard_writing, read_json, remove_tree, write_json
from tuner.search.folder import StudyFolder
from tuner.search.ledger import Ledger
from tuner.search.run_record import Role, RunRecord
from tuner.study import StudySpec
from tuner.trial import TrialState

__all__ = ["ModelCopies"]

MODEL, CHECKPOINT, OWNER = "best", "checkpoint", "tuner_run.json"


class ModelCopies:
    """Keeps the models of a study in order.

    Args:
        folder: The study's folder.
        ledger: Its trainings.
        elsewhere: Copies of them in another place; None where there is none.
    """

    def __init__(
        self, folder: StudyFolder, ledger: Ledger, elsewhere: CopiesElsewhere | None = None
    ) -> None:
        self._folder = folder
        self._ledger = ledger
        self._elsewhere = elsewhere
        self._unclean: set[str] = set()

    @contextlib.contextmanager
    def kept_elsewhere(
        self, spec: StudySpec, warn: Callable[[str], object], *, resumable: bool
    ) -> Iterator[None]:
        """Keep copies in the place that the study's options name, for the time of the block.

        Args:
            spec: The study.
            warn: Told about each copy that could not be sent or fetched.
            resumable: Whether another machine may take up trainings of this one.

        Raises:
            UsageError: Nothing can be kept there.
        """
        self._elsewhere = open_copies(spec, self._folder.path, warn, resumable=resumable)
        try:
            yield
        finally:
            if self._elsewhere is not None:
                self._elsewhere.close()
                self._elsewhere = None

    @property
    def are_elsewhere(self) -> bool:
        """Whether copies are kept in another place."""
        return self._elsewhere is not None

    def keep_above(self, run: RunRecord) -> float | None:
        """Return the F1 from which a training's model is worth saving; None means always.

        A trial must reach the best trial so far, the re-run of a contender the best seed of that
        contender. To reach it is enough: among equals the faster one may win. Trainings are
        compared by a mean over some epochs, and the one whose weights are kept may lie below it,
        though not by more than epochs that count as equal differ.
        """
        if run.role == "again":
            return None
        best = self._ledger.best_level(run.number if run.role == "confirm" else None)
        if best is None:
            return None
        entities = self._ledger.development_entities() or 0
        below = keep_margin(entities) if settled_epochs(run.spec) > 1 else 0.0
        return math.nextafter(best - below, -math.inf)

    def tidy(self) -> None:
        """Delete what no longer counts: checkpoints of ended trainings and models of losers.

        A folder is looked at until it holds neither; after that nothing is put there.
        """
        self._unclean.update(self._ledger.take_changed())
        runs = [self._ledger[key] for key in sorted(self._unclean)]
        ended = [run for run in runs if run.ended]
        kept = self._kept(ended)
        for run in ended:
            self._remove(run.directory / CHECKPOINT)
            if run.key != kept:
                self._remove(run.directory / MODEL)
                self._unclean.discard(run.key)
        if self._elsewhere is not None:
            self._elsewhere.tidy(ended, kept)

    def epoch_ended(self, run: RunRecord) -> None:
        """Send the checkpoint of a training elsewhere. Called while it waits for its verdict."""
        self._unclean.add(run.key)
        if self._elsewhere is not None:
            self._elsewhere.keep_checkpoint(run)

    def make_ready(self, run: RunRecord) -> None:
        """Fetch the checkpoint of a training that is taken up again, where it is not here.

        Raises:
            StudyError: The disk is full.
        """
        if self._elsewhere is not None and not (run.directory / CHECKPOINT).is_dir():
            self._elsewhere.fetch_checkpoint(run)

    def fetch_model(self, run: RunRecord) -> bool:
        """Fetch the model of a training that another machine trained; False when it is nowhere.

        Raises:
            StudyError: The disk is full.
        """
        self._unclean.add(run.key)
        return self._elsewhere is not None and self._elsewhere.fetch_model(run)

    def finish(self, best: Path | None, *, with_summary: bool = True) -> None:
        """Send the delivered model, with its card, and wait until everything is sent.

        Args:
            best: The model; None where there is none, or another process sends it.
            with_summary: Whether this process sends the summary.
        """
        if self._elsewhere is not None:
            owner = self._ledger.get(self.owner() or "")
            summary = self._folder.summary if with_summary else None
            self._elsewhere.finish(best, owner, summary)

    def drop_losers(self) -> None:
        """Delete what is left of ended trainings that do not lead, once a model was delivered."""
        self.tidy()
        leading = self._ledger.leading()
        for run in [self._ledger[key] for key in sorted(self._unclean)]:
            if run.ended and (leading is None or not run.same_training(leading)):
                self._remove(run.directory / MODEL)

    def drop_attempt(self, directory: Path) -> None:
        """Delete the weights in the folder of a training that another process took over."""
        self._remove(directory / CHECKPOINT)
        self._remove(directory / MODEL)

    def drop_waiting(self, role: Role) -> None:
        """Delete the models of interrupted trainings of other roles than the one that works now.

        They wait for another session, if for any, and would be a fourth model until then. Taken
        up again without a checkpoint, they start anew.
        """
        for run in self._ledger.open:
            if run.state is TrialState.INTERRUPTED and run.role != role:
                self._remove(run.directory / CHECKPOINT)
                self._remove(run.directory / MODEL)

    def owner(self) -> str | None:
        """Return the key of the training whose model lies in the study's `best/`, or None."""
        owner = read_json(self._folder.best / OWNER)
        return str(owner["key"]) if isinstance(owner, dict) and "key" in owner else None

    def publish(self, run: RunRecord, owner: RunRecord) -> Path | None:
        """Move a model to the study's `best/`; None when it is on disk nowhere.

        Args:
            run: The training whose folder holds the model.
            owner: The training that it belongs to: `run` itself, or the one that `run` repeated.
        """
        model = run.directory / MODEL
        if not model.is_dir():
            return self._folder.best if self.owner() == owner.key else None
        write_json(model / OWNER, {"key": owner.key, "epoch": run.best and run.best.epoch})
        self._remove(self._folder.best)
        with guard_writing(self._folder.best):
            model.rename(self._folder.best)
        return self._folder.best

    def take_back(self) -> None:
        """Move the model in the study's `best/` back to its training, for the search to go on."""
        key = self.owner()
        if key is None or key not in self._ledger:
            return
        home = self._ledger[key].directory / MODEL
        self._unclean.add(key)
        if not home.exists():
            with guard_writing(home):
                self._folder.best.rename(home)

    def _remove(self, folder: Path) -> None:
        """Delete a folder; a process that works in the same study may be doing so too."""
        try:
            remove_tree(folder, within=self._folder.path)
        except (StudyError, FileNotFoundError):
            if os.path.lexists(folder):
                raise

    def _kept(self, ended: list[RunRecord]) -> str | None:
        """Return the one model to keep: the leading one, else the best of those on disk."""
        leading = self._ledger.leading()
        on_disk = [
            run
            for run in ended
            if run.state is TrialState.FINISHED and (run.directory / MODEL).is_dir()
        ]
        best = max(
            on_disk,
            key=lambda run: (leading is not None and run.same_training(leading), run.score or 0.0),
            default=None,
        )
        return None if best is None else best.key
