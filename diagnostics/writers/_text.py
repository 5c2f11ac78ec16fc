"""What writers of text files share: how a file is opened, and how a word is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from diagnostics.errors import DataError
from diagnostics.subjects.labelled_data import Sentence

__all__ = ["refuse_loose_tags", "refused", "write_lines", "writing"]


@contextmanager
def writing(path: Path) -> Iterator[TextIO]:
    """Open a new file as UTF-8 with line feeds.

    Raises:
        DataError: It cannot be written, or a word holds half of a character.
    """
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            yield file
    except UnicodeEncodeError as error:
        raise DataError(
            f"A word holds a character that UTF-8 cannot hold ({error.object[:40]!a}).",
            "It is half of a character: mend the word in the original.",
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}.") from error


def write_lines(
    sentences: Iterable[Sentence], path: Path, line: Callable[[Sentence], str], head: str = ""
) -> None:
    """Write one line per sentence.

    Raises:
        DataError: A sentence cannot be written.
    """
    with writing(path) as file:
        if head:
            file.write(f"{head}\n")
        for sentence in sentences:
            file.write(f"{line(sentence)}\n")


def refused(sentence: Sentence, word: int, what: str, title: str) -> DataError:
    """Return the error for a word or tag that a format cannot hold."""
    line = sentence.line_of(word)
    place = f" (line {line} of the original)" if line else ""
    return DataError(
        f"The word {sentence.tokens[word][:40]!r} with the tag {sentence.tags[word][:40]!r}"
        f"{place} {what}, which {title} cannot hold.",
        "Choose another format, such as json-tokens, or mend the data with `--fix OUT`.",
    )


def refuse_loose_tags(sentence: Sentence, title: str) -> None:
    """Refuse tags that are empty or have white space at an edge: readers cut it off.

    Raises:
        DataError: There is such a tag.
    """
    for word, tag in enumerate(sentence.tags):
        if not tag or tag != tag.strip():
            raise refused(sentence, word, "has an empty tag or white space at its edge", title)
