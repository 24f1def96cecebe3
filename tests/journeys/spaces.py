"""A community's spaces on several platforms, as a pulse meets them: people who answer in forms there,
and what its bulletin room is told. One class for each platform; what they are asked is the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import nio

from tests.fakes import discord_week, matrix_town, slack_week
from tests.fakes.acts import Acts, shown
from tests.fakes.matrix_talk import Talk
from tests.fakes.world import World
from tests.journeys.asking import KEPT, answers, posted
from tests.journeys.over_slack import inputs
from tests.journeys.reading import text

YES, NO = "yes", "no"


class Asked(Protocol):
    """One space."""

    async def answer(self, people: Sequence[str]) -> None:
        """Each is somebody else: "no yes" is one who changes their mind."""
        ...

    async def told(self) -> tuple[str, bool]:
        """What came to the bulletin room since this was called last; whether with a picture."""
        ...


@dataclass
class OnSlack:
    """``files:write`` was granted there: charts are pictures, too."""

    town: slack_week.Town
    read: int = 0
    drawn: int = 0

    async def answer(self, people: Sequence[str]) -> None:
        for n, one in enumerate(people):
            person = self.town.person(f"member-{n}")
            for given in one.split():
                await person.types("/pulse")
                if not inputs(person):
                    await person.presses("answer")
                assert KEPT in await person.submits(q1=given)
                await person.hand.close()

    async def told(self) -> tuple[str, bool]:
        messages = self.town.general.messages
        new, self.read = messages[self.read :], len(messages)
        files = [one for one in self.town.server.files.values() if one["shared"]]
        more, self.drawn = len(files) > self.drawn, len(files)
        return "\n".join(slack_week.words(one) for one in new), more


@dataclass
class OnDiscord:
    town: discord_week.Town
    read: int = 0

    async def answer(self, people: Sequence[str]) -> None:
        for n, one in enumerate(people):
            person = self.town.person(f"member-{n}")
            for given in one.split():
                await person.types("pulse")
                if person.hand.modal is None:
                    await person.presses("answer")
                assert KEPT in await person.submits(q1=given)

    async def told(self) -> tuple[str, bool]:
        messages = [one.data for one in self.town.general.messages]
        new, self.read = messages[self.read :], len(messages)
        drawn = any(one["attachments"] for one in new)
        return "\n".join(discord_week.words(one) for one in new), drawn


@dataclass
class OnMatrix:
    """They write to the bot alone, a number for an answer."""

    town: matrix_town.Town
    room: Talk = field(init=False)
    read: int = 0

    def __post_init__(self) -> None:
        self.room = self.town.talk("worker", self.town.general)

    async def answer(self, people: Sequence[str]) -> None:
        for name, one in zip(("worker", "colleague", "moderator"), people, strict=False):
            talk, (first, *more) = await self.town.begun(name), one.split()
            said = await talk.says("!pulse")
            if "code" in said.lower():
                said = await talk.says(matrix_town.CODE)
            said = await talk.says(_number(first))
            for given in more:
                said = await talk.lines("answer again", _number(given))
            assert said.startswith(KEPT), said

    async def told(self) -> tuple[str, bool]:
        await self.room.person.sync()
        new, self.read = self.room.heard[self.read :], len(self.room.heard)
        drawn = any(isinstance(one, nio.RoomEncryptedImage) for one in new)
        return "\n".join(one.body for one in new), drawn


def _number(given: str) -> str:
    return {YES: "1", NO: "2"}[given]


@dataclass
class InTheSandbox:
    world: World
    read: int = 0

    async def answer(self, people: Sequence[str]) -> None:
        for n, one in enumerate(people):
            for given in one.split():
                reply = await answers(Acts(self.world), f"somebody-{n}", q1=given)
                assert text(reply)[0] == KEPT

    async def told(self) -> tuple[str, bool]:
        cards = posted(self.world)
        new, self.read = cards[self.read :], len(cards)
        drawn = any(one.cards[0].picture is not None for one in new)
        return "\n".join(shown(one) for one in new), drawn
