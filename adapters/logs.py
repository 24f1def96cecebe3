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
    "sqlalchemy",
)


#: Warn of what a worker sent, when they did: a line of their own, whatever it says.
SILENT = ("discord", "nio", "slack_bolt", "slack_sdk")

_SEVERITY = {
    Noted.BUG: "error",
    Noted.PARKED: "error",
    Noted.WARNED: "warning",
    Noted.UNDELIVERED: "warning",
}
_LEVELS = ("info", "warning", "error")


class AllowListLog(ports.Log):
    """Writes to ``out`` what is at least as grave as ``level``, as text or as JSON lines."""

    def __init__(self, out: TextIO, form: str = "console", level: str = "info") -> None:
        render: Any = (
            structlog.processors.JSONRenderer()
            if form == "json"
            else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
        )
        # To the minute: a finer moment of a line could be laid beside a platform's own log. What takes
        # the lines in (journald, a container's runtime) stamps them finer: THREAT-MODEL.md says so.
        stamp = structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%MZ", utc=True)
        self._least = _LEVELS.index(level)
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[structlog.processors.add_log_level, stamp, render],
        )

    def note(self, event: Noted, **facts: str | int) -> None:
        unknown = facts.keys() - ALLOWED
        if unknown:
            raise ValueError("the log takes only facts from its allow-list")
        severity = _SEVERITY.get(event, "info")
        if _LEVELS.index(severity) >= self._least:
            getattr(self._logger, severity)(event.value, **facts)


class _PlaceOnly(logging.Handler):
    """What a library warns of becomes its name and place in the code, without its words."""

    def __init__(self, log: ports.Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in SILENT:  # a logger below may have a level of its own
            return
        self._log.note(Noted.WARNED, kind=record.name, place=f"{record.module}:{record.lineno}")


def quiet_libraries(log: ports.Log) -> None:
    """Cap every library's logger at WARNING and let it say only where."""
    root = logging.getLogger()
    root.handlers[:] = [_PlaceOnly(log)]
    root.setLevel(logging.WARNING)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp.access").disabled = True


def stderr_log(form: str = "console", level: str = "info") -> AllowListLog:
    return AllowListLog(sys.stderr, form, level)
