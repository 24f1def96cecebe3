"""Backups of a world that lives, and what lies in them; a recipient whose secret a test holds."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.strongbox import new_pair, unsealed
from adapters.vault import FileVault, read_key_files
from bot import backups, restoring
from bot.restoring import Restored
from bot.settings import Backups, Where
from storage.copying import empty
from storage.engine import open_engine

RECIPIENT, SECRET = new_pair(SystemChance())
KEEP = 30


def heard(what: str, done: int) -> None:
    """Whoever is told how far it is."""


async def backed_up(where: Where, to: Path, now: datetime) -> list[Path]:
    plan = Backups(to, RECIPIENT, KEEP)
    return await backups.make(where, plan, now, SystemChance(), heard)


async def restored(
    where: Where, source: Path, now: datetime, secret: str = SECRET, *, verify: bool = True
) -> Restored:
    return await restoring.restore(where, source, secret, now, SystemChance(), heard, verify=verify)


async def nothing_in(url: str) -> bool:
    """Whether there is at most a schema."""
    engine = open_engine(url)
    try:
        async with engine.connect() as connection:
            return await empty(connection)
    finally:
        await engine.dispose()


def lines(file: Path, keys: Path) -> Iterator[Any]:
    """What a backup says, line by line."""
    ours = FileVault(read_key_files(keys), SystemChance()).for_backups()
    with file.open("rb") as sealed:
        words = b"".join(unsealed(sealed, SECRET, ours))
    yield from map(json.loads, words.splitlines())
