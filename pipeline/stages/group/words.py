"""Words that say nothing of an event, forms of the same word, and headlines that come back."""

import re
from functools import lru_cache

from pipeline.text import fold_key

# Articles, prepositions, pronouns, auxiliaries and what headlines say of any event, folded.
_EMPTY = frozenset(
    fold_key(
        """
        a about after against all also am amid an and are as at be been before being but by
        can could did do does down during for from had has have he her here his how i if in
        into is it its just last latest may more most new news no not now of off on one or our
        out over says said say she so some still than that the their them then there these
        they this those three to today two under until up us was we were what when where which
        while who why will with would you your day days end live month months photos video
        watch week weekend weeks year years monday tuesday wednesday thursday friday saturday
        sunday annee annees ans jour jours mois semaine photo lundi mardi mercredi jeudi
        vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre
        octobre novembre decembre au aussi autres aux avant avec avoir c ce ces cet cette chez
        comme comment contre d dans de des deux dont du elle elles en encore entre est et ete
        etait etre fait font il ils j je jusqu l la le les leur leurs lors lui m mais meme
        moins n ne nos notre nous ont ou par pas plus pour pourquoi pres qu quand que quel
        quelle qui s sa sans se selon ses si son sont sous sur t tous tout toute toutes trois
        trop un une vers vos votre vous y ال في من على الى عن مع بعد قبل بين ان انه هذا هذه
        ذلك التي الذي كان كانت قد ما لا لم لن هو هي و او ثم حتى كل عند خلال ضد حول
        """
    ).split()
)
_ENDINGS = ("ments", "ment", "ings", "ing", "ees", "ed", "es", "er", "ee", "s", "e")
_ARABIC_PREFIXES = ("وال", "بال", "لل", "كال", "فال", "ال")
_LEAST_STEM = 4
_LONGEST_STEM = 7

# What names a column, a ticker or a programme rather than an event, folded, by whole words.
_RECURRING = re.compile(
    r"^ (?:live|direct) "
    r"| (?:live|direct) $| (?:live (?:blog|updates|news|coverage)|liveblog|briefing|round ?up"
    r"|digest|market talk|at a glance|highlights|what we know|what to know|things to know"
    r"|explainer|timeline|newsletter|podcast|crossword|horoscope|weather|week in|in pictures"
    r"|in photos|the papers|photos of|headlines|editorial|opinion|letters|schedule|fixtures"
    r"|how to watch|quiz|day \d+|morning edition|newshour|en direct|revue de presse"
    r"|le journal|journal de \d+|meteo|meteorologiques?|previsions|sorties?|bons plans"
    r"|agenda|ce que l on sait|l essentiel|le point sur|en images|jour \d+|\d+ ?e jour"
    r"|recherche un e correspondante?|مباشر|موجز|نشره|حصاد|الطقس|ابرز|اهم الاخبار|صحف"
    r"|اليوم \d+) "
)


@lru_cache(maxsize=50_000)
def telling_stem(word: str) -> str:
    """Cut a folded word so that most of its forms are the same: `attacked`, `attacks`, `attack`.

    Coarse on purpose, for English and French by ending, for Arabic by its article, else by length.
    Empty for a word that says nothing of an event.
    """
    if word in _EMPTY or (len(word) == 1 and word.isascii()):
        return ""
    if word.isdigit():
        return word
    if word.isascii():
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
                word = word[: -len(ending)]
                break
    else:
        for prefix in _ARABIC_PREFIXES:
            if word.startswith(prefix) and len(word) - len(prefix) >= _LEAST_STEM - 1:
                word = word[len(prefix) :]
                break
    return word[:_LONGEST_STEM]


def is_recurring(folded_title: str) -> bool:
    """Say whether a headline names a column, a live page or a list, which comes back every day."""
    return _RECURRING.search(f" {folded_title} ") is not None
