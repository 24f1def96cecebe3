"""``auth.*``, ``conversations.*``, ``users.*``, ``team.*``: who and what there is, as scopes allow."""

from typing import Any

from tests.fakes.slack.errors import ApiError
from tests.fakes.slack.places import Channel, User, Workspace
from tests.fakes.slack.web_api import Asked, Method

Json = dict[str, Any]
READ = ("channels:read", "groups:read", "im:read", "mpim:read")


async def _tested(asked: Asked) -> Json:
    space = asked.token.space
    if space is None:  # an app-level token
        return {"app_name": "Groundswell", "app_id": asked.town.app.id}
    return {
        "url": f"https://{space.domain}.slack.com/",
        "team": space.name,
        "user": "groundswell",
        "team_id": space.team,
        "user_id": space.bot_user_id,
        "bot_id": space.bot_id,
        "is_enterprise_install": space.org_wide,
        **({"enterprise_id": space.grid} if space.grid else {}),
    }


def channel_told(channel: Channel) -> Json:
    bot = channel.space.bot_user_id
    given: Json = {"id": channel.id, "is_archived": channel.archived, "is_im": bool(channel.im)}
    if channel.im:
        return given | {"user": channel.im}
    return given | {
        "name": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_private": channel.private,
        "is_member": bot in channel.members,
        "num_members": len(channel.members),
    }


def _channel(asked: Asked) -> Channel:
    space: Workspace = asked.space
    channel = space.channels.get(asked.params["channel"])
    if channel is None or (channel.private and space.bot_user_id not in channel.members):
        raise ApiError("channel_not_found")
    asked.need(f"{channel.kind}:read")
    return channel


async def _info(asked: Asked) -> Json:
    return {"channel": channel_told(_channel(asked))}


async def _members(asked: Asked) -> Json:
    members = sorted(_channel(asked).members)
    return {"members": members, "response_metadata": {"next_cursor": ""}}


async def _opened(asked: Asked) -> Json:
    space: Workspace = asked.space
    users = str(asked.params["users"]).split(",")
    if len(users) != 1:
        asked.need("mpim:write")
        raise ApiError("method_not_supported_for_channel_type")
    if users[0] not in space.users:
        raise ApiError("user_not_found")
    return {"channel": {"id": space.direct(space.users[users[0]]).id}}


async def _listed(asked: Asked) -> Json:
    kinds = {one.removesuffix(":read") for one in asked.token.scopes}
    seen = [
        channel_told(one)
        for one in asked.space.channels.values()
        if one.kind in kinds and (not one.private or asked.space.bot_user_id in one.members)
    ]
    return {"channels": seen, "response_metadata": {"next_cursor": ""}}


async def _joined(asked: Asked) -> Json:
    channel = asked.space.channels.get(asked.params["channel"])
    if channel is None or channel.private:
        raise ApiError("channel_not_found")
    channel.members.add(asked.space.bot_user_id)
    return {"channel": channel_told(channel)}


def user_told(user: User) -> Json:
    return {
        "id": user.id,
        "team_id": user.space.team,
        "name": user.name,
        "deleted": user.deleted,
        "is_admin": user.admin,
        "is_owner": False,
        "is_bot": False,
        "is_restricted": user.guest,
    }


async def _user(asked: Asked) -> Json:
    user = asked.space.users.get(asked.params["user"])
    if user is None:
        raise ApiError("user_not_found")
    return {"user": user_told(user)}


async def _users(asked: Asked) -> Json:
    told = [user_told(one) for one in asked.space.users.values()]
    return {"members": told, "response_metadata": {"next_cursor": ""}}


async def _team(asked: Asked) -> Json:
    space: Workspace = asked.space
    return {"team": {"id": space.team, "name": space.name, "domain": space.domain}}


async def _refused(asked: Asked) -> Json:
    """Behind a scope that this bot must never have."""
    raise AssertionError("a scope was granted that no bot of ours may ask for")


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


METHODS = {
    "auth.test": Method(_tested, token="any"),
    "conversations.info": Method(
        _info, _of("channel", "include_num_members"), READ, _of("channel"), tier=50
    ),
    "conversations.members": Method(
        _members, _of("channel", "limit", "cursor"), READ, _of("channel"), tier=100
    ),
    "conversations.open": Method(
        _opened,
        _of("users", "return_im", "prevent_creation"),
        ("im:write", "mpim:write"),
        _of("users"),
        tier=50,
    ),
    "conversations.list": Method(
        _listed, _of("types", "limit", "cursor", "exclude_archived", "team_id"), READ, tier=20
    ),
    "conversations.join": Method(_joined, _of("channel"), ("channels:join",), _of("channel")),
    "conversations.history": Method(
        _refused,
        _of("channel", "limit", "cursor", "latest", "oldest", "inclusive"),
        ("channels:history", "groups:history", "im:history", "mpim:history"),
    ),
    "conversations.replies": Method(
        _refused,
        _of("channel", "ts", "limit", "cursor"),
        ("channels:history", "groups:history", "im:history", "mpim:history"),
    ),
    "users.info": Method(_user, _of("user", "include_locale"), ("users:read",), _of("user")),
    "users.list": Method(_users, _of("limit", "cursor", "team_id"), ("users:read",), tier=20),
    "users.lookupByEmail": Method(_refused, _of("email"), ("users:read.email",)),
    "team.info": Method(_team, _of("team"), ("team:read",)),
}
