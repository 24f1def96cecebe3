"""The child: reads panels and writes pictures, until nobody asks any more.

Each message is four bytes of length, big-endian, and as many bytes: JSON in, a PNG out. What
cannot be drawn ends the process; the bot starts another.
"""

import json
import logging
import os
import sys
from typing import Any, BinaryIO

from adapters.charts.drawing import picture
from adapters.charts.process import LENGTH
from bot.ports import Bar, Panel, Point


def main() -> None:
    """Whatever a library prints must not stand between two answers, so stdout becomes stderr."""
    logging.disable()  # a glyph that no font has is drawn as a box, and that is all
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (asked := _asked(sys.stdin.buffer)) is not None:
        png = picture([_panel(**one) for one in json.loads(asked)])
        answers.write(len(png).to_bytes(LENGTH) + png)
        answers.flush()


def _asked(questions: BinaryIO) -> bytes | None:
    length = questions.read(LENGTH)
    return questions.read(int.from_bytes(length)) if len(length) == LENGTH else None


def _panel(title: str, bars: list[dict[str, Any]], points: list[dict[str, Any]]) -> Panel:
    return Panel(title, tuple(Bar(**one) for one in bars), tuple(Point(**one) for one in points))


if __name__ == "__main__":
    main()
