"""The seeded community's two databases: founded once per test process, then copied.

Only a shorter way to the same bytes, as ``migrated`` is: a world on the copy has drawn as much
chance, and reads of its community what a program reads after a restart. Worlds that are not the
plain one found theirs anew.
"""

import tempfile
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from sqlalchemy import make_url

from bot.settings import Where, at

Make = Callable[[Where], AbstractAsyncContextManager[int]]
_MADE: list[tuple[bytes, bytes, int]] = []


async def put(where: Where, make: Make) -> int:
    """Both databases at ``where``, whose key files are the plain world's; and how much chance had
    been drawn when the community was there. ``make`` founds it in a world and tells that."""
    if not _MADE:
        with tempfile.TemporaryDirectory() as folder:
            first = at(Path(folder) / "data", Path(folder) / "keys")
            async with make(first) as drawn:
                pass  # the last to close them folds their logs into the files
            _MADE.append((*(_file(url).read_bytes() for url in _urls(first)), drawn))
    *files, drawn = _MADE[0]
    for url, content in zip(_urls(where), files, strict=True):
        _file(url).write_bytes(content)
    return drawn


def _urls(where: Where) -> tuple[str, str]:
    return where.database, where.key_store


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")
