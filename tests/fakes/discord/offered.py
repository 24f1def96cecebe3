"""Commands as a client offers them: which, to whom, where; and what can be put into their options."""

from typing import Any

from tests.fakes.discord import permissions
from tests.fakes.discord.commands import CHAT
from tests.fakes.discord.interactions import BOT_DM, IN_GUILD, PRIVATE, owners
from tests.fakes.discord.places import Channel, User
from tests.fakes.discord.screen import Impossible

Json = dict[str, Any]


def usable(command: Json, user: User, room: Channel) -> bool:
    """Whether a client lists it: by where one is, for whom the app is installed, and what one may."""
    contexts = command["contexts"]
    context = IN_GUILD if room.guild else BOT_DM if room.with_bot else PRIVATE
    if contexts is None:
        contexts = [IN_GUILD, BOT_DM]
    who = owners(room.town, user, room, command["integration_types"])
    if context not in contexts or not who:
        return False
    if room.guild is None or "1" in who:
        return True
    may, needs = room.may(user), command["default_member_permissions"]
    wanted = permissions.USE_COMMANDS | int(needs or 0)
    return may == permissions.ALL or (may & wanted == wanted and needs != "0")


def found(name: str, offered: list[Json]) -> Json:
    """The command of this name among them."""
    for one in offered:
        if one["name"] == name.removeprefix("/") and one["type"] == CHAT:
            return one
    raise Impossible(f"no command {name} here")


def filled(command: Json, given: Json) -> list[Json]:
    """What was chosen for each option; a client asks for what is required and offers the choices."""
    left, found = dict(given), []
    for one in command["options"]:
        if one["name"] not in left:
            if one.get("required"):
                raise Impossible(f"{one['name']} is required")
            continue
        value = left.pop(one["name"])
        for choice in one.get("choices") or ():
            if value in (choice["name"], choice["value"]):
                value = choice["value"]
                break
        else:
            if one.get("choices"):
                raise Impossible(f"{value!r} is no choice for {one['name']}")
        low, high = one.get("min_length", 0), one.get("max_length", 6000)
        if isinstance(value, str) and not low <= len(value) <= high:
            raise Impossible(f"{one['name']} takes {low} to {high} characters")
        found.append({"name": one["name"], "type": one["type"], "value": value})
    if left:
        raise Impossible(f"no such options: {sorted(left)}")
    return found
