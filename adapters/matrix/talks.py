"""What is typed in talks, and what is to be said to it: through the one door. Nothing is sent here.

A number means the last card, or the question that is open. A form is left by finishing or cancelling
it, so that no answer is lost on the way. Each hand has a talk of its own, also in the same room: a
device that somebody's key has not signed goes on with nothing that theirs began. What we no longer know is told as that; what nobody asked
for is answered by what can be typed, and is never repeated.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from adapters.matrix.commands import Typed
from adapters.matrix.render import Words, sentence
from adapters.matrix.saying import Saying, ToSay
from adapters.matrix.talk import OFFERED, Offer, Shown, Talk, lettered, numbers
from bot.chat import ENGLISH, Caller, Card, Command, Line, Reply, Voice, line, with_errors
from bot.dialogue import Dialogue, Step, Word, started
from bot.dispatch import COMMUNITY, Door
from bot.domain.grievances.receipts import RECEIPT
from bot.ports import Clock

#: The caller as in that shared room, read anew.
Again = Callable[[str, Caller], Awaitable[Caller]]


@dataclass(frozen=True, slots=True)
class Over:
    """A talk that is over, and whose it was. ``redact``: messages that go, ours and, where we may, a
    receipt that was typed; ``stays``: the room is not left, for somebody of staff is told things
    there, or the talk goes on; ``found``: an earlier process may have said more there."""

    room: str = field(repr=False)
    account: str = field(repr=False)
    redact: tuple[str, ...] = field(default=(), repr=False)
    stays: bool = False
    found: bool = False


class Talks:
    """``again``: asked before anything is pressed or handed in that was begun in a shared room;
    ``prefix``: of commands, besides ``!`` and ``/``; ``voice``: how strangers are answered; ``ours``:
    what the operator wrote, whose links stay alive."""

    def __init__(
        self,
        door: Door,
        clock: Clock,
        again: Again,
        prefix: str = "!",
        *,
        voice: Voice = ENGLISH,
        ours: Collection[str] = (),
    ) -> None:
        self._door, self._clock, self._again, self._voice = door, clock, again, voice
        self._typed = Typed(door.commands, prefix)
        self._say = Saying(self._typed, prefix, ours)
        self.ending: dict[str, Over] = {}  #: by room: what is still to be taken back or left
        self._talks: dict[tuple[str, str], Talk] = {}  #: by room, and what proves whose hand it is

    async def heard(self, room: str, text: str, caller: Caller) -> list[ToSay]:
        """Somebody alone with the bot in ``room`` typed this; or it is a command that was typed in
        the shared room ``caller.room``, and is answered in ``room``. There is always an answer, to
        whatever was not heard before."""
        caller = replace(caller, added=caller.added or self._is_beside(caller))
        talk, left = self._talk(room, caller.account, caller.proof)
        talk.passes_on = talk.passes_on and not caller.added
        async with talk.busy:
            talk.heard = self._clock.elapsed()
            if caller.once in talk.answered:
                return talk.answered[caller.once]
            asks_receipt = talk.dialogue is not None and talk.dialogue.form.name == "receipt"
            if caller.once and (asks_receipt or RECEIPT.search(text.upper())):
                talk.passing.append(Shown(caller.once, frozenset(), talk.heard))
            if talk.dialogue:
                first, *more = await self._in_form(talk, talk.dialogue, text, caller)
            else:
                first, *more = await self._in_the_open(talk, text, caller)
            answer = [replace(first, redact=(*left, *first.redact)), *more]
            if caller.once:
                talk.answered = dict[str, list[ToSay]]((one, []) for one in talk.answered)
                talk.answered[caller.once] = answer
            return answer

    def told(
        self, room: str, account: str, card: Card, voice: Voice, proof: str = ""
    ) -> list[ToSay]:
        """A card for somebody of staff that they did not ask for; ``proof``: of whose hand alone can
        answer it. What is open in their talk, and what numbers mean there, stays."""
        talk, _ = self._talk(room, account, proof, ends=False)
        talk.of_staff = True
        pressed = [one for one in card.buttons if not self._typed.leads_to(one)]
        offers = lettered(pressed, talk, self._clock.elapsed() + OFFERED)
        return self._say.unasked(voice, card, offers)

    def shared(self, card: Card, voice: Voice, me: str) -> list[ToSay]:
        """A card for a shared room; ``me``: the bot's own account."""
        return self._say.unasked(voice, card, me=me)

    def hello(self, room: str, account: str) -> list[ToSay]:
        """To whoever has just begun a talk."""
        talk, _ = self._talk(room, account)
        return self._say.card(talk.voice, self._typed.listed())

    def command(self, text: str) -> Command | None:
        """The command of ours that is typed so, with its prefix."""
        return self._typed.known(text)

    def sentence(self, said: Line) -> Words:
        """A fixed sentence, for whoever reads it."""
        return sentence(self._say.teller(self._voice), said)[0]

    def found(self, room: str, account: str) -> None:
        """A talk that a program before this one had: all we know is whose it is."""
        self._talk(room, account, ends=False)[0].found = True

    def was_said(self, room: str, said: ToSay, event: str, proof: str = "") -> bool:
        """It is there, under this id. False where its talk is over already: it is to go at once."""
        talk = self._talks.get((room, proof)) or next(iter(self._in(room).values()), None)
        if talk and said.passing:
            receipt = bool(said.words and RECEIPT.search(said.words.plain))
            talk.passing.append(Shown(event, said.passing, self._clock.elapsed(), receipt))
        return talk is not None or not said.passing

    def over(self) -> list[Over]:
        """The talks that have ended since this was last asked; and of the others what has stood there
        for as long as it may."""
        now, found = self._clock.elapsed(), []
        for key, talk in list(self._talks.items()):
            if talk.is_over(now) and not talk.busy.locked():
                if not talk.of_staff:
                    del self._talks[key]
                if talk.remembers or not talk.of_staff:
                    over = Over(key[0], talk.account, talk.end(), talk.of_staff, talk.found)
                    found.append(over)
            elif stood := talk.stood(now):
                found.append(Over(key[0], talk.account, stood, stays=True))
        return found

    def stopped(self) -> list[Over]:
        """What is to go when the program stops; no room is left for that."""
        now = self._clock.elapsed()
        return [
            Over(room, talk.account, gone, stays=True)
            for (room, _), talk in self._talks.items()
            if (gone := talk.stopped(now))
        ]

    def goes_on(self, room: str) -> bool:
        """Whether there is a talk, perhaps a new one, or another hand's."""
        return bool(self._in(room))

    def forget(self, room: str) -> tuple[str, ...]:
        """The room is gone, or somebody else came in; gives the messages that are to go."""
        return self._over_for(self._in(room))

    def _talk(
        self, room: str, account: str, proof: str = "", *, ends: bool = True
    ) -> tuple[Talk, tuple[str, ...]]:
        """The talk of this hand there, and our messages that go because the one before it is over."""
        there = self._in(room)
        left = self._over_for({at: one for at, one in there.items() if one.account != account})
        key, before = (room, proof), self._talks.get((room, ""))
        if proof and key not in self._talks and before and before.passes_on:
            self._talks[key] = self._talks.pop((room, ""))
        talk = self._talks.get(key)
        if talk is None:
            talk = self._talks[key] = Talk(account, self._voice, self._clock.elapsed())
        elif ends and talk.is_over(self._clock.elapsed()):
            left += talk.end()
        return talk, left

    def _in(self, room: str) -> dict[tuple[str, str], Talk]:
        """All talks there, each of another hand."""
        return {key: talk for key, talk in self._talks.items() if key[0] == room}

    def _over_for(self, talks: Mapping[tuple[str, str], Talk]) -> tuple[str, ...]:
        """They are no more; gives the messages that are to go."""
        for key in talks:
            del self._talks[key]
        return tuple(event for talk in talks.values() for event in talk.end())

    def _is_beside(self, caller: Caller) -> bool:
        """Whether a hand that proves nothing is beside one that does, whatever a host tells now."""
        if caller.proof or not caller.proves:
            return False
        theirs = (proof for (_, proof), one in self._talks.items() if one.account == caller.account)
        return any(theirs)

    # A form is open ---------------------------------------------------------------------------------

    async def _in_form(
        self, talk: Talk, dialogue: Dialogue, text: str, caller: Caller
    ) -> list[ToSay]:
        command = self._typed.command(text)
        if command and command.name != Word.HELP and self._typed.knows(command.name):
            if dialogue.touched:
                cancel = line("talk.form_open", cancel=Word.CANCEL.said)
                return self._ask(talk, replace(dialogue, opening=False, news=(), said=(cancel,)))
            talk.dialogue = None
            return await self._begin(talk, command.name, command.behind, caller)
        if command and command.name in set(Word):
            text = command.name
        answered = dialogue.answered(text)
        if answered.step is Step.READY:
            return await self._hand_in(talk, answered, caller)
        if answered.step is Step.CANCELLED:
            talk.dialogue = None
            return self._say.sentence(talk.voice, line("talk.cancelled"), talk.last)
        return self._ask(talk, answered)

    async def _hand_in(self, talk: Talk, dialogue: Dialogue, caller: Caller) -> list[ToSay]:
        form, room = dialogue.form, talk.opened_from
        who = await self._again(room, caller) if room else caller
        reply = await self._door.submit(form.name, who, form.subject, dialogue.answers)
        if not reply.taken:
            last = {form.questions[-1].id: reply.cards[0].lines[0]} if reply.cards else {}
            back = reply.form or with_errors(form, dialogue.answers, last)
            return self._ask(talk, dialogue.returned(back))
        talk.dialogue = None
        return self._shown(talk, reply, room, form.name, form.subject)

    def _ask(self, talk: Talk, dialogue: Dialogue) -> list[ToSay]:
        talk.dialogue = dialogue
        return self._say.question(talk.voice, dialogue)

    # Nothing is open --------------------------------------------------------------------------------

    async def _in_the_open(self, talk: Talk, text: str, caller: Caller) -> list[ToSay]:
        if command := self._typed.command(text):
            return await self._begin(talk, command.name, command.behind, caller)
        teller = self._say.teller(talk.voice)
        if offer := talk.meant(text, teller, self._clock.elapsed()):
            return await self._press(talk, offer, caller)
        if bare := self._typed.bare(text):
            return await self._begin(talk, bare.name, bare.behind, caller)
        if self._typed.chooses(text, teller):
            if not talk.begun:
                return self._say.sentence(talk.voice, line("talk.forgotten"))
            if talk.last:
                return self._say.sentence(talk.voice, line("talk.no_such"), talk.last)
        return self._say.card(talk.voice, self._typed.listed(line("talk.open.words")))

    async def _begin(self, talk: Talk, name: str, behind: str, caller: Caller) -> list[ToSay]:
        reply = await self._door.begin(name, caller, words=behind)
        if name == Word.HELP and reply.form and reply.form.name == COMMUNITY:
            return self._say.card(reply.voice, self._typed.listed())
        return self._shown(talk, reply, caller.room)

    async def _press(self, talk: Talk, offer: Offer, caller: Caller) -> list[ToSay]:
        who = await self._again(offer.room, caller) if offer.room else caller
        button = offer.button
        reply = await self._door.begin(button.name, who, button.subject)
        return self._shown(talk, reply, offer.room, button.name, button.subject)

    # What is said to it -----------------------------------------------------------------------------

    def _shown(
        self, talk: Talk, reply: Reply, room: str, name: str = "", subject: str = ""
    ) -> list[ToSay]:
        """A reply to what was pressed or handed in, if anything."""
        teller, talk.begun = self._say.teller(reply.voice), True
        redact = talk.taken_away(subject) if reply.takes_away and subject else ()
        talk.voice = reply.voice
        if reply.cards:
            talk.last = ()
        said: list[ToSay] = []
        for card in reply.cards:
            offers = numbers(card.buttons, room, teller, after=talk.last)
            talk.last = (*talk.last, *offers)
            said += self._say.card(reply.voice, card, offers, self._typed.passing(name, subject))
        if reply.form is not None:
            talk.opened_from = room
            said += self._ask(talk, started(reply.form, teller))
        first, *more = said
        return [replace(first, redact=redact), *more]
