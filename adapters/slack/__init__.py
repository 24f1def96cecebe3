"""Slack: modals, cards and an App Home, over a socket or over HTTP, in one workspace or in many.

    render.py         replies as modals, cards as messages; pure
    blocks.py         what they are made of; pure
    forms.py          forms as inputs, and back; pure
    carried.py        what a view carries back to us; pure
    manifest.py       the app's manifest; pure
    incoming.py       what Slack brings, as we understand it; pure

    wire.py           a call of Slack's Web API, and what became of it
    bolt.py           Bolt: who sent it, and to whom of us it goes
    socket.py         Socket Mode: one socket, opened anew where it falls silent
    http.py           the listener, and its pages

    acts.py           what people do, answered
    modals.py         on whose screen it is answered
    events.py         what happens besides
    post.py           what is said unasked
    pictures.py       charts, where they may be put up
    pace.py           how fast we may speak in one place

    installations.py  where we are let in, and with which token
    installing.py     how a workspace lets us in
    renewing.py       tokens that run out
    looking.py        whether Slack would have us
    app.py            all of it, as a platform of the bot

Whoever owns a workspace reads what is typed there. Nothing here sends a person's words anywhere but
into that person's own modal, and nothing is written in the App Home.
"""
