"""Nobody on Discord sees that somebody used the bot: no public answer carries it, and no card tells it.

Shows: through a worker's whole life (discord_life.py: in the server, alone with the bot, in a talk and a
server where it is not; urgent, withdrawn, without a rep, climbing, exported, deleted, a poll; a slow bot,
a full one, a bug, a restart), whatever stood on anybody's screen at any moment, also what was taken away
again: each answer is whispered; each message that others can read was on the outbox, carries no use of a
command, is never changed, and has no word, receipt, name, picture or account of a worker in it; nor has
what is whispered to anybody else; no other call, and nobody is written to who did not begin. Does not
show: what Discord itself keeps and sees. Control: a bot that answers aloud, changes a card, says
something by itself, says it for a moment, repeats or names a worker, or writes to one, is found.
"""

from pathlib import Path
from typing import Any

import pytest

from adapters.discord import answers, render
from adapters.discord.post import nonce
from tests.fakes.discord import Moment
from tests.fakes.discord.record import strings
from tests.fakes.discord_week import STORY, town_on
from tests.proofs.discord_life import NICK, SHOWN, Heard, life, the_worker

pytestmark = pytest.mark.xdist_group("discord")

MOST_PARTS = 10
#: All that is ever asked of Discord. What is said goes by the first three alone.
SAYS = "POST /channels/{channel}/messages"
ROUTES = {
    SAYS,
    "POST /interactions/{interaction}/{token}/callback",
    "PATCH /webhooks/{application}/{token}/messages/{message}",
    "POST /users/@me/channels",
    "GET /guilds/{guild}/members/{user}",
    "GET /gateway/bot",
    "GET /applications/@me",
    "GET /users/@me",
    "GET /oauth2/applications/@me",
    "PUT /applications/{application}/commands",
}
#: To be there, to stay there, and to be there again.
BEATS = {"gateway 1", "gateway 2", "gateway 6"}


def wrong(heard: Heard, marks: set[str]) -> set[str]:
    """What others could see of it at any moment, also of what was taken away again."""
    town, found = heard.town, set[str]()
    worker = the_worker(town).hand.user.id
    known = {nonce(one, part) for one in heard.ids for part in range(MOST_PARTS)}
    for call in town.server.calls:
        if call.route == SAYS and call.body["nonce"] not in known:
            found.add("a message that was not on the outbox")
        if call.route not in ROUTES:
            found.add(f"a call that is none of these: {call.route}")
        if call.route == "POST /users/@me/channels" and call.body["recipient_id"] == worker:
            found.add("a talk with a worker that they did not begin")
    for body in town.server.bodies:
        if body.to == "town" and body.kind.startswith("gateway ") and body.kind not in BEATS:
            found.add("a word to the gateway")
    for moment in (one for one in town.server.moments if one.to != worker):
        if any(mark in said for said in _said(moment) for mark in marks):
            found.add("something of a worker")
        if moment.to:
            continue
        if moment.told.get("interaction_metadata") or moment.told.get("interaction"):
            found.add("a use of a command")
        if moment.what != "posted":
            found.add(f"a card that was {moment.what}")
    return found


def _said(moment: Moment) -> list[str]:
    """As it is and as it reads: without the marks that keep words from being more than words."""
    return [kept for one in strings(moment.told) for kept in (one, one.replace("\\", ""))]


async def test_nobody_else_sees_that_somebody_used_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town_on(tmp_path) as town:
        heard = Heard(town)
        marks = await life(heard, monkeypatch)
        answered = [one for one in town.server.calls if "/callback" in one.route]
        assert len(answered) > 60
        assert {one.body["type"] for one in answered} == {4, 5, 6, 7, 9}
        assert len(heard.ids) > 5
        assert wrong(heard, marks) == set()


async def _aloud(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Answers where everybody reads it."""
    monkeypatch.setattr(render, "EPHEMERAL", 0)
    await heard.town.person("colleague").types("help")


async def _in_place(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Puts the answer in the place of the card that was pressed."""
    monkeypatch.setattr(answers, "SAY", answers.CHANGE)
    await heard.town.world.live(days=7)
    await the_worker(heard.town).presses("grievance")


async def _unasked(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Says in the room what it has just been asked."""
    await _says(heard, STORY)


async def _for_a_moment(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Greets in the room by name whoever comes, and takes it back at once."""
    said = await _says(heard, f"Good morning, {NICK}")
    wire, there = heard.town.platform.post.wire, heard.town.general
    assert wire
    of = {"channel_id": there.id, "message_id": said["id"]}
    await wire.call("DELETE", "/channels/{channel_id}/messages/{message_id}", **of)
    assert not there.messages


async def _says(heard: Heard, words: str) -> Any:
    wire, there = heard.town.platform.post.wire, heard.town.general.id
    assert wire
    said = {"content": words, "nonce": "of its own"}
    return await wire.call("POST", "/channels/{channel_id}/messages", said, channel_id=there)


async def _to_another(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Tells one person in a whisper what another is called."""
    whole = render.whisper

    def telling(*of: Any, **more: Any) -> Any:
        shown = whole(*of, **more)
        shown.body["components"] += [{"type": 10, "content": f"Hello from {SHOWN}"}]
        return shown

    monkeypatch.setattr(render, "whisper", telling)
    await heard.town.person("colleague").types("help")


async def _writes_to_them(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    """Opens a talk with a worker, to push news at them."""
    wire, worker = heard.town.platform.post.wire, the_worker(heard.town).hand.user.id
    assert wire
    await wire.call("POST", "/users/@me/channels", {"recipient_id": worker})


UNASKED = {"a message that was not on the outbox", "something of a worker"}
GONE = "a call that is none of these: DELETE /channels/{channel}/messages/{message}"


@pytest.mark.parametrize(
    ("worse", "finds"),
    [
        (_aloud, {"a use of a command"}),
        (_in_place, {"a card that was edited"}),
        (_unasked, UNASKED),
        (_for_a_moment, UNASKED | {"a card that was deleted", GONE}),
        (_to_another, {"something of a worker"}),
        (_writes_to_them, {"a talk with a worker that they did not begin"}),
    ],
)
async def test_a_worse_bot_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, worse: Any, finds: set[str]
) -> None:
    async with town_on(tmp_path) as town:
        heard = Heard(town)
        heard.listens()
        await worse(monkeypatch, heard)
        assert wrong(heard, {STORY, SHOWN, NICK}) == finds
