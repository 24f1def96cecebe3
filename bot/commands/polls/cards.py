"""The cards of a poll: while it is open, and closed with its results and chart.

Nothing on the open card changes while people answer; what the closed one shows went through the
disclosure function.
"""

from bot.chat import (
    Button,
    Card,
    Chart,
    ChartBar,
    ChartPanel,
    ChartPoint,
    Field,
    Line,
    Rows,
    Tone,
    Weight,
    line,
)
from bot.commands.polls.words import cell, numbered, question, score, share, shown
from bot.domain.communities import Space
from bot.domain.polls import Poll, Question, QuestionKind
from bot.domain.polls.bank import BANK
from bot.domain.polls.trends import Trend, trend
from bot.domain.privacy import Shares, Shown
from bot.limits import TELLS_TENURE
from bot.services.polls.reading import Asked


def open_card(poll: Poll, space: Space | None, then: Line, *before: Line) -> Card:
    """What is asked comes first, but for what came of the wave ``before``. With one button: the
    same card for everyone."""
    fields = (
        Field(line("poll.closes"), line("poll.until", date=poll.closes)),
        Field(line("poll.shown"), line("poll.floor", n=poll.floor)),
        Field(line("poll.who"), _who(poll, space)),
    )
    said = (*before, *numbered(poll), then, line("poll.tell_each_other"), line("poll.look_again"))
    buttons = (Button("answer", poll.id, Weight.PRIMARY),)
    return Card(_title(poll), said, fields, buttons)


def results_card(asked: Asked, *buttons: Button) -> Card:
    """What is shown of a closed poll; of a pulse with the trend over its waves."""
    poll = asked.poll
    if poll.result is None:
        return Card(_title(poll), (*numbered(poll), line("results.later", date=poll.closes)))
    pairs = list(zip(poll.questions, poll.result.questions, strict=True))
    lines = trends(asked)
    fields = [Field(question(one), Rows(shown(one, found, poll.floor))) for one, found in pairs]
    fields += [Field(line("results.trend"), Rows(_trend_words(lines)))] if lines else []
    turnout = poll.result.turnout
    if turnout is not None:
        fields.append(
            Field(line("results.turnout"), line("results.answered", share=share(turnout)))
        )
    said = [line("results.closed", date=poll.closed or poll.closes)]
    said += [line("results.outcome", outcome=poll.outcome)] if poll.outcome else []
    said.append(line("poll.look_again"))
    chart = _chart(pairs, lines)
    title = (
        line("results.title") if poll.wave is None else line("results.wave", number=f"{poll.wave}")
    )
    return Card(title, tuple(said), tuple(fields), buttons, Tone.PLAIN, chart)


def outcomes(asked: Asked) -> tuple[Line, ...]:
    """What came of the wave before an open one, where somebody has said it."""
    said = asked.waves[-1].outcome if asked.poll.result is None and asked.waves else ""
    return (line("pulse.outcome", outcome=said),) if said else ()


def _title(poll: Poll) -> Line:
    if poll.wave is None:
        return line("poll.title")
    return line("pulse.wave", number=str(poll.wave))


def _who(poll: Poll, space: Space | None) -> Rows:
    """About how many may answer, who says so, and from when somebody counts."""
    told = line(f"poll.eligible.{poll.told_by.value}", n=poll.eligible)
    if space is None:
        return Rows((told,))
    tells = space.platform in TELLS_TENURE
    return Rows((told, line("poll.tenure") if tells else line("poll.no_tenure")))


def _chart(pairs: list[tuple[Question, Shares]], lines: tuple[Trend, ...]) -> Chart | None:
    """A panel for each question that has bars, one for each trend; none where all is withheld."""
    drawn = [(one, found) for one, found in pairs if found.shown is Shown.SHARES]
    panels = [ChartPanel(question(one), bars=_bars(one, found)) for one, found in drawn]
    panels += [_line_of(one) for one in lines]
    if not panels:
        return None
    alt = tuple(
        line("chart.bars", question=question(one), cells=tuple(_cells(one, found)))
        for one, found in drawn
    )
    return Chart(tuple(panels), (*alt, *_trend_words(lines)))


def _bars(one: Question, found: Shares) -> tuple[ChartBar, ...]:
    return tuple(
        ChartBar(
            cell(one, at, groups=found.groups),
            share(part),
            part.low if part else None,
            part.high if part else None,
        )
        for at, part in enumerate(found.cells)
    )


def _cells(one: Question, found: Shares) -> list[Line]:
    return [
        line("results.cell", option=cell(one, at, groups=found.groups), share=share(part))
        for at, part in enumerate(found.cells)
    ]


def trends(asked: Asked) -> tuple[Trend, ...]:
    """What a poll's questions of the bank came to, wave by wave, where there is more than one."""
    found = (trend(one.bank, asked.waves) for one in asked.poll.questions if one.bank)
    return tuple(one for one in found if len(one.points) > 1)


def _line_of(one: Trend) -> ChartPanel:
    points = tuple(
        ChartPoint(
            line("chart.wave", number=str(point.wave.wave)),
            point.value.low if point.value else None,
            point.value.high if point.value else None,
        )
        for point in one.points
    )
    return ChartPanel(line("chart.trend", what=measured(one)), points=points)


def _trend_words(lines: tuple[Trend, ...]) -> tuple[Line, ...]:
    return tuple(line("results.over_time", what=measured(one), waves=_waves(one)) for one in lines)


def _waves(one: Trend) -> tuple[Line, ...]:
    points = BANK[one.name].kind is QuestionKind.NPS
    return tuple(
        line(
            "results.at_wave",
            number=str(point.wave.wave),
            share=score(point.value) if points else share(point.value),
        )
        for point in one.points
    )


def measured(one: Trend) -> Line:
    """What a trend follows: who chose 4 or 5, who said yes, promoters less detractors."""
    kind = BANK[one.name].kind
    return line(f"trend.{kind.value}", question=line(f"bank.{one.name}.short"))
