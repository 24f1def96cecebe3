"""The app itself: who it is, which commands it has, and where its gateway is."""

from typing import TYPE_CHECKING, Any

from tests.fakes.discord import commands
from tests.fakes.discord.errors import ApiError, unknown

if TYPE_CHECKING:
    from tests.fakes.discord.rest import Ask
    from tests.fakes.discord.town import Town

Json = dict[str, Any]


def application(town: "Town") -> Json:
    return {
        "id": town.app_id,
        "name": town.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "hook": True,
        "owner": town.owner.told(),
        "team": None,
        "bot": town.bot.told(),
        "interactions_endpoint_url": None,
        "integration_types_config": {"0": {}, "1": {}},
        "approximate_guild_count": sum(one.with_bot for one in town.guilds.values()),
        "approximate_user_install_count": sum(one.installed for one in town.users.values()),
    }


async def me(ask: "Ask") -> Json:
    return ask.town.bot.told() | {"verified": True, "mfa_enabled": False, "email": None, "flags": 0}


async def app(ask: "Ask") -> Json:
    return application(ask.town)


async def gateway(ask: "Ask") -> Json:
    return {"url": ask.town.gateway_url}


async def gateway_bot(ask: "Ask") -> Json:
    return {
        "url": ask.town.gateway_url,
        "shards": ask.town.shards,
        "session_start_limit": ask.town.gateway.start_limit(),
    }


async def get_commands(ask: "Ask") -> list[Json]:
    _mine(ask)
    full = ask.query.get("with_localizations") in ("1", "true", "True")
    return [one if full else _short(one) for one in ask.town.commands.values()]


async def put_commands(ask: "Ask") -> list[Json]:
    """All at once: what is not named is gone, and what is named keeps its id."""
    _mine(ask)
    town = ask.town
    given = commands.checked(ask.body)
    old = {(one["type"], one["name"]): one["id"] for one in town.commands.values()}
    new = sum((one.get("type", 1), one["name"]) not in old for one in given)
    day = [at for at in town.creates if at > town.now() - 86400]
    if len(day) + new > commands.CREATES_A_DAY:
        raise ApiError(
            400, 30034, "Max number of daily application command creates has been reached (200)"
        )
    town.creates = day + [town.now()] * new
    kept = [
        commands.dressed(
            one,
            old.get((one.get("type", 1), one["name"])) or town.snowflake(),
            town.app_id,
            town.snowflake(),
        )
        for one in given
    ]
    town.commands = {one["id"]: one for one in kept}
    return kept


async def get_command(ask: "Ask") -> Json:
    _mine(ask)
    if ask.params["command"] not in ask.town.commands:
        raise unknown("command")
    return ask.town.commands[ask.params["command"]]


async def delete_command(ask: "Ask") -> None:
    _mine(ask)
    if ask.params["command"] not in ask.town.commands:
        raise unknown("command")
    del ask.town.commands[ask.params["command"]]


def _mine(ask: "Ask") -> None:
    if ask.params["application"] != ask.town.app_id:
        raise ApiError(
            403, 20012, "You are not authorized to perform this action on this application"
        )


def _short(one: Json) -> Json:
    return {key: value for key, value in one.items() if not key.endswith("_localizations")}


COMMANDS = "/applications/{application}/commands"
ROUTES = {
    "GET /users/@me": me,
    "GET /oauth2/applications/@me": app,
    "GET /applications/@me": app,
    "GET /gateway": gateway,
    "GET /gateway/bot": gateway_bot,
    f"GET {COMMANDS}": get_commands,
    f"PUT {COMMANDS}": put_commands,
    f"GET {COMMANDS}/{{command}}": get_command,
    f"DELETE {COMMANDS}/{{command}}": delete_command,
}
