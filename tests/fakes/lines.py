"""People alone with the bot, who type lines and read words: talks over the real door, no homeserver.

Messages are kept in order, and go where the bot takes them back. The community is the sandbox's, and
so is the platform's name: what is tried here is the talk.
"""

from dataclasses import dataclass, field, replace
from itertools import count

from adapters.matrix.talks import Talks, ToSay
from bot.chat import Caller, Voice
from tests.fakes.world import US, World, caller

_EVENTS = count(1)
_THEIRS = "        "


def talks_in(world: World, voice: Voice | None = None) -> Talks:
    """As the process has them when it starts."""
    ours = (US.external_door, US.identity_page)
    return Talks(world.bot.door, world.clock, from_there, voice=voice or Voice(), ours=ours)


async def from_there(room: str, alone: Caller) -> Caller:
    """Somebody as in the community's shared room."""
    return replace(caller(alone.account), room=room, once=alone.once)


@dataclass
class Room:
    """One direct room, as its person sees it: (event, words), oldest first."""

    talks: Talks
    who: str
    id: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    pages: list[ToSay] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.id or f"!direct-{self.who}"

    async def type(self, text: str, at: Caller | None = None) -> str:
        """What is answered to a line; ``at``: in another place than alone."""
        self._put(f"{_THEIRS}{text}")
        who = at or replace(caller(self.who), space="", member_since=None)
        return self.read(await self.talks.heard(self.id, text, who))

    async def lines(self, *texts: str) -> str:
        """One after the other; gives the last answer."""
        said = ""
        for text in texts:
            said = await self.type(text)
        return said

    def read(self, said: list[ToSay]) -> str:
        """Our messages come: old ones go first."""
        words = []
        for one in said:
            for event in one.redact:
                self.messages.pop(event, None)
            shown = one.words.plain if one.words else f"[{one.picture.alt if one.picture else ''}]"
            words.append(shown)
            self.pages.append(one)
            event = self._put(shown)
            if not self.talks.was_said(self.id, one, event):
                del self.messages[event]
        return "\n\n".join(words)

    @property
    def sight(self) -> str:
        """All that can be read in the room now."""
        return "\n\n".join(self.messages.values())

    @property
    def by_the_bot(self) -> list[str]:
        """What of it is ours."""
        return [one for one in self.messages.values() if not one.startswith(_THEIRS)]

    def _put(self, words: str) -> str:
        event = f"$event-{next(_EVENTS)}"
        self.messages[event] = words
        return event


def here(who: str) -> Caller:
    """A command that is typed in a shared room of the community."""
    return replace(caller(who), room="general")


def told_to(world: World, room: Room) -> None:
    """All that somebody was told unasked comes to their room."""
    for who, card in world.post.people:
        if who == room.who:
            room.read(room.talks.told(room.id, room.who, card, Voice()))
