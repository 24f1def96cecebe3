"""Forms: declared as dataclasses, shown as questions, read back with a sentence per wrong answer."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum, StrEnum
from typing import Any, get_type_hints

from bot.chat.callers import Here, Outside
from bot.chat.cards import Button, Line, line
from bot.domain.errors import Invalid
from bot.domain.grievances.intake import LONGEST_TEXT, checked_text

Answers = Mapping[str, str | Sequence[str]]
LONGEST_CODE = 40  #: of a code that people type: room for the spaces and dashes they add
LONGEST_ACCOUNT = 255  #: a Matrix user id may be so long (Matrix specification, appendices)


class Ask(Enum):
    """The kinds of question, as every platform can put them."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    NUMBER = "number"
    PERSON = "person"  #: an account, picked from those the platform shows; its id there


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Line | str


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a form as it is shown. ``value``: what was answered before, if anything."""

    id: str
    ask: Ask
    label: Line | str
    required: bool
    max_length: int | None = None
    options: tuple[Option, ...] = ()
    value: str | tuple[str, ...] = ""
    error: Line | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A form to show: submitting it goes to the command ``name`` about ``subject``.

    ``previewed``: its answers are shown once more before they count; set by the door.
    """

    name: str
    subject: str
    title: Line
    note: tuple[Line, ...]
    questions: tuple[Question, ...]
    previewed: bool = False

    @property
    def id(self) -> str:
        return Button(self.name, self.subject).id

    @property
    def errors(self) -> dict[str, Line]:
        return {q.id: q.error for q in self.questions if q.error is not None}


Options = Callable[[Here], tuple[Option, ...]]


@dataclass(frozen=True, slots=True)
class Asking:
    """A form made for one subject (a poll's questions): its dataclass, and what stands above it."""

    form: type
    above: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a dataclass field is asked; kept in its metadata."""

    ask: Ask
    most: int | None = None
    options: Options | None = None
    required: bool = True
    shortest: int = 1
    note: str = ""  #: key of a sentence that stands above the form while this is asked
    label: Line | str = ""  #: where ``<name>.<question>`` is not what is asked
    range: tuple[int, int] = (0, 0)  #: of a number: the least and the greatest


def short_text(most: int, *, required: bool = True, label: Line | str = "") -> Any:
    """A one-line question."""
    asked = _Asked(Ask.TEXT, most, required=required, label=label)
    return _question(asked, "" if not required else MISSING)


def long_text(*, shortest: int = 1, longest: int = LONGEST_TEXT, required: bool = True) -> Any:
    """People's own words, at most ``LONGEST_TEXT`` characters."""
    asked = _Asked(Ask.LONG_TEXT, longest, required=required, shortest=shortest)
    return _question(asked, "" if not required else MISSING)


def code_text() -> Any:
    """A code, as people type it."""
    return short_text(LONGEST_CODE)


def choice(
    options: Options, *, note: str = "", label: Line | str = "", default: str | None = None
) -> Any:
    """One option. ``default``: what is read where there was nothing to choose from."""
    asked = _Asked(Ask.CHOICE, options=options, note=note, label=label)
    return _question(asked, MISSING if default is None else default)


def choices(
    options: Options, *, required: bool = False, note: str = "", label: Line | str = ""
) -> Any:
    """Any number of options; the field's type is ``tuple[str, ...]``. Left out without options."""
    asked = _Asked(Ask.CHOICES, options=options, required=required, note=note, label=label)
    return _question(asked, ())


def number(least: int, most: int) -> Any:
    """A whole number between the two; the field's type is ``int``."""
    return _question(_Asked(Ask.NUMBER, range=(least, most)), MISSING)


def person() -> Any:
    """Somebody, as the platform lets one be picked: the field's type is ``str``, their account."""
    return _question(_Asked(Ask.PERSON, LONGEST_ACCOUNT), MISSING)


def every(kind: type[StrEnum]) -> Options:
    """All members of an enumeration, labelled ``<kind>.<value>``."""
    name = kind.__name__.lower()
    return lambda here: tuple(Option(one.value, line(f"{name}.{one.value}")) for one in kind)


def blank(
    form: type,
    here: Here,
    name: str,
    subject: str = "",
    values: Answers | None = None,
) -> Form:
    """``form`` as it is shown to someone, perhaps with what they answered before.

    Above it stands ``<name>.above``, then the notes of its questions.
    """
    return asking(Asking(form, (line(f"{name}.above"),)), here, name, subject, values)


