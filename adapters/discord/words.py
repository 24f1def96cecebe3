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
    r"[\\`*_~|<>\[\]@]|:(?=//)|(?<=www)\.|^(?P<line>[ \t]*)(?:(?P<sign>[#+-])|(?P<number>\d+)(?=\.))",
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
    """Words that are escaped, cut so that none is longer than ``most``: where it can be at a space,
    and never behind a backslash that belongs to what follows."""
    while len(text) > most:
        end = max(text.rfind(gap, 0, most) for gap in " \n") + 1 or most
        behind = len(text[:end]) - len(text[:end].rstrip("\\"))
        end -= behind % 2
        yield text[:end]
        text = text[end:]
    yield text
