"""The card of a digest, the same shape every week, and a rep's own list. No word of a case."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from bot.chat import Button, Card, Chart, ChartPanel, Day, Field, Line, Rows, Tone, Weight, line
from bot.commands.digests.polls import answers, name
from bot.commands.polls.cards import results_card
from bot.commands.words import category, people
from bot.domain.cases import View
from bot.domain.communities import Community, Trust
from bot.domain.digests import Digest, Figure
from bot.domain.polls import Poll
from bot.services.cases.desk import owed_by
from bot.services.digests.telling import ITEMS, Issue
from bot.services.polls.reading import Asked

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PANELS = 4  #: of the picture
NAMED = 2  #: people of one turn on duty
_WEEKS_AHEAD = timedelta(weeks=2)
_GROUP = 8  #: digits of the chain's head between two spaces: as one word it fits no telephone


def digest_card(community: Community, trust: Trust, issue: Issue) -> Card:
    """The organisers' week: every section is there, whether or not there is anything in it."""
    digest = issue.digest
    fields = (
        Field(line("digest.moved"), Rows(_moved(digest))),
        Field(line("digest.about"), Rows(_about(digest))),
        Field(line("digest.polls"), Rows(_polls(issue))),
        Field(line("digest.outcomes"), Rows(_outcomes(issue))),
        Field(line("digest.duty"), Rows(_duty(community, trust, digest))),
        Field(line("digest.chain"), _chain(digest.head)),
    )
    tone = Tone.WARNING if digest.in_time is False else Tone.PLAIN
    title = line("digest_card.test" if issue.test else "digest_card.title", date=Day(digest.due))
    return Card(title, _first(issue), fields, _buttons(issue), tone, _chart(issue))


def own_list_card(own: tuple[View, ...]) -> Card:
    """How much a rep has to do and by when. Which cases is behind the button: lists that lie in a
    chat for ever could be laid beside other reps'."""
    said = [line("own_list.some", n=len(own)) if own else line("own_list.none")]
    if any(view.missed for view in own):
        said.append(line("own_list.late"))
    if owed := [date for view in own if (date := owed_by(view))]:
        said.append(line("own_list.first", date=min(owed)))
    button = Button("cases", weight=Weight.PRIMARY)
    return Card(line("own_list.title"), tuple(said), buttons=(button,))


def day_of(weekday: int) -> Line:
    """0 is Monday."""
    return line(f"day.{DAYS[weekday]}")


def _first(issue: Issue) -> tuple[Line, ...]:
    digest = issue.digest
    said = [line(f"digest.in_time.{_answer(digest.in_time)}", date=digest.due)]
    said.append(line("digest.serial", number=f"{digest.serial}", weeks=f"{digest.weeks}"))
    if digest.gap:
        first, last = _day(digest.gap.first), _day(digest.gap.last + timedelta(days=6))
        said.append(line("digest.gap", first=first, last=last))
    if issue.test:
        said.insert(0, line("digest.test.words"))
    return tuple(said)


def _answer(in_time: bool | None) -> str:
    if in_time is None:
        return "later"
    return "yes" if in_time else "no"


def _moved(digest: Digest) -> tuple[Line, ...]:
    return tuple(
        line("digest.count", what=line(f"digest.moved.{one.value}"), count=_fives(digest, one))
        for one in Figure
    )


def _fives(digest: Digest, figure: Figure) -> Line:
    if digest.moved is None:
        return line("digest.counted", date=digest.due)
    return _number(digest.moved.get(figure.value, 0))


def _number(new: int) -> Line:
    """New fives; never a nought, which would say that nothing happened."""
    return line("digest.new", number=f"{new}") if new else line("digest.carried")


