"""Matrix: a bot in encrypted rooms, on homeservers of people's choice.

    talks.py        what comes of what is typed in a talk
    talk.py         what one talk remembers, and for how long
    commands.py     what people type for what they want
    saying.py       what is to be said, message by message
    render.py       cards and questions as messages; pure
    taming.py       people's words, never more than words; pure

    session.py      one account at one homeserver: log in, restore, a device that others trust
    keyfile.py      what of it must be kept secret, in the keys folder
    wire.py         HTTP to one homeserver, and what became of a call
    signing.py      cross-signing: our three keys, and whose signature a device bears
    introducing.py  makes our device known and signs it
    ciphers.py      what is sealed for a room, and opened from one
    sharing.py      who gets a room's key
    machine.py      nio's Olm machine, where it must be another
    devices.py      whose device a key is
    store.py        the file that ciphers need, private, and emptied of whoever is gone
    events.py       what the homeserver brings, as we understand it
    reading.py      a room's raw events as things said, their sender checked
    queues.py       in order in each room, no room behind another
    syncing.py      asks for what is new, and remembers how far we came
    pace.py         how much of something is taken, from one and from all
    state.py        what a room's state says of its people, powers and place; pure
    rooms.py        a room as it stands now, asked of the homeserver
    looking.py      whether a homeserver would have us, without logging in
    sending.py      the only module that says anything

    believing.py    which of our accounts is believed about a place
    callers.py      who speaks, as the core wants to know it
    directs.py      in which room somebody is alone with us
    listening.py    what to do with each thing that comes
    ending.py       what becomes of a talk that is over
    post.py         what is said unasked
    account.py      one account, put together
    app.py          all of them, as a platform of the bot

The homeserver's host can add, hold back and relabel whatever passes. Nothing here takes their word
for who speaks where a signature can tell.
"""
