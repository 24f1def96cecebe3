"""How many invitations are accepted: from one person, and from all of them together.

Counts in memory alone, under keyed hashes that mean nothing to anybody else; a restart forgets.
"""

import hmac
from collections import deque
from collections.abc import Callable

FROM_ONE, FROM_ALL = 5, 60
WITHIN = 600.0  #: seconds


class Invites:
    """``elapsed``: seconds since some fixed moment. ``key``: random, of this process."""

    def __init__(self, elapsed: Callable[[], float], key: bytes) -> None:
        self._elapsed, self._key = elapsed, key
        self._accepted: deque[tuple[float, bytes]] = deque()

    def accepts(self, by: str) -> bool:
        """Whether one more of theirs is; if so it is counted."""
        now, who = self._elapsed(), hmac.digest(self._key, by.encode(), "sha256")
        while self._accepted and now - self._accepted[0][0] >= WITHIN:
            self._accepted.popleft()
        theirs = sum(1 for _, one in self._accepted if one == who)
        if theirs >= FROM_ONE or len(self._accepted) >= FROM_ALL:
            return False
        self._accepted.append((now, who))
        return True
