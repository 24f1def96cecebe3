"""What keeps the program from starting, and where its settings lie unless somebody says so.

Loads nothing: whoever only asks for help waits for no library.
"""

DEFAULT_FILE = "groundswell.toml"


class CannotStart(Exception):
    """One sentence that says what is wrong and what to do; exit code 2."""
