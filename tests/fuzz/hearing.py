"""What is heard while the program is fed: what ``guarded`` caught as a bug, what nobody caught, and every
line of the log, its own and the libraries'. Nothing of it is passed on.
"""

import asyncio
import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.logs import AllowListLog, quiet_libraries
from bot import ports
from bot.ports import Noted

#: Stands in what people write; the log must never hold it.
MARK = "zebraquartz"


@dataclass
class Ear(ports.Log):
    """``faults``: (what, where) since they were last taken."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    _lines: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self._log = AllowListLog(self._lines, "json")

    def note(self, event: Noted, **facts: str | int) -> None:
        if event is Noted.BUG:
            self.faults.append((str(facts.get("kind")), str(facts.get("place"))))
        self._log.note(event, **facts)

    def caught(self, what: BaseException) -> None:
        """Something came out of where it went in."""
        self.faults.append((type(what).__name__, place(what)))

    def unheard(self, _: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        """As an event loop tells of what nobody awaited."""
        what = told.get("exception")
        self.faults.append((type(what).__name__, place(what) if what else str(told["message"])))

    def taken(self) -> list[tuple[str, str]]:
        """All that was wrong since this was last asked, a person's words in the log among it."""
        lines = self._lines.getvalue()
        if MARK in lines.casefold():
            self.faults.append(("Written", "the log"))
        self._lines.seek(0)
        self._lines.truncate()
        faults, self.faults = self.faults, []
        return faults


def place(what: BaseException) -> str:
    trace = what.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "nowhere"
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}"


@contextmanager
def all_ears(ear: Ear) -> Iterator[None]:
    """Libraries' loggers, as the program has them, speak to ``ear``; so does what Python cannot raise."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.unraisablehook

    def unraisable(told: Any) -> None:
        if told.exc_value is not None:
            ear.caught(told.exc_value)

    quiet_libraries(ear)
    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        root.handlers[:], sys.unraisablehook = handlers, hook
        root.setLevel(level)
