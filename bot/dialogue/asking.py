"""What is asked, answered, and looked at once more before it goes: a pure state machine.

An answer that was given stays until its person gives another, whatever they type in between. Where
somebody is to read what they write (``Form.previewed``) no second look comes before that one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from bot.chat import Answers, Ask, Form, Line, Question, line
from bot.dialogue.choosing import Given, Word, number_in, read, word_in
from bot.dialogue.wording import Asked, Top, helping, kept, question, review
from bot.domain.errors import Invalid
from bot.texts import Speaker


class Step(Enum):
    ASKING = "asking"
    REVIEWING = "reviewing"
    READY = "ready"  #: the answers are to be handed in
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One form with one person. ``round``: the places of the questions that are asked now, ``at``
    one of them; ``ends``: what follows the last. ``opening``: nothing of the form was said yet;
    ``news``: what stands above it now and did not before."""

    form: Form = field(repr=False)
    speaker: Speaker = field(repr=False)
    given: Mapping[str, Given] = field(repr=False)
    step: Step
    round: tuple[int, ...]
    ends: Step
    at: int = 0
    opening: bool = False
    news: tuple[Line, ...] = ()
    said: tuple[Line, ...] = field(default=(), repr=False)

    @property
    def answers(self) -> Answers:
        """All that was answered, as the door takes it."""
        return self.given

    @property
    def touched(self) -> bool:
        """Whether its person has typed an answer."""
        return dict(self.given) != kept(self.form)

    @property
    def asked(self) -> Asked:
        top = Top(self.opening, self.news, self.said)
        if self.step is Step.REVIEWING:
            return review(self.form, self.given, top)
        return question(self.form, self.round[self.at], self.given, self.speaker, top)

    def answered(self, text: str) -> "Dialogue":
        """What comes of a message. Never raises; an unfit one leaves everything as it was, and says
        so. Ready or cancelled, nothing more is taken."""
        if self.step not in (Step.ASKING, Step.REVIEWING):
            return self
        word = word_in(text, self.speaker)
        here = replace(self, opening=False, news=(), said=())
        if word is Word.CANCEL:
            return replace(here, step=Step.CANCELLED)
        if word is Word.HELP:
            return replace(here, said=helping())
        if word is Word.BACK:
            return here._back()
        return here._reviewed(text, word) if self.step is Step.REVIEWING else here._read(text, word)

    def returned(self, form: Form) -> "Dialogue":
        """The form came back from the door: only what is wrong is asked again, all else is kept."""
        new = tuple(one for one in form.note if one not in self.form.note)
        return replace(started(form, self.speaker), opening=False, news=new)

    # Asking ---------------------------------------------------------------------------------------

    @property
    def _now(self) -> Question:
        return self.form.questions[self.round[self.at]]

    def _read(self, text: str, word: Word | None) -> "Dialogue":
        one = self._now
        if word is Word.SKIP:
            if one.required:
                return replace(self, said=(line("dialogue.needed"),))
            return self._with(() if one.ask is Ask.CHOICES else "")
        if word is Word.KEEP:
            before = self.given[one.id]
            return (
                self._with(before) if before else replace(self, said=(line("dialogue.no_answer"),))
            )
        try:
            return self._with(read(one, text, self.speaker))
        except Invalid as unfit:
            return replace(self, said=(line(unfit.reason, **unfit.facts),))

    def _with(self, given: Given) -> "Dialogue":
        """This one answered; on to the next."""
        there = replace(self, given={**self.given, self._now.id: given})
        if self.at + 1 < len(self.round):
            return replace(there, at=self.at + 1)
        return replace(there, step=self.ends)

    def _back(self) -> "Dialogue":
        every = tuple(range(len(self.form.questions)))
        if self.step is Step.REVIEWING:
            return replace(self, step=Step.ASKING, round=every, at=len(every) - 1, ends=self._after)
        if self.at:
            return replace(self, at=self.at - 1)
        if self.round != every:
            return replace(self, step=Step.REVIEWING)
        return replace(self, said=(line("dialogue.first_one"),))

    # Looking once more ----------------------------------------------------------------------------

    @property
    def _after(self) -> Step:
        return _after(self.form)

    def _reviewed(self, text: str, word: Word | None) -> "Dialogue":
        if word in (Word.SEND, Word.DONE):
            return self._ready()
        number = number_in(text)
        if number is not None and 1 <= number <= len(self.form.questions):
            one = (number - 1,)
            return replace(self, step=Step.ASKING, round=one, at=0, ends=Step.REVIEWING)
        last = str(len(self.form.questions))
        return replace(self, said=(line("dialogue.none_of_these", first="1", last=last),))

    def _ready(self) -> "Dialogue":
        """Or first what was left out on the way here and cannot be."""
        missing = tuple(
            place
            for place, one in enumerate(self.form.questions)
            if one.required and not self.given[one.id]
        )
        if not missing:
            return replace(self, step=Step.READY)
        there = replace(self, step=Step.ASKING, round=missing, at=0, ends=Step.REVIEWING)
        return replace(there, said=(line("dialogue.needed"),))


def started(form: Form, speaker: Speaker) -> Dialogue:
    """A form's first question; of one that came back, the first that is wrong; of one that is filled
    in already, or nearly, all of it to be changed."""
    given, questions = kept(form), form.questions
    wrong = tuple(place for place, one in enumerate(questions) if one.error)
    if wrong:
        return Dialogue(form, speaker, given, Step.ASKING, wrong, Step.READY)
    every = tuple(range(len(questions)))
    answered = sum(map(bool, given.values()))
    needed = all(given[one.id] for one in questions if one.required)
    filled = needed and 2 * answered > len(questions)
    step = Step.REVIEWING if filled else Step.ASKING
    return Dialogue(form, speaker, given, step, every, _after(form), opening=True)


def _after(form: Form) -> Step:
    """One short answer goes as it is, and so does what is shown again before it counts."""
    long = any(one.ask is Ask.LONG_TEXT for one in form.questions)
    looked_at = not form.previewed and (long or len(form.questions) > 1)
    return Step.REVIEWING if looked_at else Step.READY
