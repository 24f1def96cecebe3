"""How much of something is taken: from one person, and from all of them together.

Counts in memory alone, under keyed hashes that mean nothing to anybody else; a restart forgets.
"""

import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Most:
    """``within``: seconds. ``from_all``: None where nobody is to pay for others."""

    from_one: int
    from_all: int | None
    within: float


INVITES = Most(5, 600, 600.0)
#: Nobody types so fast; a program that answers each of our messages does.
ANSWERS = Most(40, None, 60.0)


class Pace:
    """``elapsed``: seconds since some fixed moment. ``key``: random, of this process."""

    def __init__(self, most: Most, elapsed: Callable[[], float], key: bytes) -> None:
        self._most, self._elapsed, self._key = most, elapsed, key
        self._accepted: deque[tuple[float, bytes]] = deque()
        self._theirs: dict[bytes, int] = {}

    def accepts(self, by: str) -> bool:
        """Whether one more of theirs is; if so it is counted."""
        now, who = self._elapsed(), hmac.digest(self._key, by.encode(), "sha256")
        self.forget()
        full = self._most.from_all is not None and len(self._accepted) >= self._most.from_all
        if full or self._theirs.get(who, 0) >= self._most.from_one:
            return False
        self._accepted.append((now, who))
        self._theirs[who] = self._theirs.get(who, 0) + 1
        return True

    def forget(self) -> None:
        """What is too long ago to count."""
        before = self._elapsed() - self._most.within
        while self._accepted and self._accepted[0][0] <= before:
            _, who = self._accepted.popleft()
            self._theirs[who] -= 1
            if not self._theirs[who]:
                del self._theirs[who]
