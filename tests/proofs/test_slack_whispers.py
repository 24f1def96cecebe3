"""Nobody on Slack sees that somebody used the bot: what is answered is a window of theirs alone.

Shows: through a worker's whole life (slack_life.py: with and without words behind a command, twice-brought
payloads, the Home, a shortcut, a restart; urgent, withdrawn, without a rep, climbing, exported, deleted,
a poll), over both ways in, every message that others can read was on the outbox, nothing is changed or
taken away, no other call is made, no answer to a command is said aloud, nobody is written to who did not
begin, and neither a message nor another person's window has a word, receipt, name or id of a worker in it.
Does not show: what Slack itself keeps and sees. Control: a bot that answers aloud, says something by
itself, says it for a moment, names a worker to another or writes to one, is found.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import render
from adapters.slack.post import SlackPost
from adapters.slack.wire import Wire
from bot.chat import Card
from tests.fakes.slack.record import strings, unpacked
from tests.fakes.slack_week import Town, town_on
from tests.proofs.slack_life import NAME, life

SAYS = "chat.postMessage"
VIEWS = {"views.open", "views.update", "views.publish"}
METHODS = {SAYS, *VIEWS, "auth.test", "apps.connections.open"}


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Of all that the outbox says over Slack, in whichever process."""
    found, person, room = set[str](), SlackPost.to_person, SlackPost.to_room

    async def to_person(self: Any, address: str, card: Card, community: Any, id: str) -> None:
        found.add(id)
        await person(self, address, card, community, id)

    async def to_room(
        self: Any, space: str, there: str, card: Card, community: Any, id: str
    ) -> None:
        found.add(id)
        await room(self, space, there, card, community, id)

    monkeypatch.setattr(SlackPost, "to_person", to_person)
    monkeypatch.setattr(SlackPost, "to_room", to_room)
    return found


def wrong(town: Town, ids: set[str], marks: set[str]) -> set[str]:
    """What others could see of it at any moment."""
    worker, found = town.person(NAME).hand._user.id, set[str]()
    owners = _owners(town)
    for call in town.server.calls:
        told, about = call.params, [*strings(call.params)]
        if call.method not in METHODS:
            found.add(f"a call that is none of these: {call.method}")
        if call.method == SAYS:
            if _id(told) not in ids:
                found.add("a message that was not on the outbox")
            if told["channel"] == worker:
                found.add("a talk with a worker that they did not begin")
        theirs = call.method in VIEWS and _whose(told, owners) == worker
        if not theirs and any(mark in one for one in about for mark in marks):
            found.add("something of a worker")
    if any(_aloud(one.raw) for one in town.server.bodies if one.to == "town"):
        found.add("an answer aloud")
    return found


def _id(told: dict[str, Any]) -> str:
    return str(told.get("metadata", {}).get("event_payload", {}).get("id"))


def _owners(town: Town) -> dict[str, str]:
    """Whose a window is, by its id, and a trigger by its own."""
    found = {id: one.user.id for id, one in town.server.triggers._all.items()}
    for call in town.server.calls:
        if call.method == "views.open" and call.answer.get("ok"):
            found[call.answer["view"]["id"]] = found[str(call.params["trigger_id"])]
    return found


def _whose(told: dict[str, Any], owners: dict[str, str]) -> str:
    given = (told.get(key) for key in ("user_id", "view_id", "trigger_id"))
    first = next(str(one) for one in given if one)
    return owners.get(first, first)


def _aloud(raw: bytes) -> bool:
    said = unpacked(raw)
    return isinstance(said, dict) and said.get("response_type") == "in_channel"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_nobody_else_sees_that_somebody_used_the_bot(
    tmp_path: Path, mode: str, ids: set[str]
) -> None:
    async with town_on(tmp_path, mode) as town:
        marks = {one for one in await life(town) if len(one) > 6}
        methods = [one.method for one in town.server.calls]
        assert methods.count(SAYS) > 15
        assert sum(one in VIEWS for one in methods) > 30
        assert wrong(town, ids, marks) == set()


# The control ------------------------------------------------------------------------------------


Json = dict[str, Any]


async def _asks(town: Town, method: str, **values: Any) -> Json:
    wire = town.platform.post.wire
    assert wire
    return await wire.call(town.space.bot_token, method, values)


async def _aloud_once(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    """Says where everybody reads it that it could open no window."""
    put = Wire.put

    async def aloud(self: Any, to: str, told: Json) -> Any:
        return await put(self, to, told | {"response_type": "in_channel"})

    monkeypatch.setattr(Wire, "put", aloud)
    town.server.faults.error("views.open", "expired_trigger_id")
    await town.person("colleague").hand.command("/help", channel=town.general)


async def _unasked(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    """Greets in the room by name whoever comes."""
    await _asks(town, SAYS, channel=town.general.id, text=f"Good morning, {NAME}")


async def _for_a_moment(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    """And takes it back at once."""
    said = await _asks(town, SAYS, channel=town.general.id, text=f"Good morning, {NAME}")
    await _asks(town, "chat.delete", channel=town.general.id, ts=said["ts"])
    assert not town.general.messages


async def _to_another(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    """Tells one person in a window of theirs what another is called."""
    whole = render.view

    def telling(*of: Any, **more: Any) -> Any:
        shown = whole(*of, **more)
        words = {"type": "plain_text", "text": f"Hello from {NAME}"}
        return shown | {"blocks": [*shown["blocks"], {"type": "section", "text": words}]}

    monkeypatch.setattr(render, "view", telling)
    await town.person("colleague").types("/help")


async def _writes_to_them(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    """Pushes news at a worker."""
    await _asks(town, SAYS, channel=town.person(NAME).hand._user.id, text="There is news.")


UNASKED = "a message that was not on the outbox"
NAMED = "something of a worker"


@pytest.mark.parametrize(
    ("worse", "finds"),
    [
        (_aloud_once, {"an answer aloud"}),
        (_unasked, {UNASKED, NAMED}),
        (_for_a_moment, {UNASKED, NAMED, "a call that is none of these: chat.delete"}),
        (_to_another, {NAMED}),
        (_writes_to_them, {UNASKED, "a talk with a worker that they did not begin"}),
    ],
)
async def test_a_worse_bot_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ids: set[str],
    worse: Callable[[pytest.MonkeyPatch, Town], Awaitable[None]],
    finds: set[str],
) -> None:
    async with town_on(tmp_path, "socket") as town:
        await worse(monkeypatch, town)
        assert wrong(town, ids, {NAME}) == finds
