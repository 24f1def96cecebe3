"""Discord's REST API: a call of the bot's own, the answer to an interaction, and what became of it.
Nothing of it is logged.

What the bot says by itself goes through discord.py's client, which keeps to Discord's limits. Answers
are outside of those, must be there in three seconds, and wait for nothing.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from adapters.discord.components import NAME, Json
from adapters.discord.render import Shown
from adapters.discord.taming import tame
from bot.platforms import Away, Limited
from bot.settings import Discord

PATIENCE = 10.0  #: seconds that an answer of Discord's may take
#: Seconds that a call of the bot's own may take with its turn, and those of them for its turn: what
#: waits longer is told so before it is sent, and is not in doubt.
CALLED_WITHIN, LONGEST_WAIT = 20.0, 10.0
ACKNOWLEDGED, UNKNOWN = 40060, 10062


class Refusal(Exception):
    """Discord says no. ``code``: its own number for why."""

    def __init__(self, status: int, code: int) -> None:
        self.status, self.code = status, code
        super().__init__(f"{status} {code}")


class Wire:
    def __init__(self, http: HTTPClient, session: aiohttp.ClientSession, api_url: str) -> None:
        self.http, self._session, self._api = http, session, api_url
        self.me = ""  #: the bot's own id, once it is known

    async def login(self, token: str) -> str:
        """The bot's own id. Raises Away, Limited, Refusal: 401 where the token is no good."""
        await self.http.close()  # the library opens another session at each try, and with the one
        self.http.connector = discord.utils.MISSING  # before goes what the next would connect by
        try:
            async with asyncio.timeout(CALLED_WITHIN):
                user = await self.http.static_login(token)
        except discord.LoginFailure:
            raise Refusal(401, 0) from None
        except FAILURES as trouble:
            raise _told(trouble) from None
        if not isinstance(user, Mapping) or not user.get("id"):
            raise Away(sent=True)  # whoever answers there is not Discord
        self.me = str(user["id"])
        return self.me

    async def call(
        self, method: str, path: str, said: Any = None, picture: bytes | None = None, **at: str
    ) -> Any:
        """``at``: what stands in the path. Raises Away, Limited, Refusal."""
        more: dict[str, Any] = {}
        if picture is not None:
            more["form"] = _form(said, picture)
        elif said is not None:
            more["json"] = said
        try:
            async with asyncio.timeout(CALLED_WITHIN):
                return await self.http.request(Route(method, path, **at), **more)
        except FAILURES as trouble:
            if isinstance(trouble, TimeoutError):
                self.http._global_over.set()  # broken off while all were to wait, all would for ever
            raise _told(trouble) from None

    async def answer(self, interaction: str, token: str, kind: int, shown: Shown) -> None:
        """The first answer to an interaction. Raises Away, Limited, Refusal."""
        said = {"type": kind} | ({"data": shown.body} if shown.body else {})
        picture = shown.picture.png if shown.picture else None
        await self._post("POST", f"/interactions/{interaction}/{token}/callback", said, picture)

    async def change(self, application: str, token: str, shown: Shown) -> None:
        """Another message in the place of the first answer. Raises Away, Limited, Refusal."""
        picture = shown.picture.png if shown.picture else None
        path = f"/webhooks/{application}/{token}/messages/@original"
        await self._post("PATCH", path, shown.body, picture)

    async def _post(self, method: str, path: str, said: Json, picture: bytes | None) -> None:
        data: Any = json.dumps(said)
        headers = {"Content-Type": "application/json"}
        if picture is not None:
            data, headers = aiohttp.FormData(quote_fields=False), {}
            for part in _form(said, picture):
                data.add_field(**part)
        try:
            async with self._session.request(
                method, self._api + path, data=data, headers=headers
            ) as answer:
                if answer.ok:
                    return
                body = await _body(answer)
        except aiohttp.ClientConnectorError:
            raise Away(sent=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Away(sent=True) from None
        raise refused(answer.status, body)


def refused(status: int, body: Mapping[str, Any]) -> Exception:
    """What an answer that is none means."""
    if status == 429:
        wait = body.get("retry_after")
        return Limited(timedelta(seconds=wait if isinstance(wait, int | float) else 1))
    if status >= 500:
        return Away(sent=True)
    code = body.get("code")
    return Refusal(status, code if isinstance(code, int) else 0)


FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)


def _told(trouble: Exception) -> Exception:
    if isinstance(trouble, discord.RateLimited):
        return Limited(timedelta(seconds=trouble.retry_after))
    if isinstance(trouble, discord.HTTPException):
        wait = trouble.response.headers.get("Retry-After", "")
        body = {"code": trouble.code, "retry_after": int(wait) if wait.isdecimal() else None}
        return refused(trouble.status, body)
    return Away(sent=not isinstance(trouble, aiohttp.ClientConnectorError))


async def read(answer: aiohttp.ClientResponse) -> Any:
    """What stands in an answer: JSON where it says so, however it spells that, else text."""
    text = await answer.text(encoding="utf-8", errors="replace")
    if answer.content_type == "application/json":
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


async def _body(answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        body = await answer.json(content_type=None)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _form(said: Any, picture: bytes) -> list[dict[str, Any]]:
    """A message with the file that it shows."""
    told = {"name": "payload_json", "value": json.dumps(said), "content_type": "application/json"}
    file = {"name": "files[0]", "value": picture, "filename": NAME, "content_type": "image/png"}
    return [told, file]


@asynccontextmanager
async def wire_to(known: Discord) -> AsyncIterator[Wire]:
    """discord.py keeps the API's address for the whole process."""
    tame()
    Route.BASE = known.api_url
    discord.http.json_or_text = read  # type: ignore[assignment]  # theirs knows one spelling alone
    http = HTTPClient(asyncio.get_running_loop())
    http.max_ratelimit_timeout = LONGEST_WAIT  # told there, it would be half a minute at least
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        try:
            yield Wire(http, session, known.api_url)
        finally:
            await http.close()
