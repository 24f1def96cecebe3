"""How the town lets an app in and out: consent, tokens that rotate, organisations, manifests."""

import copy
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from tests.fakes.slack import Impossible, Town, Workspace, slack_town
from tests.fakes.slack.manifest import wrong_in
from tests.fakes.slack_bolted import HTTP, TRANSPORTS, client_of, modal, section, serving

Json = dict[str, Any]
REDIRECT = "http://127.0.0.1:8080/slack/oauth_redirect"


# Consent and tokens -------------------------------------------------------------------------------


def access(town: Town, **given: Any) -> Any:
    """Not by the sdk's own method: it asks aiohttp for what aiohttp has deprecated."""
    web = AsyncWebClient(base_url=town.api_url)
    ids = {"client_id": town.app.client_id, "client_secret": town.app.client_secret}
    return web.api_call("oauth.v2.access", data=ids | given)


async def error(asked: Any) -> str:
    with pytest.raises(SlackApiError) as why:
        await asked
    return str(why.value.response["error"])


async def test_consent_brings_a_code_and_a_code_a_token() -> None:
    async with slack_town() as town, aiohttp.ClientSession() as browser:
        space = town.workspace("T1", installed=False)
        ana = space.user("ana", admin=True)
        page = AuthorizeUrlGenerator(
            client_id=town.app.client_id,
            scopes=["commands", "chat:write", "files:write"],
            redirect_uri=REDIRECT,
            authorization_url=f"{town.url}/oauth/v2/authorize",
        ).generate("a-state")
        answer = await browser.get(f"{page}&as={ana.id}", allow_redirects=False)
        back = URL(answer.headers["Location"])
        assert (str(back.with_query(None)), back.query["state"]) == (REDIRECT, "a-state")
        given = await access(town, code=back.query["code"], redirect_uri=REDIRECT)
        assert given["team"] == {"id": "T1", "name": "Acme"}
        assert given["scope"] == "commands,chat:write,files:write"
        assert (given["token_type"], given["bot_user_id"]) == ("bot", space.bot_user_id)
        assert given["authed_user"]["id"] == ana.id
        assert (await client_of(town, space).auth_test())["team_id"] == "T1"
        assert await error(access(town, code=back.query["code"])) == "code_already_used"
        nobody = await browser.get(page, allow_redirects=False)
        assert URL(nobody.headers["Location"]).query["error"] == "access_denied"


async def test_wrong_codes_secrets_and_addresses_are_refused() -> None:
    async with slack_town() as town:
        space = town.workspace("T1")
        ana = space.user("ana")
        assert await error(access(town, code="1.a")) == "invalid_code"
        code = town.installing.code(space, ana, redirect=REDIRECT)
        assert await error(access(town, code=code, redirect_uri="http://x")) == "bad_redirect_uri"
        assert await error(access(town, code=code, client_secret="x")) == "bad_client_secret"
        assert await error(access(town, code=code, client_id="x")) == "invalid_client_id"
        town.later(601)
        assert await error(access(town, code=code, redirect_uri=REDIRECT)) == "invalid_code"


async def test_a_token_that_rotates_ends_and_its_refresh_is_good_once() -> None:
    async with slack_town() as town:
        town.app.rotation = True
        space = town.workspace("T1", installed=False)
        given = await access(town, code=town.installing.code(space, space.user("ana")))
        assert given["expires_in"] == 43_200
        web = client_of(town, space)
        town.later(43_201)
        assert await error(web.auth_test()) == "token_expired"
        again = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        fresh = await access(town, **again)
        assert fresh["access_token"] != given["access_token"]
        assert await error(access(town, **again)) == "invalid_refresh_token"
        await client_of(town, space).auth_test()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_app_that_leaves_is_told_so_and_its_token_is_dead(transport: str) -> None:
    async with slack_town() as town:
        space = town.workspace("T1")
        told: list[Json] = []

        def listen(app: Any) -> None:
            async def gone(event: Json, body: Json) -> None:
                told.append(event)
                assert body["team_id"] == "T1"

            app.event("app_uninstalled")(gone)
            app.event("tokens_revoked")(gone)

        async with serving(town, transport, listen):
            web = client_of(town, space)
            ids = {"client_id": town.app.client_id, "client_secret": town.app.client_secret}
            await web.apps_uninstall(**ids)
            await town.until(lambda: len(town.delivery.seen) == 2)
            assert [one["type"] for one in told] == ["app_uninstalled", "tokens_revoked"]
            assert told[1]["tokens"]["bot"] == [space.bot_user_id]
            assert await error(web.auth_test()) == "account_inactive"


