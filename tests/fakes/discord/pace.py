"""How often one may call: per route and its major parameter, and fifty calls a second in all.

What lies outside the fifty is what goes to an interaction: its answers and its webhook.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from tests.fakes.discord.errors import ApiError

GLOBAL = 50
#: Calls, and the seconds within which, as they are met with: Discord documents none, and wants its headers
#: heeded. Any other route has the last.
LIMITS = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /users/@me/channels": (10, 10.0),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
    "GET /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
    "DELETE /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
}
USUAL = (50, 1.0)


@dataclass
class Bucket:
    """``ends``: when its window is over."""

    limit: int
    seconds: float
    left: int = 0
    ends: float = 0.0


@dataclass
class Pace:
    """``generous``: the limits times this, where a load is measured and not a limit."""

    now: Callable[[], float]
    generous: int = 1
    refused: int = 0
    _buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)
    _all: deque[float] = field(default_factory=deque)

    def every(self) -> None:
        """A call that counts among the fifty."""
        now = self.now()
        while self._all and self._all[0] <= now - 1:
            self._all.popleft()
        if len(self._all) >= GLOBAL * self.generous:
            self.refused += 1
            raise limited(self._all[0] + 1 - now, "global")
        self._all.append(now)

    def route(self, route: str, major: str) -> dict[str, str]:
        """A call of this route; gives the headers that tell how it stands."""
        now = self.now()
        limit, seconds = LIMITS.get(route, USUAL)
        bucket = self._buckets.setdefault((route, major), Bucket(limit * self.generous, seconds))
        if now >= bucket.ends:
            bucket.left, bucket.ends = bucket.limit, now + bucket.seconds
        if bucket.left <= 0:
            self.refused += 1
            raise limited(bucket.ends - now, "user", _headers(route, bucket, now))
        bucket.left -= 1
        return _headers(route, bucket, now)


def _headers(route: str, bucket: Bucket, now: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(bucket.limit),
        "X-RateLimit-Remaining": str(bucket.left),
        "X-RateLimit-Reset": f"{bucket.ends:.3f}",
        "X-RateLimit-Reset-After": f"{max(bucket.ends - now, 0):.3f}",
        "X-RateLimit-Bucket": sha256(route.encode()).hexdigest()[:32],
    }


class Limited(ApiError):
    """Too often. ``headers``: what goes with it."""

    def __init__(self, after: float, scope: str, headers: dict[str, str]) -> None:
        everywhere = scope == "global"
        super().__init__(429, 0, "You are being rate limited.")
        self.after, self.everywhere = round(max(after, 0.001), 3), everywhere
        self.headers = headers | {
            "Retry-After": str(int(after) + 1),
            "X-RateLimit-Scope": scope,
            "Via": "1.1 google",
        }
        if everywhere:
            self.headers["X-RateLimit-Global"] = "true"

    def told(self) -> dict[str, object]:
        return {"message": self.message, "retry_after": self.after, "global": self.everywhere}


def limited(after: float, scope: str, headers: dict[str, str] | None = None) -> Limited:
    return Limited(after, scope, headers or {})
