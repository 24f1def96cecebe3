"""A picture: panels below one another on a white sheet, 720 pixels wide.

Made for a telephone, where it is 360 points wide: no letters are smaller than 28 pixels.
"""

from collections.abc import Sequence
from io import BytesIO

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from adapters.charts import bars, trend
from adapters.charts.lettering import Style, lettered, wrapped
from adapters.charts.sheet import MARGIN, RULE, WIDTH, WITHIN, Sheet
from bot.ports import Panel

TITLE = Style(34, bold=True)
TITLE_LINES = 9  #: two hundred wide letters
BETWEEN = 44  #: pixels between a panel and the rule, and between the rule and the next panel
PIXELS_PER_INCH = 72  #: so that a point is a pixel


def picture(panels: Sequence[Panel]) -> bytes:
    """The PNG of these panels."""
    sheet, column = Sheet(), bars.column(bar for panel in panels for bar in panel.bars)
    sheet.down(MARGIN)
    for at, panel in enumerate(panels):
        if at:
            sheet.down(BETWEEN)
            sheet.add(Rectangle((MARGIN, sheet.y), WITHIN, 2, facecolor=RULE))
            sheet.down(BETWEEN)
        for words in wrapped(panel.title, TITLE, WITHIN, TITLE_LINES):
            sheet.add(lettered(MARGIN, sheet.y, words, TITLE))
            sheet.down(TITLE.leading)
        if panel.points:
            trend.put(sheet, panel.points)
        else:
            bars.put(sheet, panel.bars, column)
    sheet.down(MARGIN)
    return _png(sheet.artists, sheet.y)


def _png(artists: Sequence[Artist], height: int) -> bytes:
    size = (WIDTH / PIXELS_PER_INCH, height / PIXELS_PER_INCH)
    figure = Figure(figsize=size, dpi=PIXELS_PER_INCH, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(height, 0)
    for one in artists:
        axes.add_artist(one)
    out = BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(out, format="png", facecolor="white", metadata={"Software": None})
    return out.getvalue()
