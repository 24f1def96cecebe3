"""Questions, their options and what may be shown of them, in words. Never a count."""

from collections.abc import Iterable
from functools import partial

from bot.chat import Button, Field, Here, Line, Option, line
from bot.domain.polls import Poll, Question, QuestionKind
from bot.domain.polls.bank import BANK
from bot.domain.polls.questions import option_values
from bot.domain.privacy import Share, Shares, Shown

LONGEST_LABEL = 45  #: of one field of a form, on every platform

_GROUPS = {
    QuestionKind.NPS: ("nps.detractors", "nps.passives", "nps.promoters"),
    QuestionKind.SCALE: ("scale.lower", "scale.middle", "scale.upper"),
}


def question(one: Question) -> Line | str:
    """As it is asked."""
    return line(f"bank.{one.bank}") if one.bank else one.text


def label(poll: Poll, number: int) -> Line | str:
    """What stands beside a question's field; where it is too long for that, its number."""
    one = poll.questions[number - 1]
    if one.bank:
        return line(f"bank.{one.bank}.short")
    if len(one.text) <= LONGEST_LABEL:
        return one.text
    several = len(poll.questions) > 1
    return line("pulse.question", number=str(number)) if several else line("pulse.only_one")


def numbered(poll: Poll) -> tuple[Line, ...]:
    """All questions; with numbers where there are several."""
    if len(poll.questions) == 1:
        return (line("poll.asks", question=question(poll.questions[0])),)
    asked = enumerate(poll.questions, 1)
    return tuple(line("poll.asks_too", number=str(n), question=question(one)) for n, one in asked)


def options(one: Question) -> tuple[Option, ...]:
    """What can be chosen, as a form carries and shows it."""
    return tuple(Option(value, cell(one, at)) for at, value in enumerate(option_values(one)))


def cell(one: Question, at: int, *, groups: bool = False) -> Line | str:
    """The option, step or group at a place."""
    if groups:
        return line(_GROUPS[one.kind][at])
    if one.kind is QuestionKind.YES_NO:
        return line("answer.no") if at else line("answer.yes")
    if one.kind is QuestionKind.NPS:
        return _step(str(at), {0: line("nps.low"), 10: line("nps.high")}.get(at))
    if one.kind is QuestionKind.SCALE:
        return _step(str(at + 1), _end(one, at))
    return one.options[at]


def share(one: Share | None) -> Line:
    if one is None:
        return line("share.hidden")
    if one.low == one.high:
        return line("share.rounded", percent=str(one.low))
    return line("share.between", low=str(one.low), high=str(one.high))


def score(one: Share | None) -> Line:
    """Promoters less detractors, in points."""
    return line("share.points", points=f"{one.low:+d}") if one else line("share.hidden")


def shown(one: Question, found: Shares, floor: int) -> tuple[Line, ...]:
    """What is shown of one question, a line each."""
    of = partial(cell, one, groups=found.groups)
    if found.shown is Shown.WITHHELD:
        return (line("results.withheld", n=floor),)
    if found.shown is Shown.SCATTERED:
        return (line("results.scattered"),)
    if found.shown is Shown.LOST:
        return (line("results.lost"),)
    if found.shown is Shown.MAJORITY:
        return (line("results.majority", options=tuple(map(of, found.majority))),)
    said = [
        line("results.cell", option=of(at), share=share(part))
        for at, part in enumerate(found.cells)
    ]
    if one.kind is QuestionKind.RANKED:
        said.insert(0, line("results.first_choices"))
        said += [
            line("results.place", number=str(number), options=tuple(map(of, level)))
            for number, level in enumerate(found.order, 1)
        ]
    if found.score is not None:
        said.append(line("results.score", score=score(Share(found.score, found.score))))
    return tuple(said)


def asked_until(poll: Poll) -> Line:
    """An open poll in one sentence."""
    if len(poll.questions) == 1:
        return line("poll.open_one", question=question(poll.questions[0]), date=poll.closes)
    return line("poll.open_several", number=str(len(poll.questions)), date=poll.closes)


def name(poll: Poll) -> Line | str:
    """What organisers know it by in a list."""
    if poll.wave is not None:
        return line("poll.wave", number=str(poll.wave), date=poll.opens)
    return question(poll.questions[0])


def closed_ones(
    polls: Iterable[Poll], command: str, first: int = 1
) -> tuple[tuple[Field, ...], tuple[Button, ...]]:
    """Closed polls as a list, numbered from ``first``, each with a button of ``command``."""
    numbered = list(enumerate(polls, first))
    fields = (
        Field(line("poll.list.closed", number=str(n), date=one.closed or one.closes), name(one))
        for n, one in numbered
    )
    buttons = (
        Button(command, one.id, said=line("poll.list.results", number=str(n)))
        for n, one in numbered
    )
    return tuple(fields), tuple(buttons)


def _step(number: str, words: Line | str | None) -> Line | str:
    return line("scale.end", step=number, words=words) if words else number


def _end(one: Question, at: int) -> Line | str | None:
    """The words for 1 and for 5."""
    if at not in (0, 4):
        return None
    if one.bank:
        return line(f"bank.{one.bank}.high") if at else line(f"bank.{one.bank}.low")
    return one.options[bool(at)] if one.options else None


def bank(here: Here) -> tuple[Option, ...]:
    """The questions of the bank, to choose from."""
    return tuple(Option(name, line(f"bank.{name}.short")) for name in BANK)


def yes_or_no(here: Here) -> tuple[Option, ...]:
    return (Option("yes", line("answer.yes")), Option("no", line("answer.no")))


def asked_again(every: str, bank: Iterable[str]) -> Line:
    """What a pulse asks, and how often."""
    questions = tuple(line(f"bank.{name}.short") for name in bank)
    return line("value.pulse", every=line(f"every.{every}"), questions=questions)
