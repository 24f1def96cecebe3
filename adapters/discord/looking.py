"""Who we are at Discord, and whether it would have us: asked at the start, by ``check``, by ``sync``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.discord.manifest import Json
from adapters.discord.wire import Refusal, Wire, wire_to
from bot.platforms import Away, Limited
from bot.settings import CannotStart, Discord

USER_INSTALL = "1"
WORTHLESS = "Discord does not take [discord] token: copy the one on the page Bot of your app."
GATEWAY_MESSAGES = 1 << 18 | 1 << 19
GATEWAY_MEMBERS = 1 << 14 | 1 << 15
GATEWAY_PRESENCE = 1 << 12 | 1 << 13


async def application(wire: Wire, known: Discord) -> str:
    """The app's own id, which is its bot's where nothing else is told. Raises Away, Limited, Refusal."""
    return known.application_id or str((await _app(wire)).get("id") or wire.me)


async def _app(wire: Wire) -> Json:
    told = await wire.call("GET", "/applications/@me")
    return told if isinstance(told, dict) else {}


async def sync(wire: Wire, application_id: str, told: list[Json]) -> int:
    """Tell Discord all commands in the place of those before; gives how many it has now. Raises Away,
    Limited, Refusal."""
    path = "/applications/{application_id}/commands"
    kept = await wire.call("PUT", path, told, application_id=application_id)
    return len(kept) if isinstance(kept, list) else 0


async def trouble(known: Discord) -> str | None:
    """What keeps us from working there, with the remedy; None where nothing can be seen to."""
    async with wire_to(known) as wire:
        try:
            await wire.login(known.token.get_secret_value())
            app = await _app(wire)
            told = await wire.call("GET", "/gateway/bot")
        except (Away, Limited):
            return f"{known.api_url} does not answer as Discord does: see that it can be reached."
        except Refusal as no:
            return _refused(no, "it")
    return _of_app(known, app) or _of_gateway(known, told)


def _of_app(known: Discord, app: Json) -> str | None:
    if known.application_id and str(app.get("id")) != known.application_id:
        return "[discord] application_id is another app's than the token: set the one that fits."
    flags = app.get("flags")
    may = flags if isinstance(flags, int) else 0
    if may & (GATEWAY_MESSAGES | GATEWAY_MEMBERS | GATEWAY_PRESENCE):
        return (
            "the app may read messages, members or presence, and needs none of it: switch the "
            "privileged intents off, on the page Bot."
        )
    if USER_INSTALL not in (app.get("integration_types_config") or {}):
        return "nobody can take the app along: tick User Install, on the page Installation."
    return None


def _of_gateway(known: Discord, told: Json) -> str | None:
    wanted = told.get("shards")
    count = known.shards.count
    if count and isinstance(wanted, int) and count < wanted:
        return f"[discord.shards] count is {count}, and Discord wants {wanted}: raise it."
    return None


async def synced(known: Discord, told: list[Json]) -> int:
    """By a wire of its own; how many commands Discord has now. Raises CannotStart."""
    async with _logged_in(known, "try again in a minute", "the commands") as wire:
        return await sync(wire, await application(wire, known), told)


async def named(known: Discord) -> str:
    """The app's own id, by a wire of its own. Raises CannotStart."""
    if known.application_id:
        return known.application_id
    async with _logged_in(known, "set [discord] application_id", "to say which app it is") as wire:
        return await application(wire, known)


@asynccontextmanager
async def _logged_in(known: Discord, remedy: str, refused: str) -> AsyncIterator[Wire]:
    """A wire of its own. Raises CannotStart, also where what is done with it goes wrong: ``remedy``
    where Discord does not answer; ``refused``: what it said no to."""
    async with wire_to(known) as wire:
        try:
            await wire.login(known.token.get_secret_value())
            yield wire
        except (Away, Limited):
            raise CannotStart(f"{known.api_url} does not answer just now: {remedy}.") from None
        except Refusal as no:
            raise CannotStart(_refused(no, refused)) from None


def _refused(no: Refusal, what: str) -> str:
    """The token, or what was asked with it."""
    return WORTHLESS if no.status == 401 else f"Discord refuses {what} ({no.status}, {no.code})."
