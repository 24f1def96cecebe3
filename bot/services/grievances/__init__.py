"""The worker's side: filing, coming back with the receipt, and the crossing at the slot.

filing.py    from the form through the preview to the receipt
visits.py    what a receipt's holder sees and does
release.py   the slot: everything crosses, shuffled, or at once for an urgent case
"""
