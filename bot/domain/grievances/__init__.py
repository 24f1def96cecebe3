"""Grievances: what a worker files. Nothing here has room for who filed it.

receipts.py   the reporter's secret key to the case
intake.py     what is asked, and what a grievance is until its slot
release.py    when it crosses to its readers
warnings.py   what in a text could point at a person
tongues.py    what each language calls a day, an hour, being the only one
"""
