"""The first page's three starts and the tour through the told story: where each leads, in words.

It points at cards by their buttons or pictures, never at ids; whoever follows it sees what that
person sees, and acts like anybody: what is typed there is typed for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.sandbox import story
from adapters.sandbox.people import PERSONAS
from adapters.sandbox.telling import Telling
from adapters.sandbox.town import PREFIX, Message, Town
from bot.chat import Line, Voice, about, line
from bot.texts import LANGUAGES, Speaker, spoken

PICTURE, CLOCK = "picture", "clock"  #: what is no button: a card with a chart, the page's clock
NOOR = "noor-haddad"


@dataclass(frozen=True, slots=True)
class Stop:
    """Somewhere to look. ``at``: the name of a button of the card, or one of the two above;
    ``typed``: the command that brings it, where it is not there; ``ends``: of a tall card the end
    matters."""

    id: str
    who: str
    room: str
    at: str
    title: Line
    words: Line
    typed: str = ""
    ends: bool = False


STARTS = (
    Stop(
        "speak",
        NOOR,
        "general",
        "continue",
        line("tour.speak"),
        line("tour.speak.words"),
        "/grievance",
    ),
    Stop("rep", story.REP, "general", "open", line("tour.rep"), line("tour.rep.words"), "/cases"),
    Stop(
        "organiser",
        story.ORGANISER,
        "organisers",
        "digest",
        line("tour.organiser"),
        line("tour.organiser.words"),
        "/digest preview",
    ),
)


def stops(names: dict[str, str]) -> tuple[Stop, ...]:
    """The tour. ``names``: what the personas are called, by id."""
    heard, late, rep = names[story.HEARD], names[story.LATE], names[story.REP]
    return (
        Stop(
            "heard",
            story.HEARD,
            "general",
            "delete",
            line("tour.heard", who=heard),
            line("tour.heard.words"),
            ends=True,
        ),
        Stop(
            "desk",
            story.REP,
            "general",
            "open",
            line("tour.desk"),
            line("tour.desk.words", who=rep),
            "/cases",
        ),
        Stop(
            "late",
            story.LATE,
            "general",
            "delete",
            line("tour.late"),
            line("tour.late.words", who=late),
            ends=True,
        ),
        Stop("pulse", NOOR, "general", PICTURE, line("tour.pulse"), line("tour.pulse.words")),
        Stop(
            "digest",
            story.ORGANISER,
            "organisers",
            "digest",
            line("tour.digest"),
            line("tour.digest.words"),
            "/digest preview",
        ),
        Stop("clock", NOOR, "general", CLOCK, line("tour.clock"), line("tour.clock.words")),
    )


#: What the page says around them.
WORDS = {
    "title": line("tour.title"),
    "lead": line("tour.lead"),
    "begin": line("tour.begin"),
    "resume": line("tour.resume"),
    "name": line("tour.name"),
    "back": line("tour.back"),
    "next": line("tour.next"),
    "here": line("tour.here"),
    "skip": line("tour.skip"),
    "end": line("tour.end"),
    "language": line("tour.language"),
    "gone": line("tour.gone"),
    "wait": line("tour.wait"),
}


class Tour:
    """``offered``: whether there are starts at all. Of the tour there is what can be shown: nothing
    before the story is over, nor after a restart, which took the messages."""

    def __init__(self, town: Town, telling: Telling, *, offered: bool) -> None:
        self._town, self._telling, self._offered = town, telling, offered

    def shown(self, wanted: str) -> dict[str, Any]:
        """As the page asks for it. ``wanted``: locales by commas, the dearest first."""
        found = (spoken(locale.strip()) for locale in wanted.split(","))
        language = next((one for one in found if one), LANGUAGES[0])
        speaker = _speaker(language)
        names = {one.id: one.name for one in PERSONAS}
        there = self._telling.weeks and self._telling.is_over
        tour = [stop for stop in stops(names) if there and self._can_be_shown(stop)]
        return {
            "language": language,
            "languages": [
                {"id": one, "name": _speaker(one).say(line(f"language.{one}"))} for one in LANGUAGES
            ],
            "words": {name: speaker.say(words) for name, words in WORDS.items()},
            "starts": _said(speaker, STARTS if self._offered else ()),
            "stops": _said(speaker, tour, of=len(tour)),
        }

    def _can_be_shown(self, stop: Stop) -> bool:
        if stop.at == CLOCK or stop.typed:
            return True
        persona = self._town.persona(stop.who)
        there = self._town.messages(persona, self._town.room(persona, stop.room))
        return any(_shows(stop, one) for one in there)


def _shows(stop: Stop, message: Message) -> bool:
    if stop.at == PICTURE:
        return message.png is not None
    return any(about(one["id"])[0] == stop.at for one in message.body["buttons"])


def _speaker(language: str) -> Speaker:
    return Speaker(Voice(language, "UTC"), PREFIX)


def _said(speaker: Speaker, them: Iterable[Stop], of: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "id": one.id,
            "as": one.who,
            "room": one.room,
            "at": one.at,
            "typed": one.typed,
            "ends": one.ends,
            "title": speaker.say(one.title),
            "words": speaker.say(one.words),
            "step": speaker.say(line("tour.step", number=str(number), of=str(of))),
        }
        for number, one in enumerate(them, 1)
    ]
