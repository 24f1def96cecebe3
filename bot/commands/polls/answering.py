"""/pulse and the form of a poll: one person's answers, changed as often as they like.

What is said back depends on nobody else's answers.
"""

from dataclasses import fields, make_dataclass, replace
from typing import Any

from bot.chat import (
    About,
    Asking,
    Button,
    Card,
    Command,
    Field,
    Here,
    Line,
    Option,
    Options,
    Reply,
    Rows,
    Tone,
    Weight,
    asking,
    choice,
    choices,
    line,
    long_text,
    short_text,
    with_errors,
)
from bot.commands.grievances.filing import warned
from bot.commands.polls.words import label, options, question
from bot.commands.words import seen
from bot.domain.errors import MembershipUnseen, NewMember, PollOver, TenureUnknown
from bot.domain.grievances.warnings import Warned, refuse_receipts, warnings
from bot.domain.polls import Poll, Question, QuestionKind
from bot.domain.polls.ballots import Ballot
from bot.domain.polls.questions import read_answer
from bot.services.polls.ballots import Ballots
from bot.services.polls.reading import Reading

MEANT = ".meant"  #: behind a poll's id: its person was warned of what the comment holds
LONGEST_RANKING = 40  #: characters: nine numbers and what people put between them


def commands(ballots: Ballots, reading: Reading) -> tuple[Command, ...]:
    async def asks(here: Here, subject: str) -> Asking:
        """Also of a poll that closed meanwhile: what was typed comes back with the refusal."""
        id = subject.removesuffix(MEANT)
        try:
            return form_of(here, await ballots.check(here, id))
        except (PollOver, MembershipUnseen, NewMember, TenureUnknown):
            return form_of(here, (await reading.asked(here, id)).poll)

    async def answer(here: Here, subject: str) -> Reply:
        poll = await ballots.check(here, subject)
        return Reply(form=asking(form_of(here, poll), here, "pulse", subject))

    async def pulse(here: Here, subject: str) -> Reply:
        if subject:
            return await answer(here, subject)
        open_here = await reading.open_here(here)
        if len(open_here) == 1:
            return await answer(here, open_here[0].id)
        return Reply((_open(open_here),))

    async def answered(here: Here, subject: str, form: Any) -> Reply:
        id, meant = subject.removesuffix(MEANT), subject.endswith(MEANT)
        poll = await ballots.check(here, id)
        given = (getattr(form, f"q{n}") for n, _ in enumerate(poll.questions, 1))
        read = (
            read_answer(one, typed, f"q{n}")
            for n, (one, typed) in enumerate(zip(poll.questions, given, strict=True), 1)
        )
        ballot = Ballot(tuple(read), getattr(form, "comment", ""))
        refuse_receipts("comment", ballot.comment)
        found = warnings(ballot.comment, here.known_names(), here.community.language)
        if found and not meant:
            return _held_back(here, poll, form, found)
        return Reply((_taken(await ballots.cast(here, id, ballot)),))

    return (
        Command("pulse", About.POLL, typed=True, asks=asks, opens=pulse, run=answered),
        Command("answer", About.POLL, opens=answer),
    )


def _held_back(here: Here, poll: Poll, form: Any, found: tuple[Warned, ...]) -> Reply:
    """The form once more, with what in the comment could point to somebody. Nothing is kept; sent
    again as it is, it is meant."""
    shown = asking(form_of(here, poll), here, "pulse", poll.id + MEANT)
    given = {one.name: getattr(form, one.name) for one in fields(form)}
    shown = with_errors(shown, given, {"comment": line("pulse.held_back")})
    return Reply(form=replace(shown, note=(*warned(found), *shown.note)), taken=False)


def form_of(here: Here, poll: Poll) -> Asking:
    """The form of one poll: ``q1`` and so on, and perhaps ``comment``: never where an employer may
    read it (privacy rule 8)."""
    asked = [_field(poll, one, n) for n, one in enumerate(poll.questions, 1)]
    comment = poll.comment and not here.employer_owned
    if comment:
        asked.append(("comment", str, long_text(required=False)))
    made = make_dataclass("Answers", asked, frozen=True, kw_only=True)
    above = [line("pulse.until", date=poll.closes), seen(here), *_in_full(poll)]
    if comment:
        above.append(line("pulse.comment_goes"))
    elif poll.comment:
        above.append(line("pulse.no_comment"))
    return Asking(made, (*above, line("poll.look_again")))


def _field(poll: Poll, one: Question, number: int) -> tuple[str, Any, Any]:
    name, said = f"q{number}", label(poll, number)
    if one.kind is QuestionKind.RANKED:
        return name, str, short_text(LONGEST_RANKING, label=said)
    if one.kind is QuestionKind.MULTIPLE:
        return name, tuple[str, ...], choices(_fixed(options(one)), required=True, label=said)
    return name, str, choice(_fixed(options(one)), label=said)


def _fixed(them: tuple[Option, ...]) -> Options:
    return lambda here: them


def _in_full(poll: Poll) -> list[Line]:
    """Above the fields: each question whose label does not say it whole, and how to answer."""
    found = []
    for number, one in enumerate(poll.questions, 1):
        said = label(poll, number)
        if len(poll.questions) == 1 and said != question(one):
            found.append(line("poll.asks", question=question(one)))
        elif said != question(one):
            found.append(line("pulse.asks", label=said, question=question(one)))
        if one.kind is QuestionKind.MULTIPLE and one.most:
            found.append(line("pulse.at_most", n=one.most))
        if one.kind is QuestionKind.RANKED:
            named = enumerate(one.options, 1)
            items = tuple(line("pulse.rank", number=str(n), option=words) for n, words in named)
            found.append(line("pulse.ranked", options=items))
    return found


def _open(polls: list[Poll]) -> Card:
    """What can be answered here, where it is not one form."""
    if not polls:
        return Card(line("pulse.none.title"), (line("pulse.none"),))
    fields = tuple(
        Field(line("pulse.number", number=str(n)), Rows((*map(question, one.questions),)))
        for n, one in enumerate(polls, 1)
    )
    buttons = tuple(
        Button("answer", one.id, Weight.PRIMARY, line("pulse.answer", number=str(n)))
        for n, one in enumerate(polls, 1)
    )
    return Card(line("pulse.several"), (), fields, buttons)


def _taken(poll: Poll) -> Card:
    said = (line("answered.until", date=poll.closes), line("answered.kept"))
    buttons = (Button("answer", poll.id, said=line("answered.again")),)
    return Card(line("answered.title"), said, buttons=buttons, tone=Tone.GOOD)
