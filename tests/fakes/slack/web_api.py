"""The Web API's front: decodes a call, knows its token, asks scopes and parameters, answers as Slack.

What it does not know it refuses, and tells the town, which fails when it closes.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import Token
from tests.fakes.slack.record import Call

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
#: Parameters that are JSON within a form.
PACKED = {"blocks", "view", "files", "attachments", "metadata"}
EVERYWHERE = {"team_id"}  #: heeded for tokens of an organisation, else of no effect
TRUTHS = {"1": True, "true": True, "True": True, "0": False, "false": False, "False": False}


@dataclass
class Asked:
    """One call, as a method sees it."""

    town: "Town"
    token: Token
    params: Json

    def truth(self, name: str) -> bool:
        value = self.params.get(name, False)
        return value if isinstance(value, bool) else TRUTHS[str(value)]

    def need(self, *scopes: str) -> None:
        """One of these scopes."""
        if not set(scopes) & set(self.token.scopes):
            needed, provided = ",".join(scopes), ",".join(self.token.scopes)
            raise ApiError("missing_scope", needed=needed, provided=provided)

    @property
    def space(self) -> Any:
        """The workspace that the call is about; an organisation's token has to say which."""
        assert self.token.space is not None
        team = self.params.get("team_id")
        if not (self.token.space.org_wide and team):
            return self.token.space
        found = self.town.spaces.get(team)
        if found is None or found.grid != self.token.space.grid:
            raise ApiError("team_not_found")
        return found


Run = Callable[[Asked], Awaitable[Json]]


@dataclass(frozen=True)
class Method:
    """``scopes``: one of them is needed; ``needed``: parameters without which it is refused; ``token``:
    "bot", "app", "any", or "" where client id and secret stand for it; ``tier``: calls a minute."""

    run: Run
    params: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    token: str = "bot"
    tier: int = 0


@dataclass
class WebApi:
    town: "Town"
    methods: dict[str, Method] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        raw = await request.read()
        faults = {one.kind: one.value for one in self.town.faults.take(name)}
        if "late" in faults:
            await asyncio.sleep(float(faults["late"]))
        if "cut" in faults:
            return self._cut(request)
        params, value = self._decoded(request, raw)
        if name == "apps.connections.open" and "Authorization" not in request.headers:
            value = ""  # only there, the documentation says
        status, answer, headers = 200, {}, {}
        token = self.town.tokens.get(value)
        team = token.space.team if token and token.space else ""
        self.town.record.body(f"call {name}", "town", raw, team)
        if "ratelimited" in faults:
            status, headers = 429, {"Retry-After": str(faults["ratelimited"])}
            answer = {"ok": False, "error": "ratelimited"}
        elif "status" in faults:
            return web.Response(status=int(faults["status"]), text="upstream request timeout")
        elif "error" in faults:
            answer = {"ok": False, "error": faults["error"]}
        else:
            try:
                answer = {"ok": True} | await self._run(name, token, value, _opened(params))
            except ApiError as why:
                answer = {"ok": False, "error": why.error} | why.more
                if why.error == "ratelimited":
                    status, headers = 429, {"Retry-After": str(answer.pop("retry_after"))}
        if token is not None:
            headers["X-OAuth-Scopes"] = ",".join(token.scopes)
        self.town.record.call(
            Call(name, value, params, answer, status, team, self.town.now()),
        )
        said = json.dumps(answer)
        self.town.record.body(f"answer {name}", "bot", said.encode(), team)
        if not name.startswith("views."):  # those tell whose screen it is
            self.town.changed()
        if "lost" in faults:
            return self._cut(request)
        return web.Response(
            status=status, text=said, headers=headers, content_type="application/json"
        )

    async def _run(self, name: str, token: Token | None, value: str, params: Json) -> Json:
        method = self.methods.get(name)
        if method is None:
            self.town.wrong.append(f"unknown method {name}")
            raise ApiError("unknown_method", req_method=name)
        unknown = sorted(set(params) - method.params - EVERYWHERE)
        if unknown:
            self.town.wrong.append(f"unknown parameters of {name}: {unknown}")
            raise ApiError("invalid_arguments", response_metadata={"messages": unknown})
        known = self._allowed(method, token, value)
        asked = Asked(self.town, known, params)
        if method.scopes:
            asked.need(*method.scopes)
        missing = sorted(one for one in method.needed if params.get(one) in (None, ""))
        if missing:
            said = [f"[ERROR] missing required field: {one}" for one in missing]
            raise ApiError("invalid_arguments", response_metadata={"messages": said})
        self.town.pace.call(name, known, method.tier)
        return await method.run(asked)

    def _allowed(self, method: Method, token: Token | None, value: str) -> Token:
        if not method.token:
            return token or Token("", "", ())
        if not value:
            raise ApiError("not_authed")
        if token is None:
            raise ApiError("invalid_auth")
        if token.space is not None and not token.space.installed:
            raise ApiError("account_inactive")
        if token.revoked:
            raise ApiError("token_revoked")
        if token.ends is not None and token.ends <= self.town.now():
            raise ApiError("token_expired")
        if method.token not in ("any", token.kind):
            raise ApiError("not_allowed_token_type")
        return token

    def _decoded(self, request: web.Request, raw: bytes) -> tuple[Json, str]:
        """The parameters and the token."""
        params: Json = dict(request.query)
        content = request.content_type
        if content == "application/json":
            params |= json.loads(raw) if raw else {}
        elif content == "application/x-www-form-urlencoded":
            params |= dict(parse_qsl(raw.decode(), keep_blank_values=True))
        elif raw:
            self.town.wrong.append(f"a body of type {content}")
        head = request.headers.get("Authorization", "")
        value = head.removeprefix("Bearer ") if head.startswith("Bearer ") else ""
        value = value or str(params.pop("token", ""))
        params.pop("token", None)
        if head.startswith("Basic "):
            params |= _basic(head)
        return params, value

    def _cut(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def _opened(given: Json) -> Json:
    """What is JSON within a form or a query, taken out."""
    for name in PACKED & set(given):
        if isinstance(given[name], str):
            try:
                given[name] = json.loads(given[name])
            except ValueError:
                raise ApiError("invalid_json") from None
    return given


def _basic(head: str) -> Json:
    id, _, secret = b64decode(head.removeprefix("Basic ")).decode().partition(":")
    return {"client_id": id, "client_secret": secret}
