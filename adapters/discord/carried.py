"""What a form, a button or a page carries back to us, so that any process can go on with it: an id of
ours and a version, never a word of anybody's and no account.

A modal's ``custom_id`` and a button's are the id itself; a form's version goes along in the numbers of
its fields. Discord takes a hundred characters.
"""

from dataclasses import dataclass

VERSION = 1  #: of the forms; one of another version is not what it seems to be
_STEP = 1000  #: how far apart the numbers of two versions lie
PAGE, AGAIN = "page", "again"
CARRIED = 100  #: characters, as much as Discord takes


def numbered(place: int) -> int:
    """The number of a form's component, by where it stands."""
    return VERSION * _STEP + place


def is_of_another(number: object) -> bool:
    """Whether a component that came back with this number is of another version's forms. One without,
    or with one that counts from nought, was numbered by whoever brought it, and tells nothing."""
    return isinstance(number, int) and number // _STEP not in (0, VERSION)


@dataclass(frozen=True, slots=True)
class Pressed:
    """``id``: of the command that is meant; ``kept``: the name of what lies in this process's memory for
    it; ``page``: of what does not fit one message."""

    id: str
    kept: str = ""
    page: int = 0


def again(kept: str, id: str) -> str:
    """What the button carries that shows or does it once more."""
    return f"{kept}:{id}"


def page(number: int, kept: str, id: str) -> str:
    """What the button carries that turns to a page."""
    return f"{number}:{kept}:{id}"


def pressed(id: str) -> Pressed:
    """What a button that was pressed carries."""
    kind, _, rest = id.partition(":")
    if kind == PAGE:
        number, _, rest = rest.partition(":")
        kept, _, inner = rest.partition(":")
        return Pressed(inner, kept, int(number) if number.isdecimal() and len(number) < 5 else 0)
    if kind == AGAIN:
        kept, _, inner = rest.partition(":")
        return Pressed(inner, kept)
    return Pressed(id)
