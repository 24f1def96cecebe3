"""An app's application commands, as they may be registered together, and as Discord keeps them."""

from typing import Any

from tests.fakes.discord.command_shapes import CHAT, COMMAND, MESSAGE, USER
from tests.fakes.discord.errors import ApiError, Wrong, misfit
from tests.fakes.discord.shapes import Many

Json = dict[str, Any]
#: How many of each kind there may be.
MOST = {CHAT: 100, USER: 15, MESSAGE: 15}
CREATES_A_DAY = 200


def checked(commands: Any) -> list[Json]:
    """All commands of an app, as they may be registered together."""
    if not isinstance(commands, list):
        raise misfit((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType.")
    wrong = Wrong()
    Many(COMMAND).check(commands, (), wrong)
    wrong.refuse()
    for kind, most in MOST.items():
        same = [one["name"] for one in commands if one.get("type", CHAT) == kind]
        if len(same) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most}).")
        if len(set(same)) < len(same):
            raise misfit(
                (),
                "APPLICATION_COMMANDS_DUPLICATE_NAME",
                "Application command names must be unique",
            )
    return commands


def dressed(one: Json, id: str, app: str, version: str) -> Json:
    """A command as Discord keeps it."""
    kind = one.get("type", CHAT)
    may = one.get("default_member_permissions")
    contexts = one.get("contexts")
    if contexts is None and one.get("dm_permission") is False:
        contexts = [0]
    return {
        "id": id,
        "application_id": app,
        "version": version,
        "type": kind,
        "name": one["name"],
        "name_localizations": one.get("name_localizations"),
        "description": one.get("description", "") if kind == CHAT else "",
        "description_localizations": one.get("description_localizations"),
        "options": one.get("options") or [],
        "default_member_permissions": None if may is None else str(may),
        "dm_permission": contexts is None or 1 in contexts,
        "contexts": contexts,
        "integration_types": one.get("integration_types") or [0],
        "nsfw": one.get("nsfw", False),
    }
