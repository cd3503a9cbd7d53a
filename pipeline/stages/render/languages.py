"""Language tags as feeds and pages may carry them, and their names for people."""

import re

_TWO_LETTERS = (
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv "
    "cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho "
    "hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku "
    "kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn "
    "no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm "
    "sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
    "vo wa wo xh yi yo za zh zu"
)
# Three-letter codes without a two-letter one that publishers of the regions we watch do use.
_THREE_LETTERS = "ber bej dyu fon gez kab kok luo man mos sah snk son srr sus syr tmh tpi zen"
# Three-letter and withdrawn codes, written the way RFC 5646 wants them. Codes newer than ISO 639-2
# become the language that contains them: feed validators know no others.
_PREFERRED = {
    "ara": "ar", "arb": "ar", "ary": "ar", "arz": "ar", "apc": "ar", "acm": "ar", "aec": "ar",
    "ajp": "ar", "amh": "am", "azb": "az-Arab", "bam": "bm", "ckb": "ku-Arab", "kmr": "ku",
    "sdh": "ku-Arab", "kur": "ku", "chi": "zh", "zho": "zh", "cmn": "zh", "deu": "de",
    "ger": "de", "eng": "en", "fas": "fa", "per": "fa", "pes": "fa", "prs": "fa", "fra": "fr",
    "fre": "fr", "ful": "ff", "fuc": "ff", "ffm": "ff", "fuf": "ff", "fuv": "ff", "hau": "ha",
    "heb": "he", "hin": "hi", "ita": "it", "mya": "my", "bur": "my", "orm": "om", "por": "pt",
    "pus": "ps", "pbt": "ps", "pbu": "ps", "rus": "ru", "som": "so", "spa": "es", "swa": "sw",
    "swh": "sw", "tir": "ti", "tur": "tr", "ukr": "uk", "urd": "ur", "taq": "tmh", "ttq": "tmh",
    "thv": "tmh", "in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "sh": "sr",
}  # fmt: skip
_NAMES = {
    "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "ber": "Berber", "bm": "Bambara",
    "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "dyu": "Dyula", "el": "Greek",
    "en": "English", "es": "Spanish", "fa": "Persian", "ff": "Fulah", "fi": "Finnish",
    "fr": "French", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian",
    "hy": "Armenian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ka": "Georgian",
    "ko": "Korean", "ku": "Kurdish", "my": "Burmese", "nb": "Norwegian", "nl": "Dutch",
    "no": "Norwegian", "om": "Oromo", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "rw": "Kinyarwanda", "so": "Somali", "sr": "Serbian",
    "sv": "Swedish", "sw": "Swahili", "th": "Thai", "ti": "Tigrinya", "tl": "Filipino",
    "tmh": "Tamashek", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese",
    "wo": "Wolof", "yo": "Yoruba", "zh": "Chinese",
}  # fmt: skip
_RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "syr", "ug", "ur", "yi"})
_LANGUAGES = frozenset(f"{_TWO_LETTERS} {_THREE_LETTERS}".split())
_SHAPE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")

UNDETERMINED = "und"


def language_tag(code: str) -> str:
    """Give a publisher's language code as a tag every validator accepts; `und` if it is not one.

    `fr_FR` becomes `fr-FR`, `fra` becomes `fr`, `ckb` becomes `ku-Arab`. Source: RFC 5646, ISO 639.
    """
    shaped = code.strip().replace("_", "-")
    if not _SHAPE.fullmatch(shaped):
        return UNDETERMINED
    primary, *rest = shaped.split("-")
    preferred = _PREFERRED.get(primary.lower(), primary.lower())
    language, *script = preferred.split("-")
    if language not in _LANGUAGES:
        return UNDETERMINED
    return "-".join([language, *(script or ()), *(_subtag(part) for part in rest)])


def language_name(tag: str) -> str:
    """Name a language in English, or give its tag; nothing for an unknown one."""
    if tag == UNDETERMINED:
        return ""
    return _NAMES.get(tag.split("-")[0], tag)


def is_right_to_left_language(tag: str) -> bool:
    """Say whether a language is written from right to left (its script, where given, decides)."""
    primary, *rest = tag.split("-")
    scripts = [part for part in rest if len(part) == 4]
    if scripts:
        return scripts[0] in {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm"}
    return primary in _RIGHT_TO_LEFT


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 else part.lower()
