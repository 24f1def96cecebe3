"""Anybody's words as Discord shows them as they were typed: nothing in them is bold, a link or a call.
Pure.

Discord takes a backslash before any mark as that mark itself
(support.discord.com, "Markdown Text 101"). Whom a message may call is said with the message, too.
"""

import re
from collections.abc import Iterator

NOTHING = "–"  #: where a text is empty: Discord takes none that is
#: What means something wherever it stands, a link's beginning, and what does so where a line begins.
_MARK = re.compile(
    r"[\\`*_~|<>\[\]@]|:(?=//)|^(?P<line>[ \t]*)(?:(?P<sign>[#+-])|(?P<number>\d+)(?=\.))",
    re.MULTILINE,
)


def escaped(text: str) -> str:
    return _MARK.sub(_told, text)


def _told(found: re.Match[str]) -> str:
    if found["sign"]:
        return f"{found['line']}\\{found['sign']}"
    if found["number"]:
        return f"{found['line']}{found['number']}\\"
    return f"\\{found[0]}"


def plain(text: str, most: int) -> str:
    """Of a label, a button or an option, which know no marks."""
    return cut(text if text.strip() else NOTHING, most)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def pieces(text: str, most: int) -> Iterator[str]:
    """Text of any length, escaped, in pieces of at most ``most`` characters: where it can be, one ends
    at a space. Each is escaped by itself, for a line begins with it."""
    while text.strip():
        end = _fitting(text, most)
        if end < len(text):
            end = max(text.rfind(gap, 0, end) for gap in " \n") + 1 or end
        piece, text = text[:end], text[end:]
        if piece.strip():
            yield escaped(piece)


def _fitting(text: str, most: int) -> int:
    """How many characters of it fit once they are escaped: half of them always do."""
    low, high = min(len(text), most // 2), min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        fits = len(escaped(text[:middle])) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
