"""What can be made to go wrong in a town: calls refused, late or cut, dispatches twice, late or broken.

Every fault is for the next ``times`` occasions and then gone. A route is as in "POST
/channels/{channel}/messages"; "*" stands for every route.
"""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass
class Fault:
    """``kind``: "ratelimited", "status", "error", "late", "cut" (no effect), "lost" (effect, no answer)."""

    kind: str
    route: str
    times: int
    value: float = 0
    more: str = ""


@dataclass
class Faults:
    """``silent``: the gateway accepts nobody, answers no heartbeat and delivers nothing. ``twice``: so many
    of the next dispatches go out twice; ``broken``: so many are no JSON; ``slow``: seconds that each of the
    next ``slowed`` waits. ``closes``: the code with which the next to join are sent away at once."""

    waiting: list[Fault] = field(default_factory=list)
    silent: bool = False
    twice: int = 0
    broken: int = 0
    slow: float = 0.0
    slowed: int = 0
    closes: list[int] = field(default_factory=list)

    def ratelimit(
        self, route: str, *, retry_after: float = 0.05, times: int = 1, scope: str = "user"
    ) -> None:
        """``scope``: "user", "shared" or "global"."""
        self.waiting.append(Fault("ratelimited", route, times, retry_after, scope))

    def status(self, route: str, status: int = 500, *, times: int = 1) -> None:
        """An HTTP status with a body that is not JSON, as Cloudflare gives."""
        self.waiting.append(Fault("status", route, times, status))

    def error(self, route: str, status: int, code: int, *, times: int = 1) -> None:
        self.waiting.append(Fault("error", route, times, status, str(code)))

    def late(self, route: str, seconds: float, *, times: int = 1) -> None:
        self.waiting.append(Fault("late", route, times, seconds))

    def cut(self, route: str, *, times: int = 1) -> None:
        """The connection ends before anything is done."""
        self.waiting.append(Fault("cut", route, times))

    def lost(self, route: str, *, times: int = 1) -> None:
        """It is done, and the connection ends before the answer: the caller is in doubt."""
        self.waiting.append(Fault("lost", route, times))

    def take(self, route: str) -> dict[str, Fault]:
        """What befalls this call; each kind at most once."""
        found: dict[str, Fault] = {}
        for one in self.waiting:
            named = one.route in ("*", route) or fnmatchcase(route, one.route)
            if named and one.times > 0 and one.kind not in found:
                one.times -= 1
                found[one.kind] = one
        self.waiting = [one for one in self.waiting if one.times > 0]
        return found

    def take_one(self, kind: str) -> bool:
        """Whether the next dispatch is one of those: "twice", "broken" or "slowed"."""
        left = getattr(self, kind)
        setattr(self, kind, max(left - 1, 0))
        return bool(left)
