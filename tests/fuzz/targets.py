"""All that is fuzzed, by name."""

from tests.fuzz.discord import DISCORD
from tests.fuzz.files import FILES
from tests.fuzz.forms import FORMS
from tests.fuzz.lines import LINES
from tests.fuzz.matrix import MATRIX
from tests.fuzz.receipts import RECEIPTS
from tests.fuzz.slack import SLACK

TARGETS = {one.name: one for one in (RECEIPTS, LINES, FORMS, MATRIX, SLACK, DISCORD, FILES)}
