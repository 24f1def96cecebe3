"""Replies as whispers and modals, cards as messages: ours as Discord's components. Pure.

A whisper has one message, which changes with every step: what is longer is turned over page by page.
Nothing calls anybody, and nothing names who asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from adapters.discord import carried, forms
from adapters.discord.components import (
    MOST,
    MOST_COMPONENTS,
    NAME,
    Json,
    Piece,
    container,
    cut_up,
    rows,
)
from adapters.discord.words import cut, plain
from bot.chat import Button, Card, Field, Picture, Reply, Tone, Voice, line
from bot.texts import Speaker

EPHEMERAL, COMPONENTS_V2 = 1 << 6, 1 << 15
TITLE = 45
NOBODY = {"parse": list[str]()}
TURNS = 4  #: components that the way to the pages beside takes


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it is sent. ``picture``: what goes along with it."""

    body: Json
    picture: Picture | None = field(default=None, repr=False)


def speaker_of(voice: Voice) -> Speaker:
    """Who says it: commands are called as they are in that language."""
    return Speaker(voice, "/", names="discord.name")


def whisper(
    speaker: Speaker, reply: Reply, again: Callable[[], tuple[str, str]], *, page: int = 0
) -> Shown:
    """All cards of a reply, as a message that its person alone sees. ``page``: of what does not fit
    one; ``again``: where it does not, gives the name under which the reply is kept, and the id of what
    shows the same once more when it is not any longer."""
    pages = _pages([one for card in reply.cards for one in cut_up(speaker, card)])
    page = min(max(page, 0), len(pages) - 1)
    shown = [container(speaker, one) for one in pages[page]]
    if len(pages) > 1:
        shown += rows(speaker, _turns(page, len(pages), *again()))
    return _message(shown, pages[page], EPHEMERAL)


def _turns(page: int, count: int, kept: str, id: str) -> list[Button]:
    ways = ((page - 1, line("discord.before")), (page + 1, line("discord.after")))
    return [
        Button(carried.PAGE, carried.page(number, kept, id), said=said)
        for number, said in ways
        if 0 <= number < count
    ]


def messages(speaker: Speaker, one: Card) -> list[Shown]:
    """A card as a message for everybody in a room, or as several where it is long: its buttons stand
    below the last."""
    *before, last = cut_up(speaker, one)
    parts = [*(replace(piece, buttons=()) for piece in before), last]
    return [_message([container(speaker, piece)], [piece], 0) for piece in parts]


def modal(speaker: Speaker, reply: Reply) -> Json | None:
    """A reply's form; None where it does not fit a modal with all that is to be read before it."""
    form = reply.form
    if form is None:
        return None
    above = [speaker.say(said) for card in reply.cards for said in (card.title, *card.lines)]
    shown = forms.components(speaker, form, above)
    if shown is None or any(card.buttons or card.fields for card in reply.cards):
        return None
    title = plain(speaker.say(form.title), TITLE)
    return {"custom_id": form.id, "title": title, "components": shown}


def to_open(reply: Reply, kept: str) -> Reply:
    """What stands there while a form is ready and cannot be opened by itself: what is to be read before
    it, or what was wrong with what was typed; and a button that opens it. ``kept``: its name in this
    process's memory."""
    form = reply.form
    if form is None:
        return reply
    wrong = tuple(Field(one.label, one.error) for one in form.questions if one.error)
    card = Card(
        line("discord.wrong") if wrong else form.title,
        (line("discord.typed_is_kept"),) if wrong else (*form.note, line("discord.ready")),
        wrong,
        (_again(kept, form.id),),
        Tone.WARNING if wrong else Tone.PLAIN,
    )
    return replace(reply, cards=(*reply.cards, card), form=None)


def bare(reply: Reply) -> Reply:
    """Once it was read what stands before a form, it opens without that."""
    return replace(reply, cards=(), form=replace(reply.form, note=()) if reply.form else None)


def once_more(reply: Reply, kept: str, id: str) -> Reply:
    """A reply that says why something was not done, and a button that tries it once more."""
    *before, last = reply.cards
    button = _again(kept, id)
    if len(button.id) > carried.CARRIED:  # it was about nothing of ours
        return reply
    return replace(reply, cards=(*before, replace(last, buttons=(*last.buttons, button))))


def _again(kept: str, id: str) -> Button:
    return Button(carried.AGAIN, carried.again(kept, id), said=line("button.again"))


def _message(shown: list[Json], pieces: Sequence[Piece], flags: int) -> Shown:
    picture = next((one.picture for one in pieces if one.picture), None)
    files = (
        [{"id": "0", "filename": NAME, "description": cut(picture.alt, 1024)}] if picture else []
    )
    body = {
        "flags": flags | COMPONENTS_V2,
        "components": shown,
        "attachments": files,
        "allowed_mentions": NOBODY,
    }
    return Shown(body, picture)


def _pages(some: list[Piece]) -> list[list[Piece]]:
    """As many pieces together as fit a message; no button twice in one."""
    pages: list[list[Piece]] = [[]]
    for one in some or [Piece("–", Tone.PLAIN)]:
        there = {button.id for piece in pages[-1] for button in piece.buttons}
        fresh = tuple(button for button in one.buttons if button.id not in there)
        piece = replace(one, buttons=fresh)
        if pages[-1] and not _fits([*pages[-1], piece]):
            pages.append([])
            piece = one
        pages[-1].append(piece)
    return pages


def _fits(some: list[Piece]) -> bool:
    size = sum(one.size for one in some) + TURNS
    pictures = sum(bool(one.picture) for one in some)
    text = sum(len(one.text) for one in some)
    return size <= MOST_COMPONENTS and text <= MOST - 100 and pictures <= 1
