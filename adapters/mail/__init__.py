"""E-mail: one more way a Card is said, to one address that organisers set; nobody writes to
us there.

letter.py   a Card as a letter, in text and in HTML; pure
server.py   hands a letter to the server, and knows what became of it
post.py     the two together, as the postman asks for them

Imported only where the settings have a section [mail]: its libraries are an extra.
"""
