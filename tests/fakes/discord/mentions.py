"""Whom a message calls: what in its words is a mention, and which mentions its sender allowed."""

import re
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import permissions
from tests.fakes.discord.errors import Wrong
from tests.fakes.discord.parts import WORDS, inner
from tests.fakes.discord.shapes import At, Bool, Id, Many, Shape, Text

if TYPE_CHECKING:
    from tests.fakes.discord.places import Channel

Json = dict[str, Any]


def _exclusive(value: Json, at: At, wrong: Wrong) -> None:
    for key in ("users", "roles"):
        if key in value.get("parse", ()) and value.get(key):
            wrong.add(
                at,
                "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                f'parse:["{key}"] and {key}: [ids...] are mutually exclusive.',
            )


ALLOWED = Shape(
    {
        "parse": Many(Text(of=("roles", "users", "everyone"))),
        "roles": Many(Id(), high=100, once=True),
        "users": Many(Id(), high=100, once=True),
        "replied_user": Bool(),
    },
    _exclusive,
)


def pinged(channel: "Channel", message: Json, allowed: Json | None) -> list[str]:
    """Ids of people and roles, and "everyone". Without ``allowed`` every mention calls."""
    text = "\n".join(
        [
            message["content"],
            *(one["content"] for one in inner(message["components"]) if one["type"] == WORDS),
        ]
    )
    found = []
    for kind, id in re.findall(r"<@(&|!?)(\d+)>", text):
        what = "roles" if kind == "&" else "users"
        if _may(allowed, what, id) and _there(channel, what, id):
            found.append(id)
    may = channel.may(channel.town.bot) & permissions.MENTION_EVERYONE
    if re.search(r"@(everyone|here)\b", text) and may and _may(allowed, "everyone", ""):
        found.append("everyone")
    return list(dict.fromkeys(found))


def _may(allowed: Json | None, what: str, id: str) -> bool:
    if allowed is None:
        return True
    return what in allowed.get("parse", ()) or id in map(str, allowed.get(what, ()))


def _there(channel: "Channel", what: str, id: str) -> bool:
    if channel.guild is None:
        return what == "users" and any(one.id == id for one in channel.people)
    return id in (channel.guild.roles if what == "roles" else channel.guild.members)


def words_of(components: list[Json]) -> list[str]:
    """All words of components, in the order in which they are read."""
    found: list[str] = []
    for one in inner(components):
        for key in ("content", "label", "description", "placeholder", "value"):
            if isinstance(one.get(key), str) and one[key]:
                found.append(one[key])
        for option in (*one.get("options", ()), *one.get("items", ())):
            found += [option[key] for key in ("label", "description") if option.get(key)]
    return found
