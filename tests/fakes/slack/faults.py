"""What can be made to go wrong in a town: calls refused, late or cut, payloads twice, silent sockets.

Every fault is for the next ``times`` occasions and then gone; ``method`` "*" stands for every method.
"""

from dataclasses import dataclass, field


@dataclass
class Fault:
    """``kind``: "ratelimited", "status", "error", "late", "cut" (no effect), "lost" (effect, no answer)."""

    kind: str
    method: str
    times: int
    value: float | str = 0


@dataclass
class Faults:
    """``silent``: sockets neither greet, ping, pong nor deliver, and stay open. ``twice``: so many of the next
    payloads go out twice, ``retried``: so many carry the marks of a third try. ``travels``: seconds that the
    next answer to a payload is on its way; one that takes longer than Slack waits is lost."""

    waiting: list[Fault] = field(default_factory=list)
    silent: bool = False
    twice: int = 0
    retried: int = 0
    travels: float = 0.0

    def ratelimit(self, method: str, *, retry_after: int = 1, times: int = 1) -> None:
        self.waiting.append(Fault("ratelimited", method, times, retry_after))

    def status(self, method: str, status: int = 500, *, times: int = 1) -> None:
        """An HTTP status with a body that is not JSON, as a broken proxy gives."""
        self.waiting.append(Fault("status", method, times, status))

    def error(self, method: str, error: str = "internal_error", *, times: int = 1) -> None:
        self.waiting.append(Fault("error", method, times, error))

    def late(self, method: str, seconds: float, *, times: int = 1) -> None:
        self.waiting.append(Fault("late", method, times, seconds))

    def cut(self, method: str, *, times: int = 1) -> None:
        """The connection ends before anything is done."""
        self.waiting.append(Fault("cut", method, times))

    def lost(self, method: str, *, times: int = 1) -> None:
        """It is done, and the connection ends before the answer: the caller is in doubt."""
        self.waiting.append(Fault("lost", method, times))

    def take(self, method: str) -> list[Fault]:
        """What befalls this call; each kind at most once."""
        found: dict[str, Fault] = {}
        for one in self.waiting:
            if one.method in (method, "*") and one.times > 0 and one.kind not in found:
                one.times -= 1
                found[one.kind] = one
        self.waiting = [one for one in self.waiting if one.times > 0]
        return list(found.values())

    def take_twice(self) -> bool:
        self.twice, taken = max(self.twice - 1, 0), self.twice > 0
        return taken

    def take_retried(self) -> bool:
        self.retried, taken = max(self.retried - 1, 0), self.retried > 0
        return taken

    def take_travels(self) -> float:
        self.travels, taken = 0.0, self.travels
        return taken
