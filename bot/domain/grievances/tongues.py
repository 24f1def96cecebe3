"""What each language calls a day, an hour and being the only one, and its commonest words.

Data for ``warnings.py``, which reads a text with all of these at once, whatever the community
speaks. Expressions between bars, for text in small letters without accents, one blank between
words (ß is ss). None repeats without end: a text costs its length, no more.
"""

from typing import NamedTuple


class Tongue(NamedTuple):
    small: str  #: as written; a text that has more of another language's is not in this one
    weekdays: str = ""  #: of one week: a plural is a habit
    habit: str = ""  #: before a weekday, makes it any such day
    months: str = ""
    days: str = ""  #: which need no number
    hours: str = ""
    only: str = ""


TONGUES = {
    "en": Tongue(
        small="the and to of is was that for with not have are my they it we you at this on",
        weekdays="monday|tuesday|wednesday|thursday|friday|saturday|sunday",
        habit="every|each|any",
        months="jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
        "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
        days="today|yesterday|this (?:morning|afternoon|evening)|last night",
        hours=r"\d{1,2} ?(?:am|pm)|o['’]clock|at (?:noon|midnight)",
        only=r"(?:i am|i['’]m|i was|as|being) the (?:only|sole)|only (?:woman|man|person)"
        r"|i(?: am|['’]m| was| work) (?:all )?alone",
    ),
    "fr": Tongue(
        small="le la les et est pas je nous vous avec un une des du dans pour que qui sur été",
        weekdays="lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
        habit="le|chaque",
        months="janv(?:ier)?|fevr(?:ier)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|aout"
        "|sept(?:embre)?|oct(?:obre)?|nov(?:embre)?|dec(?:embre)?",
        # German says "hier" for "here": it needs a French neighbour.
        days=r"aujourd['’]hui|avant[- ]hier|(?:d['’]|(?:etait|depuis) )hier|ce (?:matin|soir)"
        r"|hier,? (?:a|apres|au|elles?|en|ils?|je|j['’]ai|la|le|les|ma|matin|midi|mon|nous|on"
        r"|pendant|soir|une?|vers)|cette nuit",
        hours=r"\d{1,2} ?h ?\d{2}|(?:a|vers|des) (?:\d{1,2} ?h|(?:\d{1,2}|[a-z]{2,6}) heures?)"
        r"|a (?:midi|minuit)",
        only=r"(?:suis|etais|etant|comme|en tant que) (?:(?:le|la) seule?|l['’]unique)"
        r"|(?:le seul|la seule|l['’]unique) (?:femme|homme|personne)"
        r"|(?:je suis|j['’]etais|je travaille) (?:toute? )?seule?",
    ),
    "de": Tongue(
        small="der die das und ist nicht ich wir sie mit ein eine den dem zu auf für von war haben",
        weekdays="montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag",
        habit="jeden|jedem|jeder",
        months="jan(?:uar)?|janner|jaenner|feb(?:ruar)?|marz|maerz|apr(?:il)?|mai|juni?|juli?"
        "|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?|nov(?:ember)?|dez(?:ember)?",
        days="heute|gestern|vorgestern",
        hours=r"(?<!die )uhr|um mitternacht",  # "rund um die Uhr" is always
        only=r"(?:bin|war|als) (?:ich )?(?:(?:der|die|das) )?einzige[rs]?"
        r"|einzigen? (?:frau|mann|mensch|person)"
        r"|(?:ich (?:bin|war|arbeite)|(?:bin|war|arbeite) ich) (?:ganz )?allein",
    ),
    "es": Tongue(
        small="el la los y es no yo nosotros con un una de en para que por se las muy pero del al"
        " lo su nos hay más porque",
        weekdays="lunes|martes|miercoles|jueves|viernes|sabado|domingo",
        habit="los|cada",
        months="ene(?:ro)?|feb(?:rero)?|marzo|abr(?:il)?|mayo|junio|julio|ago(?:sto)?"
        "|sep(?:t|tiembre|bre)?|setiembre|oct(?:ubre)?|nov(?:iembre)?|dic(?:iembre)?",
        days="(?<!por )hoy(?! por hoy)|ayer|anteayer|antier|anoche|esta (?:manana|tarde|noche)",
        hours=r"a las? (?:\d{1,2}|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
        r"(?! (?:colega|companer|dias|horas|mujer|persona|semana))|a (?:mediodia|medianoche)",
        only=r"(?:soy|era|fui|siendo|como) (?:el|la) unic[oa]"
        r"|(?:el|la) unic[oa] (?:mujer|hombre|persona)"
        r"|(?:estoy|estaba|trabajo) (?:sola|solo) en (?:el|la|mi)",
    ),
    "it": Tongue(
        small="il lo la gli le i di e è non che per con un una del della nel nella sono mi ci si ma"
        " più anche ha ho abbiamo alla",
        weekdays="lunedi|martedi|mercoledi|giovedi|venerdi|sabato|domenica",
        habit="il|i|la|le|ogni",
        months="genn?(?:aio)?|feb(?:braio)?|marzo|apr(?:ile)?|maggio|giugno|luglio|ago(?:sto)?"
        "|settembre|ott(?:obre)?|nov(?:embre)?|dic(?:embre)?",
        days="oggi|ieri|stamattina|stamani|stasera|stanotte",
        hours=r"(?:all[e']|dalle|verso le|ore) ?(?:ore )?"
        r"(?:\d{1,2}|una|due|tre|quattro|cinque|sei|sette|otto|nove|dieci|undici|dodici)"
        r"(?! (?:collegh|donne|ore|persone))|a (?:mezzogiorno|mezzanotte)",
        only=r"(?:sono|ero|essendo|come) (?:(?:il|la) (?:solo|sola)|l['’]unic[oa])"
        r"|(?:il solo|la sola|l['’]unic[oa]) (?:donna|uomo|persona)"
        r"|(?:sono|ero|lavoro) (?:da sol[oa]|sol[oa] (?:al|alla|nel|nella|di turno))",
    ),
    # Told apart from its neighbours, no more: no community speaks it.
    "pt": Tongue(
        small="o os e é não eu nós com um uma de em para que por se as do da muito mas na no dos"
        " ao mais foi são",
    ),
}
