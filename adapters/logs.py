"""The log: an allow-list. What is not named here has no way in.

Our own lines carry an event and enumerated facts. Libraries are heard from WARNING up and say only
where: their words could hold a worker's.
"""

import logging
import sys
from typing import Any, TextIO

import structlog

from bot import ports
from bot.ports import Noted

ALLOWED = frozenset({"kind", "place", "platform", "period", "address"})
LIBRARIES = (
    "aiohttp",
    "aiosqlite",
    "alembic",
    "apscheduler",
    "asyncio",
    "asyncpg",
    "discord",
    "nio",
    "slack_bolt",
    "slack_sdk",
    "sqlalchemy",
)


class AllowListLog(ports.Log):
    def __init__(self, out: TextIO, form: str = "console") -> None:
        render: Any = (
            structlog.processors.JSONRenderer()
            if form == "json"
            else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        )
        stamp = structlog.processors.TimeStamper(fmt="iso")
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[structlog.processors.add_log_level, stamp, render],
        )

    def note(self, event: Noted, **facts: str | int) -> None:
        unknown = facts.keys() - ALLOWED
        if unknown:
            raise ValueError("the log takes only facts from its allow-list")
        say = self._logger.error if event in (Noted.BUG, Noted.PARKED) else self._logger.info
        say(event.value, **facts)


class _PlaceOnly(logging.Handler):
    """What a library warns of becomes its name and place in the code, without its words."""

    def __init__(self, log: ports.Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.note(Noted.WARNED, kind=record.name, place=f"{record.module}:{record.lineno}")


def quiet_libraries(log: ports.Log) -> None:
    """Cap every library's logger at WARNING and let it say only where."""
    root = logging.getLogger()
    root.handlers[:] = [_PlaceOnly(log)]
    root.setLevel(logging.WARNING)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.access").disabled = True


def stderr_log(form: str = "console") -> AllowListLog:
    return AllowListLog(sys.stderr, form)
