"""The two bots of figures 1, 3 and 5 on Slack, each a process of its own, so that its CPU is its own.

``ours``: the whole bot with its Slack adapter over HTTP, on PostgreSQL, let into several workspaces,
each of a community of its own; told so by a line on its input, it brings grievances as far as the
preview, through the door, and tells what Slack would send when each is sent off.
``stock``: Bolt with process_before_response. It acknowledges and does nothing; or writes the rows that
it was told, one INSERT after another; or opens a modal and writes to it once.
"""

import asyncio
import json
import re
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.sandbox import people
from adapters.slack import render
from adapters.slack.app import SlackPlatform
from adapters.slack.incoming import PLATFORM, acted
from adapters.slack.installations import Installation, Installations
from adapters.vault import make_key_files
from bot import ports, tasks
from bot.dispatch import Door
from bot.domain.communities import Space, Trust
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.settings import Http, Slack, Where
from bot.texts import Speaker
from bot.wiring import groundswell
from tests.benchmarks.processes import lines, say
from tests.benchmarks.raw import Row, heard_of, plain
from tests.benchmarks.slack_wire import SECRET
from tests.fakes.acts import STORY, button
from tests.fakes.slack import Town, payloads
from tests.fakes.world import US, HandClock, KeptLog, KeptPost

FORM = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}
WORKSPACES = 8
CONNECTIONS = 10  #: of the peer to each store, as many as ours keeps


async def ours(given: dict[str, Any]) -> None:
    folder, clock, chance = Path(given["folder"]), HandClock(SystemClock().now()), SystemChance()
    where = Where(folder / "data", folder / "keys", given["database"], given["key_store"])
    make_key_files(where.keys, chance)
    client = {"client_id": "1.2", "client_secret": "secret", "signing_secret": SECRET}
    known = Slack(mode="http", api_url=given["slack"], **client)
    made, installed = list[SlackPlatform](), list[Installations]()

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        installed.append(Installations(open_work, vault, clock))
        made.append(SlackPlatform(known, Http(port=0), US, vault, clock, chance, open_work))
        return {PLATFORM: made[0].post}

    log, posts = KeptLog(), {people.PLATFORM: KeptPost()}
    async with groundswell(where, US, posts, clock, chance, log, beside=beside) as bot:
        teams = [f"T0HARBOUR{n}" for n in range(WORKSPACES)]
        for n, team in enumerate(teams):
            seeded = people.community(lambda: chance.bytes(16).hex(), f"TESTCDE{n}", clock.now())
            there = Space(chance.bytes(16).hex(), PLATFORM, team, team, Trust.NEUTRAL, rooms={})
            await bot.communities.found(replace(seeded, spaces=(there,)))
            await installed[0].keep(Installation(team, f"xoxb-{n}"))
        ALLOWED_A_DAY[Act.GRIEVANCE] = 1_000_000  # no limit of ours is what is measured
        tasks.BEHIND = 60.0  # nor how long a busy machine made somebody wait
        async with made[0].serve(bot.door, _give_up):
            say({"address": made[0].address})
            town, numbers = Town(ack_within=3, ping_every=5, burst=1, record=False), count()
            for team in teams:
                town.workspace(team)
            async for many in lines():
                sent = [await _to_preview(bot.door, town, next(numbers)) for _ in range(many)]
                say({"sent": sent, "bugs": [repr(one) for one in log.lines]})


async def _to_preview(door: Door, town: Town, number: int) -> dict[str, str]:
    """What Slack sends when this person presses ``send``."""
    space = town.spaces[f"T0HARBOUR{number % WORKSPACES}"]
    user = space.user(f"worker-{number}")
    del space.users[user.id]  # it is looked for by its name
    act: Any = payloads.shortcut(user, "grievance", "")
    caller = acted(act).caller
    opened = await door.begin("grievance", caller)
    form = (await door.begin("continue", caller, button(opened, "continue").subject)).form
    assert form is not None
    reply = await door.submit(form.name, caller, form.subject, FORM)
    shown = render.view(Speaker(reply.voice, "/"), reply, US.name, "", "")
    act = payloads.submission(user, town.screen(user).open(shown), town.triggers.new(user))
    town.screens.clear()
    town.triggers = type(town.triggers)(town)
    return {"payload": json.dumps(act)}


def _give_up(why: Exception) -> None:
    raise SystemExit(str(why))


async def stock(given: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        bot = _Stock(AsyncWebClient(token="xoxb-1", base_url=given["slack"], session=session))
        runner = web.AppRunner(bot.app().web_app("/slack/events"), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        say({"address": f"http://127.0.0.1:{runner.addresses[0][1]}"})
        async for told in lines():
            bot.views = told["views"]
            await bot.will_write(given, told["rows"])
            say({})


class _Stock:
    """``rows``: what one ``send`` keeps, each with the pool to its store."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self.views: list[dict[str, Any]] = []
        self.rows: list[tuple[Any, Row]] = []

    async def will_write(self, given: dict[str, Any], rows: list[list[Any]]) -> None:
        pools = {name: await pool(given[name]) for name in ("database", "key_store")}
        for row in (heard_of(*one) for one in rows):
            self.rows.append((pools[row.store], row))

    def app(self) -> AsyncApp:
        app = AsyncApp(
            signing_secret=SECRET,
            client=self._client,
            authorize=_authorized,
            process_before_response=True,
            raise_error_for_unhandled_request=False,
        )

        async def writes(ack: Any) -> None:
            for pool, row in self.rows:
                await pool.execute(row.sql, *row.drawn())
            await ack()

        async def nothing(ack: Any) -> None:
            await ack()

        async def modal(body: Any, ack: Any, client: AsyncWebClient) -> None:
            await ack()
            first, then = self.views
            opened = await client.views_open(trigger_id=body["trigger_id"], view=first)
            await client.views_update(view_id=opened["view"]["id"], view=then)

        app.view("writes")(writes)
        app.view(re.compile(""))(nothing)
        app.action(re.compile(""))(nothing)
        app.command(re.compile(""))(modal)
        return app


async def _authorized(enterprise_id: str | None, team_id: str | None, **_: Any) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-1")


async def pool(database: str) -> "asyncpg.Pool[Any]":
    """Without the statement by which asyncpg's pool makes a connection as new after its use."""

    async def leave(connection: "asyncpg.Connection[Any]") -> None:
        """Nothing was changed in it."""

    return await asyncpg.create_pool(
        plain(database), min_size=CONNECTIONS, max_size=CONNECTIONS, reset=leave
    )


if __name__ == "__main__":
    asyncio.run({"ours": ours, "stock": stock}[sys.argv[1]](json.loads(sys.argv[2])))
