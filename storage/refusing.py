"""Where a database cannot keep anything just now: full, away, or out of reach."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from bot.domain.errors import CannotSave

#: PostgreSQL's classes of error (its appendix A) in which it cannot keep anything just now: no
#: connection, no room or memory, shutting down or starting, a failing disk.
_CANNOT_SAVE = frozenset({"08", "53", "57", "58"})


def cannot_save(problem: BaseException) -> bool:
    """Said by SQLAlchemy, perhaps of what asyncpg said, or by a driver itself, where that was ever loaded."""
    asyncpg: Any = sys.modules.get("asyncpg")
    of_asyncpg = getattr(getattr(problem, "orig", None), "__cause__", problem)
    if asyncpg and isinstance(
        of_asyncpg,
        asyncpg.InterfaceError  # such as a connection that is closed
        | asyncpg.InternalClientError,  # one that was cut, and does not know it yet
    ):
        return True
    if isinstance(problem, OperationalError | InterfaceError | OSError | TimeoutError):
        return True
    if isinstance(problem, sqlite3.OperationalError | sqlite3.InterfaceError):
        return True
    if getattr(problem, "connection_invalidated", False):
        return True
    told = getattr(problem, "orig", problem)
    return str(getattr(told, "sqlstate", None))[:2] in _CANNOT_SAVE


@contextmanager
def refusing() -> Iterator[None]:
    """Raises CannotSave where that is so. Other errors go on as they are."""
    try:
        yield
    except Exception as problem:
        if cannot_save(problem):
            raise CannotSave from problem
        raise
