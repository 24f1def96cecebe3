"""What a person sees at their client: a modal, messages of the rooms they may see, what is whispered to them.

It looks at the town and changes nothing in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions
from tests.fakes.discord.mentions import words_of
from tests.fakes.discord.messages import LOADING, Message, shown
from tests.fakes.discord.places import Channel, User
from tests.fakes.discord.screen import Impossible, Screen

if TYPE_CHECKING:
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
WHISPER = "Only you can see this"
THINKING = "is thinking..."


@dataclass(frozen=True)
class Seen:
    """What came of an act. ``trouble``: what Discord says where the bot did not answer as it must;
    ``errors``: under the fields of the modal; ``whispers`` and ``messages``: new or changed ones."""

    trouble: str
    errors: dict[str, str]
    modal: Json | None
    whispers: tuple[Json, ...]
    messages: tuple[Json, ...]
    seconds: float


class Eyes:
    """``at``: the room one looks at; ``patience``: how long it is waited, after the bot said that an
    answer comes, until it comes; ``errors``: what stands under the fields of the modal."""

    def __init__(self, town: "Town", user: User, at: Channel | None = None) -> None:
        self._town, self.user = town, user
        self.screen = Screen()
        self.at = at
        self.patience = 5.0
        self.errors: dict[str, str] = {}
        self.trouble = ""

    # What one sees -------------------------------------------------------------------------------

    @property
    def room(self) -> Channel:
        """Where one is: the conversation with the bot, if one went nowhere else."""
        return self.at or self._town.direct(self.user)

    @property
    def modal(self) -> Json | None:
        """The modal that is open, as the bot sent it, with what is typed by now."""
        top = self.screen.modal
        return None if top is None else top.data | {"typed": dict(top.typed)}

    def rooms(self) -> list[Channel]:
        """Where one may look."""
        every = self._town.channels.values()
        return [one for one in every if one.may(self.user) & permissions.VIEW]

    def all(self, room: Channel | None = None) -> list[Message]:
        """Everything that one sees in a room, or anywhere; oldest first."""
        rooms = self.rooms() if room is None else [room] if room in self.rooms() else []
        found = [m for one in rooms for m in one.messages]
        found += [m for one in rooms for m in one.whispers if m.to == self.user.id]
        return sorted(found, key=lambda one: int(one.id))

    @property
    def whispers(self) -> list[Json]:
        """For one's eyes only, oldest first."""
        return [one.told() for one in self.all() if one.to]

    def reads(self, channel: Channel | None = None) -> list[Json]:
        """The history of a room, as any member sees it: without whispers."""
        channel = channel or self.room
        if not channel.may(self.user) & permissions.READ_HISTORY:
            raise Impossible("one may not read what was said here")
        return [one.told() for one in self.all(channel) if not one.to]

    def heard(self) -> list[str]:
        """What the bot wrote to this person alone, in their conversation; oldest first."""
        mine = self._town.direct(self.user)
        return [
            shown(one.data)
            for one in self.all(mine)
            if one.data["author"]["id"] == self._town.bot.id and not one.to
        ]

    @property
    def sees(self) -> str:
        """All words before one's eyes: the modal that is open, else the last message in the room."""
        if self.screen.modal is not None:
            data = self.screen.modal.data
            return "\n".join([data["title"], *words_of(data["components"])])
        last = self.all(self.room)[-1:]
        return self.read(last[0]) if last else ""

    def read(self, message: Message) -> str:
        words = THINKING if message.flags & LOADING else shown(message.data)
        return f"{words}\n{WHISPER}" if message.to else words

    async def until(self, so: Callable[[], Any], within: float = 5.0) -> Any:
        return await self._town.until(so, within)

    def looks(self) -> dict[str, Json]:
        """Everything as it is now."""
        return {one.id: one.data for one in self.all()}


def same(one: dict[str, Json], other: dict[str, Json]) -> bool:
    """Nothing is new, gone or changed."""
    return one.keys() == other.keys() and all(one[id] is other[id] for id in one)
