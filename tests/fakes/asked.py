"""What databases are asked, with all that is put into the statements: their servers could keep it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


@contextmanager
def asked() -> Iterator[list[tuple[str, list[Any]]]]:
    """Every statement and its parameters, in a row, for as long as the block lasts."""
    heard: list[tuple[str, list[Any]]] = []

    def hear(_c: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        heard.append((statement, list(_values(given))))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def _values(given: Any) -> Iterator[Any]:
    """Of one row or of many."""
    for one in given:
        if isinstance(one, tuple):
            yield from _values(one)
        else:
            yield bytes(one) if isinstance(one, memoryview) else one
