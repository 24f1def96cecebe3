"""Channels, their messages, guilds and members, as the REST API gives them to a bot."""

from typing import TYPE_CHECKING, Any

from tests.fakes.discord import messages, permissions
from tests.fakes.discord.answers import change
from tests.fakes.discord.errors import ApiError, misfit, no_access, no_permission, unknown
from tests.fakes.discord.guilds import Guild
from tests.fakes.discord.messages import EPHEMERAL, Message
from tests.fakes.discord.places import Channel
from tests.fakes.discord.shapes import Id, Shape, refused

if TYPE_CHECKING:
    from tests.fakes.discord.rest import Ask
    from tests.fakes.discord.town import Town

Json = dict[str, Any]
NONCE_FOR = 5 * 60.0


def _channel(ask: "Ask", needs: int = 0) -> Channel:
    """The channel, if the bot may see it and may do this in it."""
    channel = ask.town.channels.get(ask.params["channel"])
    if channel is None:
        raise unknown("channel")
    if channel.guild is None:
        if ask.town.bot not in channel.people:
            raise no_access()
        return channel
    may = channel.may(ask.town.bot)
    if not channel.guild.with_bot or not may & permissions.VIEW:
        raise no_access()
    if needs & ~may:
        raise no_permission()
    return channel


def _message(ask: "Ask", channel: Channel) -> Message:
    """What is whispered is not found here."""
    message = channel.find(ask.params["message"])
    if message is None or message.flags & EPHEMERAL:
        raise unknown("message")
    return message


def _guild(ask: "Ask") -> Guild:
    guild = ask.town.guilds.get(ask.params["guild"])
    if guild is None or not guild.with_bot:
        raise unknown("guild")
    return guild


async def channel(ask: "Ask") -> Json:
    return _channel(ask).told()


def _reached(town: "Town", here: Channel) -> bool:
    """They take messages, and share a guild with the bot or have it in their account."""
    others = [one for one in here.people if one is not town.bot]
    return all(not one.closed and (one.installed or town.shares_guild(one)) for one in others)


async def send(ask: "Ask") -> Json:
    town = ask.town
    here = _channel(ask, permissions.SEND | (permissions.ATTACH_FILES if ask.files else 0))
    if here.guild is None and not _reached(town, here):
        raise ApiError(403, 50007, "Cannot send messages to this user")
    messages.checked(town, ask.body, "create", ask.files)
    nonce = ask.body.get("nonce")
    if nonce is not None and ask.body.get("enforce_nonce"):
        at, message = town.nonces.get(str(nonce), (0.0, None))
        if message is not None and at + NONCE_FOR > town.now():
            return message.told()
    given = messages.applied(town, here, ask.body, ask.files, None)
    more = {} if nonce is None else {"nonce": nonce}
    message = Message(here, messages.made(town, here, given, **more))
    if nonce is not None:
        town.nonces[str(nonce)] = (town.now(), message)
    town.posted(message, ask.body.get("allowed_mentions"))
    return message.told()


async def history(ask: "Ask") -> list[Json]:
    here = _channel(ask)
    if here.guild is not None and not here.may(ask.town.bot) & permissions.READ_HISTORY:
        return []
    limit = int(ask.query.get("limit", "50"))
    if not 1 <= limit <= 100:
        raise misfit(("limit",), "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    before, after = int(ask.query.get("before", 2**63)), int(ask.query.get("after", 0))
    found = [one for one in here.messages if after < int(one.id) < before]
    kept = found[:limit] if after else found[-limit:]
    return [one.told() for one in reversed(kept)]


async def one(ask: "Ask") -> Json:
    here = _channel(ask, permissions.READ_HISTORY)
    return _message(ask, here).told()


async def edit(ask: "Ask") -> Json:
    message = _message(ask, _channel(ask))
    if message.data["author"]["id"] != ask.town.bot.id:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    return change(ask, message, ask.body).told()


async def delete(ask: "Ask") -> None:
    here = _channel(ask)
    message = _message(ask, here)
    mine = message.data["author"]["id"] == ask.town.bot.id
    may = here.guild is not None and here.may(ask.town.bot) & permissions.MANAGE_MESSAGES
    if not mine and not may:
        raise no_permission()
    ask.town.deleted(message)


async def opens(ask: "Ask") -> Json:
    refused(Shape({"recipient_id": Id(needed=True)}), ask.body)
    user = ask.town.users.get(str(ask.body["recipient_id"]))
    if user is None or user is ask.town.bot:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return ask.town.direct(user).told()


async def guild(ask: "Ask") -> Json:
    found = _guild(ask).told()
    if ask.query.get("with_counts") in ("1", "true", "True"):
        members = len(_guild(ask).members)
        found |= {"approximate_member_count": members, "approximate_presence_count": 1}
    return found


async def member(ask: "Ask") -> Json:
    inside = _guild(ask)
    if ask.params["user"] not in ask.town.users:
        raise unknown("user")
    found = inside.members.get(ask.params["user"])
    if found is None:
        raise unknown("member")
    return found.told()


async def channels(ask: "Ask") -> list[Json]:
    return [one.told() for one in _guild(ask).channels.values()]


async def roles(ask: "Ask") -> list[Json]:
    return _guild(ask).roles_told()


async def user(ask: "Ask") -> Json:
    found = ask.town.users.get(ask.params["user"])
    if found is None:
        raise unknown("user")
    return found.told()


ROUTES = {
    "GET /channels/{channel}": channel,
    "GET /channels/{channel}/messages": history,
    "POST /channels/{channel}/messages": send,
    "GET /channels/{channel}/messages/{message}": one,
    "PATCH /channels/{channel}/messages/{message}": edit,
    "DELETE /channels/{channel}/messages/{message}": delete,
    "POST /users/@me/channels": opens,
    "GET /users/{user}": user,
    "GET /guilds/{guild}": guild,
    "GET /guilds/{guild}/channels": channels,
    "GET /guilds/{guild}/roles": roles,
    "GET /guilds/{guild}/members/{user}": member,
}
