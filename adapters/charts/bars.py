"""Bars below one another: the label above, the words at the end of each."""

from collections.abc import Iterable, Sequence

from matplotlib.patches import Rectangle

from adapters.charts.lettering import Style, lettered, wrapped
from adapters.charts.sheet import MARGIN, TRACK, WIDTH, WITHIN, Sheet, hatched, hidden, solid
from bot.ports import Bar

LABEL, WORDS = Style(30), Style(30, bold=True)
LABEL_LINES, WORDS_LINES = 3, 3
HEIGHT = 38  #: of a bar
ABOVE, UNDER_LABEL = 28, 6
BESIDE = 20  #: between a bar and its words
WIDEST_WORDS = 250
LEAST = 6  #: pixels of a bar that is more than nothing


def column(bars: Iterable[Bar]) -> float:
    """How wide their words are, so that all bars of a picture have one length."""
    return max((WORDS.width(line) for bar in bars for line in _words(bar)), default=0)


def put(sheet: Sheet, bars: Sequence[Bar], column: float) -> None:
    length = WITHIN - column - BESIDE
    for bar in bars:
        sheet.down(ABOVE)
        for line in wrapped(bar.label, LABEL, WITHIN, LABEL_LINES):
            sheet.add(lettered(MARGIN, sheet.y, line, LABEL))
            sheet.down(LABEL.leading)
        sheet.down(UNDER_LABEL)
        _bar(sheet, bar, length)
        for n, line in enumerate(_words(bar)):
            top = sheet.y + (HEIGHT - WORDS.leading) / 2 + n * WORDS.leading
            sheet.add(lettered(WIDTH - MARGIN, top, line, WORDS, align="right"))
        sheet.down(HEIGHT + (len(_words(bar)) - 1) * WORDS.leading)


def _words(bar: Bar) -> list[str]:
    return wrapped(bar.words, WORDS, WIDEST_WORDS, WORDS_LINES)


def _bar(sheet: Sheet, bar: Bar, length: float) -> None:
    """``low`` solid, from there to ``high`` hatched, on a track that is all of it."""
    y = sheet.y
    if bar.low is None or bar.high is None:
        sheet.add(hidden(MARGIN + 1, y + 1, length - 2, HEIGHT - 2))
        return
    low, high = (length * min(max(one, 0), 100) / 100 for one in (bar.low, bar.high))
    sheet.add(Rectangle((MARGIN, y), length, HEIGHT, facecolor=TRACK))
    if high > low:
        sheet.add(hatched(MARGIN + low + 1, y + 1, high - low - 2, HEIGHT - 2))
    if low:
        sheet.add(solid(MARGIN, y, max(low, LEAST), HEIGHT))
