"""A worker's whole life on Discord, and everything that others there could see meanwhile.

``life`` does in the community's server, alone with the bot and wherever somebody takes it along all that
a worker can do, and gives what they could be found by. ``Heard`` keeps what the outbox said.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.discord import acts, render
from adapters.discord.carried import pressed
from bot.chat import Card
from tests.fakes.acts import Acts
from tests.fakes.discord import Channel, Guild
from tests.fakes.discord import Town as Server
from tests.fakes.discord_week import FORM, STORY, Person, Town
from tests.fakes.world import CODE
from tests.journeys.test_on_discord import options

NAME = "gugelhupf.veilchen"  #: under which they are at Discord
SHOWN, NICK = "Gundula Veilchenstein", "Nachtschicht Gundi"
AVATAR = "a_5f3e91c07bd24468a1f0c2d9e86b7a35"
ANSWER = "Every night but the one before a holiday."
COMMENT = "Kardinalschnitte: the weekends are longer than the weeks."
URGENT = "Zimtstern: the guard rail of the press has been off since the morning."
REGRETTED = "Dampfnudel: nobody may be away when the numbers are counted."
WRONG, WRONG_CODE = "7KQ2M9X-0000000-0000000", "KIPFERL8"
ASKED = "How often is that, roughly?"
REP, LEFT_OUT = "karim-benali", "Greta Holm"
TOKEN = re.compile(r"[a-z2-7]{26}")  #: of a draft or a visit


@dataclass
class Heard:
    """``ids``: of all that the outbox had said over Discord."""

    town: Town
    ids: set[str] = field(default_factory=set)

    def listens(self) -> None:
        """To the outbox: a message is one of its own, or nobody asked for it."""
        post, heard = self.town.platform.post, self

        class Listening:
            async def to_person(self, address: str, card: Card, community: Any, id: str) -> None:
                heard.ids.add(id)
                await post.to_person(address, card, community, id)

            async def to_room(
                self, space: str, room: str, card: Card, community: Any, id: str
            ) -> None:
                heard.ids.add(id)
                await post.to_room(space, room, card, community, id)

            def __getattr__(self, name: str) -> Any:
                return getattr(post, name)

        posts: Any = self.town.world.bot.posts
        posts["discord"] = Listening()


def the_worker(town: Town, at: Channel | None = None) -> Person:
    """With names that stand in no text of ours."""
    person = town.person(NAME, at)
    person.hand.user.shown, person.hand.user.avatar = SHOWN, AVATAR
    town.guild.members[person.hand.user.id].nick = NICK
    return person


async def life(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Somebody does all that a worker can do; gives what they could be found by."""
    town = heard.town
    heard.listens()
    receipt = await _files_in_the_server(heard, monkeypatch)
    receipts = {receipt, await _alone_with_the_bot(town), *await _takes_it_along(town)}
    await town.restart()
    heard.listens()
    await town.world.slot()
    await _is_asked(town)
    await town.world.live(days=7)
    await _goes_on(town, receipt)
    await _answers_a_poll(town, monkeypatch)
    await town.world.live(days=7)
    await _ends_it(town, receipt)
    await town.world.live(days=2)
    town.world.log.lines.clear()
    words = {STORY, ANSWER, COMMENT, URGENT, REGRETTED, WRONG}
    return words | receipts | {NAME, SHOWN, NICK, AVATAR, the_worker(town).hand.user.id}


