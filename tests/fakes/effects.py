"""What happens on a schedule, in the control of the ledger's race: a line in a file, no more."""


def effect(file: str) -> None:
    with open(file, "a") as lines:
        lines.write("x\n")
