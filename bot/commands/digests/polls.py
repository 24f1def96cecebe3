"""What a digest says of a poll: so little that eight of them fit one message on every platform.

People's own words are cut, and of many options the first few places are named: all of it is behind
the button, and in the picture.
"""

from collections.abc import Iterator, Sequence

from bot.chat import Day, Line, line
from bot.commands.polls.cards import measured
from bot.commands.polls.words import cell, label, score, share, shown
from bot.commands.polls.words import name as full_name
from bot.domain.polls import Poll, Question, QuestionKind
from bot.domain.polls.bank import BANK
from bot.domain.polls.trends import Trend, trend
from bot.domain.privacy import Share, Shares, Shown
from bot.services.digests.telling import ITEMS
from bot.services.polls.reading import Asked

LONGEST = 60  #: characters of people's own words


def name(poll: Poll) -> Line | str:
    """What organisers know it by."""
    if poll.wave is not None:
        return line("digest.wave", number=f"{poll.wave}", date=Day(poll.opens))
    return _cut(full_name(poll))


def answers(asked: Asked) -> Iterator[Line]:
    """Each question with what may be shown of it; all withheld, in one line."""
    poll = asked.poll
    if poll.result is None:
        return
    pairs = list(zip(poll.questions, poll.result.questions, strict=True))
    if all(found.shown is Shown.WITHHELD for _, found in pairs):
        yield line("results.withheld", n=poll.floor)
        return
    for number, (question, found) in enumerate(pairs, 1):
        followed = trend(question.bank, asked.waves) if question.bank else None
        if followed and followed.points and followed.points[-1].value:
            yield _of_trend(followed)
        elif len(pairs) == 1:  # its name is what was asked
            yield from _first_places(question, found, poll.floor)
        else:
            said = tuple(_first_places(question, found, poll.floor))
            yield line("digest.answer", question=label(poll, number), shown=said)


def _of_trend(one: Trend) -> Line:
    """The last wave, and the one before it."""
    value = score if BANK[one.name].kind is QuestionKind.NPS else share
    now = value(one.points[-1].value)
    if len(one.points) == 1:
        return line("digest.now", what=measured(one), share=now)
    return line("digest.then", what=measured(one), share=now, before=value(one.points[-2].value))


def _first_places(question: Question, found: Shares, floor: int) -> Iterator[Line]:
    """What most said, and how much more there is."""

    def options(places: Sequence[int]) -> tuple[Line | str, ...]:
        return tuple(_cut(cell(question, at, groups=found.groups)) for at in places)

    if found.shown is Shown.MAJORITY:
        yield line("results.majority", options=options(found.majority[:ITEMS]))
    elif found.shown is not Shown.SHARES:
        yield from shown(question, found, floor)
    elif found.score is not None:
        yield line("results.score", score=score(Share(found.score, found.score)))
    elif found.order:
        yield line("results.place", number="1", options=options(found.order[0][:ITEMS]))
    else:
        first = _first(found.cells)
        for at, option in zip(first, options(first), strict=True):
            yield line("results.cell", option=option, share=share(found.cells[at]))
        if more := len(found.cells) - len(first):
            yield line("digest.more_options", n=more)


def _first(cells: Sequence[Share | None]) -> Sequence[int]:
    """A few in their own order; of many those that most chose."""
    if len(cells) <= ITEMS + 1:
        return range(len(cells))
    return sorted(range(len(cells)), key=lambda at: _by_share(cells[at]))[:ITEMS]


def _by_share(one: Share | None) -> int:
    return -one.high if one else 1


def _cut(one: Line | str) -> Line | str:
    if isinstance(one, Line) or len(one) <= LONGEST:
        return one
    return f"{one[: LONGEST - 1].rstrip()}…"
