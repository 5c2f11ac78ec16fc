"""What search and confirmation of a study that several processes share have in common."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from diagnostics.subjects.run_history import RunEvent
from tuner.search.documents import read_json
from tuner.search.driver import Start
from tuner.search.folder import StudyFolder
from tuner.search.record import read_run
from tuner.search.run_record import RunRecord
from tuner.search.session import Session
from tuner.search.shared.bridge import LOST, SharedBridge
from tuner.search.shared.clock import SharedClock
from tuner.search.shared.records import record_of, study_facts, write_missing
from tuner.search.shared.training import Training

__all__ = ["Together"]

TAKEN_FILES = ("history.jsonl", "dev_counts.json")
TAKEN_FOLDERS = ("checkpoint", "best")


class Together:
    """What search and confirmation of a shared study have in common.

    Args:
        session: This process's work on the study.
        bridge: What all processes share.
    """

    def __init__(self, session: Session, bridge: SharedBridge) -> None:
        self.session = session
        self.bridge = bridge
        self._running: set[str] = set()
        self._lost: dict[str, Path] = {}

    def refresh(self, *, at_most_every: float = 0.0) -> None:
        """Read what the others did into this process's table."""
        shared, session = self.bridge.shared, self.session
        shared.refresh(at_most_every=at_most_every)
        shared.look_around()
        if isinstance(session.clock, SharedClock):
            session.clock.catch_up(shared.longest_elapsed)
        for training in shared.facts.take_changed():
            run = record_of(training, session.folder) if _is_training(training) else None
            if run is not None and training.key not in self._running:
                session.ledger.put(replace(run, reason=run.reason or self._place_of(training)))

    def _place_of(self, training: Training) -> str:
        """Say where a training runs that is none of this process's; its epochs come at its end."""
        shared = self.bridge.shared
        owner = shared.facts.processes.get(training.owner or "")
        if owner is None or owner.name == shared.process.name:
            return ""
        is_here = bool(owner.machine) and owner.machine == shared.process.machine
        return "in another process" if is_here else f"in another process, on {owner.host}"

    def left_over(self, role: str) -> Start | None:
        """Return a training that nobody runs any more, now owned by this process; None without."""
        for training in self.bridge.shared.abandoned():
            if _role(training) == role and (start := self._take(training)) is not None:
                return start
        return None

    def started(self, start: Start) -> Start:
        """Note that this process runs a training."""
        self._running.add(start.run.key)
        return start

    def event_of_loss(self, run: RunRecord) -> RunEvent | None:
        """Return why a training is stopped that another process has taken over, else None."""
        self.refresh(at_most_every=self.bridge.shared.times.poll)
        if self.bridge.shared.is_mine(run.key):
            return None
        return RunEvent(kind="pruned", message=LOST, epoch=float(run.epoch))

    def ended(self, run: RunRecord) -> None:
        """Tell the others how a training ended; drop the result when it is no longer one's own."""
        counts = self.bridge.tell(run)
        self._running.discard(run.key)
        if not counts:
            self.session.update(f"The result of {run.key} is dropped: {LOST}")
            self._lost[run.key] = run.directory
            self._restore(run.key)

    def tidy(self) -> None:
        """Delete the models that lost, once the winner's was delivered.

        Only those in this process's folder; processes that share it take turns. A training that
        another process took over lies where that one put it: what this one left of it goes too.
        """
        copies, ledger = self.session.copies, self.session.ledger
        copies.drop_losers()
        for key, directory in self._lost.items():
            if key in ledger and ledger[key].ended and ledger[key].directory != directory:
                copies.drop_attempt(directory)
        self._lost.clear()

    def give_up_interrupted(self) -> None:
        """Release the trainings that were stopped before their end, so that others may go on."""
        for key in sorted(self._running):
            self.bridge.release(key)
            self.bridge.shared.facts.changed.pop(key, None)  # this process knows more about it
        self._running.clear()
        self.refresh()

    def has_more(self, role: str) -> bool:
        """Whether a training of a role waits for somebody."""
        shared = self.bridge.shared
        if any(_role(training) == role for training in shared.abandoned()):
            return True
        facts = shared.facts
        return role == "search" and facts.begun < self.bridge.limit and not facts.is_exhausted

    def running_elsewhere(self, role: str) -> int:
        """Return how many trainings of a role other processes that live are running."""
        shared = self.bridge.shared
        owners = (one.owner for one in shared.facts.running() if _role(one) == role)
        return sum(owner is not None and not shared.is_dead(owner) for owner in owners)

    def write_missing(self) -> None:
        """Write the folders of trainings that ended elsewhere, so that this record is whole."""
        facts = study_facts(self.session.spec)
        for training in self.bridge.shared.facts.trainings.values():
            run = self.session.ledger.get(training.key)
            if run is not None and training.result is not None:
                write_missing(run, training.result, facts)

    def _restore(self, key: str) -> None:
        run = record_of(self.bridge.shared.facts.trainings[key], self.session.folder)
        if run is not None:
            self.session.ledger.put(run)

    def _take(self, training: Training) -> Start | None:
        before = self.bridge.shared.facts.processes.get(training.last_owner)
        source = None if before is None else record_of(training, StudyFolder(Path(before.folder)))
        epochs = self._epochs_kept(source)
        if self.bridge.bury(training, epochs=epochs):
            self.session.update(f"{training.key} has failed: its process died again")
            return None
        shared, folder = self.bridge.shared, self.session.folder
        is_ours = before is not None and before.folder == shared.process.folder
        is_gone = training.owner is None or shared.is_surely_dead(training.owner)
        home = training.home if is_ours and is_gone else training.attempt + 1
        taken = shared.take_over(training, home=home, epochs=epochs)
        if taken is None:
            return None
        if taken.settings is None:
            asked = self.bridge.settle(taken.number)
            return None if asked is None else Start(run=self._new(taken.key))
        if home != training.home:
            self._bring(source, record_of(taken, folder))
        return self._go_on(self._new(taken.key))

    def _new(self, key: str) -> RunRecord:
        run = record_of(self.bridge.shared.facts.trainings[key], self.session.folder)
        assert run is not None
        return run

    def _go_on(self, run: RunRecord) -> Start | None:
        """Return how to go on; a training that had ended on disk is told and needs no more."""
        known = read_run(run.directory)
        if known is None or not known.ended or known.spec != run.spec:
            return Start(run=run, resume=True)
        self.session.ledger.put(known)
        self.ended(known)
        return None

    def _epochs_kept(self, source: RunRecord | None) -> int:
        """Return how many epochs the folder of whoever ran a training holds; 0 out of reach."""
        if source is None or not _same_study(source.directory.parent.parent, self.session.folder):
            return 0
        known = read_run(source.directory)
        return 0 if known is None or known.spec != source.spec else known.epoch

    def _bring(self, source: RunRecord | None, target: RunRecord | None) -> None:
        """Copy what another process's folder holds of a training, where that can be reached."""
        if source is None or target is None or source.directory == target.directory:
            return
        if not _same_study(source.directory.parent.parent, self.session.folder):
            return
        try:
            target.directory.mkdir(parents=True, exist_ok=True)
            for name in TAKEN_FOLDERS:
                if _is_own(source.directory / name) and (source.directory / name).is_dir():
                    partial = target.directory / f"{name}.deleted"
                    shutil.copytree(source.directory / name, partial, ignore=_foreign)
                    partial.rename(target.directory / name)
            for name in TAKEN_FILES:
                if _is_own(source.directory / name) and (source.directory / name).is_file():
                    shutil.copyfile(source.directory / name, target.directory / name)
        except OSError:  # it starts anew: what lies there is no longer whole, or cannot be read
            shutil.rmtree(target.directory, ignore_errors=True)


def _role(training: Training) -> str:
    return "search" if training.settings is None else str(training.settings.get("role"))


def _is_training(training: Training) -> bool:
    return _role(training) in ("search", "confirm", "again")


def _is_own(path: Path) -> bool:
    """Whether a file is no link: another process's folder is another's, and may lead anywhere."""
    return not path.is_symlink()


def _foreign(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if not _is_own(Path(folder, name))]


def _same_study(folder: Path, own: StudyFolder) -> bool:
    """Whether a folder, or the one above it, holds this study; nothing is copied from others."""
    ours = (read_json(own.description) or {}).get("study_id")
    for path in (folder, folder.parent):
        there = read_json(path / own.description.name)
        if isinstance(there, dict) and ours is not None and there.get("study_id") == ours:
            return True
    return False
