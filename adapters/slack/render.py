"""Replies as modals, cards as messages, and the App Home: ours as Block Kit. Pure.

A view has a hundred blocks and 250 KB, a title, ``submit`` and ``close`` of 24 characters; a message
fifty blocks. A card's one way on (``ON``) is the modal's submit, all else are buttons. A receipt
stands in a field, from which it can be copied.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from adapters.slack import blocks, forms
from adapters.slack.blocks import Json, plain
from adapters.slack.carried import Carried, Kind
from bot.chat import Button, Card, Field, Form, Line, Reply, Tone, Weight, line
from bot.domain.grievances.receipts import RECEIPT
from bot.texts import Speaker

TITLE = 24
MOST_BLOCKS, MOST_OF_A_MESSAGE = 100, 50
MOST_BYTES = 200_000  #: of a page: a view may have 250 KB as Slack counts them
BYTES_OF_A_MESSAGE = 10_000  #: of its blocks: Slack was seen to refuse 13,000
#: What a modal's submit is, where a card offers it: the preview's, the label's, the receipt's.
ON = ("send", "continue", "saved")
AT_HOME = ("grievance", "receipt", "pulse", "about")


def view(
    speaker: Speaker,
    reply: Reply,
    title: str,
    room: str,
    space: str,
    *,
    page: int = 0,
    again: str = "",
) -> Json:
    """A modal that shows a whole reply: its cards, and its form where there is one.

    ``title``: of all our modals; ``room``, ``space``: see Carried; ``page``: of what does not fit one view;
    ``again``: the id of what shows the same once more.
    """
    if reply.form:
        return _form(speaker, reply.form, reply.cards, room, space)
    on = _way_on(reply.cards)
    shown: list[Json] = []
    for one in reply.cards:
        shown += [{"type": "divider"}] if shown else []
        shown += _card(speaker, one, on.id if on else "")
    made: Json = {
        "type": "modal",
        "callback_id": on.id if on else "card",
        "title": plain(title, TITLE),
        "close": plain(speaker.say(line("slack.close")), TITLE),
        "private_metadata": Carried(Kind.CARD, room, space).told(),
        "blocks": [*_paged(speaker, shown, page, again), _only_you(speaker)],
    }
    return made | ({"submit": plain(speaker.say(on.label), TITLE)} if on else {})


def waiting(speaker: Speaker, title: str) -> Json:
    """What stands there until the answer comes."""
    return view(speaker, Reply((Card(line("slack.wait")),)), title, "", "")


def sentence(speaker: Speaker, said: Line, title: str) -> Json:
    """A modal that says why nothing was done."""
    card = Card(line("refused.title"), (said,), tone=Tone.WARNING)
    return view(speaker, Reply((card,)), title, "", "")


def messages(speaker: Speaker, one: Card) -> list[Json]:
    """A card as a message, or as several where it is long; its title is all that a notification shows.
    Nothing in it unfurls, and nobody is pinged."""
    parts = _pages(list(blocks.card(speaker, one)), MOST_OF_A_MESSAGE, BYTES_OF_A_MESSAGE)
    return [
        {
            "text": blocks.escaped(speaker.say(one.title)),
            "blocks": part,
            "unfurl_links": False,
            "unfurl_media": False,
            "link_names": False,
            "parse": "none",
        }
        for part in parts
    ]


def home(speaker: Speaker, space: str) -> Json:
    """The App Home: what anybody can do; the same for everybody, and never anybody's words."""
    first, *rest = (Button(one) for one in AT_HOME)
    buttons = (replace(first, weight=Weight.PRIMARY), *rest)
    said = (line("slack.home.words"), line("help.first"))
    named = (line("help.typed", name=one) for one in AT_HOME)
    fields = (
        Field(line("help.command", name=name), line(f"command.{one}"))
        for one, name in zip(AT_HOME, named, strict=True)
    )
    card = Card(line("slack.home"), said, tuple(fields), buttons)
    return {
        "type": "home",
        "private_metadata": Carried(Kind.HOME, space=space).told(),
        "blocks": list(blocks.card(speaker, card)),
    }


def _form(speaker: Speaker, form: Form, cards: Sequence[Card], room: str, space: str) -> Json:
    above = [block for one in cards for block in blocks.card(speaker, one)]
    submit = line("slack.go_on") if form.previewed else line("slack.send")
    return {
        "type": "modal",
        "callback_id": form.id,
        "title": plain(speaker.say(form.title), TITLE),
        "submit": plain(speaker.say(submit), TITLE),
        "close": plain(speaker.say(line("slack.close")), TITLE),
        "private_metadata": Carried(Kind.FORM, room, space).told(),
        "blocks": [*above, *forms.inputs(speaker, form), _only_you(speaker)],
    }


def _only_you(speaker: Speaker) -> Json:
    return {"type": "context", "elements": [plain(speaker.say(line("slack.only_you")))]}


def _card(speaker: Speaker, one: Card, skip: str) -> list[Json]:
    receipts = [f for f in one.fields if isinstance(f.value, str) and RECEIPT.fullmatch(f.value)]
    rest = replace(one, fields=tuple(f for f in one.fields if f not in receipts))
    shown = list(blocks.card(speaker, rest, skip))
    ends = len(shown) - (shown[-1]["type"] == "actions")
    if skip:
        shown[ends:ends] = [_copied(speaker, field) for field in receipts]
        return shown
    return [*shown[:ends], *blocks.fields(speaker, receipts), *shown[ends:]]


def _copied(speaker: Speaker, field: Field) -> Json:
    """A receipt, in a field to copy it from. What is put in there is not looked at."""
    return {
        "type": "input",
        "block_id": "receipt",
        "label": plain(speaker.say(field.label)),
        "element": {
            "type": "plain_text_input",
            "action_id": "receipt",
            "initial_value": speaker.say(field.value),
        },
    }


def _way_on(cards: Sequence[Card]) -> Button | None:
    offered = [one for card in cards for one in card.buttons if one.name in ON]
    return offered[0] if len(offered) == 1 else None


def _paged(speaker: Speaker, shown: list[Json], page: int, again: str) -> list[Json]:
    """The blocks of one page, with the way to those beside it and the buttons that stand below all
    of it. ``again``: what shows it once more; without it only the first page can be seen."""
    if _fits(shown):
        return shown
    ends = len(shown)
    while ends and shown[ends - 1]["type"] == "actions":
        ends -= 1
    body, below = shown[:ends], shown[ends:]
    pages = _pages(body, MOST_BLOCKS - len(below) - 2, MOST_BYTES)
    page = min(max(page, 0), len(pages) - 1)
    ways = ((page - 1, line("slack.before")), (page + 1, line("slack.after")))
    turns = [
        Button("page", f"{number}:{again}", said=said)
        for number, said in ways
        if again and 0 <= number < len(pages)
    ]
    way = blocks.buttons(speaker, turns) if again else blocks.words(speaker.say(line("slack.cut")))
    return [*pages[page], *way, *below]


def _pages(body: list[Json], most: int, most_bytes: int) -> list[list[Json]]:
    pages: list[list[Json]] = [[]]
    size = 0
    for one in body:
        bytes_ = len(_bytes(one))
        if len(pages[-1]) == most or (pages[-1] and size + bytes_ > most_bytes):
            pages.append([])
            size = 0
        pages[-1].append(one)
        size += bytes_
    return pages


def _fits(shown: list[Json]) -> bool:
    return len(shown) < MOST_BLOCKS and len(_bytes(shown)) <= MOST_BYTES


def _bytes(shown: Any) -> bytes:
    return json.dumps(shown).encode()
