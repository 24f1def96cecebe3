"""Slack: signed bodies as they come over HTTP, of commands, shortcuts, buttons, modals and events. The
views that are pressed and handed in are those that the bot showed before, as this Slack holds them.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_plus

from adapters.slack import app, incoming
from adapters.slack.installations import Installation
from adapters.slack.wire import Wire
from tests.fakes.acts import STORY
from tests.fakes.sides import world_of
from tests.fakes.slack import payloads, views_methods
from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.delivery import signature
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.fields import TEXTS, put
from tests.fakes.slack.places import User
from tests.fakes.slack.screen import Shown
from tests.fakes.slack.town import Town
from tests.fakes.slack.web_api import Asked
from tests.fakes.slack_week import TEAM, Workplace, known_for
from tests.fakes.world import HandClock, folders
from tests.fuzz.bending import Draw, bent, one_of, words
from tests.fuzz.feeding import Target
from tests.fuzz.hasty import at_once, settled
from tests.fuzz.hearing import MARK, Ear
from tests.fuzz.people import People
from tests.fuzz.wires import Client, Server

#: What is no view, to a Slack that looks at views.
BENT = (ApiError, AttributeError, LookupError, TypeError, ValueError)
URL = "https://hooks.slack.com/commands/1"
EVENTS = ("app_home_opened", "app_uninstalled", "tokens_revoked", "message")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Office(People):
    """``fed`` of each input: its raw body and content type."""

    def __init__(self, world: Any, town: Town, side: Workplace, parts: app._Parts) -> None:
        super().__init__(world)
        self._town, self._side, self._parts = town, side, parts
        self._space, self._users = side.space, list(side.users.values())
        self._own = Installation(TEAM, side.space.bot_token)
        self.server: Server

    # What comes ----------------------------------------------------------------------------------

    def make(self, draw: Draw) -> Any:
        """(raw body, content type)."""
        user = one_of(draw, self._users)
        kind, payload = self._payload(draw, user)
        raw, content = _packed(kind, bent(draw, payload) if draw(2) else payload)
        if draw(12) == 0:
            raw = _torn(draw, raw)
        return raw, content if draw(20) else one_of(draw, (JSON, FORM, "text/plain"))

    def _payload(self, draw: Draw, user: User) -> tuple[str, Any]:
        town, kind = self._town, draw(12)
        shown = self._town.screen(user).stack[-1:]
        if kind < 3 or (kind < 9 and not shown):
            room = one_of(draw, (*self._side.rooms, self._space.direct(user)))
            trigger, name = town.triggers.new(user), one_of(draw, self.typed)
            said = one_of(draw, self.words) if draw(2) else words(draw)
            return "command", payloads.command(user, room, f"/{name}", said, trigger, URL)
        if kind < 6:
            _fill(draw, shown[0])
            trigger = town.triggers.new(user, in_modal=True)
            return "interactive", payloads.submission(user, shown[0], trigger)
        if kind < 9:
            return "interactive", self._pressed(draw, user, shown[0])
        if kind == 9:
            return "interactive", payloads.shortcut(user, "grievance", town.triggers.new(user))
        if kind == 10:
            return "interactive", self._on_message(draw, user)
        inner = {"type": one_of(draw, EVENTS), "user": user.id, "tab": "home"}
        return "event", payloads.event(self._space, inner | {"tokens": {"bot": ["B1"]}})

    def _pressed(self, draw: Draw, user: User, shown: Shown) -> Any:
        found = [
            (block, one)
            for block in shown.view["blocks"]
            for one in elements_of([block])
            if one["type"] == "button"
        ]
        block = {"block_id": "b"}
        id = one_of(draw, self.commands) + (f":{words(draw)}" if draw(2) else "")
        element: Any = {"type": "button", "action_id": id, "text": MARK}
        if found and draw(6):
            block, element = one_of(draw, found)
        action = payloads.action(block, element, {}, 0.0)
        trigger = self._town.triggers.new(user, in_modal=True)
        return payloads.action_in_view(user, shown, action, trigger)

    def _on_message(self, draw: Draw, user: User) -> Any:
        id = f"{one_of(draw, self.commands)}:{words(draw)}"
        action = payloads.action({"block_id": "b"}, {"type": "button", "action_id": id}, {}, 0.0)
        message = {"ts": "1.2", "blocks": [], "text": MARK}
        trigger = self._town.triggers.new(user)
        room = one_of(draw, self._side.rooms)
        return payloads.action_in_message(user, room, message, action, trigger, URL)

    async def feed(self, one: Any) -> None:
        await self.another_day()
        self._parts.installations.own(self._own)  # whoever was put out is let in again
        raw, content = one
        before, stamp = asyncio.all_tasks(), str(int(time.time()))
        signed = signature(self._town.app.signing_secret, stamp, raw)
        headers = {"Content-Type": content, "X-Slack-Request-Timestamp": stamp}
        status, body = await self.server.post(
            "/slack/events", raw, headers | {"X-Slack-Signature": signed}
        )
        assert status in (200, 400, 404, 503) or (status == 401 and not _is_text(raw)), status
        self._answered(raw, body)
        await settled(before)

    # What is answered ----------------------------------------------------------------------------

    def _answered(self, raw: bytes, body: bytes) -> None:
        """A modal's submit, as a client takes it."""
        told = json.loads(body) if body.startswith(b"{") else {}
        if told.get("response_action") != "update":
            return
        for screen in self._town.screens.values():
            for shown in screen.stack[-1:]:
                if shown.view["id"].encode() in raw:
                    with suppress(*BENT):  # a bent view that comes back as it was bent
                        shown.change(views_methods.check_view(told["view"]))

    def answers(self, method: str, url: str, given: Any) -> tuple[int, Any]:
        name = url.rpartition("/")[2]
        if not name.startswith("views."):
            return 200, {"ok": True}
        token = self._town.tokens[self._space.bot_token]
        try:
            run = views_methods.METHODS[name].run(Asked(self._town, token, given))
            return 200, {"ok": True} | at_once(run)
        except BENT as no:
            return 200, {"ok": False, "error": getattr(no, "error", "invalid_arguments")}


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fill(draw: Draw, shown: Shown) -> None:
    for block in shown.view["blocks"]:
        if block["type"] != "input" or draw(8) == 0:
            continue
        one = block["element"]
        options = [each["value"] for each in one.get("options", ())]
        if one["type"] in TEXTS:
            said: Any = one_of(draw, (STORY, f"{MARK} {STORY}", "3", words(draw)))
        elif "multi" in one["type"] or one["type"] == "checkboxes":
            said = [one_of(draw, options)] if options else []
        else:
            said = one_of(draw, options) if options else "U1"
        shown.typed[block["block_id"], one["action_id"]] = put(one, said)


