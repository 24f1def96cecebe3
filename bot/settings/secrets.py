"""What a secret of the settings may not be: empty, a placeholder, or made of a guide's own words.

A password that stands in a guide is known to everybody who has read it. Knows no section, reads
nothing, and never says the value.
"""

import re
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, SecretStr

#: Not Mastodon, not "Name <mail@example.org>", not "know-your-rights", not "change meetings".
_PLACEHOLDER = re.compile(
    r"(?<![a-z])(?:change[-_ ]?me|todo)(?![a-z])|<[^>@]*>|\.\.\.$|^x{3,}$|(?<![\w-])your[-_]",
    re.IGNORECASE,
)
#: What guides write where a secret belongs. Where each word is one of these, nothing is secret.
_WORDS = (
    "a the my your our own new real this it me here of for in to from goes put insert enter paste "
    "copy replace change set add with x xx changeme changethis changeit placeholder example sample "
    "dummy fake test demo default none null fixme tbd secret password passwd pass passphrase pw "
    "token key value string bot app slack discord matrix mail smtp database db client signing "
    "access user admin root postgres postgresql groundswell xoxb xoxp xapp xoxe syt"
)
_OF_GUIDES = frozenset(_WORDS.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]")
_COUNTED = ("1234567890" * 8, "0123456789" * 8, "abcdefghijklmnopqrstuvwxyz")
_FEW = 4  #: signs that are not words; with fewer different ones it is a row of stars or dots


def _set(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("is empty: set it, or remove it")
    return secret


#: The type of whatever must stay unknown.
Secret = Annotated[SecretStr, AfterValidator(_set)]


def is_placeholder(value: SecretStr | str) -> bool:
    """Whether it still waits for the real value. Of an address with a password, that one counts."""
    if isinstance(value, str):
        return bool(_PLACEHOLDER.search(value))
    words = value.get_secret_value()
    return bool(_PLACEHOLDER.search(words)) or _tells_nothing(_password(words))


def _password(words: str) -> str | None:
    """What of it must stay unknown: all, or an address' password; None where it has none."""
    if "://" not in words:
        return words
    try:
        return unquote(urlsplit(words).password or "") or None
    except ValueError:  # no address: whoever opens it says so
        return None


def _tells_nothing(secret: str | None) -> bool:
    if secret is None:
        return False
    words = _WORD.findall(secret)
    return all(map(_is_known, words)) if words else len(set(secret)) < _FEW


def _is_known(word: str) -> bool:
    small = word.lower()
    repeated = len(small) >= 3 and len(set(small)) == 1
    counted = any(row.startswith(small) for row in _COUNTED if len(small) >= 3 or small.isdigit())
    return small in _OF_GUIDES or repeated or counted
