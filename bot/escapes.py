"""What nobody caught is told as its type and its places in the code, never in its own words: they could be
somebody's (privacy rule 10). Whoever runs a command is told no more than the log is.
"""

import logging
import sys
import threading
import traceback
from types import TracebackType


def keep_words_out() -> None:
    """For the whole process: errors of the main road, of threads, of what is cleared away, and what libraries
    log before there is a log (asyncio tells so of tasks and callbacks)."""
    sys.excepthook = _told
    sys.unraisablehook = _told_of_rest
    threading.excepthook = _told_of_thread
    logging.lastResort = _PlaceOnly(logging.WARNING)


def _told(
    kind: type[BaseException] | None, _: BaseException | None, trace: TracebackType | None
) -> None:
    places = [
        f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_name}"
        for frame, line in traceback.walk_tb(trace)
    ]
    said = "A bug, and what it says is not shown, for it could be somebody's words"
    _say("\n".join([f"{said}: {_name(kind)}", *places]))


def _told_of_rest(rest: "sys.UnraisableHookArgs") -> None:
    _told(rest.exc_type, None, rest.exc_traceback)


def _told_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is not SystemExit:
        _told(ended.exc_type, None, ended.exc_traceback)


class _PlaceOnly(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        kind = record.exc_info[0] if record.exc_info else None
        _say(f"{record.name} at {record.module}:{record.lineno}: {_name(kind)}")


def _name(kind: type[BaseException] | None) -> str:
    return kind.__name__ if kind else "a warning"


def _say(told: str) -> None:
    if sys.stderr is not None:  # none, where nobody listens
        sys.stderr.write(f"{told}\n")
