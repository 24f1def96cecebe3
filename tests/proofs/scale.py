"""How large the proofs are: ``SCALE`` from the environment, 1 for all, 0.1 in CI; and ``SEED``, by which one
of those that draw another each time is played again."""

import os

SCALE = float(os.environ.get("SCALE", "0.1"))
SEED = int(os.environ.get("SEED", "0"))


def scaled(full: int, least: int) -> int:
    """So many of ``full`` as the scale says, and never fewer than ``least``."""
    return max(least, round(full * SCALE))
