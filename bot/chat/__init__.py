"""The language commands are written in: callers, forms, cards and replies, for any platform.

Everything a person can do is a command, typed or pressed. A form is a dataclass whose fields are
the questions; a platform with dialogs shows it, one without asks line by line. Answers arrive as
text (a list for several choices) and leave as a typed form. Nothing here knows a platform's
mark-up; what every platform must be able to show is in ``limits``.
"""

from bot.chat.callers import Caller, Here
from bot.chat.cards import Button, Card, Day, Field, Line, Token, Tone, Weight, about, line
from bot.chat.commands import About, Command, Reply, Run
from bot.chat.forms import (
    Answers,
    Ask,
    Form,
    Option,
    Options,
    Question,
    blank,
    choice,
    choices,
    every,
    long_text,
    read,
    short_text,
    with_errors,
)

__all__ = [
    "About",
    "Answers",
    "Ask",
    "Button",
    "Caller",
    "Card",
    "Command",
    "Day",
    "Field",
    "Form",
    "Here",
    "Line",
    "Option",
    "Options",
    "Question",
    "Reply",
    "Run",
    "Token",
    "Tone",
    "Weight",
    "about",
    "blank",
    "choice",
    "choices",
    "every",
    "line",
    "long_text",
    "read",
    "short_text",
    "with_errors",
]
