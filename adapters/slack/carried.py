"""What a view carries back to us, so that any process can go on with it: never a word of anybody's,
and no account. A view from before a change of this program is known by its version.
"""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

VERSION = 2  #: of the views; another one's cannot be read


class OldView(Exception):
    """A view that this program did not make."""


class Kind(Enum):
    FORM = "form"  #: what is handed in goes to the form's command
    CARD = "card"  #: its one button below, if it has one, is pressed
    HOME = "home"


@dataclass(frozen=True, slots=True)
class Carried:
    """``room``: the shared room in which it was begun; empty where nobody else is. ``space``: the
    workspace in which it was begun, which Slack does not tell of a modal where an organisation
    installed us."""

    kind: Kind
    room: str = ""
    space: str = ""

    def told(self) -> str:
        told = {"v": VERSION, "kind": self.kind.value, "room": self.room, "space": self.space}
        return json.dumps(told)


def carried(told: Any) -> Carried:
    """Raises OldView."""
    try:
        values = json.loads(told)
        if values["v"] != VERSION:
            raise OldView
        return Carried(Kind(values["kind"]), str(values["room"]), str(values["space"]))
    except (ValueError, TypeError, KeyError):
        raise OldView from None
