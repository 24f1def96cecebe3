"""Lines, cards and their buttons: what is said, as keys and facts; people's words as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

Token = NewType("Token", str)  #: opens a draft or a visit; only its own person's buttons carry it.


@dataclass(frozen=True, slots=True)
class Day:
    """A moment of which only the date is said, with its year."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: a key into ``bot/texts`` and the facts that fill it."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def line(key: str, **facts: "str | int | datetime | Day | Line | tuple[str | Line, ...]") -> Line:
    return Line(key, facts)


class Tone(StrEnum):
    PLAIN = "plain"
    GOOD = "good"
    WARNING = "warning"


class Weight(StrEnum):
    PRIMARY = "primary"
    PLAIN = "plain"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Button:
    """Presses the command ``name``, about ``subject`` (a token, a case's number, or nothing)."""

    name: str
    subject: str = ""
    weight: Weight = Weight.PLAIN
    said: Line | None = None  #: where ``button.<name>`` does not say enough

    @property
    def label(self) -> Line:
        return self.said or line(f"button.{self.name}")

    @property
    def id(self) -> str:
        """What platforms carry: the name, and after a colon what it is about."""
        return f"{self.name}:{self.subject}" if self.subject else self.name


def about(id_: str) -> tuple[str, str]:
    """The (name, subject) of an id that a platform carried back."""
    name, _, subject = id_.partition(":")
    return name, subject


@dataclass(frozen=True, slots=True)
class Rows:
    """Several lines, one below the other."""

    lines: tuple[Line | str, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled value of a card. A plain ``str`` is people's words: shown as they are."""

    label: Line | str
    value: Line | str | Rows


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One row: percent from ``low`` to ``high``, None where it is not shown; ``words`` say it."""

    label: Line | str
    words: Line | str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One wave of a trend; None where it is not shown."""

    label: Line | str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class ChartPanel:
    """Bars below one another or, where there are ``points``, a line over the waves."""

    title: Line | str
    bars: tuple[ChartBar, ...] = ()
    points: tuple[ChartPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """What a picture is to show, one panel below the other. ``alt``: words that say the same."""

    panels: tuple[ChartPanel, ...]
    alt: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart as drawn: a PNG, and the words that say the same."""

    png: bytes = field(repr=False)
    alt: str


@dataclass(frozen=True, slots=True)
class Card:
    title: Line
    lines: tuple[Line, ...] = ()
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()
    tone: Tone = Tone.PLAIN
    chart: Chart | None = None
    picture: Picture | None = None  #: the chart, drawn
