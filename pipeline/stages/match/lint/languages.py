"""Languages by their codes, for people, and the words that any text in them has.

The lists are our own: articles, pronouns, prepositions, conjunctions and the small verbs and
adverbs of headlines, as written, without what a rule may well be about.
"""

from functools import cache

from pipeline.text import tokenise

_NAMES = {
    "en": "English", "fr": "French", "ar": "Arabic", "es": "Spanish", "pt": "Portuguese",
    "de": "German", "it": "Italian", "nl": "Dutch", "ru": "Russian", "uk": "Ukrainian",
    "sw": "Swahili", "ha": "Hausa", "so": "Somali", "tr": "Turkish",
}  # fmt: skip
_COMMON = {
    "en": """
        a about above across after again against ago all almost along already also although always
        am among an and another any are around as ask at away back be became because been before
        being below best better between big both but by call came can case could cut day did do
        does down during each early end even ever every face far few find first fast for from full
        gain gave get give go got had half has have he help her here high him his hit how i if in
        into is it its just keep kept know lack last late least left less let like long look lost
        lot low made main make man many may me men mid might more most much must my near need new
        next no nor not now of off old on once one only open or other our out over own part past
        pain per plan put race red rise role run said same saw say see seen set she should show
        since six so some soon still stop such sure take ten than that the their them then there
        these they thing this those three through time to today too top try turn two under until
        up upon us use very via want was way we week well went were what when where which while
        who whom whose why will win wins with within without won word work would year yes yet you
        your
    """,
    "fr": """
        à afin ai aie ainsi alors an ans après as assez au aucun aussi autre autres aux avant avec
        avoir ayant beaucoup bien bon bonne ça car ce ceci cela celle celles celui cent ces cet
        cette ceux chaque chez ci cinq comme comment contre côté dans de début dehors déjà depuis
        derrière des dès dessus deux devant dit dix dois doit donc dont dos du elle elles en
        encore entre est et étaient était état été être eu eux fait faire fin fois font grand
        grande gros haut hier hors huit ici il ils je jeu jeux jour jours jusque la là le les leur
        leurs loin lors lui ma main mais mal me même mer mes mieux mine mis moins mois mon moyen
        né ne ni noir nom non nos notre nous nouveau on ont or os ou où par parce pas passe pays
        peu peut plan plus point pour pourquoi près prix puis quand quatre que quel quelle qui
        quoi rôle sa sans sauf se selon sept ses seul si six soir soit son sont sous sur ta tard
        te tel temps tes tôt ton tous tout toute toutes très trois trop tu un une unes va vers vie
        voici voilà voir vos votre vous vu y
    """,
    "ar": """
        في من على إلى عن مع هذا هذه ذلك تلك التي الذي الذين ما لا لم لن أن إن كان كانت قد بعد قبل
        بين كل بعض غير حتى ثم أو أم بل لكن هو هي هم نحن أنا أنت كما كيف أين متى لماذا هل حول عند
        منذ خلال ضد دون تحت فوق أمام وراء يوم اليوم أمس غدا عام سنة شهر أول آخر جديد قال مالي كبير
        بعدما عندما حيث إذا لو ليس أيضا فقط جدا أكثر أقل
    """,
    "es": """
        a al algo algún antes año años aquí así aun aún ayer bajo bien cada casi cómo como con
        contra cosa cual cuando cuatro da dar de del desde después día días dice dijo donde dos
        durante e el él ella ellas ellos en entre era es esa ese eso esta está este esto fin fue
        gran ha han hasta hay hoy la las le les lo los luego mal mala malo más me mes mi mientras
        mil mis muy nada ni no nos o os otra otro para pero poco por porque pues que qué quien sal
        se sea ser si sí sido sin sobre sol solo son su sus tal también tan te tiene todo todos
        tras tres tu tus un una uno unos va van vez vida y ya yo
    """,
    "pt": """
        a à ainda ano anos ao aos após aqui as assim até bem cada com como contra da das de dela
        dele depois desde dia dias disse do dois dos e é ela elas ele eles em entre era essa esse
        esta está este eu faz fim foi for há hoje isso isto já lá lhe lo mais mal mas me meio mês
        meu muito na não nas nem no nos nós nova novo num numa o onde ontem os ou outra outro para
        pela pelo por porque pouco quais qual quando que quem são se sem ser seu seus só sob sobre
        sua suas tal também tem ter três tu tudo um uma vai vez vida você
    """,
    "de": """
        ab aber alle als also am an auch auf aus bei bin bis da damit dann das dass dem den denn
        der des die dies doch dort drei du durch ein eine einem einen einer er es für gegen gut
        hat hier ich ihr im in ins ist ja jahr jetzt kann kein man mehr mein mit nach neu neue
        nicht noch nun nur ob oder ohne rat sehr sei sein sich sie sind so tag tage über um und
        uns unter vom von vor war was weg wegen weil wenn wer werden wie will wir wird wo zu zum
        zur zwei
    """,
    "it": """
        a ad ai al alla alle anche anni anno anzi c che chi ci come con contro cosa così da dal
        dalla degli dei del della delle di dice dopo dove due e è ed era fa far fin fino fra fu
        gli ha hai hanno ho i il in io la le lei li lo loro lui ma mai mal male mali me mi mia mio
        molto ne nei nel nella no noi non nuovo o oggi ogni ora per però più poi prima qua quale
        quando quanto questa questo qui sa se sei senza si sia sono sopra sotto sta su sua sul suo
        te ti tra tre tu tutti tutto un una uno va via vita
    """,
}  # fmt: skip


# Everyday words that also serve as acronyms; what rules may be about in small letters.
_EVERYDAY = {
    "en": """
        act aid aids aim air arc ark arm arms art bail ban bar base bat bid bit boss cap car care
        cart cat chip cop core dam dart dash dog drum ear east edge fact fair fan fans farm fat
        fed fire fit flag fly force free game gap gas gate gift gold grip guard hand hat heal
        heart hero hit home hope ice idea iron jet job join joy key kid lab land law leap link
        lion map mark mass mine mission moon net north oil pact pan park peace pet pig pin pit
        pole power press rate raw ray rent rest ride rock root safe sand save seal sea share smart
        snap south spirit star start step storm sun swift tan tap tax team tip tool trust unit
        wave west wise zone
    """,
    "fr": """
        acte aide air ami arc arme art cap cas chef cran cri dame face fer feu foi force garde
        gare grâce île jet lac loi lot mer mode mot mur nid pacte paix pain parc pic plage port
        pôle ruse sac sel sort toit tour vue
    """,
}


def primary(tag: str) -> str:
    """Give the primary language of a tag: `fr` of `fr-CA`."""
    return tag.strip().replace("_", "-").partition("-")[0].casefold()


def language_name(tag: str) -> str:
    """Name a language for people; an uncommon one by its code."""
    return _NAMES.get(primary(tag), tag)


@cache
def common_words(language: str) -> dict[str, str]:
    """Give the words that any text in a language has: folded, and as they are written."""
    return {token.folded: token.exact for token in reversed(tokenise(_COMMON.get(language, "")))}


@cache
def everyday_words(language: str) -> dict[str, str]:
    """Give these and further words of every day, for terms in capitals."""
    further = tokenise(_EVERYDAY.get(language, ""))
    return {token.folded: token.exact for token in further} | common_words(language)


@cache
def accented_words(language: str) -> frozenset[str]:
    """Give the same words with their accents, for terms marked with `^`."""
    return frozenset(token.accented for token in tokenise(_COMMON.get(language, "")))
