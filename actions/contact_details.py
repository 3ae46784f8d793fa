"""Finds a name, a telephone number or an e-mail address in what a person writes."""

import re

import phonenumbers

HOME_REGION = "GB"
EMAIL = re.compile(r"[^\s@,;:<>()\"']+@[^\s@,;:<>()\"']+\.[^\s@,;:<>()\"'.]{2,}")
LONGEST_NAME = 6
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


def name_in(text: str) -> str:
    """The name without the words around it: "Carys" in "Carys ydw i". Other text is left as it is."""
    plain = text.strip().rstrip(".!").replace("’", "'")
    name = _AFTER_NAME.sub("", _BEFORE_NAME.sub("", plain)).strip()
    return name if name and len(name.split()) <= LONGEST_NAME else text.strip()


def phone_in(text: str) -> str | None:
    """The first telephone number in a text, in international form."""
    for match in phonenumbers.PhoneNumberMatcher(text, HOME_REGION):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return None


def email_in(text: str) -> str | None:
    """The first e-mail address in a text."""
    found = EMAIL.search(text)
    return found.group() if found else None
