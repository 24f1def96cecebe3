"""/poll: what organisers ask, plan, look through and close."""

from dataclasses import dataclass

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
    Tone,
    Weight,
    choice,
    choices,
    every,
    line,
    long_text,
    number,
    short_text,
)
from bot.commands.polls.cards import open_card
from bot.commands.polls.words import asked_until, bank, closed_ones, options, yes_or_no
from bot.domain.communities import Role, RoomKind, Trust
from bot.domain.errors import NoSuchPoll
from bot.domain.polls import Every, Poll, QuestionKind
from bot.domain.polls.bank import BANK
from bot.domain.polls.opening import LONGEST_OPEN, asked
from bot.domain.polls.pulses import read_pulse
from bot.domain.polls.questions import LONGEST_QUESTION
from bot.services.notices import may_be_told
from bot.services.polls.closing import Closing
from bot.services.polls.opening import Opening
from bot.services.polls.reading import Listed, Reading

LONGEST_START = 40
BANK_ON_A_CARD = 9  #: questions, so that a message holds them everywhere
ORGANISERS = frozenset({Role.ORGANISER})
#: What may stand behind the command, and the command each means.
WORDS = {
    "new": "poll_new",
    "pulse": "pulse_new",
    "list": "poll_list",
    "close": "poll_closable",
    "results": "results",
    "export": "export_results",
}


@dataclass(frozen=True, kw_only=True)
class PollForm:
    question: str = short_text(LONGEST_QUESTION)
    kind: QuestionKind = choice(every(QuestionKind))
    options: str = long_text(required=False)
    days: int = number(1, LONGEST_OPEN)
    comment: str = choice(yes_or_no)


@dataclass(frozen=True, kw_only=True)
class PulseForm:
    bank: tuple[str, ...] = choices(bank, required=True)
    every: Every = choice(every(Every))
    days: int = number(1, LONGEST_OPEN)
    start: str = short_text(LONGEST_START, required=False)
    comment: str = choice(yes_or_no)


def commands(opening: Opening, closing: Closing, reading: Reading) -> tuple[Command, ...]:
    async def poll(here: Here, subject: str) -> Reply:
        return Reply((_overview(await reading.listed(here)),))

    async def draft(here: Here, subject: str, form: PollForm) -> Reply:
        question = asked(form.question, form.kind, form.options)
        token, new = await opening.draft(here, question, form.days, comment=form.comment == "yes")
        return Reply((_preview(here, token, new),))

    async def open_(here: Here, subject: str) -> Reply:
        new = await opening.open(here, subject)
        spaces = (one for one in here.community.spaces if may_be_told(one, RoomKind.BULLETIN))
        posted = tuple(one.name for one in spaces)
        where = line("opened.words", spaces=posted) if posted else line("opened.nowhere")
        said = (where, line("opened.until", date=new.closes))
        card = Card(line("opened.title"), said, buttons=_of_open(new), tone=Tone.GOOD)
        return Reply((card,), takes_away=True)

    async def plan(here: Here, subject: str, form: PulseForm) -> Reply:
        pulse = read_pulse(
            opening.new_pulse_id(),
            here.community.id,
            bank=form.bank,
            every=form.every,
            days=str(form.days),
            start=form.start,
            comment=form.comment == "yes",
            slots=here.community.slots,
            now=here.now,
        )
        first = await opening.plan(here, pulse)
        said = (
            line("planned.first", date=first),
            line(f"planned.every.{pulse.every.value}"),
            line("planned.open", n=pulse.days),
            line("planned.turns", number=str(len(pulse.asked_in(1)))),
        )
        end = Button("close_poll", pulse.id, Weight.DANGER, line("pulse.end"))
        return Reply((Card(line("planned.title"), said, buttons=(end,), tone=Tone.GOOD),))

    async def every_question(here: Here, subject: str) -> Reply:
        names = tuple(BANK)
        parts = (names[at : at + BANK_ON_A_CARD] for at in range(0, len(names), BANK_ON_A_CARD))
        return Reply(tuple(map(_of_bank, parts)))

    async def list_(here: Here, subject: str) -> Reply:
        return Reply((_list(await reading.listed(here)),))

    async def closable(here: Here, subject: str) -> Reply:
        return Reply((_closable(await reading.listed(here)),))

    async def close(here: Here, subject: str) -> Reply:
        try:
            await opening.end(here, subject)
        except NoSuchPoll:
            closed = await closing.close_early(here, subject)
            said = (line("closed_early.words"), line("closed_early.never"))
            results = Button("results", closed.id, Weight.PRIMARY)
            card = Card(line("closed_early.title"), said, buttons=(results,))
            return Reply((card,), takes_away=True)
        said = (line("pulse_ended.words"), line("pulse_ended.wave"))
        return Reply((Card(line("pulse_ended.title"), said),), takes_away=True)

    return (
        Command("poll", roles=ORGANISERS, typed=True, opens=poll, words=WORDS),
        Command("poll_new", roles=ORGANISERS, form=PollForm, run=draft, previewed=True),
        Command("open_poll", About.DRAFT, ORGANISERS, opens=open_),
        Command("bank", roles=ORGANISERS, opens=every_question),
        Command("pulse_new", roles=ORGANISERS, form=PulseForm, run=plan),
        Command("poll_list", roles=ORGANISERS, opens=list_),
        Command("poll_closable", roles=ORGANISERS, opens=closable),
        Command("close_poll", About.POLL, ORGANISERS, opens=close, sure=True),
    )


