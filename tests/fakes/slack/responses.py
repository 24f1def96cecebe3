"""Response URLs: five uses within thirty minutes, to the room where somebody acted."""

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack.chat_methods import calls_everybody, check_message, message_of_bot
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import Channel, User

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
USES, LASTS = 5, 1800
KNOWN = {
    "response_type",
    "text",
    "blocks",
    "replace_original",
    "delete_original",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
}


@dataclass
class Response:
    """``about``: the message whose button was pressed."""

    user: User
    channel: Channel
    about: Json | None
    made: float
    uses: int = 0


class Responses:
    def __init__(self, town: "Town") -> None:
        self._town = town
        self._all: dict[str, Response] = {}

    def new(self, user: User, channel: Channel, about: Json | None = None) -> str:
        id = secrets.token_urlsafe(24)
        self._all[id] = Response(user, channel, about, self._town.now())
        return f"{self._town.url}/respond/{id}"

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        found = self._all.get(request.match_info["id"])
        where = found.user.space.team if found else ""
        self._town.record.body("response_url", "town", raw, where, found.user.id if found else "")
        if found is None:
            return web.json_response({"ok": False, "error": "invalid_url"}, status=404)
        if self._town.now() - found.made > LASTS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if found.uses >= USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        found.uses += 1
        try:
            self.show(found, json.loads(raw))
        except ApiError as why:
            return web.json_response({"ok": False, "error": why.error} | why.more, status=400)
        self._town.changed()
        return web.Response(text="ok")

    def show(self, response: Response, given: Json) -> None:
        """A message where the person acted: for them alone, unless it says in_channel."""
        unknown = sorted(set(given) - KNOWN)
        if unknown:
            self._town.wrong.append(f"unknown in a response: {unknown}")
            raise ApiError("invalid_payload")
        channel, about = response.channel, response.about
        if given.get("delete_original") and about is not None:
            _drop(channel, about)
            return
        content = check_message(given, posted=False)
        space = response.user.space
        if given.get("replace_original") and about is not None:
            about |= content
            return
        message = message_of_bot(space, content, self._town.stamp())
        if given.get("response_type", "ephemeral") == "in_channel":
            channel.messages.append(message)
            if calls_everybody(message):
                self._town.called.append(message)
        else:
            hidden = {"is_ephemeral": True, "to": response.user.id}
            channel.ephemerals.append(message | hidden)

    def ack(self, user: User, channel: Channel, body: Any) -> None:
        """What a command is acknowledged with is shown, too."""
        if isinstance(body, str) and body:
            body = {"text": body}
        if body:
            self.show(Response(user, channel, None, self._town.now()), body)


def _drop(channel: Channel, message: Json) -> None:
    for kept in (channel.messages, channel.ephemerals):
        if any(one is message for one in kept):
            kept.remove(message)
