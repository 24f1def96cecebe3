"""The real program on Slack, from outside: it runs, says how it is, and its words on the command line."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.looking import trouble
from bot.settings import load
from tests.fakes.forked import Forked, ran
from tests.fakes.installed import Running, free_port, settings_in, warnings_in
from tests.fakes.slack import Town as Server
from tests.fakes.slack import Workspace, slack_town
from tests.fakes.slack.places import App
from tests.fakes.slack_week import Person

pytestmark = pytest.mark.xdist_group("slack")


@asynccontextmanager
async def town() -> AsyncIterator[tuple[Server, Workspace, Person]]:
    """A workspace, and somebody in its channel."""
    async with slack_town(burst=1000, ping_every=0.2) as server:
        space = server.workspace("T0HARBOUR", name="Harbour")
        user = space.user("moderator")
        yield server, space, Person(server.hand(user), space.channel("general", members=[user]))


def section(server: Server, space: Workspace, mode: str, port: int = 0) -> list[str]:
    lines = ["[slack]", f'mode = "{mode}"', f'api_url = "{server.api_url}"']
    lines.append(f'bot_token = "{space.bot_token}"')
    if mode == "socket":
        return [*lines, f'app_token = "{space.app_token}"']
    return [*lines, f'signing_secret = "{space.signing_secret}"', "[http]", f"port = {port}"]


async def until_ready(one: Running, ready: bool = True) -> None:
    async with asyncio.timeout(90):
        while (await asyncio.to_thread(one.ask, "/readyz"))[0] != (200 if ready else 503):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_program_founds_a_community_by_chat_and_stops_when_told(
    tmp_path: Path, mode: str
) -> None:
    async with town() as (server, space, person):
        port = free_port()
        config = settings_in(tmp_path, platform=section(server, space, mode, port))
        if mode == "http":
            server.listen_http(f"http://127.0.0.1:{port}/slack/events")
        one = await asyncio.to_thread(Running, config)
        try:
            assert await asyncio.to_thread(one.address) == "Runs on slack."
            assert one.process.stdout
            code = (await asyncio.to_thread(one.process.stdout.readline)).split()[-1]
            await until_ready(one)
            assert (await asyncio.to_thread(one.ready))["platforms"] == {"slack": True}
            await person.types("/setup")
            if "code" not in {b["block_id"] for b in person.view["blocks"]}:
                await person.presses("claim")
            said = await person.submits(code=code)
            assert person.hand.errors == {}, said
        finally:
            ended, log = await asyncio.to_thread(one.stop, signal.SIGTERM)
    assert ended == 0
    assert person.hand._user.id not in log
    assert space.bot_token not in log
    assert warnings_in(log) == []


async def test_a_slack_that_falls_silent_is_shown_to_the_operator(tmp_path: Path) -> None:
    async with town() as (server, space, _):
        config = settings_in(tmp_path, platform=section(server, space, "socket"))
        one = await asyncio.to_thread(Running, config, start=Forked)
        try:
            await asyncio.to_thread(one.address)
            await until_ready(one)
            server.faults.error("apps.connections.open", "internal_error", times=3)
            await server.sockets.drop()
            await until_ready(one, ready=False)
            assert (await asyncio.to_thread(one.ready))["platforms"] == {"slack": False}
            await until_ready(one)
        finally:
            await asyncio.to_thread(one.stop)


async def test_a_token_that_slack_does_not_take_ends_it_with_a_sentence(tmp_path: Path) -> None:
    async with town() as (server, space, _):
        words = section(server, space, "socket")
        config = settings_in(
            tmp_path, platform=[one.replace(space.bot_token, "xoxb-wrong") for one in words]
        )
        one = await asyncio.to_thread(Running, config, start=Forked)
        code, said = await asyncio.to_thread(one.ended)
    assert code == 2
    assert said.splitlines()[-1] == (
        "Slack does not take [slack] bot_token (invalid_auth): install the app in the workspace "
        "anew, and set the token it shows."
    )


# The command line ----------------------------------------------------------------------------------


def groundswell(*words: str, folder: Path) -> tuple[int, str, str]:
    script = str(Path(sys.executable).with_name("groundswell"))
    done = ran(script, *words, cwd=folder, timeout=120)
    return done.returncode, done.stdout, done.stderr


async def troubled(folder: Path, words: list[str]) -> str:
    """What ``check`` would say of it."""
    folder.mkdir()
    known = load(settings_in(folder, platform=words)).slack
    assert known
    return await trouble(known) or ""


async def test_check_says_whether_slack_would_have_us(tmp_path: Path) -> None:
    async with town() as (server, space, _):
        good = section(server, space, "socket")
        config = settings_in(tmp_path, platform=good)
        of = ("check", "--config", str(config))
        _, told, _ = await asyncio.to_thread(groundswell, *of, folder=tmp_path)
        assert "ok   slack app\n" in told
        cases = {
            "token": (space.bot_token, "xoxb-wrong", "bot_token (invalid_auth)"),
            "app": (space.app_token, "xapp-wrong", "opens no socket for [slack] app_token"),
            "away": (f":{server.port}/", ":9/", "does not answer as Slack does"),
        }
        for name, (right, wrong, says) in cases.items():
            words = [one.replace(right, wrong) for one in good]
            assert says in await troubled(tmp_path / name, words), name
        server.tokens[space.bot_token].scopes = ("commands",)
        assert "lacks the scope chat:write" in await troubled(tmp_path / "scope", good)


def manifest(folder: Path, *words: str) -> dict[str, Any]:
    code, told, wrong = groundswell("slack", "manifest", *words, folder=folder)
    assert (code, wrong) == (0, "")
    made = json.loads(told)
    App().configure(made)  # raises where Slack would not take it
    return dict(made)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return manifest(tmp_path_factory.mktemp("nothing"))


def test_the_manifest_asks_for_as_little_as_it_can(made: dict[str, Any]) -> None:
    assert made["oauth_config"]["scopes"] == {"bot": ["commands", "chat:write"]}
    assert made["settings"]["event_subscriptions"]["bot_events"] == [
        "app_home_opened",
        "app_uninstalled",
        "tokens_revoked",
    ]
    assert made["features"]["app_home"]["messages_tab_read_only_enabled"] is True
    assert made["settings"]["socket_mode_enabled"] is True
    assert "http" not in json.dumps(made["settings"])


def test_the_manifest_has_every_command_that_is_typed_and_no_other(made: dict[str, Any]) -> None:
    typed = {one["command"] for one in made["features"]["slash_commands"]}
    assert typed == {
        *("/grievance", "/receipt", "/pulse", "/reps", "/about", "/cases", "/duty", "/poll"),
        *("/digest", "/setup", "/help"),
    }
    assert [one["callback_id"] for one in made["features"]["shortcuts"]] == ["grievance"]


def test_the_manifest_for_http_says_where_to_and_honours_the_prefix(tmp_path: Path) -> None:
    settings_in(
        tmp_path,
        platform=[
            "[slack]",
            'bot_token = "xoxb-8f7422"',
            'app_token = "xapp-9be7ea"',
            'command_prefix = "gs-"',
        ],
    )
    told = manifest(tmp_path, "--http", "https://bot.example.org/", "--language", "de")
    commands = told["features"]["slash_commands"]
    assert {one["url"] for one in commands} == {"https://bot.example.org/slack/events"}
    assert "/gs-grievance" in {one["command"] for one in commands}
    assert "Beschwerde" in json.dumps(told, ensure_ascii=False)
    assert told["oauth_config"]["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]
    assert told["settings"]["org_deploy_enabled"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--http", "http://x"], "--http takes"),
        (["--language", "xx"], "--language takes"),
        (["--config", "typo.toml"], "There is no typo.toml here: "),
    ],
)
def test_a_manifest_that_cannot_be_made_is_refused_in_a_sentence(
    tmp_path: Path, words: list[str], says: str
) -> None:
    code, told, wrong = groundswell("slack", "manifest", *words, folder=tmp_path)
    assert (code, told) == (2, "")
    assert wrong.startswith(says)