def _packed(kind: str, payload: Any) -> tuple[bytes, str]:
    if kind == "event":
        return json.dumps(payload).encode(), JSON
    if kind == "command" and isinstance(payload, dict):
        pairs = ((_quoted(str(key)), _quoted(str(one))) for key, one in payload.items())
        return "&".join(f"{key}={one}" for key, one in pairs).encode(), FORM
    return f"payload={_quoted(json.dumps(payload))}".encode(), FORM


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


TORN = (b"\xff\xfe", b"\0", b"%", b"&payload=", b"[" * 50_000, b"%5B" * 30_000, b"{", b";", b"=")


def _torn(draw: Draw, raw: bytes) -> bytes:
    at = draw(len(raw) + 1)
    return raw[:at] + one_of(draw, (*TORN, b"")) + raw[at + draw(300) :]


@asynccontextmanager
async def opened(ear: Ear, folder: Path) -> AsyncIterator[Office]:
    town = Town(ack_within=3.0, ping_every=5.0, burst=1000, record=False)
    where, clock = folders(folder), HandClock()
    side = Workplace(town, where, clock, most=10**6)
    side.known = known_for(town, side.space, "http")
    async with world_of(where, clock, side, log=ear) as world:
        platform = side._first[0]
        client: Any = Client(lambda *asked: office.answers(*asked))
        parts = platform._parts(world.bot.door, Wire(client, town.api_url))
        platform._post.wire, platform._post.installations = parts.wire, parts.installations
        office = Office(world, town, side, parts)
        office.server = Server(platform._pages(parts).application())
        await office.server.begin()
        yield office
        await office.server.end()


def plant() -> AbstractContextManager[Any]:
    """Whoever thinks that what Slack should send it does send."""
    return patch.object(incoming, "_part", lambda body, key: body.get(key) or {})


SLACK = Target("slack", opened, plant, anew=5000)
