"""Fields of modals and selects as people fill them in: what can be chosen, and what a client objects to."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.parts import CHANNELS, CHECK, INPUT, RADIO, ROLES, SELECTS, USERS
from tests.fakes.discord.places import Channel, Role, User
from tests.fakes.discord.screen import Impossible

if TYPE_CHECKING:
    from tests.fakes.discord.guilds import Guild

Json = dict[str, Any]
KINDS = {USERS: User, ROLES: Role, CHANNELS: Channel}


def put(one: Json, answer: Any) -> Any:
    """What a field holds after somebody chose or wrote this in it; words for options are their value
    or their label."""
    kind = one["type"]
    if kind == INPUT:
        if one["style"] == 1 and "\n" in str(answer):
            raise Impossible("there is one line only")
        return str(answer)
    if kind == CHECK:
        return bool(answer)
    if kind == RADIO:
        return None if answer is None else _option(one, answer)
    many = [answer] if isinstance(answer, str | User | Role | Channel) else list(answer or ())
    if kind in SELECTS and "options" not in one:
        wanted = KINDS.get(kind, (User, Role))
        if not all(isinstance(each, wanted) for each in many):
            raise Impossible(f"{many} cannot be chosen here")
        return [each.id for each in many]
    return [_option(one, each) for each in many]


def _option(one: Json, word: Any) -> str:
    for option in one.get("options", ()):
        if word in (option["value"], option["label"]):
            return str(option["value"])
    raise Impossible(f"{word!r} is not among {[each['label'] for each in one.get('options', ())]}")


def objection(one: Json, value: Any) -> str:
    """What a client says under a field before it sends anything; empty where it is content."""
    required = one.get("required", True)
    if one["type"] == CHECK:
        return ""
    if not value:
        return "This field is required." if required else ""
    if one["type"] == INPUT:
        low, high = one.get("min_length") or 0, one.get("max_length") or 4000
        return "" if low <= len(value) <= high else f"Must be between {low} and {high} in length."
    if one["type"] == RADIO:
        return ""
    return how_many(one, value)


def how_many(one: Json, values: list[str]) -> str:
    usual = 1 if one["type"] in SELECTS else len(one.get("options", ()))
    low, high = one.get("min_values", 1), one.get("max_values", usual)
    return "" if low <= len(values) <= high else f"Choose between {low} and {high}."


def resolved(guild: "Guild | None", answers: Iterable[Any]) -> Json:
    """The people, roles and channels that were chosen, as the payload tells them besides."""
    found: Json = {}
    for one in answers:
        if isinstance(one, User):
            found.setdefault("users", {})[one.id] = one.told()
            if guild is not None and one.id in guild.members:
                inside = guild.members[one.id].told(user=False, permissions=0)
                found.setdefault("members", {})[one.id] = inside
        elif isinstance(one, Role):
            found.setdefault("roles", {})[one.id] = one.told()
        elif isinstance(one, Channel):
            found.setdefault("channels", {})[one.id] = one.told() | {"permissions": "0"}
    return found


def chosen(answers: Iterable[Any]) -> list[Any]:
    """Every single thing among them."""
    found: list[Any] = []
    for one in answers:
        found += one if isinstance(one, list | tuple) else [one]
    return found


def names(word: str, id: str, label: str = "") -> bool:
    """A field or a button by its custom_id, by a part of it between colons, or by what it says."""
    return word == id or word in id.split(":") or bool(label and word == label)
