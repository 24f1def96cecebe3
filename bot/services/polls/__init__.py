"""Polls: opening them and their waves, taking ballots, closing them, and what may be read.

opening.py   a poll drafted and opened; pulses and their waves
ballots.py   one person's ballot, sealed at the door
batches.py   many ballots, one transaction
closing.py   the close: counted, shown as far as may be, and all that led there destroyed
comments.py  what was written to it, sealed for some time under a key of its own
reading.py   what is open, planned and closed
"""
