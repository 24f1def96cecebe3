"""A bot of a few lines on the real slack-bolt, for trying the town itself over both transports.

It is no part of our program and knows none of it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, web
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack import Town, Workspace

Json = dict[str, Any]
HTTP, SOCKET = "http", "socket"
TRANSPORTS = (HTTP, SOCKET)


def field(id: str, *, optional: bool = False, **more: Any) -> Json:
    """An input block with a text field."""
    return {
        "type": "input",
        "block_id": id,
        "optional": optional,
        "label": {"type": "plain_text", "text": id},
        "element": {"type": "plain_text_input", "action_id": id, **more},
    }


def button(id: str, words: str = "Press") -> Json:
    return {"type": "button", "action_id": id, "text": {"type": "plain_text", "text": words}}


def modal(*blocks: Json, callback_id: str = "grievance", submit: str = "Send", **more: Any) -> Json:
    given = {
        "type": "modal",
        "callback_id": callback_id,
        "title": {"type": "plain_text", "text": "A form"},
        "blocks": list(blocks),
    }
    if submit:
        given["submit"] = {"type": "plain_text", "text": submit}
    return given | more


def section(words: str, kind: str = "plain_text") -> Json:
    return {"type": "section", "text": {"type": kind, "text": words}}


def client_of(town: Town, space: Workspace, session: ClientSession | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=space.bot_token, base_url=town.api_url, session=session)


def bolt(town: Town, session: ClientSession) -> AsyncApp:
    """One app for all workspaces of the town; ``auth.test`` is never asked."""

    async def authorize(enterprise_id: str | None, team_id: str | None, **_: Any) -> Any:
        space = next(
            one
            for one in town.spaces.values()
            if one.team == team_id or (team_id is None and one.grid == enterprise_id)
        )
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_id=space.bot_id,
            bot_user_id=space.bot_user_id,
            bot_token=space.bot_token,
        )

    retry = AsyncRateLimitErrorRetryHandler(max_retry_count=2)
    client = AsyncWebClient(base_url=town.api_url, session=session, retry_handlers=[retry])
    return AsyncApp(
        signing_secret=town.app.signing_secret,
        client=client,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )


@asynccontextmanager
async def serving(
    town: Town,
    transport: str,
    listen: Callable[[AsyncApp], Any],
    *,
    processes: int = 1,
) -> AsyncIterator[list[Any]]:
    """So many bots, each with its listeners, until the block ends; gives their socket handlers."""
    handlers: list[Any] = []
    stops: list[Callable[[], Awaitable[Any]]] = []
    addresses = []
    async with ClientSession() as session:
        try:
            for _ in range(processes):
                app = bolt(town, session)
                listen(app)
                if transport == HTTP:
                    runner = web.AppRunner(app.web_app("/slack/events"), access_log=None)
                    await runner.setup()
                    stops.append(runner.cleanup)
                    site = web.TCPSite(runner, "127.0.0.1", 0)
                    await site.start()
                    addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
                else:
                    handler = AsyncSocketModeHandler(app, town.app.token, web_client=app.client)
                    await handler.connect_async()
                    stops.append(handler.close_async)
                    handlers.append(handler)
            if transport == HTTP:
                town.listen_http(*addresses)
            else:
                await town.until(lambda: sum(one.greeted for one in town.sockets.open) == processes)
            yield handlers
        finally:
            for stop in stops:
                await stop()
