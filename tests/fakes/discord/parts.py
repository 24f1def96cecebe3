"""Components by their numbers, and ways through them: every one, however deep, and the ids they get."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
ROW, BUTTON, SELECT, INPUT, USERS, ROLES, MENTIONABLES, CHANNELS = 1, 2, 3, 4, 5, 6, 7, 8
SECTION, WORDS, THUMBNAIL, GALLERY, FILE, SEPARATOR = 9, 10, 11, 12, 13, 14
CONTAINER, LABEL, UPLOAD, RADIO, CHECKS, CHECK = 17, 18, 19, 21, 22, 23
SELECTS = (SELECT, USERS, ROLES, MENTIONABLES, CHANNELS)
V2 = (SECTION, WORDS, THUMBNAIL, GALLERY, FILE, SEPARATOR, CONTAINER)
LINK, PREMIUM = 5, 6


def inner(components: list[Json]) -> Iterator[Json]:
    """Every component, however deep, in the order in which it is read."""
    for one in components:
        yield one
        yield from inner(one.get("components", []))
        yield from inner([one[key] for key in ("accessory", "component") if key in one])


def media(every: list[Json]) -> Iterator[str]:
    for one in every:
        for holder in (
            one.get("media"),
            one.get("file"),
            *(i["media"] for i in one.get("items", ())),
        ):
            if holder:
                yield holder["url"]


def numbered(components: list[Json]) -> list[Json]:
    """A copy in which every component has an id."""
    copy = deepcopy(components)
    taken = {one["id"] for one in inner(copy) if one.get("id")}
    number = 0
    for one in inner(copy):
        if not one.get("id"):
            number += 1
            while number in taken:
                number += 1
            one["id"] = number
    return copy
