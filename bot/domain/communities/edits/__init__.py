"""Edits: everything about a community that people can change, as data.

edit.py      what an edit is
settings.py  name, language, calendar, categories, policy, figures, words, the first pulse
places.py    its places, who can read them, their rooms, where digests go
people.py    roles: offered, ended
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bot.domain.communities.edits.edit import LONGEST_NAME, Edit
from bot.domain.communities.edits.people import Called, Ended, Offered
from bot.domain.communities.edits.places import (
    DESTINATION,
    Destined,
    Joined,
    Left,
    Roomed,
    Trusted,
)
from bot.domain.communities.edits.settings import (
    HIGHEST_FLOOR,
    LONGEST_BODY,
    MOST_MEMBERS,
    Calendar,
    Climbed,
    Counted,
    Floored,
    Kept,
    Named,
    Outside,
    OwnWords,
    Pulsed,
    Sorted,
    Spoken,
)

__all__ = [
    "DESTINATION",
    "EDITS",
    "HIGHEST_FLOOR",
    "LONGEST_BODY",
    "LONGEST_NAME",
    "MOST_MEMBERS",
    "Calendar",
    "Called",
    "Climbed",
    "Counted",
    "Destined",
    "Edit",
    "Ended",
    "Floored",
    "Joined",
    "Kept",
    "Left",
    "Named",
    "Offered",
    "Outside",
    "OwnWords",
    "Pulsed",
    "Roomed",
    "Sorted",
    "Spoken",
    "Trusted",
    "as_kept",
    "from_kept",
]

EDITS: Mapping[str, type[Edit]] = {
    one.kind: one
    for one in (
        Named,
        Spoken,
        Calendar,
        Trusted,
        Roomed,
        Destined,
        Sorted,
        Climbed,
        Outside,
        Floored,
        Counted,
        Kept,
        Pulsed,
        Offered,
        Ended,
        Called,
        OwnWords,
        Joined,
        Left,
    )
}


def as_kept(edit: Edit) -> dict[str, Any]:
    """An edit in JSON's values."""
    return {"kind": edit.kind, **asdict(edit)}


def from_kept(kept: Mapping[str, Any]) -> Edit:
    """The edit that ``as_kept`` made them of."""
    values = {name: _tuples(one) for name, one in kept.items() if name != "kind"}
    return EDITS[kept["kind"]](**values)


def _tuples(one: Any) -> Any:
    return tuple(map(_tuples, one)) if isinstance(one, list) else one
