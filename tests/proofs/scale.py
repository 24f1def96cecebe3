"""How large the proofs are: ``SCALE`` from the environment, 1 for all, 0.1 in CI."""

import os

SCALE = float(os.environ.get("SCALE", "0.1"))


def scaled(full: int, least: int) -> int:
    """So many of ``full`` as the scale says, and never fewer than ``least``."""
    return max(least, round(full * SCALE))
