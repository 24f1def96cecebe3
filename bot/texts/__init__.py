"""Every sentence the bot says, in gettext catalogues: one folder per language.

Keys stand in for the English sentence, so that wording changes without touching code. A sentence
never spells a command's prefix: ``{/receipt}`` becomes what one types on this platform. A role is
called what the community calls it.
"""

import gettext
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.chat import Day, Line, Rows, Voice
from bot.domain.communities import LANGUAGES

__all__ = ["LANGUAGES", "Speaker", "catalogue", "spoken"]


def spoken(locale: str) -> str:
    """The language of ours that a platform's locale ("de-DE", "fr") means; empty where none is."""
    language = re.split("[-_.@]", locale, maxsplit=1)[0].casefold()
    return language if language in LANGUAGES else ""


@cache
def catalogue(language: str) -> gettext.GNUTranslations:
    """All sentences of a language, with its plural rule."""
    words = files(__name__).joinpath(language, "groundswell.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(words), locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class Speaker:
    """Says lines in a voice, with a platform's prefix in front of commands."""

    def __init__(self, voice: Voice, prefix: str, *, names: str = "") -> None:
        """``names``: where a platform's commands have names in each language, the key in front of
        theirs."""
        self._language, self._prefix, self._names = voice.language, prefix, names
        self._zone = ZoneInfo(voice.zone)
        self._words = catalogue(voice.language)
        self._labels = {f"role.{role}": label for role, label in voice.words.named().items()}

    def say(self, one: "Line | str | Rows") -> str:
        """A line in words. A plain ``str`` is people's words: it comes back as it is."""
        if isinstance(one, str):
            return one
        if isinstance(one, Rows):
            return "\n".join(self.say(row) for row in one.lines)
        if one.key in self._labels:
            return self._labels[one.key]
        count = one.facts.get("n")
        template = one.key
        if isinstance(count, int):
            template = self._words.ngettext(one.key, one.key, count)
        if template == one.key:  # one form, whatever the number
            template = self._words.gettext(one.key)
        if "{" not in template and "}" not in template:
            return template
        return template.format_map(_Facts(self, one.facts))

    def typed(self, command: str) -> str:
        """What one types to use a command here."""
        key = f"{self._names}.{command}"
        name = self._words.gettext(key) if self._names and command else command
        return f"{self._prefix}{command if name == key else name}"

    def shown(self, fact: Any) -> str:
        """A fact in words: dates in the community's zone, named; lists with commas and "and"."""
        if isinstance(fact, Day):
            return self._date(fact.moment, "date.day")
        if isinstance(fact, datetime):
            return f"{self._date(fact, 'date.moment')} ({self._zone.key})"
        if isinstance(fact, tuple):
            return str(format_list([self.say(one) for one in fact], locale=self._language))
        return self.say(fact) if isinstance(fact, Line) else str(fact)

    def _date(self, moment: datetime, pattern: str) -> str:
        """As each language writes it: the pattern (Unicode TR 35) is in the catalogue."""
        local = moment.astimezone(self._zone).replace(tzinfo=None)  # zones are no part of its key
        return _dated(local, self._words.gettext(pattern), self._language)


@lru_cache(1000)  # slots and deadlines: many are told the same ones
def _dated(local: datetime, pattern: str, language: str) -> str:
    return str(format_datetime(local, pattern, locale=language))


class _Facts(Mapping[str, str]):
    """The facts of one line, worded when a template asks for them."""

    def __init__(self, speaker: Speaker, facts: Mapping[str, Any]) -> None:
        self._speaker, self._facts = speaker, facts

    def __getitem__(self, name: str) -> str:
        if name.startswith("/"):
            return self._speaker.typed(name[1:])
        if name == "prefix":
            return self._speaker.typed("")
        return self._speaker.shown(self._facts[name])

    def __iter__(self) -> Any:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)
