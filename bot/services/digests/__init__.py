"""Digests: counted and put on the outbox when they are due, read again when they are said, and set
by organisers.

files.py     plans, addresses and what was published, as they are kept
sending.py   what the calendar brings
telling.py   what a digest is worded from, when it is said or shown beforehand
setting.py   what organisers change
"""
