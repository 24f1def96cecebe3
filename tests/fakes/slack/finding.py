"""Where on a person's screen something is that they want to press."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.places import Channel
from tests.fakes.slack.screen import Impossible, Shown

if TYPE_CHECKING:
    from tests.fakes.slack.hand import Hand

Json = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """In a view (``shown``), or in a message of a room."""

    block: Json
    element: Json
    shown: Shown | None = None
    channel: Channel | None = None
    message: Json | None = None


def names(said: str, id: str) -> bool:
    """Whether this id is meant: it is that, or that with a colon and a subject behind it."""
    return id == said or id.startswith(said + ":")


def find(hand: "Hand", action: str, where: str = "", message: Json | None = None) -> Found:
    seen = list(_everything(hand, where, message))
    for block, shown, channel, told in seen:
        for one in elements_of([block]):
            if names(action, one["action_id"]):
                return Found(block, one, shown, channel, told)
    offered = [one["action_id"] for part in seen for one in elements_of([part[0]])]
    raise Impossible(f"nothing to press is called {action!r}: {offered}")


def _everything(
    hand: "Hand", where: str, message: Json | None
) -> list[tuple[Json, Shown | None, Channel | None, Json | None]]:
    """What one could press, in the order one would look. A modal covers all else."""
    screen = hand.screen
    if screen.stack and not where:
        top = screen.stack[-1]
        return [(block, top, None, None) for block in top.view["blocks"]]
    found: list[tuple[Json, Shown | None, Channel | None, Json | None]] = []
    if where in ("", "message"):
        shown = [message] if message else [*hand.messages(), *hand.ephemerals]
        for one in sorted(shown, key=lambda told: -float(told["ts"])):
            room = next(r for r in hand.rooms if _holds(r, one))
            found += [(block, None, room, one) for block in one["blocks"]]
    if where in ("", "home") and screen.home is not None:
        found += [(block, screen.home, None, None) for block in screen.home.view["blocks"]]
    return found


def _holds(room: Channel, message: Json) -> bool:
    return any(one is message for one in [*room.messages, *room.ephemerals])
