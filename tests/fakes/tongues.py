"""A community that does not speak English, and how to find English where there should be none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from string import Formatter

from adapters.sandbox import render
from bot.chat import Card, Reply, Voice
from bot.domain.communities import Community, Words
from bot.texts import LANGUAGES, Speaker
from tests.fakes.world import KeptPost
from tests.house.test_texts import texts

WORDS = Words(rep="Delegierte", organiser="Sprecherin")
GERMAN = Voice("de", "Europe/Berlin", WORDS)
LEAST = 3  #: words in a row that cannot be the same in two languages by chance


def in_german(seeded: Community) -> Community:
    """The seeded community in Berlin, with words of its own."""
    slots = replace(seeded.slots, zone=GERMAN.zone)
    return replace(seeded, language=GERMAN.language, slots=slots, words=WORDS)


def said(reply: Reply) -> str:
    """All that a reply says, in its own voice, as the page would get it."""
    say = Speaker(reply.voice, "/")
    shown = [_card(say, one) for one in reply.cards]
    if reply.form is not None:
        form = render.form(say, reply.form)
        shown += [form["title"], form["note"], *render.errors(say, reply.form).values()]
        for one in form["fields"]:
            shown += [one["label"], *(option["label"] for option in one["options"])]
    return "\n".join(shown)


@dataclass
class HeardPost(KeptPost):
    """Keeps the words of all that was said unasked, too, each in the voice it came in."""

    words: list[str] = field(default_factory=list)

    async def to_person(self, address: str, card: Card, community: Community, id: str) -> None:
        self.words.append(_card(Speaker(Voice.of(community), "/"), card))
        await KeptPost.to_person(self, address, card, community, id)

    async def to_room(
        self, space: str, room: str, card: Card, community: Community, id: str
    ) -> None:
        self.words.append(_card(Speaker(Voice.of(community), "/"), card))
        await KeptPost.to_room(self, space, room, card, community, id)


def english_in(words: str) -> list[str]:
    """What is English in words of another language: long pieces of sentences wherever they stand,
    short sentences where they are all of a line, keys that nobody worded."""
    pieces, short = _english()
    return [*(one for one in pieces if one in words), *(short & {*words.splitlines()})]


@cache
def _english() -> tuple[frozenset[str], frozenset[str]]:
    """Long pieces and keys; short sentences that no other language has."""
    others = {one for language in LANGUAGES if language != "en" for one in _sentences(language)}
    pieces = {piece for sentence in _sentences("en") for piece in _pieces(sentence)}
    keys = {key for key in texts("en") if "." in key}
    return frozenset(keys | pieces), frozenset(_sentences("en") - others)


def _sentences(language: str) -> set[str]:
    return {one for sentences in texts(language).values() for one in sentences}


def _pieces(sentence: str) -> Iterator[str]:
    """What stands between the facts, where it is long enough to be known again."""
    for words, _, _, _ in Formatter().parse(sentence):
        if len(re.findall(r"[^\W\d_]+", words)) >= LEAST:
            yield words.strip()


def _card(say: Speaker, one: Card) -> str:
    shown = render.card(say, one, whisper=True, picture="/")
    fields = [words for each in shown["fields"] for words in (each["label"], each["value"])]
    buttons = [each["label"] for each in shown["buttons"]]
    alt = shown["image"]["alt"] if shown["image"] else ""
    return "\n".join([shown["title"], shown["text"], *fields, *buttons, alt])
