"""What is asked at every command is asked of the driver itself: a statement that was compiled once, and
what is put into it. SQLAlchemy would cost more around it than most statements do.

Only over a connection that can say so, ``Direct``; over any other it goes by SQLAlchemy as always.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection


class Direct(AsyncConnection):
    """One over which the driver itself can be asked. ``spreads``: a list is as many values to it."""

    spreads = False

    async def say(self, words: str, values: Sequence[Any], *, reads: bool) -> Sequence[Any]:
        """The rows of a statement, which only ``reads`` or does more."""
        raise NotImplementedError  # SQLAlchemy's connection is no abstract class


class _Compiled:
    """A statement as the driver takes it, for lists of these lengths where they are spread."""

    __slots__ = ("_convert", "_names", "_spread", "_values", "reads", "words")

    def __init__(self, statement: Any, dialect: Any, given: Mapping[str, Any]) -> None:
        compiled = statement.compile(dialect=dialect)
        state = compiled.construct_expanded_state({**compiled.params, **given})
        self.words, self._values = state.statement, compiled.params
        self._names = state.positiontup
        self._convert = {**compiled._bind_processors, **state.processors}
        self._spread = state.parameter_expansion
        self.reads = isinstance(statement, Select)

    def values(self, given: Mapping[str, Any]) -> list[Any]:
        found, convert = {**self._values, **given}, self._convert
        for name, places in self._spread.items():
            found.update(zip(places, given[name], strict=True))
        return [convert[n](found[n]) if n in convert else found[n] for n in self._names]


_COMPILED: dict[Any, _Compiled] = {}


async def ask(
    connection: AsyncConnection, statement: Any, given: Mapping[str, Any]
) -> Sequence[Any]:
    """The rows of a statement that is built once and asked often: their columns by place, as the
    database tells them."""
    if not isinstance(connection, Direct):
        found = await connection.execute(statement, given)
        return found.all() if found.returns_rows else ()
    engine = connection.sync_engine
    lengths = (
        [len(one) for one in given.values() if type(one) is list] if connection.spreads else ()
    )
    key = (statement, engine.dialect.name, *lengths)
    known = _COMPILED.get(key)
    if known is None:
        known = _COMPILED[key] = _Compiled(statement, engine.dialect, given)
    values = known.values(given)
    if engine._has_events:  # whoever listens to SQLAlchemy hears this, too
        for hears in engine.dispatch.before_cursor_execute:
            hears(connection.sync_connection, None, known.words, tuple(values), None, False)
    return await connection.say(known.words, values, reads=known.reads)


async def ask_one(connection: AsyncConnection, statement: Any, given: Mapping[str, Any]) -> Any:
    """The first column of its first row; None where there is none."""
    rows = await ask(connection, statement, given)
    return rows[0][0] if rows else None
