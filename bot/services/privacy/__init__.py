"""How words are hidden, for how long, and how often one account may act.

seals.py       a key for each community, and what lies under it
sealing.py     cases and entries as sealed rows, and back
facts.py       what of a case and an entry is sealed
drafts.py      what is half done, for half an hour, under a key only its person holds
marks.py       what a platform may bring twice is done once
kept.py        the real rows of a case, for whoever looks at it anyway
limits.py      how much one account or one community may do, in memory alone
retention.py   what is shredded when
forgetting.py  a whole community goes, with all keys
audit.py       the chain of staff's acts, as commitments
"""
