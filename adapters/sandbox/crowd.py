"""The crowd: workers who are not personas and act through the same door, with varied words."""

import asyncio
from collections.abc import Sequence
from itertools import cycle, islice

from adapters.sandbox.acts import caller
from adapters.sandbox.town import NotThere
from bot.chat import Ask, Button, Caller, Form, Question, Reply
from bot.dispatch import Door
from bot.domain.grievances.intake import Impact, Spread
from bot.ports import Chance

AT_ONCE = 25  #: who answer at the same time
MOST = 500  #: so that an answer comes within its half minute

#: (category, what happened)
STORIES = (
    (
        "late_payment",
        "My pay has been late three months in a row, and nobody says why or until when.",
    ),
    (
        "hours",
        "Planning meetings run into the evening, so whoever has children is left out of them.",
    ),
    ("on_call", "The pager goes off most nights of my week, and nobody gets the next morning off."),
    (
        "surveillance",
        "We were told that screens are recorded now. Nobody asked us or says for what.",
    ),
    ("pay", "People who did the same work for less time are paid more, and asking is frowned on."),
    ("ethics", "The release was pushed through although the team said that it harms its users."),
)


#: What some write beside their answers; the others write nothing.
COMMENTS = (
    "It depends a lot on the week.",
    "",
    "Better than last year, but the evenings are still long.",
    "",
    "I would like to know what comes of this.",
    "The team helps. The plan does not.",
)


class Crowd:
    def __init__(self, door: Door, chance: Chance) -> None:
        self._door, self._chance = door, chance

    async def file_grievances(self, count: int) -> tuple[int, int]:
        """That many workers file a grievance each; returns (done, refused)."""
        done = 0
        varied = zip(cycle(STORIES), cycle(Spread), cycle(Impact), strict=False)
        for (category, story), spread, impact in islice(varied, count):
            answers = {
                "category": category,
                "spread": spread.value,
                "impact": impact.value,
                "story": story,
            }
            done += await self._file(answers)
        return done, count - done

    async def answer(self, count: int) -> tuple[int, int]:
        """That many workers answer everything that is open, some at the same time; returns
        (done, refused). Nobody does where nothing is open."""
        done = refused = 0
        for first in range(0, count, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, count))
            taken = await asyncio.gather(*map(self._answer_all, numbers))
            done, refused = done + taken.count(True), refused + taken.count(False)
        return done, refused

    async def vote(self, poll: str, ballots: Sequence[Sequence[int]]) -> None:
        """One worker for each ballot, which has of each question the place of the option chosen.
        They press the button of the poll's card."""
        for first in range(0, len(ballots), AT_ONCE):
            some = enumerate(ballots[first : first + AT_ONCE], first)
            await asyncio.gather(*(self._vote(poll, number, ballot) for number, ballot in some))

    async def file(self, grievance: dict[str, str]) -> None:
        """A worker files this one."""
        if not await self._file(grievance):
            raise NotThere("a grievance of the crowd was not taken")

    async def _vote(self, poll: str, number: int, ballot: Sequence[int]) -> None:
        someone = caller(f"crowd-{self._chance.bytes(8).hex()}")
        form = (await self._door.begin("answer", someone, poll)).form
        if form is None:
            raise NotThere("this poll takes no answers")
        chosen = zip(form.questions, ballot, strict=False)  # a comment comes behind
        answers = {one.id: one.options[at].value for one, at in chosen}
        answers |= {one.id: _comment(number) for one in form.questions[len(ballot) :]}
        if not (await self._door.submit(form.name, someone, form.subject, answers)).taken:
            raise NotThere("a ballot of the crowd was not taken")

    async def _answer_all(self, number: int) -> bool | None:
        """One worker; whether all was taken, None where nothing is asked."""
        someone = caller(f"crowd-{self._chance.bytes(8).hex()}")
        forms = await self._open_forms(someone)
        taken = [await self._fill_in(someone, form, number + n) for n, form in forms]
        return all(taken) if taken else None

    async def _open_forms(self, someone: Caller) -> list[tuple[int, Form]]:
        reply = await self._door.begin("pulse", someone)
        if reply.form is not None:
            return [(0, reply.form)]
        buttons = [one for card in reply.cards for one in card.buttons if one.name == "answer"]
        replies = [await self._door.begin("answer", someone, one.subject) for one in buttons]
        return [(n, one.form) for n, one in enumerate(replies) if one.form is not None]

    async def _fill_in(self, someone: Caller, form: Form, number: int) -> bool:
        answers = {
            one.id: self._answer(form, one, number + n) for n, one in enumerate(form.questions)
        }
        return (await self._door.submit(form.name, someone, form.subject, answers)).taken

    def _answer(self, form: Form, asked: Question, number: int) -> str | list[str]:
        """Varied: by chance, as long as nobody can tell what the question means."""
        if asked.ask is Ask.LONG_TEXT:
            return _comment(number)
        if asked.ask is Ask.TEXT:
            return " ".join(self._chance.shuffled(_ranked(form)))
        values = [option.value for option in asked.options]
        liked = values[self._chance.bytes(1)[0] * len(values) // 256]
        return [liked] if asked.ask is Ask.CHOICES else liked

    async def _file(self, answers: dict[str, str]) -> bool:
        someone = caller(f"crowd-{self._chance.bytes(8).hex()}")
        await self._door.begin("grievance", someone)
        form = (await self._door.begin("continue", someone)).form
        if form is None:
            return False
        preview = await self._door.submit(form.name, someone, form.subject, answers)
        send = _button(preview, "send")
        receipt = await self._door.begin("send", someone, send.subject) if send else Reply()
        saved = _button(receipt, "saved")
        if saved is not None:
            await self._door.begin("saved", someone, saved.subject)
        return saved is not None


def _comment(number: int) -> str:
    return COMMENTS[number % len(COMMENTS)]


def _button(reply: Reply, name: str) -> Button | None:
    buttons = (button for card in reply.cards for button in card.buttons)
    return next((button for button in buttons if button.name == name), None)


def _ranked(form: Form) -> list[str]:
    """The numbers of what is to be put in order, as the form's note lists it."""
    listed = next(one for one in form.note if one.key == "pulse.ranked").facts["options"]
    return [str(number) for number in range(1, len(listed) + 1)]
