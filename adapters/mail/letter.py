"""A Card as an e-mail: the same in plain text and in HTML, with its picture inside. Pure.

In a letter there is nothing to press and nothing to fetch: buttons are named, never linked, and
what they carry stays out; no address of anything is made to be opened. What people typed is shown
as they typed it.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from textwrap import wrap

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.chat import Card, Rows, Voice, line
from bot.domain.communities import Community
from bot.settings import MAIL_ADDRESS
from bot.texts import Speaker

WIDTH = 72  #: of plain text; what has no space in it is never broken
SUBJECT = 150  #: characters; what is longer is cut, and stands in the letter in full
#: Control characters but tab and line feed, what ends a line elsewhere, and halves of a pair.
_UNSAID = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_TEMPLATES = Environment(
    loader=PackageLoader("adapters.mail"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def mailbox(typed: str) -> str | None:
    """An address as servers take it, a domain beyond ASCII in its IDNA form; None where what was
    typed is none."""
    local, _, domain = typed.strip().rpartition("@")
    try:
        found = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    return found if MAIL_ADDRESS.fullmatch(found) else None


def letter(
    card: Card, community: Community, *, sender: str, to: str, id: str, sent: datetime
) -> EmailMessage:
    """The card, to one address. The same ``id`` gives the same Message-ID, by which mailboxes may
    know a double. ``sender`` and ``to`` are addresses as ``mailbox`` gives them."""
    mark = sha256(f"mail {id}".encode()).hexdigest()[:32]
    said = _Said(card, community, picture=f"{mark}.chart@{sender.rpartition('@')[2]}")
    found = EmailMessage(policy=SMTP)
    found["Subject"] = _one_line(said.title, SUBJECT)
    found["From"] = _named(sender, _one_line(community.name, SUBJECT))
    found["To"] = _named(to)
    found["Date"] = format_datetime(sent)
    found["Message-ID"] = f"<{mark}@{sender.rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(said.text(), cte="quoted-printable")
    found.add_alternative(said.html(), subtype="html", cte="quoted-printable")
    # A boundary that chance draws would make every copy another; "=_" stands in no encoded line.
    found.set_boundary(f"=_{mark}.1")
    if card.picture:
        html = list(found.iter_parts())[1]
        html.add_related(
            card.picture.png,
            "image",
            "png",
            cid=f"<{said.picture}>",
            disposition="inline",
            filename="chart.png",
        )
        html.set_boundary(f"=_{mark}.2")
    return found


class _Said:
    """A card's words, in one language, ready for both forms."""

    def __init__(self, card: Card, community: Community, picture: str) -> None:
        voice = Voice.of(community)
        speaker = Speaker(voice, prefix="/")
        self.language, self.tone = voice.language, card.tone.value
        self.title = _clean(speaker.say(card.title))
        self.lines = [_clean(speaker.say(one)) for one in card.lines]
        self.fields = [
            (
                _clean(speaker.say(one.label)),
                [_clean(speaker.say(row)) for row in one.value.lines]
                if isinstance(one.value, Rows)
                else [_clean(speaker.say(one.value))],
            )
            for one in card.fields
        ]
        self.buttons = [_clean(speaker.say(one.label)) for one in card.buttons]
        self.do_there = speaker.say(line("mail.do_there"))
        self.foot = _clean(speaker.say(line("mail.foot", community=community.name)))
        self.picture, self.alt = picture, _clean(card.picture.alt) if card.picture else ""
        self.pictured = speaker.say(line("mail.picture"))

    def html(self) -> str:
        page = _TEMPLATES.get_template("letter.html").render(said=self)
        return str(_INLINER.inline(page))

    def text(self) -> str:
        parts = [_headed(self.title, "="), *(_wrapped(one) for one in self.lines)]
        parts += [f"{_headed(label, '-')}\n{_rows(rows)}" for label, rows in self.fields]
        if self.alt:
            parts.append(f"{_headed(self.pictured, '-')}\n{_wrapped(self.alt)}")
        if self.buttons:
            parts.append(f"{_headed(self.do_there, '-')}\n{_list(self.buttons)}")
        return "\n\n".join(parts) + f"\n\n-- \n{_wrapped(self.foot)}\n"


def _named(plain: str, name: str = "") -> Address:
    local, _, domain = plain.rpartition("@")
    return Address(name, local, domain)


def _clean(words: str) -> str:
    """Words without what neither a letter nor a page can hold."""
    return _UNSAID.sub("\ufffd", words.replace("\r\n", "\n").replace("\r", "\n"))


def _one_line(words: str, most: int) -> str:
    found = " ".join(_clean(words).split())
    return found if len(found) <= most else f"{found[: most - 1].rstrip()}…"


def _wrapped(words: str, first: str = "", then: str = "") -> str:
    return "\n".join(_lines(words, first, then))


def _lines(words: str, first: str, then: str) -> Iterator[str]:
    """Each line as it is where it fits, else over several; only spaces are where one breaks."""
    for one in words.split("\n"):
        if len(first + one) <= WIDTH:
            yield f"{first}{one}" if one.strip() else ""
        else:
            yield from wrap(
                one,
                WIDTH,
                initial_indent=first,
                subsequent_indent=then,
                expand_tabs=False,
                replace_whitespace=False,
                break_long_words=False,
                break_on_hyphens=False,
            )
        first = then


def _headed(words: str, under: str) -> str:
    found = _wrapped(words)
    return f"{found}\n{under * max(len(one) for one in found.splitlines() or ['-'])}"


def _rows(rows: list[str]) -> str:
    return _wrapped(rows[0]) if len(rows) == 1 else _list(rows)


def _list(items: list[str]) -> str:
    return "\n".join(_wrapped(one, "* ", "  ") for one in items)
