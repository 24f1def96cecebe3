"""What in a text could point at a person: told before sending, never rewritten.

Rules that a reader can check by hand, no guessing by a model: a warning that cannot explain
itself would be ignored (privacy rule 14).
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from bot.domain.errors import Invalid
from bot.domain.grievances.receipts import Receipt, could_be, stands_in
from bot.domain.grievances.tongues import TONGUES


class Warned(StrEnum):
    """Each names its sentence ``warning.<value>``."""

    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"
    MENTION = "mention"
    NUMBER = "number"
    MOMENT = "moment"
    ONLY = "only"
    QUOTE = "quote"
    NAME = "name"
    LANGUAGE = "language"


_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|io|dev|co|eu|de|uk|fr)\b/?")
_ADDRESS = re.compile(
    r"(?:[A-Za-z][\w+.-]*://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:[a-z]{2,}|[A-Z]{2,})\b\S*"
)
_MENTION = re.compile(r"(?<![\w.])@[\w.-]{2,}|<[@#!][^>]+>")
_PHONE = re.compile(r"(?<![\w-])\+?\(?\d[\d\s()/.-]{6,}\d(?!\w)")
_NUMBER = re.compile(r"\b[A-Z]{2,}-\d+\b|#\d{2,}\b|\b\d{5,}\b")
_DAY_OF_MONTH, _MONTH_OF_YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_SPOKEN = [tongue for tongue in TONGUES.values() if tongue.months]
_MONTH = "|".join(tongue.months for tongue in _SPOKEN)
_NO_HABIT = "".join(rf"(?<!\b{w} )" for tongue in _SPOKEN for w in tongue.habit.split("|"))
#: These three read text as ``_plain`` makes it.
_DAY = re.compile(  # 4.50 is a price, 8-10 a few people and 24/7 always: none of them is a day
    rf"\b(?!24/7\b){_DAY_OF_MONTH}[./]{_MONTH_OF_YEAR}\b(?:[./]\d{{2,4}}\b)?"
    rf"|\b{_MONTH_OF_YEAR}/{_DAY_OF_MONTH}\b(?:/\d{{2,4}}\b)?"
    r"|\b\d{1,2}-\d{1,2}-\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b"
    rf"|\b{_NO_HABIT}(?:{'|'.join(tongue.weekdays for tongue in _SPOKEN)})\b"
    # Italian says "mai" for "never": after an hour it is no month.
    r"|\b(?<!\balle )(?<!\bdelle )(?<!\bore )"
    rf"\d{{1,2}}(?:st|nd|rd|th|er|o|\.|°)? ?(?:\b(?:of|de|di) |\bd['’])?\b(?:{_MONTH})\b"
    rf"|\b(?:{TONGUES['en'].months}) \d{{1,2}}(?:st|nd|rd|th)?\b"
    rf"|\b(?:{'|'.join(tongue.days for tongue in _SPOKEN)})\b"
)
_TIME = re.compile(
    rf"(?<![\d.])\d{{1,2}}[:.]\d{{2}}\b(?!\.\d)|\b(?:{'|'.join(t.hours for t in _SPOKEN)})\b"
)
_ONLY = re.compile(rf"\b(?:{'|'.join(tongue.only for tongue in _SPOKEN)})\b")
_QUOTE = re.compile(r"[\"“„«]([^\"“”„«»]*)[\"”“»]")
_LONGEST_QUOTE = 80
_RECEIPT = re.compile(r"\b\w{7}[\s-]*\w{7}[\s-]*\w{7}\b")

#: Letters with a stroke, which Unicode does not take apart.
_STROKES = str.maketrans("łøđħı", "lodhi")

_SMALL_WORDS = {code: frozenset(tongue.small.split()) for code, tongue in TONGUES.items()}


def warnings(text: str, names: Iterable[str], language: str) -> tuple[Warned, ...]:
    """What to say before ``text`` is sent, in the order of the enumeration.

    ``names``: staff, and members where the platform already told them.
    """
    mail, link = bool(_EMAIL.search(text)), bool(_LINK.search(_EMAIL.sub(" ", text)))
    plain = _plain(text)
    phone = bool(_PHONE.search(text)) and not _only_dates(plain)
    found = {
        Warned.EMAIL: mail,
        Warned.PHONE: phone,
        Warned.LINK: link,
        Warned.MENTION: bool(_MENTION.search(_EMAIL.sub(" ", text))),
        Warned.NUMBER: bool(_NUMBER.search(text)),
        Warned.MOMENT: _moment(plain),
        Warned.ONLY: bool(_ONLY.search(plain)),
        # Each mark opens or closes one quote, so that what stands between two is not taken for one.
        Warned.QUOTE: any(len(words) > _LONGEST_QUOTE for words in _QUOTE.findall(text)),
        Warned.NAME: _names(text, names),
        Warned.LANGUAGE: _reads_as(text) not in (None, language.split("_")[0]),
    }
    return tuple(kind for kind in Warned if found[kind])


def refuse_tracking_link(field: str, text: str) -> None:
    """Words of staff to a reporter: an address with a query or fragment could carry who opens it."""
    links = (
        link.rstrip("?!.,;:)") for link in _ADDRESS.findall(text)
    )  # of the sentence, not of it
    if any("?" in link or "#" in link for link in links):
        raise Invalid(field, "invalid.tracking_link")


def has_link(text: str) -> bool:
    return bool(_ADDRESS.search(text))


def broken_links(text: str) -> str:
    """The text with its addresses shown so that no chat makes them live or unfurls them."""
    return _ADDRESS.sub(lambda link: _unlinked(link.group()), text)


def refuse_own_receipt(field: str, text: str, receipt: Receipt) -> None:
    """A text that carries its own receipt would hand the case to its readers."""
    if stands_in(text, receipt):
        raise Invalid(field, "invalid.own_receipt")


def refuse_receipts(field: str, text: str) -> None:
    """Whatever could be a receipt would hand a case to those who read this."""
    if any(could_be(found) for found in _RECEIPT.findall(text)):
        raise Invalid(field, "invalid.a_receipt")


def _unlinked(link: str) -> str:
    return link.replace("://", ":// ").replace(".", "[.]")


def _only_dates(plain: str) -> bool:
    return not _PHONE.search(_DAY.sub(" ", plain))


def _moment(plain: str) -> bool:
    """A day and a time; "03.06" could be either, but is not both."""
    days = {day.start() for day in _DAY.finditer(plain)}
    times = {time.start() for time in _TIME.finditer(plain)}
    return bool(days and times) and len(days | times) > 1


def _names(text: str, names: Iterable[str]) -> bool:
    """Whole words, accents and case forgiven; first or last names of two letters do not count."""
    words = set(re.findall(r"\w+", _folded(text)))
    parts = {part for name in names for part in re.findall(r"\w+", _folded(name))}
    return any(len(part) > 2 for part in words & parts)


def _reads_as(text: str) -> str | None:
    """The language whose small words the text has most of; None when it cannot be told."""
    words = re.findall(r"\w+", text.casefold())
    scores = {code: sum(word in small for word in words) for code, small in _SMALL_WORDS.items()}
    best, second = sorted(scores.values(), reverse=True)[:2]
    if len(words) < 8 or best < 3 or best < second * 1.5:
        return None
    return max(scores, key=lambda code: scores[code])


def _plain(text: str) -> str:
    return " ".join(_folded(text).split())


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_STROKES)
    return "".join(c for c in decomposed if not unicodedata.combining(c))
