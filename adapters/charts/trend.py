"""A line over the waves: a marker for each, a range where only a range is shown, gaps as gaps."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.patheffects import withStroke

from adapters.charts.lettering import SOFT, Style, lettered, wrapped
from adapters.charts.sheet import (
    ACCENT,
    MARGIN,
    RULE,
    TINT,
    WIDTH,
    Sheet,
    hatched,
    hidden,
)
from bot.ports import Point

TICK, VALUE = Style(28, colour=SOFT), Style(28, bold=True)
ABOVE, HEIGHT, BELOW = 58, 320, 20  #: pixels over, of and under the plot
SCALE = 88  #: pixels left of the plot for its scale
LABEL_LINES = 2
WIDEST_LABEL = 190
BESIDE = 14  #: between two labels
OVER = 16  #: pixels from a value down to its marker
MARKER, RANGE = 20, 26  #: width of a wave's marker, and of its range
PERCENT, SCORE = (0, 25, 50, 75, 100), (-100, -50, 0, 50, 100)


class Plot:
    """Where a wave and a value lie on the sheet."""

    def __init__(self, points: Sequence[Point], top: float) -> None:
        self.scale = SCORE if any((one.low or 0) < 0 for one in points) else PERCENT
        self.left, self.right, self.top = MARGIN + SCALE, WIDTH - MARGIN, top
        self.step = (self.right - self.left) / len(points)
        self.range = min(RANGE, self.step * 0.8)

    def x(self, wave: int) -> float:
        return self.left + (wave + 0.5) * self.step

    def y(self, value: int) -> float:
        least, most = self.scale[0], self.scale[-1]
        kept = min(max(value, least), most)
        return self.top + HEIGHT * (most - kept) / (most - least)


def put(sheet: Sheet, points: Sequence[Point]) -> None:
    plot = Plot(points, sheet.y + ABOVE)
    for value in plot.scale:
        y = plot.y(value)
        sheet.add(Rectangle((plot.left, y - 1), plot.right - plot.left, 2, facecolor=RULE))
        words, top = f"{value}".replace("-", "−"), y - TICK.leading / 2
        sheet.add(lettered(plot.left - 16, top, words, TICK, align="right"))
    for wave, (one, other) in enumerate(pairwise(points)):
        _between(sheet, plot, wave, one, other)
    for wave, one in enumerate(points):
        _wave(sheet, plot, wave, one)
    sheet.down(ABOVE + HEIGHT + BELOW)
    _values(sheet, plot, points)
    sheet.down(_labels(sheet, plot, points))


def _between(sheet: Sheet, plot: Plot, wave: int, one: Point, other: Point) -> None:
    """From one wave to the next, as wide as what is known of both; nothing over a gap."""
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return
    here, there = plot.x(wave), plot.x(wave + 1)
    if one.low == one.high and other.low == other.high:
        ends = [plot.y(one.low), plot.y(other.low)]
        sheet.add(Line2D([here, there], ends, color=ACCENT, linewidth=5))
        return
    corners = [
        (here, plot.y(one.low)),
        (here, plot.y(one.high)),
        (there, plot.y(other.high)),
        (there, plot.y(other.low)),
    ]
    sheet.add(Polygon(corners, facecolor=TINT, edgecolor=ACCENT, linewidth=1.5))


def _wave(sheet: Sheet, plot: Plot, wave: int, one: Point) -> None:
    x = plot.x(wave)
    if one.low is None or one.high is None:
        sheet.add(hidden(x - plot.range / 2, plot.top, plot.range, HEIGHT))
    elif one.low == one.high:
        sheet.add(
            Line2D(
                [x],
                [plot.y(one.low)],
                marker="o",
                markersize=min(MARKER, max(MARKER / 4, plot.step * 0.8)),
                markerfacecolor=ACCENT,
                markeredgecolor="white",
                markeredgewidth=3 if plot.step > MARKER else 0,
            )
        )
    else:
        top, bottom = plot.y(one.high), plot.y(one.low)
        sheet.add(hatched(x - plot.range / 2, top, plot.range, bottom - top))


def _values(sheet: Sheet, plot: Plot, points: Sequence[Point]) -> None:
    """The newest value and, going back, each that has room."""
    left = float(WIDTH)
    for wave, one in reversed(list(enumerate(points))):
        if one.low is None or one.high is None:
            continue
        words = f"{one.low}" if one.low == one.high else f"{one.low}–{one.high}"
        words, half = words.replace("-", "−"), VALUE.width(words) / 2
        x = min(plot.x(wave), WIDTH - MARGIN / 2 - half)
        top = plot.y(one.high) - OVER - VALUE.leading
        newest = left == WIDTH
        if newest or (x + half <= left and _free(plot, points, wave, x, half, top)):
            said = lettered(x, top, words, VALUE, align="center")
            said.set_path_effects([withStroke(linewidth=6, foreground="white")])
            sheet.add(said)
            left = x - half - BESIDE


def _free(
    plot: Plot, points: Sequence[Point], wave: int, x: float, half: float, top: float
) -> bool:
    """Whether no other wave's marker, range or outline stands where this value would."""
    for other, one in enumerate(points):
        if other == wave or abs(plot.x(other) - x) > half + RANGE / 2:
            continue
        if one.low is None or one.high is None:
            return False
        if plot.y(one.high) - RANGE < top + VALUE.leading and top < plot.y(one.low) + RANGE:
            return False
    return True


def _labels(sheet: Sheet, plot: Plot, points: Sequence[Point]) -> int:
    """The newest label and, going back, every one, every second, ... as there is room.

    Returns how high they are.
    """
    said = [wrapped(one.label, TICK, WIDEST_LABEL, LABEL_LINES) for one in points]
    halves = [max(TICK.width(line) for line in lines) / 2 for lines in said]
    edge = WIDTH - MARGIN / 2
    pushed = max(0.0, plot.x(len(points) - 1) + halves[-1] - edge)  # the newest, by the edge
    every = max(1, ceil((2 * max(halves) + BESIDE + pushed) / plot.step))
    for wave in range(len(points) - 1, -1, -every):
        x = min(max(plot.x(wave), MARGIN / 2 + halves[wave]), edge - halves[wave])
        for n, line in enumerate(said[wave]):
            top = sheet.y + n * TICK.leading
            sheet.add(lettered(x, top, line, TICK, align="center"))
    return max(len(lines) for lines in said) * TICK.leading
