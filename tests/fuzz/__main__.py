"""``make fuzz``: feeds every target, and says of each how much it was fed and what came out.

A line per target: inputs, seconds, the slowest input, what nobody caught, and after how many inputs the
fault that was planted in it was found. Says first which inputs did what, where any did anything.
"""

import argparse
import sys
import warnings

from tests.fuzz.feeding import Found, Target, controlled, fed
from tests.fuzz.targets import TARGETS


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("-n", type=int, default=5000, help="inputs for each target")
    asked.add_argument("--only", default="", help="names of targets, by commas")
    asked.add_argument("--begin", type=int, default=0, help="another figure, other inputs")
    asked.add_argument("--guided", action="store_true", help="led by coverage, with atheris")
    told = asked.parse_args()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    names = told.only.split(",") if told.only else list(TARGETS)
    if told.guided:
        from tests.fuzz.guided import guided

        return max([guided(name, told.n) for name in names])
    return max([_one(TARGETS[name], told.n, told.begin) for name in names])


def _one(target: Target, inputs: int, begin: int) -> int:
    found = fed(target, inputs, begin)
    after = controlled(target)
    say(found)
    sys.stdout.write(
        f"{target.name:15} inputs={found.inputs} seconds={found.seconds:.0f} "
        f"slowest={found.slowest:.2f} uncaught={found.uncaught} "
        f"control={f'found after {after}' if after else 'NOT FOUND'}\n"
    )
    sys.stdout.flush()
    return int(bool(found.uncaught) or not after)


def say(found: Found) -> None:
    for (what, where), often in found.faults.most_common():
        sys.stdout.write(f"  {often} x {what} at {where}: {found.firsts[what, where]}\n")


if __name__ == "__main__":
    sys.exit(main())
