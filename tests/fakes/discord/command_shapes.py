"""What a command may be made of: names, descriptions, their translations, options and choices."""

import re
from typing import Any

from tests.fakes.discord.errors import Wrong
from tests.fakes.discord.shapes import At, Bool, Id, Later, Many, Map, Open, Shape, Text, Whole

Json = dict[str, Any]
#: https://docs.discord.com/developers/reference#locales
LOCALES = frozenset(
    re.findall(
        r"\S+",
        "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru"
        " uk hi th zh-CN ja zh-TW ko",
    )
)
CHAT, USER, MESSAGE = 1, 2, 3
SIZE = 8000
#: Letters and numbers of any script; those of Devanagari and Thai with their marks.
NAME = r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}"


def _named(value: Json, at: At, wrong: Wrong) -> None:
    for where, name in (
        ((*at, "name"), value["name"]),
        *(((*at, "name_localizations", key), one) for key, one in _translated(value, "name")),
    ):
        if name != name.lower() or not re.fullmatch(NAME, name):
            wrong.add(where, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _translated(value: Json, what: str) -> list[tuple[str, str]]:
    return list((value.get(f"{what}_localizations") or {}).items())


def _choice(value: Json, at: At, wrong: Wrong) -> None:
    if isinstance(value["value"], str) and not 1 <= len(value["value"]) <= 100:
        wrong.add((*at, "value"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


CHOICE = Shape(
    {
        "name": Text(1, 100, needed=True),
        "name_localizations": Map(LOCALES, Text(1, 100), null=True),
        "value": Open(needed=True),
    },
    _choice,
)


def _option(value: Json, at: At, wrong: Wrong) -> None:
    _named(value, at, wrong)
    inner = value.get("options") or []
    if inner and value["type"] not in (1, 2):
        wrong.add((*at, "options"), "BASE_TYPE_CHOICES", "Only subcommands have options.")
    _options(inner, (*at, "options"), wrong)
    if value.get("choices") and value["type"] not in (3, 4, 10):
        wrong.add((*at, "choices"), "BASE_TYPE_CHOICES", "This type of option has no choices.")
    if value.get("choices") and value.get("autocomplete"):
        wrong.add((*at, "autocomplete"), "BASE_TYPE_CHOICES", "Not with choices.")


def _options(options: list[Json], at: At, wrong: Wrong) -> None:
    """Required ones come first, no name twice, and subcommands stand alone."""
    names, optional = set(), False
    for number, one in enumerate(options):
        if one["name"] in names:
            wrong.add(
                (*at, number, "name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                "Option name already exists",
            )
        names.add(one["name"])
        if one.get("required") and optional:
            wrong.add(
                (*at, number),
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not one.get("required")
    if len({one["type"] in (1, 2) for one in options}) > 1:
        wrong.add(
            at,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all other types",
        )


NAMED = {
    "name": Text(1, 32, needed=True),
    "name_localizations": Map(LOCALES, Text(1, 32), null=True),
    "description_localizations": Map(LOCALES, Text(1, 100), null=True),
}
OPTION = Shape(
    NAMED
    | {
        "type": Whole(1, 11, needed=True),
        "description": Text(1, 100, needed=True),
        "required": Bool(),
        "choices": Many(CHOICE, high=25),
        "options": Many(Later(lambda: OPTION), high=25),
        "channel_types": Many(Whole()),
        "min_value": Open(),
        "max_value": Open(),
        "min_length": Whole(0, 6000),
        "max_length": Whole(1, 6000),
        "autocomplete": Bool(),
    },
    _option,
)


def _command(value: Json, at: At, wrong: Wrong) -> None:
    kind = value.get("type", CHAT)
    if kind == CHAT:
        _named(value, at, wrong)
        if not value.get("description"):
            wrong.add((*at, "description"), "BASE_TYPE_REQUIRED", "This field is required")
        _options(value.get("options") or [], (*at, "options"), wrong)
    else:
        if value.get("description"):
            wrong.add((*at, "description"), "BASE_TYPE_MAX_LENGTH", "Must be 0 or fewer in length.")
        if value.get("options"):
            wrong.add((*at, "options"), "BASE_TYPE_MAX_LENGTH", "Must be 0 or fewer in length.")
    if size(value) > SIZE:
        wrong.add(at, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({SIZE})")


COMMAND = Shape(
    NAMED
    | {
        "id": Id(),
        "type": Whole(of=(CHAT, USER, MESSAGE)),
        "description": Text(0, 100),
        "options": Many(Later(lambda: OPTION), high=25),
        "default_member_permissions": Id(null=True),
        "dm_permission": Bool(null=True),
        "default_permission": Bool(null=True),
        "contexts": Many(Whole(of=(0, 1, 2)), low=1, once=True, null=True),
        "integration_types": Many(Whole(of=(0, 1)), low=1, once=True, null=True),
        "nsfw": Bool(),
    },
    _command,
)


def size(one: Json) -> int:
    """Characters of names, descriptions and values; of translations, the longest counts."""
    longest = sum(
        max([len(one.get(what) or ""), *(len(said) for _, said in _translated(one, what))])
        for what in ("name", "description")
    )
    value = len(str(one["value"])) if "value" in one else 0
    return (
        longest
        + value
        + sum(size(inner) for key in ("options", "choices") for inner in one.get(key) or [])
    )
