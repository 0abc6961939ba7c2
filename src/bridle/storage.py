"""Writing files all or none: beside their places, synced, then renamed.

A failure, a full disk or Ctrl-C leaves either the old files or the new ones, never halves, and no folder
that was not there before.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bridle.checks import problem
from bridle.errors import OutputError


def check_apart(place: Path, *inputs: Path) -> None:
    """Check that a file that is to be written is none of those that were read for it.

    Raises
    ------
    OutputError
        If it is one of them, by whatever name.
    """
    if place.exists() and any(one.exists() and place.samefile(one) for one in inputs):
        hint = "Name another: no input is written over."
        raise OutputError(problem("output", "file", "another than what is read", str(place), hint))


def write(folder: Path, files: Mapping[str, bytes | Callable[[Path], None]]) -> None:
    """Write files into a folder, all or none: beside their places, synced, then renamed.

    A file is its bytes, or a function that writes it where it is told to, which spares a copy of a large one.
    """
    beside: list[tuple[Path, Path]] = []
    made: list[Path] = []
    with refusing(folder):
        try:
            for name, content in files.items():
                place = folder / name
                made += make(place.parent)
                if place.is_dir():
                    hint = "A folder has this name. Name another."
                    raise OutputError(problem("output", "file", "no folder", str(place), hint))
                beside.append((_beside(place, content), place))
            while beside:
                temporary, place = beside[0]
                os.replace(temporary, place)
                beside.pop(0)
        except BaseException:  # Ctrl-C too must not leave halves
            for temporary, _ in beside:
                temporary.unlink(missing_ok=True)
            unmake(made)
            raise
        for parent in {(folder / name).parent for name in files}:
            _sync_folder(parent)


def _beside(place: Path, content: bytes | Callable[[Path], None]) -> Path:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
        if not isinstance(content, bytes):
            content(Path(name))  # which may put another file in the place of the empty one
        with open(name, "rb") as file:
            os.fsync(file.fileno())
        # mkstemp's files are for their owner alone; results are as readable as any other new file.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def make(folder: Path) -> list[Path]:
    """Make a folder and its missing parents, and return those made, the outermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()][::-1]
    made: list[Path] = []
    try:
        for one in missing:
            one.mkdir(exist_ok=True)
            made.append(one)
        if not folder.is_dir():
            raise NotADirectoryError("a file of this name exists")
    except BaseException:
        unmake(made)
        raise
    return made


def unmake(folders: list[Path]) -> None:
    """Remove folders that :func:`make` made, the innermost first, as far as they are empty."""
    for folder in reversed(folders):
        try:
            folder.rmdir()
        except OSError:  # something else has come to lie in it: it stays
            return


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def refusing(folder: Path) -> Iterator[None]:
    """Turn what the system says of a folder into one :class:`~bridle.errors.OutputError`."""
    try:
        yield
    except OutputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = f"The system says: {reason}. Name another."
        raise OutputError(
            problem("output", "folder", "a folder that can be written", str(folder), hint)
        ) from error
