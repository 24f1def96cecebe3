"""A row that is kept unless it is there already, in the dialect of either database."""

from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


def insert_or_nothing(connection: AsyncConnection, table: Any, *unique: str) -> Any:
    """INSERT ... ON CONFLICT DO NOTHING, in the dialect of the connection.

    ``unique`` names the columns whose conflict is expected; without it, any conflict is.
    """
    return _or_nothing(connection.dialect.name, table, unique)


@cache
def _or_nothing(name: str, table: Any, unique: tuple[str, ...]) -> Any:
    dialect = postgresql if name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing(index_elements=unique or None)
