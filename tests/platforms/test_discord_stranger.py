"""A Discord that none of us wrote: it spells its answers as its own library does, tells what it must and
no more, and is not always well."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from adapters.discord import looking, wire
from adapters.discord.forms import of_today
from adapters.discord.gateway import Gateway, Happened
from adapters.discord.post import DiscordPost
from adapters.discord.wire import Wire, wire_to
from bot.platforms import Away, Limited
from bot.ports import InDoubt, Noted, PlatformAway, Rejected, Undelivered, Unreachable
from bot.settings import CannotStart, Discord
from tests.fakes.world import World

pytestmark = pytest.mark.asyncio

Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def stranger(
    answers: Answers, *, logs_in: bool = False
) -> AsyncIterator[tuple[Wire, Discord]]:
    """With what one gets who writes such a server in an afternoon; ``logs_in``: once we have."""

    async def answered(asked: web.Request) -> web.StreamResponse:
        known = logs_in and asked.path.endswith("/users/@me")
        return web.json_response({"id": "1"}) if known else await answers(asked)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answered)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    (address,) = runner.addresses
    known = Discord(token="a.b.c", api_url=f"http://127.0.0.1:{address[1]}/api/v10")  # type: ignore[arg-type]  # as a file has it
    try:
        async with wire_to(known) as one:
            if logs_in:
                await one.login("a.b.c")
            yield one, known
    finally:
        await runner.cleanup()


async def test_json_is_read_however_its_kind_is_spelled() -> None:
    async def answers(asked: web.Request) -> web.StreamResponse:
        return web.json_response({"id": "42", "path": asked.path})  # with a charset

    async with stranger(answers) as (one, known):
        assert await one.login("a.b.c") == "42"
        assert (await one.call("GET", "/gateway/bot"))["path"] == "/api/v10/gateway/bot"
        assert await looking.application(one, known) == "42"


async def test_whoever_is_no_discord_at_all_is_as_one_that_is_away() -> None:
    async def answers(asked: web.Request) -> web.StreamResponse:
        return web.Response(text="<h1>It works!</h1>", content_type="text/html")

    async with stranger(answers) as (one, known):
        with pytest.raises(Away):
            await one.login("a.b.c")
        assert "does not answer as Discord does" in (await looking.trouble(known) or "")
        with pytest.raises(CannotStart, match="does not answer just now"):
            await looking.named(known)


@pytest.mark.parametrize(("via", "scope"), [(False, "user"), (True, "global"), (True, "user")])
async def test_how_long_is_to_be_waited_is_told_on_and_nothing_else_stands_still(
    via: bool, scope: str
) -> None:
    """Longer than an answer may take: it is waited for where nobody holds a parcel meanwhile."""
    asked_for: list[str] = []

    async def answers(asked: web.Request) -> web.StreamResponse:
        asked_for.append(asked.path)
        if asked.path.endswith("/busy"):
            body = {"message": "slower", "retry_after": 25.0, "global": scope == "global"}
            headers = {"Retry-After": "25"} | ({"Via": "1.1 google"} if via else {})
            return web.json_response(body, status=429, headers=headers)
        return web.json_response({"id": "1"})

    async with stranger(answers) as (one, _):
        await one.login("a.b.c")
        with pytest.raises(Limited) as much:
            await one.call("GET", "/busy")
        assert much.value.wait == timedelta(seconds=25)
        assert await one.call("GET", "/users/@me") == {"id": "1"}


async def test_a_wait_that_was_broken_off_keeps_nobody_else_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "CALLED_WITHIN", 0.3)

    async def answers(asked: web.Request) -> web.StreamResponse:
        if asked.path.endswith("/busy"):
            body = {"retry_after": 2.0, "global": True}
            return web.json_response(body, status=429, headers={"Via": "1.1 google"})
        return web.json_response({"id": "1"})

    async with stranger(answers) as (one, _):
        await one.login("a.b.c")
        with pytest.raises(Away):
            await one.call("GET", "/busy")
        assert await one.call("GET", "/users/@me") == {"id": "1"}


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (401, {"message": "401: Unauthorized", "code": 0}, PlatformAway),
        (403, "<html>", Undelivered),
        (404, "<html>", Undelivered),
        (403, {"code": 40333}, Undelivered),
        (403, {"code": 50013}, Unreachable),
        (404, {"code": 10003}, Unreachable),
        (400, {"code": 50035}, Rejected),
        (503, "<html>", InDoubt),
    ],
)
async def test_what_is_none_of_a_message_s_own_is_tried_again(
    status: int, body: Any, means: type[Exception]
) -> None:
    async def answers(asked: web.Request) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(text=body, content_type="text/html", status=status)
        return web.json_response(body, status=status)

    post = DiscordPost()
    async with stranger(answers, logs_in=True) as (one, _):
        post.wire = one
        with pytest.raises(means) as why:
            await post._called("POST", "/channels/{channel_id}/messages", {}, channel_id="1")
        assert type(why.value) is means


async def test_a_token_that_was_reset_ends_the_program_and_other_trouble_is_told_once(
    world: World,
) -> None:
    answer: dict[str, Any] = {"status": 500}

    async def answers(asked: web.Request) -> web.StreamResponse:
        return web.json_response({"code": 0}, status=answer["status"])

    async with stranger(answers, logs_in=True) as (one, known):
        happened = Happened(lambda _: None, lambda _: None, lambda: None)
        gateway = Gateway(known, one, world.bot.door, lambda _: None, happened, 0.0)
        answer["status"] = 403
        for _ in range(3):
            await gateway._guarded()
        told = [facts for event, facts in world.log.lines if event is Noted.WARNED]
        assert told == [{"platform": "discord", "kind": "gateway", "place": "403 0"}]
        answer["status"] = 401
        with pytest.raises(CannotStart, match="token"):
            await gateway._guarded()


async def test_a_gateway_that_tells_nothing_but_its_address_is_joined() -> None:
    async def answers(asked: web.Request) -> web.StreamResponse:
        return web.json_response({"id": "1", "url": "ws://127.0.0.1:9/"})

    nothing: Any = None
    async with stranger(answers, logs_in=True) as (one, known):
        gateway = Gateway(known, one, nothing, nothing, nothing)
        assert await gateway._asked() == (1, "ws://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("ids", "today"),
    [((1001, 1002), True), ((1, 2), True), ((None, None), True), ((2001, 2002), False)],
)
async def test_only_a_form_that_says_so_is_of_another_version(ids: Any, today: bool) -> None:
    """Numbers of components are kept by Discord; whoever keeps none has not changed the form."""
    shown = [{"type": 18, "component": {}} | ({"id": one} if one else {}) for one in ids]
    assert of_today(shown) is today
