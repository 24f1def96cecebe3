"""Cards and questions as messages of a Matrix room: plain text, and the same as HTML. Pure.

Limits: an event has 65,536 bytes (client-server API, "Size limits"), encryption makes four of three,
and both forms are in it; so each form of a message has ``MOST`` bytes, and what is longer goes over
several. Nothing is there to press: what can be done is a list of what to type. No colour says
anything. People's words are tame (``taming``); long ones are quoted, so that none passes for ours.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.matrix.taming import Teller, as_html, tamed
from bot.chat import Card, Field, Line, Picture, Rows, Tone, line
from bot.dialogue import Asked, Choice
from bot.domain.grievances.receipts import RECEIPT

MOST = 16_000  #: bytes of either form of a message
PIECE = 2_500  #: characters of a quotation that fit one message, whatever they become in it
NUMBERED = re.compile(r"\d{1,2}\. ")
INLINE, INLINE_OURS = 80, 120  #: characters that stand beside their label: people's, and ours


@dataclass(frozen=True, slots=True)
class Words:
    """A message, or a part of one, in both of its forms."""

    plain: str = field(repr=False)
    html: str = field(repr=False)


def notice(words: Words) -> dict[str, Any]:
    """The content of an ``m.room.message``. It pings nobody, whatever it says."""
    return {
        "msgtype": "m.notice",
        "body": words.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": words.html,
        "m.mentions": {},
    }


def card(
    teller: Teller,
    one: Card,
    choices: Sequence[Choice] = (),
    commands: Sequence[str] = (),
    me: str = "",
) -> tuple[Words, ...]:
    """A card, with what can be typed for its buttons: ``choices`` while the talk lasts, ``commands``
    whenever. ``me``: the bot's own account, named in shared rooms, so that people find it."""
    title = line("talk.note", title=one.title) if one.tone is Tone.WARNING else one.title
    blocks = [_bold(teller.say(title)), *(_words(teller.say(said)) for said in one.lines)]
    blocks += _fields(teller, one.fields)
    if _shows_receipt(one):
        blocks.append(_words(teller.say(line("talk.goes"))))
    if choices:
        blocks.append(_choices(teller, choices))
    if commands:
        typed = tuple(line("help.typed", name=command) for command in commands)
        blocks.append(_words(teller.say(line("talk.type", commands=typed))))
    if me:
        way = line("talk.alone") if commands else line("talk.write")
        blocks.append(_link(teller.say(way), me))
    return _pages(blocks)


def question(teller: Teller, asked: Asked) -> tuple[Words, ...]:
    """What a dialogue asks now."""
    blocks = [_bold(teller.say(one)) for one in asked.head]
    blocks += [_words(teller.say(one)) for one in (*asked.above, *asked.said)]
    blocks.append(_bold(teller.say(asked.title)))
    blocks += _fields(teller, asked.fields)
    if asked.choices:
        blocks.append(_list(teller, asked.choices))
    if asked.hints:
        blocks.append(_words(" ".join(teller.say(one) for one in asked.hints)))
    return _pages(blocks)


def sentence(teller: Teller, said: Line, choices: Sequence[Choice] = ()) -> tuple[Words, ...]:
    """One sentence, with what can still be chosen."""
    return _pages([_words(teller.say(said)), *([_choices(teller, choices)] if choices else [])])


def picture(one: Picture) -> Picture:
    """A picture, the words beside it tame."""
    return Picture(one.png, tamed(one.alt))


def _fields(teller: Teller, fields: Iterable[Field]) -> Iterator[Words]:
    """Short ones below one another; a long one alone, and quoted where it is somebody's words."""
    short: list[Words] = []
    for one in fields:
        label, said = _label(teller, one.label), teller.say(one.value)
        most = INLINE if isinstance(one.value, str) else INLINE_OURS
        if not isinstance(one.value, Rows) and "\n" not in said and len(said) <= most:
            value = f"<code>{said}</code>" if RECEIPT.fullmatch(said) else as_html(said)
            short.append(Words(f"{label} {said}", f"{_strong(label)} {value}"))
            continue
        yield from _together(short)
        short.clear()
        if isinstance(one.value, str):
            first, *more = _quotes(said)
            yield Words(f"{label}\n{first.plain}", f"<p>{_strong(label)}</p>{first.html}")
            yield from more
            continue
        rows = one.value.lines if isinstance(one.value, Rows) else (one.value,)
        said = "\n".join(_row(teller.say(row), alone=len(rows) == 1) for row in rows)
        yield Words(f"{label}\n{said}", f"<p>{_strong(label)}<br>{as_html(said)}</p>")
    yield from _together(short)


