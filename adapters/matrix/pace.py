"""How much of something is taken: from one person, and from all of them together.

Counts in memory alone, under keyed hashes that mean nothing to anybody else; a restart forgets.
"""

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Most:
    """``within``: seconds."""

    from_one: int
    from_all: int
    within: float


INVITES = Most(5, 60, 600.0)
#: Nobody types so fast; a program that answers each of our messages does.
ANSWERS = Most(40, 4_000, 60.0)


class Pace:
    """``elapsed``: seconds since some fixed moment. ``key``: random, of this process."""

    def __init__(self, most: Most, elapsed: Callable[[], float], key: bytes) -> None:
        self._most, self._elapsed, self._key = most, elapsed, key
        self._accepted: deque[tuple[float, bytes]] = deque()

    def accepts(self, by: str) -> bool:
        """Whether one more of theirs is; if so it is counted."""
        now, who = self._elapsed(), hmac.digest(self._key, by.encode(), "sha256")
        while self._accepted and now - self._accepted[0][0] >= self._most.within:
            self._accepted.popleft()
        theirs = sum(1 for _, one in self._accepted if one == who)
        if theirs >= self._most.from_one or len(self._accepted) >= self._most.from_all:
            return False
        self._accepted.append((now, who))
        return True
