"""A small secret file that is there whole or not at all, for its owner alone, also after a power cut.

Its folder is written to the disk with it: else what leans on it could outlive its name.
"""

import os
from pathlib import Path


def write(file: Path, words: str) -> None:
    """Raises FileNotFoundError where its folder is not there."""
    half_made = file.with_name(f"{file.name}.new")
    half_made.unlink(missing_ok=True)
    made = os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(made, "w", encoding="utf-8") as half:
        half.write(words)
        half.flush()
        os.fsync(half.fileno())
    rename(half_made, file)


def rename(file: Path, to: Path) -> None:
    """Within one folder."""
    file.rename(to)
    on_disk(to.parent)


def on_disk(folder: Path) -> None:
    """What names it holds."""
    entry = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)
