"""What a community calls those who hold a role, where it has words of its own.

A label stands alone or after a colon, so that no language has to bend it. It never holds anything
but letters and spaces: it is shown on every platform beside people's names.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.communities.staff import Role
from bot.domain.errors import Invalid

LONGEST_LABEL = 24  #: letters and spaces
#: Letters by the book that leave a gap where one should be: Hangul's fillers.
_UNSEEN = "\u115f\u1160\u3164\uffa0"


@dataclass(frozen=True, slots=True)
class Words:
    """A label for each role; empty where the language's own word will do."""

    worker: str = ""
    rep: str = ""
    organiser: str = ""
    moderator: str = ""

    def named(self) -> Mapping[Role, str]:
        """The roles that the community has a word of its own for."""
        every = zip(Role, (self.worker, self.rep, self.organiser, self.moderator), strict=True)
        return {role: label for role, label in every if label}


def read_words(typed: Mapping[Role, str]) -> Words:
    """Labels as somebody typed them; an empty one takes the community's own word away.

    Raises Invalid for the field of that role's name: what is no label, or two roles' at once.
    """
    found = dict[str, str]()
    for role, label in typed.items():
        label = _label(role.value, label)
        if label and label.casefold() in map(str.casefold, found.values()):
            raise Invalid(role.value, "invalid.label_twice")
        found[role.value] = label
    return Words(**found)


def _label(field: str, typed: str) -> str:
    """In the form in which letters that look the same are the same; one space between words."""
    found = " ".join(one for one in unicodedata.normalize("NFKC", typed).split(" ") if one)
    if len(found) > LONGEST_LABEL:
        raise Invalid(field, "invalid.too_long", most=LONGEST_LABEL, now=len(found))
    if not all(one == " " or (one.isalpha() and one not in _UNSEEN) for one in found):
        raise Invalid(field, "invalid.label")
    return found
