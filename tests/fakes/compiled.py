"""Statements of SQLite compiled once per test process, not once per world.

SQLAlchemy keeps what it has compiled with each engine, and a program has two; a test process opens
thousands, and would compile the same few hundred statements for each. Only the text and its
parameters' places are shared; nothing that was ever in a database is.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

import storage.engine


class _Shared(LRUCache[Any, Any]):
    """By the statement alone: the dialect, first in SQLAlchemy's key, is another object for each
    engine and of the same kind for all that are handed this."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_SHARED = _Shared(5_000)


def once() -> None:
    """From here on, in this process."""
    create = storage.engine.create_async_engine

    def created(url: str, **how: Any) -> AsyncEngine:
        engine = create(url, **how)
        if engine.dialect.name == "sqlite":
            engine.sync_engine._compiled_cache = _SHARED
        return engine

    storage.engine.create_async_engine = created
