"""The sheet that is drawn on: pixels from its top left corner, and what all panels share.

One accent and three ways to fill it, so that no colour says anything alone: solid is sure, hatched
is somewhere in between, an empty dashed outline is not shown.
"""

from matplotlib.artist import Artist
from matplotlib.patches import Rectangle

WIDTH = 720
MARGIN = 32
WITHIN = WIDTH - 2 * MARGIN
ACCENT, TINT, TRACK, RULE, EDGE = "#0b736e", "#d3ece9", "#e4eded", "#d9e4e5", "#6d8386"


class Sheet:
    """What is to be drawn, and how far down it is by now."""

    def __init__(self) -> None:
        self.y = 0
        self.artists: list[Artist] = []

    def add(self, one: Artist) -> None:
        one.set_zorder(len(self.artists))
        self.artists.append(one)

    def down(self, pixels: int) -> None:
        self.y += pixels


def solid(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle((x, y), width, height, facecolor=ACCENT, linewidth=0)


def hatched(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle(
        (x, y), width, height, facecolor=TINT, edgecolor=ACCENT, linewidth=2, hatch="//"
    )


def hidden(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle(
        (x, y), width, height, facecolor="none", edgecolor=EDGE, linewidth=2, linestyle=(0, (4, 3))
    )
