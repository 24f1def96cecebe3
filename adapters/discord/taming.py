"""discord.py's loggers print every payload and every call at DEBUG, with whatever a person typed: none of
them says anything here, whatever the environment asks for.
"""

import logging
from collections.abc import Iterator

LIBRARY = "discord"


def loggers() -> Iterator[logging.Logger]:
    """All that the library has made by now."""
    for name in [LIBRARY, *logging.root.manager.loggerDict]:
        if name.partition(".")[0] == LIBRARY:
            yield logging.getLogger(name)


def tame() -> None:
    for one in loggers():
        one.disabled = True  # a level may be set anew; this is asked first
