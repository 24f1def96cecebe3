"""A form asked line by line, where a platform has no dialogs (Matrix, a terminal).

asking.py    what is asked, answered, looked at once more: a pure state machine
wording.py   how it is said
choosing.py  what somebody meant by what they typed

Knows no clock and sends nothing; what was typed is told to nobody but the door, and its person.
"""

from bot.dialogue.asking import Dialogue, Step, started
from bot.dialogue.choosing import Choice, Word, number_in, plain, word_in
from bot.dialogue.wording import Asked

__all__ = [
    "Asked",
    "Choice",
    "Dialogue",
    "Step",
    "Word",
    "number_in",
    "plain",
    "started",
    "word_in",
]
