"""The language commands are written in: callers, forms, cards and replies, for any platform.

Everything a person can do is a command, typed or pressed. A form is a dataclass whose fields are
the questions; a platform with dialogs shows it, one without asks line by line. Answers arrive as
text (a list for several choices) and leave as a typed form. Nothing here knows a platform's
mark-up; what every platform must be able to show is in ``limits``.
"""

from bot.chat.callers import Caller, Here
from bot.chat.cards import (
    Button,
    Card,
    Chart,
    ChartBar,
    ChartPanel,
    ChartPoint,
    Day,
    Field,
    Line,
    Picture,
    Rows,
    Token,
    Tone,
    Weight,
    about,
    line,
)
from bot.chat.commands import About, Asks, Command, Reply, Run, themselves
from bot.chat.forms import (
    Answers,
    Ask,
    Asking,
    Form,
    Option,
    Options,
    Question,
    asking,
    blank,
    choice,
    choices,
    every,
    long_text,
    number,
    read,
    short_text,
    with_errors,
)
from bot.chat.voice import ENGLISH, Voice

__all__ = [
    "ENGLISH",
    "About",
    "Answers",
    "Ask",
    "Asking",
    "Asks",
    "Button",
    "Caller",
    "Card",
    "Chart",
    "ChartBar",
    "ChartPanel",
    "ChartPoint",
    "Command",
    "Day",
    "Field",
    "Form",
    "Here",
    "Line",
    "Option",
    "Options",
    "Picture",
    "Question",
    "Reply",
    "Rows",
    "Run",
    "Token",
    "Tone",
    "Voice",
    "Weight",
    "about",
    "asking",
    "blank",
    "choice",
    "choices",
    "every",
    "line",
    "long_text",
    "number",
    "read",
    "short_text",
    "themselves",
    "with_errors",
]