async def test_a_token_given_back_is_revoked() -> None:
    async with slack_town() as town:
        town.app.events = frozenset()
        web = client_of(town, town.workspace("T1"))
        assert (await web.auth_revoke(test=True))["revoked"] is False
        assert (await web.auth_revoke())["revoked"] is True
        assert await error(web.auth_test()) == "token_revoked"


# Organisations ------------------------------------------------------------------------------------


@pytest.mark.parametrize("org_wide", [False, True])
async def test_payloads_of_an_organisation_say_what_slack_says(org_wide: bool) -> None:
    async with slack_town() as town:
        one = town.workspace("T1", grid="E1", org_wide=org_wide)
        two = town.workspace("T2", name="Beta", grid="E1", org_wide=org_wide)
        assert (one.bot_token == two.bot_token) is org_wide
        heard: list[Json] = []

        def listen(app: Any) -> None:
            async def keep(ack: Any, body: Json, client: Any) -> None:
                heard.append(body)
                await client.views_open(trigger_id=body["trigger_id"], view=modal(section("x")))
                await ack()

            app.command("/form")(keep)
            app.shortcut("form")(keep)

        async with serving(town, HTTP, listen):
            hand = town.hand(two.user("ana"))
            await hand.command("/form")
            await hand.shortcut("form")
        command, shortcut = heard
        assert (command["team_id"], command["enterprise_id"]) == ("T2", "E1")
        assert command["is_enterprise_install"] == ("true" if org_wide else "false")
        assert shortcut["enterprise"]["id"] == "E1"
        assert (shortcut["team"] is None) is org_wide
        assert shortcut["user"]["team_id"] == "T2"
        told = await client_of(town, two).auth_test()
        assert told["enterprise_id"] == "E1"


async def test_an_organisations_token_says_which_workspace_is_meant() -> None:
    async with slack_town() as town:
        one = town.workspace("T1", grid="E1", org_wide=True)
        two = town.workspace("T2", grid="E1", org_wide=True)
        bea, web = two.user("bea"), client_of(town, one)
        said = {"text": "x", "channel": two.channel("general", members=[bea]).id}
        assert await error(web.chat_postMessage(**said)) == "channel_not_found"
        await web.api_call("chat.postMessage", json=said | {"team_id": "T2"})
        assert len(town.hand(bea).messages()) == 1
        other = web.api_call("chat.postMessage", json=said | {"team_id": "T3"})
        assert await error(other) == "team_not_found"


# Manifests ----------------------------------------------------------------------------------------


def manifest() -> Json:
    """A right one, over a socket."""
    return {
        "_metadata": {"major_version": 1, "minor_version": 1},
        "display_information": {"name": "Groundswell", "background_color": "#0a3"},
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_read_only_enabled": True},
            "bot_user": {"display_name": "groundswell", "always_online": False},
            "shortcuts": [
                {
                    "name": "Raise a grievance",
                    "type": "global",
                    "callback_id": "grievance",
                    "description": "Only you see it",
                }
            ],
            "slash_commands": [{"command": "/grievance", "description": "Raise a grievance"}],
        },
        "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "app_uninstalled"]},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": True,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def test_a_right_manifest_has_nothing_wrong() -> None:
    assert list(wrong_in(manifest())) == []
    over_http = manifest()
    over_http["settings"]["socket_mode_enabled"] = False
    assert len(list(wrong_in(over_http))) == 3
    over_http["features"]["slash_commands"][0]["url"] = "https://bot.example.org/slack/events"
    for key in ("event_subscriptions", "interactivity"):
        over_http["settings"][key]["request_url"] = "https://bot.example.org/slack/events"
    assert list(wrong_in(over_http)) == []


