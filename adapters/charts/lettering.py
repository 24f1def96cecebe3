"""Words in a picture: their look, their width, and how they break into lines.

People's words are shown as they are: nothing in them is mark-up, and "$" is a dollar.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

INK, SOFT = "#14262a", "#4c6266"  # the sandbox page's own, both AA on white

#: Where the machine has one of these, it draws what DejaVu lacks. None is fetched.
FALLBACKS = (
    *("Noto Sans CJK JP", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "Noto Sans Devanagari"),
    *("Noto Sans Thai", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Emoji", "Symbola"),
)
#: Zero-width joiners shape words; other invisible characters could turn a line around.
KEPT = ("\u200c", "\u200d")


Align = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Style:
    """``size``: pixels of the letters' height. ``leading``: from one line's top to the next."""

    size: int
    bold: bool = False
    colour: str = INK

    @property
    def leading(self) -> int:
        return round(self.size * 1.3)

    def width(self, words: str) -> float:
        return _width(words, self)


def clean(words: str) -> str:
    """On one line, without what cannot be seen."""
    spaced = " ".join(words.split())
    seen = (one for one in spaced if one in KEPT or unicodedata.category(one)[0] != "C")
    return "".join(seen)


def wrapped(words: str, style: Style, width: float, most: int) -> list[str]:
    """At most ``most`` lines no wider than ``width``; what does not fit ends in an ellipsis."""
    lines = [""]
    for piece in _pieces(clean(words), style, width):
        longer = f"{lines[-1]}{piece}"
        if not lines[-1] or style.width(longer.rstrip()) <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    kept = [line.strip() for line in lines[:most]]
    if len(lines) > most:
        while kept[-1] and style.width(f"{kept[-1]}…") > width:
            kept[-1] = kept[-1][:-1]
        kept[-1] = f"{kept[-1].rstrip()}…"
    return kept


def lettered(x: float, top: float, words: str, style: Style, align: Align = "left") -> Text:
    """One line, its letters in the middle of the leading that begins at ``top``."""
    return Text(
        x,
        top + style.leading * 0.5,
        words,
        color=style.colour,
        fontproperties=_font(style),
        horizontalalignment=align,
        verticalalignment="center_baseline",
        parse_math=False,
    )


def _pieces(words: str, style: Style, width: float) -> Iterator[str]:
    """Words with the space behind them; one that is wider than a line, in parts."""
    for word in words.split(" "):
        part = ""
        for letter in word:
            if part and style.width(part + letter) > width:
                yield part
                part = ""
            part += letter
        yield f"{part} "


@lru_cache(maxsize=4)
def _font(style: Style) -> FontProperties:
    there = {one.name for one in fontManager.ttflist}
    family = ["DejaVu Sans", *(one for one in FALLBACKS if one in there)]
    return FontProperties(family=family, size=style.size, weight="bold" if style.bold else "normal")


@lru_cache(maxsize=4096)
def _width(words: str, style: Style) -> float:
    width, _, _ = text_to_path.get_text_width_height_descent(words, _font(style), ismath=False)
    return float(width)
