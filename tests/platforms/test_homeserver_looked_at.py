"""Whether a homeserver would have us is seen without logging in; each fault with its remedy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from adapters.matrix.looking import trouble
from bot.settings import MatrixAccount

USER, TOKEN = "@bot:example.org", "syt_secret"
PASSWORD_FLOWS = {"flows": [{"type": "m.login.sso"}, {"type": "m.login.password"}]}


@asynccontextmanager
async def answering(
    login: object = PASSWORD_FLOWS, whoami: object = None, status: int = 200
) -> AsyncIterator[tuple[str, list[tuple[str, str]]]]:
    """A server with a homeserver's answers, as Synapse gives them; what it was asked, and by whom."""
    asked: list[tuple[str, str]] = []

    def say(what: object) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            asked.append((request.method, request.path))
            ours = request.headers.get("Authorization") == f"Bearer {TOKEN}"
            if request.path.endswith("whoami") and not ours:
                return web.json_response({"errcode": "M_UNKNOWN_TOKEN"}, status=401)
            if isinstance(what, str):
                return web.Response(text=what, content_type="text/html", status=status)
            return web.json_response(what, status=status)

        return answer

    app = web.Application()
    app.router.add_get("/_matrix/client/v3/login", say(login))
    app.router.add_get("/_matrix/client/v3/account/whoami", say(whoami or {"user_id": USER}))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()


def account(homeserver: str, **secret: str) -> MatrixAccount:
    secret = secret or {"password": "hush"}
    return MatrixAccount.model_validate({"homeserver": homeserver, "user_id": USER, **secret})


async def test_of_one_that_takes_passwords_there_is_nothing_to_say() -> None:
    async with answering() as (address, asked):
        assert await trouble(account(address)) is None
    assert asked == [("GET", "/_matrix/client/v3/login")], "nothing is made there"


async def test_of_a_token_that_is_ours_there_is_nothing_to_say() -> None:
    async with answering() as (address, asked):
        assert await trouble(account(address, access_token=TOKEN)) is None
    assert asked == [("GET", "/_matrix/client/v3/account/whoami")]


async def test_one_that_takes_no_password_is_named_with_what_would_do() -> None:
    for flows in ({"flows": [{"type": "m.login.sso"}]}, {"flows": []}, {}, {"flows": ["odd"]}):
        async with answering(login=flows) as (address, _):
            said = await trouble(account(address))
            assert said is not None
            assert "takes no password: set access_token" in said


async def test_another_kind_of_server_is_no_homeserver() -> None:
    async with answering(login={"error": "no such page"}, status=404) as (address, _):
        said = await trouble(account(address))
    assert said is not None
    assert "does not answer as a homeserver" in said


async def test_a_token_that_is_not_known_is_named() -> None:
    async with answering() as (address, _):
        said = await trouble(account(address, access_token="another"))
    assert said is not None
    assert "knows no such access_token" in said
    assert "another" not in said.replace("access_token", "")


async def test_a_token_of_somebody_else_is_named() -> None:
    async with answering(whoami={"user_id": "@eve:example.org"}) as (address, _):
        said = await trouble(account(address, access_token=TOKEN))
    assert said is not None
    assert "belongs to another account than user_id says" in said


async def test_one_that_is_unwell_is_named() -> None:
    async with answering(whoami={"errcode": "M_UNKNOWN"}, status=500) as (address, _):
        said = await trouble(account(address, access_token=TOKEN))
    assert said is not None
    assert "(500)" in said


@pytest.mark.parametrize("page", ["<html>It works!</html>", ""])
async def test_what_is_no_homeserver_is_named(page: str) -> None:
    async with answering(login=page or "[]") as (address, _):
        said = await trouble(account(address))
    assert said is not None
    assert said.startswith(f"{address} does not answer as a homeserver")


async def test_nobody_there_is_the_same() -> None:
    said = await trouble(account("http://127.0.0.1:1"))
    assert said is not None
    assert "does not answer as a homeserver: see that it runs" in said
