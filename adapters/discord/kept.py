"""What is shown once more at the press of a button: a form that could not open by itself, or what was
typed into one that could not be taken. In this process's memory alone, for as long as Discord lets an
answer change, and never longer than there is room: whoever has much waiting loses their own.
"""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.chat import Answers, Caller, Reply

LASTS = 15 * 60.0  #: seconds that Discord keeps an interaction open
MOST, MOST_OF_ONE = 1000, 20


@dataclass(frozen=True, slots=True)
class Kept:
    """``reply``: with a form to open; ``answers``: of a form, to be handed in once more."""

    reply: Reply | None = field(default=None, repr=False)
    answers: Answers | None = field(default=None, repr=False)


class Shelf:
    def __init__(self, elapsed: Callable[[], float], named: Callable[[], str]) -> None:
        """``elapsed``: seconds since some fixed moment; ``named``: a name that nobody guesses."""
        self._elapsed, self._named = elapsed, named
        self._kept: dict[str, tuple[float, bytes, Kept]] = {}
        self._key = named().encode()  #: by which alone it is known that two are of the same person

    def keep(self, one: Kept, caller: Caller) -> str:
        """Gives its name. ``caller``: is not kept."""
        whose = hmac.digest(self._key, caller.account.encode("utf-8", "surrogatepass"), "sha256")
        self._tidy()
        theirs = [name for name, (_, of, _) in self._kept.items() if of == whose]
        for name in theirs[: max(0, len(theirs) - MOST_OF_ONE + 1)]:
            del self._kept[name]
        name = self._named()
        self._kept[name] = (self._elapsed() + LASTS, whose, one)
        asyncio.get_running_loop().call_later(LASTS, self._kept.pop, name, None)
        return name

    def find(self, name: str) -> Kept | None:
        """It stays: a modal that was closed can be opened again."""
        self._tidy()
        found = self._kept.get(name)
        return found[2] if found else None

    def _tidy(self) -> None:
        """They lie in the order in which their time is over."""
        now = self._elapsed()
        while self._kept:
            oldest = next(iter(self._kept))
            if len(self._kept) < MOST and self._kept[oldest][0] > now:
                break
            del self._kept[oldest]
