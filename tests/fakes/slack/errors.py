"""What the Web API says when it refuses: ``{"ok": false, "error": ...}`` with whatever goes with it."""

from collections.abc import Iterable
from typing import Any


class ApiError(Exception):
    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error, self.more = error, more


def invalid(error: str, wrong: Iterable[tuple[str, str]]) -> None:
    """Refuse if anything is wrong; the words name the place, as Slack's do."""
    said = [f"[ERROR] {words} [json-pointer:{at}]" for at, words in wrong]
    if said:
        raise ApiError(error, response_metadata={"messages": said})
