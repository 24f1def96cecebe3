"""The worker's side: filing, coming back with the receipt, and the crossing at the slot.

filing.py    from the form through the preview to the receipt
receipts.py  the case that a receipt opens, and what is added to it
visits.py    what a receipt's holder sees and does
messages.py  what they say
release.py   the slot: everything crosses, shuffled, or at once for an urgent case
calm.py      slots at which nothing crosses, of many communities at once
"""