def _overview(found: Listed) -> Card:
    command = Command("poll", words=WORDS)
    buttons = (*(command.word(word) for word in WORDS), Button("bank"))
    said = [line("poll.about")]
    said += [asked_until(one) for one in found.open] or [line("poll.none_open")]
    return Card(line("poll.overview"), tuple(said), buttons=buttons)


def _of_bank(names: tuple[str, ...]) -> Card:
    """Some of the bank's questions: each as it is asked, and what it is good for."""
    fields = tuple(
        Field(line(f"bank.{name}.short"), Rows((line(f"bank.{name}"), line(f"bank.{name}.for"))))
        for name in names
    )
    return Card(line("bank.title"), (), fields)


def _preview(here: Here, token: str, new: Poll) -> Card:
    """As everyone will see it, to be confirmed."""
    shown = open_card(new, here.space, line("poll.opens"))
    kind = Field(line("poll.kind"), line(f"poll.kind.{new.questions[0].kind.value}"))
    fields = (kind, *_offered(new), *shown.fields)
    at_work = tuple(one.name for one in here.community.spaces if one.trust is Trust.EMPLOYER_OWNED)
    said = [line("poll.preview"), *shown.lines[:-1], line("poll.frozen")]
    said += [line("poll.at_work", spaces=at_work)] if at_work else []
    target = Button("open_poll", token)
    confirm = Button("confirm", target.id, Weight.PRIMARY, line("button.open_poll"))
    return Card(line("poll.preview.title"), tuple(said), fields, (confirm,))


def _offered(new: Poll) -> tuple[Field, ...]:
    """What can be chosen, where it is not a number alone."""
    one = new.questions[0]
    if one.kind in (QuestionKind.NPS, QuestionKind.YES_NO):
        return ()
    offered: tuple[Line | str, ...] = (
        one.options if one.kind is QuestionKind.RANKED else tuple(o.label for o in options(one))
    )
    said = [Field(line("poll.options"), Rows(offered))]
    if one.most:
        said.append(Field(line("poll.most"), line("pulse.at_most", n=one.most)))
    return tuple(said)


def _list(found: Listed) -> Card:
    """Everything there is, numbered, with what can be done about it."""
    (fields, buttons), first = _running(found), _count(found) + 1
    results, choose = closed_ones(found.closed, "results", first)
    said = () if fields or results else (line("poll.list.nothing"),)
    return Card(line("poll.list.title"), said, (*fields, *results), (*buttons, *choose))


def _closable(found: Listed) -> Card:
    fields, buttons = _running(found)
    said = line("poll.close.which") if buttons else line("poll.close.nothing")
    return Card(line("poll.close.title"), (said,), fields, buttons)


def _running(found: Listed) -> tuple[tuple[Field, ...], tuple[Button, ...]]:
    """What is open and what is planned, and the buttons that end them."""
    about: list[tuple[str, Line, Line, str]] = [
        (one.id, line("poll.list.open"), asked_until(one), "poll.close.early") for one in found.open
    ]
    about += [
        (pulse.id, line("poll.list.pulse"), line("poll.list.next", date=at), "poll.close.pulse")
        for pulse, at in found.pulses
    ]
    fields = (
        Field(line("poll.list.number", number=str(n), what=what), words)
        for n, (_, what, words, _) in enumerate(about, 1)
    )
    buttons = (
        Button("close_poll", id, Weight.DANGER, line(key, number=str(n)))
        for n, (id, _, _, key) in enumerate(about, 1)
    )
    return tuple(fields), tuple(buttons)


def _count(found: Listed) -> int:
    return len(found.open) + len(found.pulses)


def _of_open(new: Poll) -> tuple[Button, ...]:
    return (Button("close_poll", new.id, Weight.DANGER), Button("results", new.id))
