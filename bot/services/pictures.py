"""Has a card's chart drawn. The words beside it say the same, so a card never waits for a picture
that cannot be made."""

from dataclasses import replace

from bot.chat import Card, Chart, ChartBar, ChartPanel, ChartPoint, Picture, Voice
from bot.ports import Bar, Charts, Log, NotDrawn, Noted, Panel, Point
from bot.texts import Speaker

PREFIX = "/"  #: a chart names no command, so that one picture is the same on every platform


class Pictures:
    def __init__(self, charts: Charts, log: Log) -> None:
        self._charts, self._log = charts, log

    async def developed(self, card: Card, voice: Voice) -> Card:
        """The card with its chart as a picture, in the voice that it is said in; as it is where it
        has no chart, or where nothing could be drawn."""
        if card.chart is None:
            return card
        say = Speaker(voice, PREFIX)
        try:
            png = await self._charts.draw([_panel(say, one) for one in card.chart.panels])
        except NotDrawn:
            self._log.note(Noted.WARNED, kind="chart", place="not drawn")
            return card
        return replace(card, picture=Picture(png, _alt(say, card.chart)))


def _panel(say: Speaker, one: ChartPanel) -> Panel:
    bars, points = (_bar(say, bar) for bar in one.bars), (_point(say, at) for at in one.points)
    return Panel(say.say(one.title), tuple(bars), tuple(points))


def _bar(say: Speaker, one: ChartBar) -> Bar:
    return Bar(say.say(one.label), say.say(one.words), one.low, one.high)


def _point(say: Speaker, one: ChartPoint) -> Point:
    return Point(say.say(one.label), one.low, one.high)


def _alt(say: Speaker, chart: Chart) -> str:
    return "\n".join(say.say(one) for one in chart.alt)
