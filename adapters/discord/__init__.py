"""Discord: commands that go along with their person, whispers and modals, cards in servers.

    words.py          people's words, so that they read as they were typed; pure
    components.py     what messages are made of; pure
    render.py         replies as whispers and modals, cards as messages; pure
    forms.py          forms as the fields of a modal, and back; pure
    carried.py        what a form and a button carry back to us; pure
    manifest.py       the app's commands, and the ways to let it in; pure
    incoming.py       what Discord brings, as we understand it; pure

    wire.py           a call of Discord's API, and what became of it
    gateway.py        discord.py's client on its shards, opened anew where it ends
    taming.py         the library's loggers, silent

    acts.py           what people do, answered
    events.py         what happens besides
    answers.py        the answer to one interaction, given once
    kept.py           what is shown once more at the press of a button
    post.py           what is said unasked
    looking.py        whether Discord would have us; telling it the commands
    app.py            all of it, as a platform of the bot

Discord reads what is typed. Nothing here sends a person's words anywhere but into what that person
alone sees, and nothing that they do is answered where others see it.
"""