def _row(said: str, *, alone: bool) -> str:
    """One of several begins with a dash, or with its own number."""
    return said if alone or NUMBERED.match(said) else f"- {said}"


def _label(teller: Teller, one: Line | str) -> str:
    said = teller.say(one)
    return said if said.endswith(("?", ":", ".")) else teller.say(line("talk.label", label=one))


def _together(short: Sequence[Words]) -> Iterator[Words]:
    if short:
        html = "<br>".join(one.html for one in short)
        yield Words("\n".join(one.plain for one in short), f"<p>{html}</p>")


def _quotes(said: str) -> Iterator[Words]:
    """Somebody's words, in pieces that fit; where it can be, one ends at a space."""
    while said:
        end = PIECE if len(said) > PIECE else len(said)
        if end < len(said):
            end = max(said.rfind(gap, 0, PIECE) for gap in " \n") + 1 or PIECE
        piece, said = said[:end], said[end:]
        plain = "\n".join(f"> {one}" for one in piece.split("\n"))
        yield Words(plain, f"<blockquote>{as_html(piece)}</blockquote>")


def _choices(teller: Teller, choices: Sequence[Choice]) -> Words:
    counted = [one.typed.isdecimal() for one in choices]
    if all(counted):
        head = line("talk.choose")
    elif any(counted):
        head = line("talk.choose_word")
    elif all(len(one.typed) == 1 for one in choices):
        head = line("talk.choose_letter")
    else:
        head = line("talk.choose_only_word")
    return _list(teller, choices, head)


def _shows_receipt(one: Card) -> bool:
    return any(isinstance(f.value, str) and RECEIPT.fullmatch(f.value) for f in one.fields)


def _list(teller: Teller, choices: Sequence[Choice], head: Line | None = None) -> Words:
    """What can be typed, a line each; a label that begins with its number says it itself."""
    first = [teller.say(head)] if head else []
    rows = [(_typed(teller, one), teller.say(one.label)) for one in choices]
    plain = "\n".join([*first, *(f"{typed} {label}".strip() for typed, label in rows)])
    said = [
        f"{_strong(typed)} {as_html(label)}" if typed else as_html(label) for typed, label in rows
    ]
    return Words(plain, f"<p>{'<br>'.join([*map(as_html, first), *said])}</p>")


def _typed(teller: Teller, one: Choice) -> str:
    if one.counted:
        return ""
    if one.typed.isdecimal():
        return f"{one.typed}."
    if len(one.typed) == 1:
        return f"{one.typed.upper()}."
    return teller.say(line("talk.label", label=one.typed))


def _link(said: str, me: str) -> Words:
    link = f"https://matrix.to/#/{me}"
    return Words(f"{said} {link}", f'<p>{as_html(said)} <a href="{link}">{as_html(me)}</a></p>')


def _strong(said: str) -> str:
    return f"<strong>{as_html(said)}</strong>"


def _bold(said: str) -> Words:
    return Words(said, f"<p>{_strong(said)}</p>")


def _words(said: str) -> Words:
    return Words(said, f"<p>{as_html(said)}</p>")


def _pages(blocks: Iterable[Words]) -> tuple[Words, ...]:
    pages: list[Words] = []
    for one in blocks:
        both = (
            Words(f"{pages[-1].plain}\n\n{one.plain}", pages[-1].html + one.html) if pages else one
        )
        if pages and max(len(both.plain.encode()), len(both.html.encode())) <= MOST:
            pages[-1] = both
        else:
            pages.append(one)
    return tuple(pages)
