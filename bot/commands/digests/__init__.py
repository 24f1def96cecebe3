"""/digest, and the cards of the digest itself.

setting.py   preview, day, hour, zone and addresses, pause, test
cards.py     the organisers' week, and each rep's own list
polls.py     what stands in it of each poll
"""
