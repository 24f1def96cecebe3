"""A community in Berlin speaks German to all its people, and to each in their own language where
the platform tells it; no English word is left in anything that anybody sees."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.chat import ENGLISH, Caller, Reply, Voice
from bot.settings import Where
from tests.fakes.acts import RECEIPT, button
from tests.fakes.tongues import GERMAN, WORDS, HeardPost, english_in, in_german, said
from tests.fakes.world import World, caller, new_world

WORKER, REP, ORGANISER = "noor-haddad", "ines-moreau", "ruth-adeyemi"
STORY = "Der Bereitschaftsdienst weckt uns fast jede Nacht, und niemand hat am Morgen danach frei."
QUESTION, ANSWER = "Wie oft in der Woche?", "Fast jede Nacht."
OUTCOME = "Ihr habt es gesagt, wir haben es erreicht: einen freien Morgen nach jeder Nacht."


@dataclass
class Berlin:
    """The people there; what each of them is shown is kept. ``spoken``: the language that the
    platform tells of somebody."""

    world: World
    spoken: dict[str, str] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)

    async def say(self, who: str, command: str, words: str = "") -> Reply:
        return self._kept(await self.world.bot.door.begin(command, self._who(who), words=words))

    async def press(self, who: str, reply: Reply, name: str) -> Reply:
        subject = button(reply, name).subject
        return self._kept(await self.world.bot.door.begin(name, self._who(who), subject))

    async def fill(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        assert reply.form is not None
        form, door = reply.form, self.world.bot.door
        return self._kept(await door.submit(form.name, self._who(who), form.subject, answers))

    async def file(self, who: str, story: str = STORY) -> str:
        answers = {"category": "on_call", "spread": "team", "impact": "4", "story": story}
        form = await self.press(who, await self.say(who, "grievance"), "continue")
        await self.fill(who, form, **(answers | {"story": "kurz"}))
        sent = await self.press(who, await self.fill(who, form, **answers), "send")
        (receipt,) = RECEIPT.findall(said(sent))
        return str(receipt)

    async def visit(self, who: str, receipt: str) -> Reply:
        return await self.fill(who, await self.say(who, "receipt"), receipt=receipt)

    async def desk(self, who: str) -> Reply:
        return await self.press(who, await self.say(who, "cases"), "open")

    def _who(self, who: str) -> Caller:
        return replace(caller(who), language=self.spoken.get(who, ""))

    def _kept(self, reply: Reply) -> Reply:
        self.replies.append(reply)
        return reply


@pytest.fixture
async def berlin(where: Where) -> AsyncIterator[Berlin]:
    async with new_world(where, change=in_german, post=HeardPost()) as world:
        yield Berlin(world)


async def test_a_case_is_told_in_german_from_its_label_to_its_outcome(berlin: Berlin) -> None:
    world = berlin.world
    receipt = await berlin.file(WORKER)
    waiting = await berlin.visit(WORKER, receipt)
    assert "Mittwoch, 3. Juni, 09:00 (Europe/Berlin)" in said(waiting)
    await world.slot()
    desk = await berlin.press(REP, await berlin.desk(REP), "acknowledge")
    await berlin.fill(REP, await berlin.press(REP, desk, "ask"), text=QUESTION)
    await world.slot()
    view = await berlin.visit(WORKER, receipt)
    assert QUESTION in said(view)
    assert f"Ines Moreau ({WORDS.rep})" in said(view)
    await berlin.fill(WORKER, await berlin.press(WORKER, view, "message"), text=ANSWER)
    await world.slot()
    desk = await berlin.desk(REP)
    assert ANSWER in said(desk)
    await berlin.fill(REP, await berlin.press(REP, desk, "resolve"), outcome=OUTCOME)
    await world.slot()
    assert OUTCOME in said(await berlin.visit(WORKER, receipt))
    await berlin.visit(WORKER, "ABCDEFG-ABCDEFG-ABCDEFG")
    await world.live(days=7)
    _is_german(berlin)


async def test_english_would_be_noticed(berlin: Berlin) -> None:
    label = await berlin.say(WORKER, "grievance")
    assert english_in(said(label)) == []
    assert len(english_in(said(replace(label, voice=ENGLISH)))) > 3


async def test_every_command_and_a_poll_speak_german(berlin: Berlin) -> None:
    for command in berlin.world.bot.door.commands:
        for who in (WORKER, REP, ORGANISER) if command.typed else ():
            await berlin.say(who, command.name, "etwas dahinter")
    await berlin.say(ORGANISER, "digest", "preview")
    form = await berlin.say(ORGANISER, "poll", "new")
    asked = {"question": "Wann treffen wir uns?", "kind": "yes_no", "days": "2", "comment": "no"}
    opened = await berlin.press(ORGANISER, await berlin.fill(ORGANISER, form, **asked), "confirm")
    for n in range(20):
        form = await berlin.say(f"kollegin-{n}", "pulse")
        await berlin.fill(f"kollegin-{n}", form, q1="no" if n % 2 else "yes")
    await berlin.world.live(days=2, hours=1)
    results = await berlin.press(ORGANISER, opened, "results")
    picture = results.cards[0].picture
    assert picture is not None
    assert "Ja: etwa 50 %" in picture.alt
    _is_german(berlin)


async def test_whoever_s_platform_speaks_french_is_answered_in_french_and_nobody_else(
    berlin: Berlin,
) -> None:
    berlin.spoken = {WORKER: "fr-CA", REP: "tlh-KX", "someone": "it"}
    for _ in range(2):
        receipt = await berlin.file(WORKER)
        await berlin.visit(WORKER, receipt)
    await berlin.world.slot()
    await berlin.desk(REP)
    await berlin.world.bot.door.begin("nothing", caller("someone"))
    await berlin.say("someone", "nothing")
    french, german, italian = (replace(GERMAN, language=one) for one in ("fr", "de", "it"))
    voices = [one.voice for one in berlin.replies]
    assert set(voices) == {french, german, italian}
    assert (voices[0], voices[-1]) == (french, italian)
    assert "mercredi 3 juin, 09:00 (Europe/Berlin)" in "".join(map(said, berlin.replies))
    _no_english(berlin)


async def test_a_stranger_is_answered_in_their_own_language_or_the_installation_s(
    berlin: Berlin,
) -> None:
    nowhere = Caller("sandbox", "another-town", WORKER)
    for language, voice in (("de-AT", Voice("de")), ("tlh", Voice("en")), ("", Voice("en"))):
        stranger = replace(nowhere, language=language)
        asked = await berlin.world.bot.door.begin("help", stranger, words="")
        assert asked.form is not None
        assert (asked.voice, asked.form.name) == (voice, "community")
        reply = await berlin.world.bot.door.submit("message", stranger, "x", {})
        assert reply.voice == voice
        assert reply.cards[0].lines[0].key == "refused.no_community"


def _is_german(berlin: Berlin) -> None:
    assert {one.voice for one in berlin.replies} == {GERMAN}
    _no_english(berlin)


def _no_english(berlin: Berlin) -> None:
    post = berlin.world.post
    assert isinstance(post, HeardPost)
    assert post.words
    for words in (*map(said, berlin.replies), *post.words):
        assert english_in(words) == [], words
