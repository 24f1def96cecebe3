"""The reps' side of cases, and what the clock does to them.

desk.py       the work list, a case, and what staff say and do in it
handing.py    bringing in, handing over, stepping out, muting
climbing.py   the clock: climbing, reminding, and the step a case comes to stand at
telling.py    whom to tell, each once, alone, without words
"""
