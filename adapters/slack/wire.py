"""Slack's Web API over one shared session: a call, and what became of it. Nothing of it is logged.

slack_sdk prints bodies at DEBUG, and Bolt prints them in a warning: both get ``SILENT``, a logger
that says nothing whatever the environment asks for.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.blocks import Json
from bot.platforms import Away, Limited

SILENT = logging.Logger(
    "adapters.slack", logging.CRITICAL + 1
)  # of no hierarchy: nobody can ask it
SILENT.disabled = True

PATIENCE = 10  #: seconds that an answer may take
#: Slack's words for a token that is no good any more.
DEAD = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("not_allowed_token_type", "team_access_not_granted", "invalid_token"),
    }
)
#: Those of them that say so for good; the others may be said of an address, or by mistake.
ENDED = frozenset({"account_inactive", "token_revoked"})


class Refusal(Exception):
    """Slack says no. ``code``: its own word for why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Wire:
    def __init__(self, session: aiohttp.ClientSession, api_url: str) -> None:
        self.session, self.api_url = session, api_url

    def client(self, token: str = "", *, waits: bool = True) -> AsyncWebClient:
        """``waits``: where Slack asks us to slow down, it is done again after the time it names. What
        broke off is never done again here: it may have been heard."""
        return AsyncWebClient(
            token=token or None,
            base_url=self.api_url,
            timeout=PATIENCE,
            session=self.session,
            logger=SILENT,
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=2)] if waits else [],
        )

    async def call(
        self,
        token: str,
        method: str,
        values: Mapping[str, Any] | None = None,
        *,
        waits: bool = True,
    ) -> Json:
        """Raises Away, Limited, Refusal."""
        return (await self.told(token, method, values, waits=waits))[0]

    async def told(
        self,
        token: str,
        method: str,
        values: Mapping[str, Any] | None = None,
        *,
        waits: bool = True,
    ) -> tuple[Json, Mapping[str, str]]:
        """The answer and its headers. Raises Away, Limited, Refusal."""
        client = self.client(token, waits=waits)
        form = method.startswith(("oauth.", "files.getUpload"))  # these read no JSON
        sent = dict(values or {})
        try:
            if form:
                answer = await client.api_call(method, data=sent)
            else:
                answer = await client.api_call(method, json=sent)
        except SlackApiError as no:
            raise _refused(no) from None
        except aiohttp.ClientConnectorError:
            raise Away(sent=False) from None
        except (aiohttp.ClientError, TimeoutError, SlackRequestError, ValueError):
            raise Away(sent=True) from None
        data = answer.data if isinstance(answer.data, dict) else {}
        return data, {str(k).lower(): str(v) for k, v in answer.headers.items()}

    async def put(self, url: str, body: Json | bytes) -> None:
        """To an address that Slack named. Raises Away."""
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        try:
            async with self.session.post(url, **sent) as answer:
                await answer.read()
                answer.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            raise Away(sent=True) from None


@asynccontextmanager
async def wire_to(api_url: str) -> AsyncIterator[Wire]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Wire(session, api_url)


def _refused(no: SlackApiError) -> Exception:
    """What an answer without ``ok`` means."""
    answer: Any = no.response
    status = getattr(answer, "status_code", 0)
    data = getattr(answer, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429 or code in ("ratelimited", "rate_limited"):
        headers = {str(k).lower(): v for k, v in (getattr(answer, "headers", None) or {}).items()}
        wait = str(headers.get("retry-after", ""))
        return Limited(timedelta(seconds=int(wait) if wait.isdecimal() else 1))
    if not isinstance(code, str) or code in (
        "internal_error",
        "fatal_error",
        "service_unavailable",
    ):
        return Away(sent=True)
    return Refusal(code)
