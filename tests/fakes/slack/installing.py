"""How the app comes into a workspace and out of it: consent, codes, tokens and their rotation.

A person's consent is a GET of the authorize page: it redirects back with a code at once.
"""

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.slack import payloads
from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import Token, User, Workspace

if TYPE_CHECKING:
    from tests.fakes.slack.town import Town

Json = dict[str, Any]
LASTS = 43_200  #: seconds of a token that rotates
CODE_LASTS = 600


@dataclass
class Code:
    space: Workspace
    user: User
    scopes: tuple[str, ...]
    redirect: str
    made: float
    used: bool = False


class Installing:
    def __init__(self, town: "Town") -> None:
        self._town = town
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Token] = {}

    def grant(self, space: Workspace) -> tuple[Token, str]:
        """A new bot token, and what refreshes it ("" where tokens do not expire)."""
        shared = self._shared(space)
        if shared is not None:
            space.bot_token, space.installed = shared.value, True
            return shared, ""
        rotates = self._town.app.rotation
        begin = "xoxe.xoxb-1-" if rotates else "xoxb-"
        ends = self._town.now() + LASTS if rotates else None
        token = Token(begin + secrets.token_hex(20), "bot", space.scopes, space, ends)
        self._town.tokens[token.value] = token
        space.bot_token, space.installed = token.value, True
        if not rotates:
            return token, ""
        refresh = "xoxe-1-" + secrets.token_hex(40)
        self._refresh[refresh] = token
        return token, refresh

    def _shared(self, space: Workspace) -> Token | None:
        """What another workspace of the organisation has already."""
        others = self._town.spaces.values() if space.org_wide else ()
        for one in others:
            if one is not space and one.grid == space.grid and one.org_wide and one.installed:
                space.bot_id, space.bot_user_id = one.bot_id, one.bot_user_id
                return self._town.tokens[one.bot_token]
        return None

    def code(
        self, space: Workspace, user: User, scopes: tuple[str, ...] = (), redirect: str = ""
    ) -> str:
        """What the person's consent gives the app."""
        value = f"{secrets.randbelow(10**12)}.{secrets.token_hex(24)}"
        scopes = scopes or space.scopes
        self._codes[value] = Code(space, user, scopes, redirect, self._town.now())
        return value

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Who consents and where is told by ``as`` (a user's id), as a browser's session would."""
        asked = request.query
        if asked.get("client_id") != self._town.app.client_id:
            return web.Response(status=400, text="invalid_client_id")
        users = {id: one for space in self._town.spaces.values() for id, one in space.users.items()}
        back = asked.get("redirect_uri", "")
        given = {"state": asked.get("state", "")}
        user = users.get(asked.get("as", ""))
        if user is None:
            given["error"] = "access_denied"
        else:
            scopes = tuple(one for one in asked.get("scope", "").split(",") if one)
            given["code"] = self.code(user.space, user, scopes, back)
        return web.Response(status=302, headers={"Location": f"{back}?{urlencode(given)}"})

    def exchange(self, params: Json) -> Json:
        """``oauth.v2.access``: a code, or a refresh token, for tokens."""
        if params.get("grant_type") == "refresh_token":
            return self._refreshed(params.get("refresh_token", ""))
        code = self._codes.get(params.get("code", ""))
        if code is None or self._town.now() - code.made > CODE_LASTS:
            raise ApiError("invalid_code")
        if code.used:
            raise ApiError("code_already_used")
        if code.redirect and params.get("redirect_uri", "") != code.redirect:
            raise ApiError("bad_redirect_uri")
        code.used = True
        code.space.scopes = code.scopes
        return self._told(code.space, *self.grant(code.space)) | {
            "authed_user": {"id": code.user.id}
        }

    def _refreshed(self, value: str) -> Json:
        old = self._refresh.pop(value, None)
        if old is None or old.space is None or not old.space.installed:
            raise ApiError("invalid_refresh_token")
        return self._told(old.space, *self.grant(old.space))

    def _told(self, space: Workspace, token: Token, refresh: str) -> Json:
        given = {
            "app_id": self._town.app.id,
            "token_type": "bot",
            "scope": ",".join(space.scopes),
            "access_token": token.value,
            "bot_user_id": space.bot_user_id,
            "team": None if space.org_wide else {"id": space.team, "name": space.name},
            "enterprise": payloads.enterprise(space),
            "is_enterprise_install": space.org_wide,
        }
        if refresh:
            given |= {"refresh_token": refresh, "expires_in": LASTS}
        return given

    async def uninstall(self, space: Workspace) -> None:
        """By an owner of the workspace, or by the app itself: its tokens die, both events go out."""
        await self.revoke(space, tell=False)
        space.installed = False
        tokens = {"oauth": [], "bot": [space.bot_user_id]}
        gone: Json = {"type": "app_uninstalled"}
        await self._town.delivery.event(payloads.event(space, gone), space)
        told: Json = {"type": "tokens_revoked", "tokens": tokens}
        await self._town.delivery.event(payloads.event(space, told), space)

    async def revoke(self, space: Workspace, *, tell: bool = True) -> None:
        for token in self._town.tokens.values():
            token.revoked = token.revoked or token.space is space
        if tell:
            tokens = {"oauth": [], "bot": [space.bot_user_id]}
            told: Json = {"type": "tokens_revoked", "tokens": tokens}
            await self._town.delivery.event(payloads.event(space, told), space)
