"""What the town delivers to the bot, by signed HTTP requests or over its sockets, and the answers.

An answer is waited for as long as Slack waits. Events are tried again as Slack does; commands and
what people press are not.
"""

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp

if TYPE_CHECKING:
    from tests.fakes.slack.places import Workspace
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
TOLD = {"command": "slash_commands", "event": "events_api"}  #: else "interactive"


@dataclass(frozen=True)
class Ack:
    """``trouble``: "" when acknowledged in time, else what the client says or would say."""

    trouble: str = ""
    status: int = 0
    body: Any = None
    seconds: float = 0.0
    final: bool = False  #: asked not to be tried again


def signature(secret: str, stamp: str, raw: bytes) -> str:
    basis = b"v0:" + stamp.encode() + b":" + raw
    return "v0=" + hmac.new(secret.encode(), basis, hashlib.sha256).hexdigest()


def packed(kind: str, payload: Json) -> tuple[bytes, str]:
    """The body of the HTTP request and its content type. ``kind``: command, event or interactive."""
    if kind == "event":
        return json.dumps(payload).encode(), "application/json"
    form = payload if kind == "command" else {"payload": json.dumps(payload)}
    return urlencode(form).encode(), "application/x-www-form-urlencoded"


class Delivery:
    """``turn``: which of several addresses is next; ``seen``: how long each answer took, by kind."""

    def __init__(self, town: "Town") -> None:
        self._town = town
        self.addresses: tuple[str, ...] = ()
        self.turn = 0
        self.seen: list[tuple[str, Ack]] = []
        self._last: tuple[str, Json, Workspace] | None = None
        self._stamped: tuple[bytes, str, str, str] | None = None

    async def deliver(self, kind: str, payload: Json, space: "Workspace") -> Ack:
        """``kind``: command, event or interactive; gives the first answer."""
        self._last = (kind, payload, space)
        faults = self._town.faults
        named = payload.get("type", kind) if kind == "interactive" else kind
        marks = (3, "http_timeout") if faults.take_retried() else (0, "")
        tries = [self._once(kind, named, payload, space, *marks)]
        if faults.take_twice():
            again = max(marks[0], 1), "http_timeout"
            tries.append(self._once(kind, named, payload, space, *again))
        travels = faults.take_travels()
        answers = await asyncio.gather(*tries)
        if travels > self._town.ack_within:
            answers[0] = Ack("operation_timeout")
        else:
            await asyncio.sleep(travels)
        self._keep(named, answers[0], payload)
        return answers[0]

    def _keep(self, named: str, ack: Ack, payload: Json) -> None:
        self.seen.append((named, ack))
        self._town.changed(_who(payload) or "nobody")

    async def again(self) -> Ack:
        """The last payload once more: over HTTP the very same bytes, stamp and signature, to the next
        address; over a socket the same payload in a new envelope."""
        assert self._last is not None
        kind, payload, space = self._last
        if not self.addresses:
            return await self._once(kind, payload.get("type", kind), payload, space, 0, "")
        assert self._stamped is not None
        raw, content, stamp, signed = self._stamped
        return _read(*await self.post_raw(raw, stamp=stamp, signed=signed, content=content))

    async def event(self, payload: Json, space: "Workspace") -> Ack:
        """Tried up to four times in all; not sent where the app did not ask for such events."""
        if payload["event"]["type"] not in self._town.app.events:
            return Ack()
        ack = await self.deliver("event", payload, space)
        for number, pause in enumerate(self._town.retries, 1):
            if not ack.trouble or ack.final:
                break
            await asyncio.sleep(pause)
            why = "http_timeout" if ack.trouble == "operation_timeout" else "http_error"
            ack = await self._once("event", "event", payload, space, number, why)
            self._keep("event", ack, payload)
        return ack

    async def _once(
        self, kind: str, named: str, payload: Json, space: "Workspace", number: int, why: str
    ) -> Ack:
        began = time.monotonic()
        user = _who(payload)
        if self.addresses:
            raw, content = packed(kind, payload)
            self._town.record.body(named, "bot", raw, space.team, user)
            marks = {"x-slack-retry-num": str(number), "x-slack-retry-reason": why}
            ack = await self._post(raw, content, marks if number else {})
        else:
            self._town.record.body(named, "bot", json.dumps(payload).encode(), space.team, user)
            told = TOLD.get(kind, "interactive")
            ack = await self._town.sockets.deliver(told, payload, number, why)
        answer = ack.body if isinstance(ack.body, str) else json.dumps(ack.body)
        self._town.record.body(f"ack {named}", "town", answer.encode(), space.team, user)
        return replace(ack, seconds=time.monotonic() - began)

    async def _post(self, raw: bytes, content: str, marks: dict[str, str]) -> Ack:
        stamp = str(int(time.time()))
        signed = signature(self._town.app.signing_secret, stamp, raw)
        self._stamped = (raw, content, stamp, signed)
        try:
            async with asyncio.timeout(self._town.ack_within):
                status, headers, body = await self.post_raw(
                    raw, stamp=stamp, signed=signed, content=content, headers=marks
                )
        except TimeoutError:
            return Ack("operation_timeout")
        except aiohttp.ClientError:
            return Ack("dispatch_failed")
        return _read(status, headers, body)

    async def post_raw(
        self,
        raw: bytes,
        *,
        stamp: str | None,
        signed: str | None,
        content: str = "application/x-www-form-urlencoded",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, str], str]:
        """To the next address, with these marks of authenticity or none: (status, headers, body)."""
        url = self.addresses[self.turn % len(self.addresses)]
        self.turn += 1
        given = {
            "Content-Type": content,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
            **(headers or {}),
        }
        if stamp is not None:
            given["X-Slack-Request-Timestamp"] = stamp
        if signed is not None:
            given["X-Slack-Signature"] = signed
        async with self._town.session.post(url, data=raw, headers=given) as answer:
            return answer.status, dict(answer.headers), await answer.text()


def _read(status: int, headers: dict[str, str], body: str) -> Ack:
    if status != 200:
        final = headers.get("X-Slack-No-Retry") == "1"
        return Ack("dispatch_failed", status, body, final=final)
    told: Any = body
    if "json" in headers.get("Content-Type", ""):
        told = json.loads(body) if body else None
    return Ack("", status, told)


def _who(payload: Json) -> str:
    user = payload.get("user") or payload.get("event", {}).get("user")
    id = user["id"] if isinstance(user, dict) else user
    return str(id or payload.get("user_id", ""))