async def _files_in_the_server(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> str:
    """Without one rep; looked through, changed, and sent while the bot is slow."""
    town, worker = heard.town, the_worker(heard.town)
    for command in ("help", "about", "reps", "pulse"):
        await worker.types(command)
    await worker.types("grievance")
    await worker.presses("elsewhere")
    await worker.types("grievance")
    await worker.presses("continue")
    without = options(worker, "exclude")[LEFT_OUT]
    await worker.submits(**FORM, exclude=[without])
    await worker.presses("edit")
    await worker.submits(**FORM, exclude=[without])
    with monkeypatch.context() as hasty:
        hasty.setattr(acts, "PATIENCE", 0.0)
        await worker.presses("send")
        await town.person("colleague").types("reps")
    receipt = worker.receipt
    await worker.presses("show_again")
    await worker.presses("saved")
    return receipt


async def _alone_with_the_bot(town: Town) -> str:
    """A wrong code and the right one; an urgent case, and then it is none."""
    worker = the_worker(town)
    worker = the_worker(town, town.server.direct(worker.hand.user))
    await worker.types("grievance")
    await worker.submits(code=WRONG_CODE)
    await _names_the_community(worker)
    await worker.presses("continue")
    await worker.submits(**FORM | {"story": URGENT})
    await worker.presses("send_urgent")
    receipt = worker.receipt
    await worker.presses("saved")
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("not_urgent")
    return receipt


async def _names_the_community(worker: Person) -> None:
    if not worker.hand.modal:  # it was wrong the first time: a button opens the form anew
        await worker.presses("again")
    await worker.submits(code=CODE)


async def _takes_it_along(town: Town) -> list[str]:
    """Into a talk with a friend, and into somebody else's server, where the bot is not."""
    user = the_worker(town).hand.user
    user.installed = True
    talk = town.server.between(user, town.server.user("nougatknoedel.friend"))
    works = town.server.guild("Schaumrolle Works", with_bot=False)
    works.joins(user)
    works.members[user.id].nick = NICK
    await town.world.live(days=1)
    receipts = []
    for room in (talk, works.channel("lunch")):
        worker = the_worker(town, room)
        await worker.types("grievance")
        if worker.hand.modal:
            await _names_the_community(worker)
        await worker.presses("continue")
        await worker.submits(**FORM | {"story": REGRETTED})
        await worker.presses("send")
        receipts.append(worker.receipt)
        await worker.presses("saved")
        await worker.types("receipt")
        await worker.submits(receipt=receipts[-1])
        await worker.presses("withdraw")
        await worker.presses("confirm")
    return receipts


async def _is_asked(town: Town) -> None:
    """By a rep, elsewhere."""
    reps = Acts(town.world)
    for words in (STORY, URGENT):
        desk = await reps.desk_of(REP, words)
        await reps.press(REP, desk, "acknowledge")
        await reps.fill(REP, await reps.press(REP, desk, "ask"), text=ASKED)


async def _goes_on(town: Town, receipt: str) -> None:
    """By a button that everybody sees, with a bot that has too much to do, by a wrong receipt, and then
    whatever the right one opens."""
    worker = the_worker(town)
    await worker.presses("grievance")  # on the weekly bulletin
    town.platform.tasks.most = 0
    await worker.hand.types("reps", town.general)
    town.platform.tasks.most = 100
    await worker.types("receipt")
    await worker.submits(receipt=WRONG)
    worker = the_worker(town)
    await worker.types("receipt")
    assert ASKED in await worker.submits(receipt=receipt)
    await worker.presses("message")
    await worker.submits(text=ANSWER)
    await worker.presses("escalate")
    await worker.presses("exclude")
    ines = options(worker, "exclude")["Ines Moreau"]
    await worker.submits(exclude=[ines])
    assert ANSWER in await worker.presses("export")


async def _answers_a_poll(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the card that everybody sees; and presses it again, when the bot is broken."""
    worker, organiser = the_worker(town), town.person("organiser", town.organisers)
    await organiser.types("poll", "new", town.organisers)
    poll = {"question": "Shall we?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="yes")
    await organiser.presses("confirm")
    await town.world.bot.tick()
    await worker.presses("answer")
    yes, no = options(worker, "q1").values()
    await worker.submits(q1=yes, comment=COMMENT)
    await worker.types("pulse")
    await worker.submits(q1=no)
    with monkeypatch.context() as broken:
        broken.setattr(render, "modal", _breaks)
        await worker.hand.presses("answer")


def _breaks(*of: Any, **more: Any) -> Any:
    raise RuntimeError


async def _ends_it(town: Town, receipt: str) -> None:
    """All of it is deleted, and then the receipt opens nothing."""
    worker = the_worker(town)
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("delete")
    await worker.presses("confirm")
    await town.world.slot()
    worker = the_worker(town)
    await worker.types("receipt")
    assert "opens nothing" in await worker.submits(receipt=receipt)


# What Discord called it all ---------------------------------------------------------------------


def ids_of(server: Server, guild: Guild, worker: str) -> set[str]:
    """Of a worker, as the gateway told it: each of their acts, the talks that they were in, other
    people's servers, whispers, and what the buttons carried that they alone had. ``guild``: which is
    the community's own."""
    kept = {guild.id, *guild.channels, *guild.roles, *server.commands}
    found = {worker}
    for told in _told(server):
        user = told.get("user") or told.get("member", {}).get("user") or {}
        if user.get("id") == worker:
            found |= {told["id"], told["token"], told["channel_id"], told.get("guild_id", worker)}
            found |= set(_of_whisper(told.get("message") or {}))
    return found - kept


def _told(server: Server) -> Iterator[Any]:
    for body in server.bodies:
        if body.kind == "gateway INTERACTION_CREATE":
            yield json.loads(body.raw)["d"]


def _of_whisper(message: dict[str, Any]) -> Iterator[str]:
    if message.get("flags", 0) & render.EPHEMERAL:
        yield message["id"]
        ids = [one["custom_id"] for one in _parts(message["components"]) if "custom_id" in one]
        yield from (token for id in ids for token in TOKEN.findall(id))
        yield from filter(None, (pressed(id).kept for id in ids))


def _parts(shown: Any) -> Iterator[dict[str, Any]]:
    if isinstance(shown, list):
        for one in shown:
            yield from _parts(one)
    elif isinstance(shown, dict):
        yield shown
        yield from (found for part in shown.values() for found in _parts(part))
