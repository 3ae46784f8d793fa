"""Finds a name, a telephone number or an e-mail address in what a person writes."""

import re

import phonenumbers

HOME_REGION = "GB"
EMAIL = re.compile(r"[^\s@,;:<>()\"']+@[^\s@,;:<>()\"']+\.[^\s@,;:<>()\"'.]{2,}")
LONGEST_NAME = 6
# Not a part of a telephone number.
CODE = re.compile(r"(?<![\d+])\d{4}[ -]?\d{4}(?!\d)")
# Shorter numbers are no one's own.
FEWEST_DIGITS = 9
# A denial, a doubt or a condition beside a number or an address. "No, 07700 900123" only corrects, and "dim ond" is
# "only".
_WARNING = re.compile(
    r"\b(?:not|never|unsafe|dangerous|wrong|avoid|stop|instead|rather than|but|except|unless|cannot)\b"
    r"|n't\b|\b(?:do|does|did|is|are|was|wo|ca|could|should|would|must)nt\b"
    r"|\bno (?:longer|more|good|use)\b|\bold (?:number|phone|mobile|one|address|email)\b"
    r"|\b(?:ddim|nid|nad|na[cg]|paid|byth|heb|ansaff|anniogel|sai|sa i|smo|oni bai|heblaw|yn lle)\b"
    r"|\bpeidi|\bpery[gc]l|\bdim\b(?! (?:ond|problem|ots)\b)|(?<!dim )\bond\b|\bna (?=[^\W\d_])|\bhen (?:rif|ffôn)\b",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(
    r"^(?:(?:hi|hello|helo|shwmae|ie|yes|iawn|ok)[,.! ]+)?(?:"
    r"(?:my |the )?name(?:'s| is)|i am|i'm|im|(?:you can |please |just )?call me|it'?s"
    r"|fy enw (?:i )?(?:yw|ydy|ydi)|fy enw i'n|enw (?:fi|i) (?:yw|ydy|ydi)"
    r"|(?:gallwch|cewch) (?:chi )?fy ngalw i(?:'n| yn)?|galw(?:ch|a) fi(?:'n| yn)?"
    r")\s+",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"[\s,]+(?:(?:ydw|dw|ydwi|dwi|yw|ydy|ydi)(?:\s+(?:i|fy enw(?: i)?|'n enw i))?"
    r"|please|plis|plîs|os gwelwch yn dda|is my name)$",
    re.IGNORECASE,
)


# "I'm" and "it's" begin much else besides names; these do not.
_INTRODUCTION = re.compile(
    r"\b(?:my name(?:'s| is)|call me|(?:fy )?enw (?:fi|i)|fy enw|fy ngalw i|galw(?:ch|a) fi)\b"
    r"|\w+ (?:ydw|dw|ydwi|dwi) i?$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"\b(?:not|no|don'?t|ddim|dim|na|peidio|peidiwch)\b|\?", re.IGNORECASE)


def introduces_name(text: str) -> bool:
    """Whether a text gives a name in so many words."""
    plain = text.strip().rstrip(".!").replace("’", "'")
    return (
        bool(_INTRODUCTION.search(plain)) and not _NO_NAME.search(plain) and name_in(text) != plain
    )


def name_in(text: str) -> str:
    """The name without the words around it: "Carys" in "Carys ydw i". Other text is left as it is."""
    plain = text.strip().rstrip(".!").replace("’", "'")
    if _NO_NAME.search(plain):
        return text.strip()
    name = _AFTER_NAME.sub("", _BEFORE_NAME.sub("", plain)).strip()
    return name if name and len(name.split()) <= LONGEST_NAME else text.strip()


def phone_in(text: str) -> str | None:
    """The telephone number that a text gives, in international form, or None where it is not plain which is meant.

    Any number that could be dialled will do: an officer finds out more gently than a form whether it is in use. Beside
    a second number, or a word of warning, it could be the one that is not safe.
    """
    return _only_one(_phones(text), text)


def email_in(text: str) -> str | None:
    """The e-mail address that a text gives, or None where it is not plain which is meant."""
    return _only_one(_emails(text), text)


def has_details(text: str) -> bool:
    """Whether a telephone number or an e-mail address stands in a text, whatever is said of it."""
    return bool(_phones(text) or _emails(text))


def _phones(text: str) -> list[str]:
    possible = phonenumbers.Leniency.POSSIBLE
    return [
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in phonenumbers.PhoneNumberMatcher(text, HOME_REGION, leniency=possible)
        if len(str(match.number.national_number)) >= FEWEST_DIGITS
    ]


def _emails(text: str) -> list[str]:
    return [found.group() for found in EMAIL.finditer(text)]


def _only_one(found: list[str], text: str) -> str | None:
    around = EMAIL.sub(" ", text).replace("’", "'")
    return found[0] if len(set(found)) == 1 and not _WARNING.search(around) else None


def code_in(text: str) -> str | None:
    """The first update code in a text: eight digits, however they are grouped."""
    found = CODE.search(text)
    return re.sub(r"\D", "", found.group()) if found else None
