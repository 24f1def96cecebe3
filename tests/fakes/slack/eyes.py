"""What a person sees at their Slack client: modals, the home, messages, and what is said to them alone.

It looks at the town and changes nothing in it.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.delivery import Ack
from tests.fakes.slack.escaping import unescaped
from tests.fakes.slack.places import Channel, User
from tests.fakes.slack.screen import Screen

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What came of an act. ``trouble``: what Slack says when the bot did not answer as it must;
    ``errors``: under the fields; ``ephemerals`` and ``messages``: the new ones."""

    trouble: str
    errors: dict[str, str]
    view: Json | None
    ephemerals: tuple[Json, ...]
    messages: tuple[Json, ...]
    seconds: float


class Eyes:
    """``patience``: how long it is waited, after the bot's ack, until anything changes before one's
    eyes; ``at``: the room one looks at; ``stale``: a client that does not know yet that the app is
    gone; ``errors``: what stands under the fields of the top modal."""

    def __init__(self, town: "Town", user: User) -> None:
        self._town, self._user = town, user
        self.patience = 0.5
        self.at: Channel | None = None
        self.errors: dict[str, str] = {}
        self.trouble = ""
        self.stale = False

    # What one sees -------------------------------------------------------------------------------

    @property
    def screen(self) -> Screen:
        return self._town.screen(self._user)

    @property
    def stack(self) -> list[Json]:
        return [one.told() for one in self.screen.stack]

    @property
    def view(self) -> Json | None:
        """The modal on top."""
        return self.screen.stack[-1].told() if self.screen.stack else None

    @property
    def reads(self) -> str:
        """All words of the modal on top."""
        return "\n".join(words_of(self.view))

    @property
    def home_view(self) -> Json | None:
        return self.screen.home.told() if self.screen.home else None

    @property
    def rooms(self) -> list[Channel]:
        rooms = self._user.space.channels.values()
        return [one for one in rooms if self._user.id in one.members]

    @property
    def ephemerals(self) -> list[Json]:
        """For one's eyes only, oldest first."""
        seen = [one for room in self.rooms for one in room.ephemerals if one["to"] == self._user.id]
        return sorted(seen, key=lambda one: float(one["ts"]))

    def messages(self, channel: Channel | None = None) -> list[Json]:
        """Of a room one is in, or of all of them; oldest first."""
        rooms = self.rooms if channel is None else [channel] if channel in self.rooms else []
        return sorted((m for room in rooms for m in room.messages), key=lambda m: float(m["ts"]))

    @property
    def directs(self) -> list[Json]:
        """What the bot wrote to this person alone."""
        return self.messages(self._user.space.direct(self._user))

    async def until(self, so: Any, within: float = 5.0) -> Any:
        return await self._town.until(so, within, user=self._user.id)

    def _before(self) -> tuple[Any, ...]:
        return (
            [one.view["hash"] for one in self.screen.stack],
            self.screen.home and self.screen.home.view["hash"],
            [one["ts"] for one in self.ephemerals],
            [(one["ts"], one.get("edited")) for one in self.messages()],
        )

    async def _seen(
        self, before: tuple[Any, ...], ack: Ack | None, patience: float | None = None
    ) -> Seen:
        """Look once something has changed, or nothing has for as long as one's patience."""
        self.trouble = ack.trouble if ack else ""
        wait = self.patience if patience is None else patience
        if ack and not ack.trouble and not self.errors and wait:
            try:
                await self._town.until(lambda: self._before() != before, wait, user=self._user.id)
            except TimeoutError:
                await asyncio.sleep(0)
        if self._before()[0] != before[0]:
            self.errors = {}
        told, posted = set(before[2]), {ts for ts, _ in before[3]}
        return Seen(
            self.trouble,
            dict(self.errors),
            self.view,
            tuple(one for one in self.ephemerals if one["ts"] not in told),
            tuple(one for one in self.messages() if one["ts"] not in posted),
            ack.seconds if ack else 0.0,
        )


def words_of(value: Any) -> list[str]:
    """All texts of a view, a message or blocks, in order, as a client shows them; with what is in
    fields from the start."""
    if isinstance(value, list):
        return [word for one in value for word in words_of(one)]
    if not isinstance(value, dict):
        return []
    if value.get("type") in ("plain_text", "mrkdwn"):
        return [unescaped(value["text"])]
    found = [str(value[key]) for key in ("initial_value", "alt_text") if key in value]
    ordered = ("title", "text", "label", "fields", "blocks", "elements", "element", "accessory")
    for key in (*ordered, "placeholder", "options", "hint", "submit", "close"):
        inner = value.get(key)
        if key == "text" and isinstance(inner, str):
            found += [] if value.get("blocks") else [unescaped(inner)]
        else:
            found += words_of(inner)
    return found
