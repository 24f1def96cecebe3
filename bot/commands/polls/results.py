"""/poll results and export: what was shown of a closed poll, its comments, and a table of it.

The same figures as everybody's card: they went through the disclosure function, once.
"""

import re
from dataclasses import dataclass
from typing import Any

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Field,
    Here,
    Line,
    Reply,
    Rows,
    blank,
    line,
    long_text,
)
from bot.commands.polls.asking import ORGANISERS
from bot.commands.polls.cards import results_card
from bot.commands.polls.words import cell, closed_ones, question
from bot.domain.polls import Question
from bot.domain.privacy import Share, Shares, Shown
from bot.services.polls.opening import Opening
from bot.services.polls.reading import Asked, Listed, Reading

#: A spreadsheet would take a cell that begins so for something to reckon.
_RECKONED = ("=", "+", "-", "@")
LONGEST_OUTCOME = 1500  #: characters: the next wave opens with it, above five questions
COMMENTS_A_CARD = 4  #: of up to 3,000 characters each
_PAGE = "."  #: between a poll's id and the page of its comments


@dataclass(frozen=True)
class OutcomeForm:
    outcome: str = long_text(longest=LONGEST_OUTCOME)


def commands(reading: Reading, opening: Opening) -> tuple[Command, ...]:
    async def results(here: Here, subject: str) -> Reply:
        if not subject:
            return Reply((_which(await reading.listed(here), "results"),))
        asked = await reading.asked(here, subject)
        return Reply((results_card(asked, *await _buttons(here, asked)),))

    async def export(here: Here, subject: str) -> Reply:
        if not subject:
            return Reply((_which(await reading.listed(here), "export_results"),))
        return Reply((_export(await reading.asked(here, subject)),))

    async def comments(here: Here, subject: str) -> Reply:
        id, _, typed = subject.partition(_PAGE)
        page = int(typed) if re.fullmatch(r"[0-9]{1,4}", typed) else 0
        return Reply((_comments(id, await reading.comments(here, id), page),))

    async def _buttons(here: Here, asked: Asked) -> list[Button]:
        poll = asked.poll
        if poll.result is None:
            return []
        there = await reading.comments(here, poll.id)
        buttons = [Button("comments", poll.id)] if there else []
        return [*buttons, Button("poll_outcome", poll.id), Button("export_results", poll.id)]

    async def say(here: Here, subject: str) -> Reply:
        asked = await reading.asked(here, subject)
        values = {"outcome": asked.poll.outcome}
        return Reply(form=blank(OutcomeForm, here, "poll_outcome", subject, values))

    async def said(here: Here, subject: str, form: OutcomeForm) -> Reply:
        await opening.say_outcome(here, subject, form.outcome)
        return await results(here, subject)

    return (
        Command("poll_outcome", About.POLL, ORGANISERS, form=OutcomeForm, opens=say, run=said),
        Command("results", About.POLL, ORGANISERS, opens=results),
        Command("export_results", About.POLL, ORGANISERS, opens=export),
        Command("comments", About.POLL, ORGANISERS, opens=comments),
    )


def _which(found: Listed, command: str) -> Card:
    fields, buttons = closed_ones(found.closed, command)
    said = line("results.which") if buttons else line("results.none")
    return Card(line("results.choose"), (said,), fields, buttons)


def _comments(id: str, found: tuple[str, ...], page: int) -> Card:
    first = page * COMMENTS_A_CARD
    part = found[first : first + COMMENTS_A_CARD]
    fields = tuple(
        Field(line("comments.number", number=str(n)), words)
        for n, words in enumerate(part, first + 1)
    )
    more = first + COMMENTS_A_CARD < len(found)
    next_page = Button("comments", f"{id}{_PAGE}{page + 1}", said=line("comments.more"))
    buttons = (next_page,) if more else ()
    said = line("comments.words") if found else line("comments.none")
    return Card(line("comments.title"), (said,), fields, buttons)


def _export(asked: Asked) -> Card:
    """A table of comma-separated values for each question, to be copied out."""
    poll = asked.poll
    if poll.result is None:
        return Card(line("poll_export.title"), (line("results.later", date=poll.closes),))
    pairs = zip(poll.questions, poll.result.questions, strict=True)
    fields = tuple(Field(question(one), _table(one, found)) for one, found in pairs)
    return Card(line("poll_export.title"), (line("poll_export.copy"),), fields)


def _table(one: Question, found: Shares) -> Rows:
    """A row an option: from how many percent to how many, and whether that is shown."""
    head = "option,from_percent,to_percent,shown"
    if found.shown is not Shown.SHARES:
        nearly_all = (_row(_cell(one, at, found), None, "majority") for at in found.majority)
        return Rows((head, *(nearly_all if found.majority else (",,,withheld",))))
    rows = (
        _row(_cell(one, at, found), part, "share" if part else "hidden")
        for at, part in enumerate(found.cells)
    )
    return Rows((head, *rows))


def _row(option: Line | str, part: Share | None, shown: str) -> Line:
    low, high = (str(part.low), str(part.high)) if part else ("", "")
    return line("poll_export.row", option=option, low=low, high=high, shown=shown)


def _quoted(fact: Any) -> Any:
    return fact.replace('"', '""') if isinstance(fact, str) else fact


def _cell(one: Question, at: int, found: Shares) -> Line | str:
    label = cell(one, at, groups=found.groups)
    if not isinstance(label, str):  # our words, but for those of an organiser's scale
        facts = {name: _quoted(one) for name, one in label.facts.items()}
        return Line(label.key, facts)
    safe = f"'{label}" if label.startswith(_RECKONED) else label
    return safe.replace('"', '""')
