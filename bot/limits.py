"""What each platform can show, as data: every command must fit them all.

Figures from the platforms' own documents: Slack's Block Kit reference (modals, blocks), Discord's
message components reference; Matrix has no dialogs and events of 64 KiB. Held by a house test over
every command in every language.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Lengths in characters, counts in items.

    ``id``: a form's or button's id as carried; ``note``: words above a form's fields.
    """

    fields: int
    title: int
    label: int
    options: int
    option: int
    text: int
    button: int
    buttons: int
    id: int
    note: int


PLATFORMS = {
    "slack": Limits(
        fields=100,
        title=24,
        label=2000,
        options=100,
        option=75,
        text=3000,
        button=75,
        buttons=25,
        id=255,
        note=3000,
    ),
    "discord": Limits(
        fields=5,
        title=45,
        label=45,
        options=25,
        option=100,
        text=4000,
        button=80,
        buttons=25,
        id=100,
        note=4000,
    ),
    "matrix": Limits(
        fields=100,
        title=1000,
        label=1000,
        options=100,
        option=1000,
        text=16000,
        button=100,
        buttons=100,
        id=1000,
        note=16000,
    ),
}

#: Platforms that tell with each request since when an account is in the place; Slack does not.
TELLS_TENURE = frozenset({"sandbox", "discord", "matrix"})