def asking(
    made: Asking, here: Here | Outside, name: str, subject: str = "", values: Answers | None = None
) -> Form:
    """A form made for its subject, as it is shown to someone. Outside of all communities nothing
    can be chosen from."""
    form, known = made.form, values or {}
    questions, note = [], list(made.above)
    for one in fields(form):
        asked: _Asked = one.metadata["asked"]
        id = _id(one.name)
        options = asked.options(here) if asked.options and isinstance(here, Here) else ()
        if asked.options and not options:
            continue
        note += [line(asked.note)] if asked.note else []
        value = known.get(id, "")
        questions.append(
            Question(
                id=id,
                ask=asked.ask,
                label=asked.label or line(f"{name}.{id}"),
                required=asked.required,
                max_length=asked.most,
                options=options,
                value=value if isinstance(value, str) else tuple(value),
            )
        )
    return Form(name, subject, line(f"{name}.title"), tuple(note), tuple(questions))


def read(form: type, shown: Form, answers: Answers) -> Any:
    """The typed form, or the form shown again with a sentence beside each wrong answer.

    Returns an instance of ``form``, or a ``Form`` that keeps what was typed. An answer to a
    question that was not asked is ignored; one without which there is no form, because there was
    nothing to choose, raises Invalid.
    """
    values: dict[str, Any] = {}
    wrong: dict[str, Line] = {}
    hints = get_type_hints(form)
    named = {_id(one.name): one for one in fields(form)}
    for question in shown.questions:
        try:
            one = named[question.id]
            given = _checked(question, one.metadata["asked"], answers.get(question.id, ""))
            values[one.name] = _typed(hints[one.name], given)
        except Invalid as invalid:
            wrong[question.id] = line(invalid.reason, **invalid.facts)
    if wrong:
        return with_errors(shown, answers, wrong)
    for one in fields(form):
        if one.name not in values and one.default is MISSING:
            raise Invalid(_id(one.name), "invalid.not_an_option")
    return form(**values)


def with_errors(shown: Form, answers: Answers, wrong: Mapping[str, Line]) -> Form:
    """The same form with what was typed kept and ``wrong`` said beside the fields."""
    return replace(
        shown,
        questions=tuple(
            replace(q, value=_kept(answers.get(q.id, "")), error=wrong.get(q.id))
            for q in shown.questions
        ),
    )


def _id(name: str) -> str:
    """A question's id: the field's name, without the underscore that keeps it from being Python."""
    return name.removesuffix("_")


def _question(asked: _Asked, default: Any) -> Any:
    return field(default=default, metadata={"asked": asked})


def _kept(given: Any) -> str | tuple[str, ...]:
    """What was typed or chosen; an answer that is neither text nor a list leaves nothing to keep."""
    if isinstance(given, str):
        return given
    return tuple(str(one) for one in given) if isinstance(given, list | tuple) else ""


def _checked(question: Question, asked: _Asked, given: Any) -> str | tuple[str, ...]:
    if question.ask is Ask.CHOICES:
        return _several(question, given)
    if not isinstance(given, str):
        raise Invalid(question.id, "invalid.not_text")
    if question.ask is Ask.CHOICE:
        return _one_of(question, given)
    if question.ask is Ask.NUMBER:
        return _number(question, given, *asked.range)
    if question.required or given.strip():
        most, now = asked.most or LONGEST_TEXT, len(given.strip())
        if now > most:
            raise Invalid(question.id, "invalid.too_long", most=most, now=now)
        return checked_text(question.id, given, asked.shortest)
    return ""


def _one_of(question: Question, given: str) -> str:
    if not given:
        raise Invalid(question.id, "invalid.choose_one")
    if given not in {option.value for option in question.options}:
        raise Invalid(question.id, "invalid.not_an_option")
    return given


def _number(question: Question, given: str, least: int, most: int) -> str:
    typed = given.strip()
    if not re.fullmatch(r"[0-9]{1,9}", typed) or not least <= int(typed) <= most:
        raise Invalid(question.id, "invalid.number", least=least, most=most)
    return typed


def _several(question: Question, given: Any) -> tuple[str, ...]:
    chosen = [given] if isinstance(given, str) and given else given or ()
    if not isinstance(chosen, list | tuple) or not all(isinstance(one, str) for one in chosen):
        raise Invalid(question.id, "invalid.not_text")
    if question.required and not chosen:
        raise Invalid(question.id, "invalid.choose_one")
    return tuple(dict.fromkeys(_one_of(question, one) for one in chosen))


def _typed(kind: Any, given: str | tuple[str, ...]) -> Any:
    made = isinstance(kind, type) and issubclass(kind, Enum | int)
    return kind(given) if made else given
