"""How often one may call: about one message a second into each channel, and the tiers of methods.

Tiers are counted always (``over``) and enforced where ``enforced`` is set: they are per minute and
workspace, and real time in a test is dear.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import Channel, Token


@dataclass
class Pace:
    """``burst``: so many messages may come at once into a channel before one a second holds."""

    now: Callable[[], float]
    burst: int = 3
    enforced: bool = False
    over: Counter[str] = field(default_factory=Counter)
    _full: dict[str, float] = field(default_factory=dict)
    _minutes: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def post(self, channel: Channel) -> None:
        """A bucket that loses one drop a second; ``_full`` is when it will be empty."""
        now = self.now()
        empty = max(self._full.get(channel.id, now), now)
        wait = empty + 1 - (now + self.burst)
        if wait > 0:
            raise ApiError("ratelimited", retry_after=max(ceil(wait), 1))
        self._full[channel.id] = empty + 1

    def call(self, method: str, token: Token, tier: int) -> None:
        if not tier:
            return
        team = token.space.team if token.space else ""
        minute = (method, team, int(self.now() // 60))
        self._minutes[minute] += 1
        if self._minutes[minute] > tier:
            self.over[method] += 1
            if self.enforced:
                left = 60 - self.now() % 60
                raise ApiError("ratelimited", retry_after=max(ceil(left), 1))
