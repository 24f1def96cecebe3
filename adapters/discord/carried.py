"""What a form, a button or a page carries back to us, so that any process can go on with it: an id of
ours and a version, never a word of anybody's and no account.

A modal's ``custom_id`` and a button's are the id itself; a form's version goes along in the numbers of
its fields. Discord takes a hundred characters.
"""

from dataclasses import dataclass

VERSION = 1  #: of the forms; one of another version is not what it seems to be
_STEP = 1000  #: how far apart the numbers of two versions lie
PAGE, AGAIN = "page", "again"


def numbered(place: int) -> int:
    """The number of a form's component, by where it stands."""
    return VERSION * _STEP + place


def is_ours(number: object) -> bool:
    """Whether a component that came back with this number is of today's forms."""
    return isinstance(number, int) and number // _STEP == VERSION


@dataclass(frozen=True, slots=True)
class Pressed:
    """``id``: of the command that is meant; ``page``: of what does not fit one message; ``kept``: the
    name of what lies in this process's memory for it."""

    id: str
    page: int = 0
    kept: str = ""


def page(number: int, id: str) -> str:
    return f"{number}:{id}"


def again(kept: str, id: str) -> str:
    return f"{kept}:{id}"


def pressed(id: str) -> Pressed:
    """What a button that was pressed carries."""
    kind, _, rest = id.partition(":")
    told, _, inner = rest.partition(":")
    if kind == PAGE:
        return Pressed(inner, page=int(told) if told.isdecimal() and len(told) < 5 else 0)
    if kind == AGAIN:
        return Pressed(inner, kept=told)
    return Pressed(id)
