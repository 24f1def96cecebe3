"""A card as what Discord's messages are made of, in pieces that fit. Pure.

Components V2 (docs.discord.com, Components Reference): 40 components and 4,000 characters of text in
one message, five buttons in a row, a button's label 80. Whatever a person wrote is escaped.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.discord.words import NOTHING, cut, escaped, pieces, plain
from bot.chat import Button, Card, Field, Picture, Tone, Weight
from bot.domain.grievances.receipts import RECEIPT
from bot.texts import Speaker

Json = dict[str, Any]

ROW, BUTTON, TEXT, GALLERY, CONTAINER = 1, 2, 10, 12, 17
MOST, MOST_COMPONENTS = 4000, 40
ROOM = 3800  #: characters of one piece: what may stand beside it needs some, too
IN_A_ROW, LABEL, TITLE, LONGEST_LABEL, ALT = 5, 80, 256, 500, 1024
_MARKS = {Tone.WARNING: "⚠️ ", Tone.GOOD: "✅ ", Tone.PLAIN: ""}
_COLOURS = {Tone.WARNING: 0xB45309, Tone.GOOD: 0x15803D}
_STYLES = {Weight.PRIMARY: 1, Weight.PLAIN: 2, Weight.DANGER: 4}
NAME = "chart.png"  #: of the one picture that a message may have


@dataclass(frozen=True, slots=True)
class Piece:
    """So much of a card as fits one message. ``buttons``: those that stand below all of it."""

    text: str
    tone: Tone
    buttons: tuple[Button, ...] = ()
    picture: Picture | None = None

    @property
    def size(self) -> int:
        """How many components it makes."""
        rows = -(len(self.buttons) // -IN_A_ROW)
        return 2 + len(self.buttons) + rows + bool(self.picture)


def cut_up(speaker: Speaker, one: Card) -> list[Piece]:
    """A card in its pieces: the picture with the first, the buttons with each."""
    texts = list(_packed(_parts(speaker, one)))
    return [
        Piece(said, one.tone, one.buttons, one.picture if number == 0 else None)
        for number, said in enumerate(texts)
    ]


def container(speaker: Speaker, piece: Piece) -> Json:
    shown: list[Json] = [{"type": TEXT, "content": piece.text}]
    if piece.picture:
        media = {"url": f"attachment://{NAME}"}
        alt = cut(piece.picture.alt or NOTHING, ALT)
        shown.append({"type": GALLERY, "items": [{"media": media, "description": alt}]})
    shown += rows(speaker, piece.buttons)
    made: Json = {"type": CONTAINER, "components": shown}
    return made | ({"accent_color": _COLOURS[piece.tone]} if piece.tone in _COLOURS else {})


def rows(speaker: Speaker, some: Sequence[Button]) -> Iterator[Json]:
    for start in range(0, len(some), IN_A_ROW):
        row = [_button(speaker, one) for one in some[start : start + IN_A_ROW]]
        yield {"type": ROW, "components": row}


def _button(speaker: Speaker, one: Button) -> Json:
    return {
        "type": BUTTON,
        "style": _STYLES[one.weight],
        "label": plain(speaker.say(one.label), LABEL),
        "custom_id": one.id,
    }


def _parts(speaker: Speaker, one: Card) -> Iterator[str]:
    title = " ".join((_MARKS[one.tone] + speaker.say(one.title)).split())
    yield f"### {escaped(cut(title, TITLE)) or NOTHING}"
    for said in one.lines:
        yield from pieces(speaker.say(said), ROOM)
    for field in one.fields:
        yield from _field(speaker, field)
    if one.picture and not one.fields:  # where there are fields, they say the same
        yield from pieces(one.picture.alt, ROOM)


def _field(speaker: Speaker, one: Field) -> Iterator[str]:
    """A receipt stands by itself, from where it can be copied."""
    label, said = speaker.say(one.label).strip(), speaker.say(one.value)
    head = f"**{escaped(cut(label, LONGEST_LABEL)) or NOTHING}**\n"
    if RECEIPT.fullmatch(said):
        yield f"{head}```\n{said}\n```"
        return
    first, *rest = [*pieces(said, ROOM - len(head))] or [NOTHING]
    yield head + first
    yield from rest


def _packed(parts: Iterable[str]) -> Iterator[str]:
    """Paragraphs one below the other, as many together as fit."""
    together = ""
    for one in parts:
        if together and len(together) + len(one) + 2 > ROOM:
            yield together
            together = ""
        together = f"{together}\n\n{one}" if together else one
    yield together
