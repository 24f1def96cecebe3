"""How much one account, one case or one community may do: counted in memory, never written.

The counts hang on an HMAC under a key that is random per process and day, so yesterday's say
nothing today; a restart forgets them, and we say so (privacy rule 11). What was counted is kept
apart, each under an HMAC of its own: no list of them says which are one account's. A bucket is that
of readers, never of an account, so its key is the process's; it goes when it is full again.
"""

import hashlib
import hmac
import json
from datetime import date

from bot.domain.grievances.release import CAP_AN_HOUR
from bot.domain.privacy import ALLOWED_A_DAY, Act, Bucket
from bot.ports import Chance, Clock

_CAP = {"size": CAP_AN_HOUR, "an_hour": CAP_AN_HOUR}


class Limits:
    def __init__(self, clock: Clock, chance: Chance) -> None:
        self._clock, self._chance = clock, chance
        self._day: date | None = None
        self._key, self._of_buckets = b"", chance.bytes(32)
        self._counts: dict[bytes, int] = {}
        self._done: set[bytes] = set()
        self._caps: dict[bytes, Bucket] = {}
        self._over: dict[bytes, bool] = {}

    def may(self, act: Act, whose: str) -> bool:
        """Whether one more ``act`` is allowed today."""
        return self._counts.get(self._mark(act, whose), 0) < ALLOWED_A_DAY[act]

    def spend(self, act: Act, whose: str, what: str) -> int | None:
        """Count one act and say which of the day it is (1 is the first), None when too many.

        ``what`` is what was drawn for it: the same thing done again is not counted again.
        """
        mark, one = self._mark(act, whose), self._mark(act, whose, what)
        count = self._counts.get(mark, 0)
        if one in self._done:
            return count
        if count >= ALLOWED_A_DAY[act]:
            return None
        self._done.add(one)
        self._counts[mark] = count + 1
        return count + 1

    def over_cap(self, whose: str, what: str) -> bool:
        """Take one from an hourly bucket, a community's or that of some of its readers; True when it was
        empty. ``what``: as above, the same again takes nothing."""
        one, now = self._mark("cap", what), self._clock.now()
        if one in self._over:
            return self._over[one]
        mark = hmac.digest(self._of_buckets, whose.encode(), hashlib.sha256)
        self._caps = {of: it for of, it in self._caps.items() if not it.is_full(now, **_CAP)}
        bucket = self._caps.get(mark) or Bucket(CAP_AN_HOUR, now)
        taken = bucket.taken(now, **_CAP)
        self._caps[mark] = taken or bucket
        self._over[one] = taken is None
        return taken is None

    def _mark(self, act: str, *of: str) -> bytes:
        """Of an act and what it is of, today."""
        self._turn_over(self._clock.now().date())
        words = json.dumps([act, *of]).encode()
        return hmac.digest(self._key, words, hashlib.sha256)

    def _turn_over(self, today: date) -> None:
        if today != self._day:
            self._day, self._key = today, self._chance.bytes(32)
            self._counts, self._done, self._over = {}, set(), {}
