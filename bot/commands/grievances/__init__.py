"""The worker's commands.

filing.py   /grievance: label, form, preview, receipt
visits.py   /receipt: the reporter's view and what can be done there
drafts.py   send, edit and cancel, which a grievance and a message held back share
"""
