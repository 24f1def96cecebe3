"""SQLite files at today's schema: migrated once per test process, then copied.

Only a shorter way to the same bytes: that migrations make them from nothing is tested in
``tests/contract/test_schema.py``, and every real program in the tests goes that way.
"""

import tempfile
from pathlib import Path

from sqlalchemy import make_url

from storage.engine import open_engine
from storage.schema import Chain, upgrade

_MADE: dict[Chain, bytes] = {}


async def put(url: str, chain: Chain) -> None:
    """A new database of this chain at ``url``."""
    if chain not in _MADE:
        _MADE[chain] = await _made(chain)
    Path(make_url(url).database or "").write_bytes(_MADE[chain])


async def _made(chain: Chain) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made.db"
        engine = open_engine(f"sqlite+aiosqlite:///{file}")
        await upgrade(engine, chain)
        await engine.dispose()  # the last to close it folds the log into the file
        return file.read_bytes()
