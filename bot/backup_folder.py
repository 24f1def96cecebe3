"""The folder that backups lie in: what is there, and what must not be there any more.

A backup of the key store lives seven days, whoever made it and whatever else is set: it opens what
people deleted since. Reads none.
"""

import fcntl
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.starting import CannotStart
from storage.schema import Chain

KEYS_KEPT = timedelta(days=7)  #: how long a backup of the key store lives
AHEAD = timedelta(minutes=10)  #: that the clock of whoever made one may have been before ours
ENDINGS = {Chain.MAIN: "database", Chain.KEYS: "keys"}
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"groundswell-(\d{8}T\d{6}Z)-[0-9a-f]{6}\.(database|keys)")
_HALF = re.compile(r"\.groundswell-.*\.new")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that lies in a folder."""

    file: Path
    at: datetime
    chain: Chain


@dataclass(frozen=True, slots=True)
class Outlived:
    """What is not to lie there any more. ``why``: how a sentence about it goes on."""

    file: Path
    why: str


def ready(folder: Path) -> None:
    """For this user alone. Raises CannotStart."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if wrong := seen(folder):
        raise CannotStart(wrong)


def seen(folder: Path) -> str:
    """What is to be done where others can see when a backup was made, and how large it is; or nothing."""
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return (
            f"Others can read the folder of backups {folder}: run chmod 700 on it, or name another."
        )
    return ""


def stem(now: datetime, drawn: bytes) -> str:
    """How the names of both files of a backup begin; ``drawn``: three bytes."""
    return f"groundswell-{now.astimezone(UTC):{_STAMP}}-{drawn.hex()}"


def found(folder: Path) -> list[Made]:
    """The backups in a folder, by their names, the newest first."""
    every = []
    for file in folder.iterdir():
        if name := _NAME.fullmatch(file.name):
            with suppress(ValueError):  # digits that are no moment: none of ours
                at = datetime.strptime(name[1], _STAMP).replace(tzinfo=UTC)
                chain = next(chain for chain, ending in ENDINGS.items() if ending == name[2])
                every.append(Made(file, at, chain))
    return sorted(every, key=lambda one: (one.at, one.file.name), reverse=True)


def outlived(folder: Path, now: datetime) -> Iterator[Outlived]:
    """Key stores that are too old, or would never be, and what a process left half done that is dead."""
    for one in found(folder):
        if one.chain is Chain.KEYS and now - one.at > KEYS_KEPT:
            yield Outlived(one.file, "is older than seven days")
        elif one.chain is Chain.KEYS and one.at - now > AHEAD:
            yield Outlived(one.file, "is dated in the future")
    for half in folder.iterdir():
        if _HALF.fullmatch(half.name) and _is_nobodys(half):
            yield Outlived(half, "was never finished")


def tidy(folder: Path, now: datetime) -> None:
    """Take that away. Whoever writes there meanwhile is not disturbed."""
    if folder.is_dir():
        for one in list(outlived(folder, now)):
            one.file.unlink(missing_ok=True)


def databases_before(folder: Path, moment: datetime) -> list[Path]:
    return [one.file for one in found(folder) if one.chain is Chain.MAIN and one.at < moment]


def _is_nobodys(half: Path) -> bool:
    """Whoever writes one has it locked, on a disk that machines share, too; a lock dies with them."""
    with suppress(OSError), half.open("r+b") as left:  # to write: else such a disk gives no lock
        fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
