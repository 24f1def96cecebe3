"""Discord's markdown as HTML: headings, small print, lists, quotes, bold, italic, code, links, mentions.

Nobody's words become HTML; what is not known stays as it was written.
"""

import html
import re

FENCE = re.compile(r"```(?:\w*\n)?(.*?)\n?```", re.S)
LINES = (
    (re.compile(r"(#{1,3}) (.*)"), None),
    (re.compile(r"-# (.*)"), "small"),
    (re.compile(r"> ?(.*)"), "blockquote"),
    (re.compile(r"\s*[-*] (.*)"), "li"),
)
#: Marks, in the order in which they are looked for.
MARKS = (
    (re.compile(r"\*\*(.+?)\*\*"), "b"),
    (re.compile(r"__(.+?)__"), "u"),
    (re.compile(r"~~(.+?)~~"), "s"),
    (re.compile(r"\*(\S.*?)\*"), "i"),
    (re.compile(r"(?<!\w)_(\S.*?)_(?!\w)"), "i"),
)
#: What is taken out before any mark is looked for: escapes, code, links, mentions, moments.
ATOMS = re.compile(
    r"\\(?P<escaped>[^\w\s])|`(?P<code>[^`\n]+)`|\[(?P<name>[^\]\n]+)\]\((?P<to>\S+?)\)"
    r"|<(?P<who>@[&!]?|#)(?P<id>\d+)>|<t:(?P<moment>\d+)(?::\w)?>"
)


def drawn(words: str) -> str:
    parts = FENCE.split(words)
    return "".join(
        f"<pre>{html.escape(part)}</pre>" if number % 2 else _lines(part)
        for number, part in enumerate(parts)
    )


def _lines(words: str) -> str:
    return "".join(_line(one) for one in words.split("\n")) if words else ""


def _line(line: str) -> str:
    for pattern, tag in LINES:
        if found := pattern.fullmatch(line):
            name = tag or f"h{len(found.group(1))}"
            return f"<{name}>{inline(found.groups()[-1])}</{name}>"
    return f"<p>{inline(line)}</p>" if line.strip() else "<p class='gap'></p>"


def inline(words: str) -> str:
    """One line: atoms are put aside, marks are drawn, and the atoms come back."""
    kept: list[str] = []

    def aside(found: re.Match[str]) -> str:
        kept.append(_atom(found))
        return f"\x00{len(kept) - 1}\x00"

    safe = html.escape(ATOMS.sub(aside, words.replace("\x00", "")), quote=False)
    for pattern, tag in MARKS:
        safe = pattern.sub(rf"<{tag}>\1</{tag}>", safe)
    return re.sub(r"\x00(\d+)\x00", lambda found: kept[int(found.group(1))], safe)


def _atom(found: re.Match[str]) -> str:
    part = found.groupdict()
    if part["escaped"]:
        return html.escape(part["escaped"])
    if part["code"]:
        return f"<code>{html.escape(part['code'])}</code>"
    if part["name"]:
        return f"<a href='#'>{html.escape(part['name'])}</a>"
    if part["moment"]:
        return f"<span class='mention'>&lt;moment {part['moment']}&gt;</span>"
    return f"<span class='mention'>{html.escape(part['who'].rstrip('&!') + part['id'])}</span>"