def change(*path: Any, to: Any = None) -> Callable[[Json], None]:
    """Something in it is set, or taken out."""

    def make(given: Json) -> None:
        inner: Any = given
        for key in path[:-1]:
            inner = inner[key]
        if to is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = to

    return make


COMMAND, SHORTCUT = ("features", "slash_commands", 0), ("features", "shortcuts", 0)
WRONG: dict[str, Callable[[Json], None]] = {
    "no name": change("display_information", "name"),
    "a long name": change("display_information", "name", to="x" * 36),
    "a long description": change("display_information", "description", to="x" * 141),
    "a short long description": change("display_information", "long_description", to="x" * 174),
    "a colour that is none": change("display_information", "background_color", to="green"),
    "an unknown part": change("colours", to={}),
    "an unknown setting": change("settings", "colour", to=True),
    "a truth that is a text": change("settings", "socket_mode_enabled", to="yes"),
    "a version that is a truth": change("_metadata", "major_version", to=True),
    "a command without slash": change(*COMMAND, "command", to="grievance"),
    "a command with a space": change(*COMMAND, "command", to="/a b"),
    "a command in capitals": change(*COMMAND, "command", to="/Grievance"),
    "a long command": change(*COMMAND, "command", to="/" + "x" * 32),
    "a command undescribed": change(*COMMAND, "description"),
    "a command with an empty hint": change(*COMMAND, "usage_hint", to=""),
    "no commands in the list": change("features", "slash_commands", to=[]),
    "a long shortcut": change(*SHORTCUT, "name", to="x" * 25),
    "a shortcut of a kind of its own": change(*SHORTCUT, "type", to="local"),
    "a shortcut without id": change(*SHORTCUT, "callback_id"),
    "no bot user": change("features", "bot_user"),
    "a bot user without name": change("features", "bot_user", "display_name"),
    "no scope for commands": change("oauth_config", "scopes", "bot", to=["chat:write"]),
    "a scope twice": change("oauth_config", "scopes", "bot", to=["commands", "commands"]),
    "an event without its scope": change(
        "settings", "event_subscriptions", "bot_events", to=["message.im"]
    ),
    "an event twice": change("settings", "event_subscriptions", "bot_events", to=["a", "a"]),
    "no interactivity": change("settings", "interactivity", "is_enabled", to=False),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_manifest_is_found_out(what: str) -> None:
    given = copy.deepcopy(manifest())
    WRONG[what](given)
    assert list(wrong_in(given))


def test_one_command_twice_is_found_out() -> None:
    given = manifest()
    given["features"]["slash_commands"] *= 2
    assert list(wrong_in(given)) == [("/features/slash_commands", "/grievance twice")]


async def test_an_app_is_as_its_manifest_says() -> None:
    async with slack_town() as town:
        town.app.configure(manifest())
        space: Workspace = town.workspace("T1")
        assert space.scopes == ("commands", "chat:write")
        assert town.app.events == {"app_home_opened", "app_uninstalled"}
        assert (town.app.messages_tab, town.app.rotation) == (False, False)
        hand = town.hand(space.user("ana"))
        with pytest.raises(Impossible):
            await hand.command("/help")
        with pytest.raises(Impossible):
            await hand.shortcut("other")
        wrong = manifest() | {"features": {"app_home": {"home_tab_enabled": False}}}
        town.app.configure(wrong | {"oauth_config": {}})
        with pytest.raises(Impossible, match="no home"):
            await hand.home()
        with pytest.raises(AssertionError, match="would not take"):
            town.app.configure({})