def _about(digest: Digest) -> tuple[Line, ...]:
    found: Mapping[str, int] = digest.about or {}
    by_size = sorted(found.items(), key=lambda one: -one[1])
    most, rest = by_size[: ITEMS - 1], sum(new for _, new in by_size[ITEMS - 1 :])
    said = [
        line("digest.count", what=category(subject), count=_number(new)) for subject, new in most
    ]
    if digest.about is None:
        return (line("digest.count", what=line("digest.any"), count=_later(digest)),)
    other = line("digest.others") if said else line("digest.any")
    less = line("digest.carried_or_less")
    return (*said, line("digest.count", what=other, count=_number(rest) if rest else less))


def _later(digest: Digest) -> Line:
    return line("digest.counted", date=digest.due)


def _polls(issue: Issue) -> tuple[Line, ...]:
    """What closed, a line each, numbered as its button is."""
    said = list[Line]()
    for n, asked in enumerate(issue.closed, 1):
        said += [line("digest.poll", number=f"{n}", name=name(asked.poll)), *answers(asked)]
    if issue.more_closed:
        said.append(line("digest.more", n=issue.more_closed))
    return tuple(said) or (line("digest.polls.none"),)


def _outcomes(issue: Issue) -> tuple[Line, ...]:
    first = len(issue.closed) + 1
    said = [_waits(n, poll, issue.digest.due) for n, poll in enumerate(issue.waiting, first)]
    if issue.more_waiting:
        said.append(line("digest.more", n=issue.more_waiting))
    return tuple(said) or (line("digest.outcomes.none"),)


def _waits(number: int, poll: Poll, due: datetime) -> Line:
    known = {"number": f"{number}", "name": name(poll)}
    days = (due - (poll.closed or poll.closes)).days
    return line("digest.outcome", n=days, **known) if days > 0 else line("digest.new_one", **known)


def _duty(community: Community, trust: Trust, digest: Digest) -> tuple[Line, ...]:
    """Who hears cases from now on, and from when somebody else does."""
    pieces = community.roster(digest.due, digest.due + _WEEKS_AHEAD)[:ITEMS]
    return tuple(
        line(
            "digest.on_duty",
            date=begins,
            who=_who(people(trust, there)) if there else line("duty.nobody"),
        )
        for (begins, _), there in pieces
    )


def _who(them: tuple[str | Line, ...]) -> Line:
    if len(them) <= NAMED:
        return line("list", items=them)
    others = line("digest.more_people", n=len(them) - NAMED)
    return line("list", items=(*them[:NAMED], others))


def _chain(head: str) -> Line:
    if not head:
        return line("digest.no_head")
    groups = (head[at : at + _GROUP] for at in range(0, len(head), _GROUP))
    return line("digest.head", head=" ".join(groups))


def _buttons(issue: Issue) -> tuple[Button, ...]:
    """One for each item that something can be done about, by its number."""
    results = (
        Button("results", asked.poll.id, said=line("digest.to_results", number=f"{n}"))
        for n, asked in enumerate(issue.closed, 1)
    )
    outcomes = (
        Button("poll_outcome", poll.id, said=line("digest.to_outcome", number=f"{n}"))
        for n, poll in enumerate(issue.waiting, len(issue.closed) + 1)
    )
    return (*results, *outcomes, Button("digest"))


def _chart(issue: Issue) -> Chart | None:
    """Of each poll that closed its trends, or its shares where there is none yet; nothing where the
    last wave is withheld."""
    drawn = [panel for asked in issue.closed for panel in _panels(asked)][:PANELS]
    if not drawn:
        return None
    return Chart(tuple(panel for panel, _ in drawn), tuple(alt for _, alt in drawn))


def _panels(asked: Asked) -> list[tuple[ChartPanel, Line]]:
    """Each with the words that say the same."""
    chart = results_card(asked).chart
    if chart is None:
        return []
    both = list(zip(chart.panels, chart.alt, strict=True))
    followed = [one for one in both if one[0].points]
    return [one for one in followed if one[0].points[-1].low is not None] if followed else both


def _day(day: date) -> Day:
    """A day as such, whatever the zone."""
    return Day(datetime.combine(day, time(12), UTC))
