"""People's words as Matrix clients show them: never a link, a mention, a pill or a command. Pure.

Clients make links and pills of what looks like one, on their own, in plain text too. A word joiner
(U+2060: no width, no gap) beside the sign that they look for takes it away, and changes nothing that
is seen. What the operator wrote (the safer way in, the page to check the bot by) stays as it is: a
link that does not open would send somebody back here.
"""

import re
from collections.abc import Collection
from html import escape
from typing import Any

from bot.chat import Line, Rows, Voice
from bot.texts import Speaker

JOINER = "\u2060"
_NEXT = rf"(?=[^\s{JOINER}])"
#: After ``@`` and ``#`` (``@user:server``, ``@room``, ``#room:server``), after what begins a line or
#: a word as a command or a room's id does, and within names that have dots (``example.org``).
_AFTER = re.compile(
    rf"[@#]{_NEXT}|(?:(?<=\s)|^)[!/]{_NEXT}|(?<=\w)[.。．｡](?=[^\W\d_])", re.MULTILINE
)
#: Before the colon of ``scheme:`` and of an account.
_BEFORE = re.compile(rf"(?<=[^\W\d_]):{_NEXT}")
#: What neither JSON nor a page can hold, and what ends a line where no line ends.
_UNSAID = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def tamed(words: str) -> str:
    """The same to the eye; twice is once."""
    clean = _UNSAID.sub("\ufffd", words.replace("\r\n", "\n").replace("\r", "\n"))
    broken = _AFTER.sub(lambda sign: sign.group() + JOINER, clean)
    return _BEFORE.sub(JOINER + ":", broken)


def as_html(words: str) -> str:
    """Words as they are, for a page: nothing in them is mark-up."""
    return escape(words, quote=False).replace("\n", "<br>")


class Teller(Speaker):
    """A speaker whose facts that people wrote are tame. ``ours``: what the operator wrote."""

    def __init__(self, voice: Voice, prefix: str, ours: Collection[str] = ()) -> None:
        super().__init__(voice, prefix)
        self._ours = frozenset(ours)

    def say(self, one: "Line | str | Rows") -> str:
        said = super().say(one)
        return self._tame(said) if isinstance(one, str) else said

    def shown(self, fact: Any) -> str:
        said = super().shown(fact)
        return self._tame(said) if isinstance(fact, str) else said

    def _tame(self, said: str) -> str:
        return said if said in self._ours else tamed(said)
