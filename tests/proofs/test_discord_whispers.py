"""Nobody on Discord sees that somebody used the bot: no public answer carries it, and no card tells it.

Shows: through a whole life of a worker (label, form, preview, receipt, a visit, a message, a poll, wrong
receipts, buttons of public cards, a slow bot, a full one, a bug, a restart) each answer is whispered;
each message that others can read was on the outbox, carries no use of a command, is never changed by
what somebody does, and has no word, receipt or account of a worker in it; so has no message to anybody
else alone.
Does not show: what Discord itself keeps and sees.
Control: a bot that answers aloud, one that changes a card, one that says something by itself and one
that repeats a worker are found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import acts, answers, render
from adapters.discord.post import DiscordPost, nonce
from bot.chat import Card
from tests.fakes.discord_week import FORM, STORY, Town, town_on

pytestmark = pytest.mark.xdist_group("discord")

ANSWER = "Every night but the one before a holiday."
WRONG = "7KQ2M9X-0000000-0000000"
MOST_PARTS = 10


@dataclass
class Heard:
    """``ids``: of all that the outbox had said over Discord."""

    town: Town
    ids: set[str] = field(default_factory=set)

    def listens(self) -> None:
        """To the outbox: a message is one of its own, or nobody asked for it."""
        post, heard = self.town.platform.post, self

        class Listening(DiscordPost):
            async def to_person(self, address: str, card: Card, community: Any, id: str) -> None:
                heard.ids.add(id)
                await post.to_person(address, card, community, id)

            async def to_room(
                self, space: str, room: str, card: Card, community: Any, id: str
            ) -> None:
                heard.ids.add(id)
                await post.to_room(space, room, card, community, id)

            def connected(self) -> bool:
                return post.connected()

            def away(self) -> bool:
                return post.away()

        posts: Any = self.town.world.bot.posts
        posts["discord"] = Listening()


async def life(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Somebody does all that a worker can do; gives what they could be found by."""
    town = heard.town
    heard.listens()
    worker, organiser = town.person("worker"), town.person("organiser", town.organisers)
    for command in ("help", "about", "reps", "pulse"):
        await worker.types(command)
    await worker.types("grievance")
    await worker.presses("elsewhere")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM)
    await worker.presses("edit")
    await worker.submits(**FORM)
    with monkeypatch.context() as hasty:
        hasty.setattr(acts, "PATIENCE", 0.0)
        await worker.presses("send")
        await town.person("colleague").types("reps")
    receipt = worker.receipt
    await worker.presses("saved")
    await town.restart()
    heard.listens()
    await town.world.live(days=7)
    await worker.presses("grievance")  # on the weekly bulletin, which everybody sees
    town.platform.tasks.most = 0
    await worker.types("reps")
    town.platform.tasks.most = 100
    await worker.types("receipt")
    await worker.submits(receipt=WRONG)
    worker = town.person("worker")
    await worker.types("receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("message")
    await worker.submits(text=ANSWER)
    await organiser.types("poll", "new", town.organisers)
    poll = {"question": "Shall we?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    await organiser.presses("confirm")
    await town.world.bot.tick()
    await worker.presses("answer")
    assert worker.hand.modal is not None
    await worker.submits(q1=next(iter(_values(worker.hand.modal))))
    with monkeypatch.context() as broken:
        broken.setattr(render, "modal", _breaks)
        await worker.hand.presses("answer")
    await town.world.live(days=7)
    town.world.log.lines.clear()
    return [STORY, ANSWER, WRONG, receipt, worker.hand.user.id]


def _breaks(*of: Any, **more: Any) -> Any:
    raise RuntimeError


def _values(shown: Any) -> Iterator[str]:
    if isinstance(shown, list):
        for one in shown:
            yield from _values(one)
    elif isinstance(shown, dict):
        yield from (one["value"] for one in shown.get("options") or ())
        yield from (found for part in shown.values() for found in _values(part))


def wrong(heard: Heard, marks: list[str]) -> set[str]:
    """What others could see of it."""
    town, found = heard.town, set[str]()
    known = {nonce(one, part) for one in heard.ids for part in range(MOST_PARTS)}
    for call in town.server.calls:
        if call.route == "POST /channels/{channel}/messages" and call.body["nonce"] not in known:
            found.add("a message that was not on the outbox")
    worker = town.person("worker").hand.user.id
    for message in (one for room in town.server.channels.values() for one in room.messages):
        told = message.told()
        if told.get("interaction_metadata") or told.get("interaction"):
            found.add("a use of a command")
        if told.get("edited_timestamp"):
            found.add("a card that changed")
        if any(mark in str(told) for mark in marks):
            found.add("words of a worker")
    for whisper in (one for room in town.server.channels.values() for one in room.whispers):
        words = str(whisper.told())
        if whisper.to != worker and any(mark in words for mark in marks):
            found.add("words of a worker")
    return found


async def test_nobody_else_sees_that_somebody_used_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town_on(tmp_path) as town:
        heard = Heard(town)
        marks = await life(heard, monkeypatch)
        answered = [one for one in town.server.calls if "/callback" in one.route]
        assert len(answered) > 25
        assert {one.body["type"] for one in answered} == {4, 5, 6, 7, 9}
        assert len(heard.ids) > 5
        assert wrong(heard, marks) == set()


async def _aloud(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Answers where everybody reads it."""
    monkeypatch.setattr(render, "EPHEMERAL", 0)
    await heard.town.person("worker").types("help")


async def _in_place(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Puts the answer in the place of the card that was pressed."""
    monkeypatch.setattr(answers, "SAY", answers.CHANGE)
    await heard.town.world.live(days=7)
    await heard.town.person("worker").presses("grievance")


async def _unasked(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Says in the room what it has just been asked."""
    wire, there = heard.town.platform.post.wire, heard.town.general.id
    assert wire
    said = {"content": STORY, "nonce": "of its own"}
    await wire.call("POST", "/channels/{channel_id}/messages", said, channel_id=there)


@pytest.mark.parametrize(
    ("worse", "finds"),
    [
        (_aloud, {"a use of a command"}),
        (_in_place, {"a card that changed"}),
        (_unasked, {"a message that was not on the outbox", "words of a worker"}),
    ],
)
async def test_a_worse_bot_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worse: Any, finds: set[str]
) -> None:
    async with town_on(tmp_path) as town:
        heard = Heard(town)
        heard.listens()
        await worse(monkeypatch, heard)
        assert wrong(heard, [STORY]) == finds
