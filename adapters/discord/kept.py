"""What is shown once more at the press of a button: a form that could not open by itself, or what was
typed into one that could not be taken. In this process's memory alone, for as long as Discord lets an
answer change, and never longer than there is room.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.chat import Answers, Reply

LASTS = 15 * 60.0  #: seconds that Discord keeps an interaction open
MOST = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """``reply``: with a form to open; ``answers``: of a form, to be handed in once more."""

    reply: Reply | None = field(default=None, repr=False)
    answers: Answers | None = field(default=None, repr=False)


class Shelf:
    def __init__(self, elapsed: Callable[[], float], named: Callable[[], str]) -> None:
        """``elapsed``: seconds since some fixed moment; ``named``: a name that nobody guesses."""
        self._elapsed, self._named = elapsed, named
        self._kept: dict[str, tuple[float, Kept]] = {}

    def keep(self, one: Kept) -> str:
        """Gives its name."""
        self._tidy()
        name = self._named()
        self._kept[name] = (self._elapsed() + LASTS, one)
        asyncio.get_running_loop().call_later(LASTS, self._kept.pop, name, None)
        return name

    def find(self, name: str) -> Kept | None:
        """It stays: a modal that was closed can be opened again."""
        self._tidy()
        found = self._kept.get(name)
        return found[1] if found else None

    def _tidy(self) -> None:
        """They lie in the order in which their time is over."""
        now = self._elapsed()
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) < MOST and self._kept[oldest][0] > now:
                break
            del self._kept[oldest]
