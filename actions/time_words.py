"""Puts what people say about time, in Welsh or English, into one plain English form that can be parsed.

"nos Sadwrn dwetha tua naw" and "last saturday nite about nine" both become "last saturday night about 9". The
tables know initial mutations, missing diacritics and the forms of both ends of Wales. Words that are not known are
left standing, so that the parser can see that it did not understand everything.
"""

import re
from typing import Final, Literal

from actions.time_tables import (
    DAY_NAMES,
    ENGLISH_NUMBERS,
    ENGLISH_ORDINALS,
    ENGLISH_PHRASES,
    ENGLISH_UNITS,
    MONTH_NAMES,
    MONTHS,
    PLAIN,
    TEENS,
    WEEKDAYS,
    WELSH_DAYS,
    WELSH_MONTHS,
    WELSH_NUMBERS,
    WELSH_ORDINALS,
    WELSH_PHRASES,
    WELSH_SMALL,
    WELSH_UNITS,
)

Language = Literal["cy", "en"]


def canonical(words: str, language: Language) -> str:
    """The plain English form. Code-switched sayings work: both tables are used, the conversation's language first."""
    text = words.lower().translate(PLAIN).replace("’", "'").replace("‘", "'").replace("`", "'")
    text = re.sub(r"[,;!?()]|\.(?!\d)", " ", f" {text} ")
    text = re.sub(r"\s+", " ", text)
    steps = (_from_welsh, _from_english) if language == "cy" else (_from_english, _from_welsh)
    for step in steps:
        text = step(text)
    text = re.sub(
        r"(?<!\d )(?<!several )\b(minute|hour|day|week|month|year) ago\b", r"1 \1 ago", text
    )
    text = re.sub(r"\b1 (night|evening|afternoon|morning)\b", r"\1", text)
    return re.sub(r"\s+", " ", text).strip()


def _from_welsh(text: str) -> str:
    if not _looks_welsh(text):
        return text
    text = _welsh_dates(text)
    for pattern, plain in WELSH_PHRASES:
        text = re.sub(pattern, plain, text)
    text = re.sub(
        rf"\b(?:ddydd|dydd|dy|didd) ({DAY_NAMES})\b", lambda m: WEEKDAYS[WELSH_DAYS[m[1]]], text
    )
    text = re.sub(
        rf"\b(nos|noson|bore|prynhawn|pnawn|p'nawn) ({DAY_NAMES})\b",
        lambda m: f"{WEEKDAYS[WELSH_DAYS[m[2]]]} {WELSH_UNITS[m[1]]}",
        text,
    )
    # "nos Fawrth diwethaf": in Welsh "last" follows.
    text = re.sub(r"\b(\w+(?: night| morning| afternoon| evening)?) lastafter\b", r"last \1", text)
    text = re.sub(r"\b(?:un) ar ddeg\b", "11", text)
    text = re.sub(
        r"\b(tri|tair|dri|dair|pedwar|pedair|bedwar|bedair) ar ddeg\b",
        lambda m: str(WELSH_NUMBERS[m[1]] + 10),
        text,
    )
    text = re.sub(
        r"\b(un|dau|dwy|ddau|ddwy|tri|tair) ar bymtheg\b",
        lambda m: str(WELSH_NUMBERS[m[1]] + 15),
        text,
    )
    text = re.sub(r"\b(?:pump|bump) ar hugain\b", "25", text)
    text = re.sub(
        r"\b(\d+|" + "|".join(WELSH_NUMBERS) + r") (?:o )?(" + "|".join(WELSH_UNITS) + r")\b",
        lambda m: f"{WELSH_NUMBERS.get(m[1], m[1])} {WELSH_UNITS[m[2]]}",
        text,
    )
    text = re.sub(
        rf"\b(?:mis|fis|ym|yn) ({MONTH_NAMES})\b",
        lambda m: f"in {MONTHS[WELSH_MONTHS[m[1]] - 1]}",
        text,
    )
    return " ".join(_welsh_word(word) for word in text.split())


def _welsh_word(word: str) -> str:
    if word in WELSH_NUMBERS:
        return str(WELSH_NUMBERS[word])
    if word in WELSH_UNITS:
        return WELSH_UNITS[word]
    if word in WELSH_MONTHS and word not in ("mawrth", "fawrth", "medi"):
        return MONTHS[WELSH_MONTHS[word] - 1]
    if word in WELSH_DAYS and word not in ("mawrth", "fawrth", "sul"):
        return WEEKDAYS[WELSH_DAYS[word]]
    return WELSH_SMALL.get(word, word)


def _welsh_dates(text: str) -> str:
    """ "3ydd o Fawrth", "y trydydd o Fawrth", "5 o Fai", "Mawrth y 3ydd" become "3 march"."""
    ordinals = "|".join(sorted(WELSH_ORDINALS, key=len, reverse=True))
    teens = "|".join(TEENS)

    def named(match: re.Match[str]) -> str:
        day = TEENS[match[1]] if match[1] else WELSH_ORDINALS[match[2]]
        return f" {day} {MONTHS[WELSH_MONTHS[match[3]] - 1]}"

    text = re.sub(
        rf" (?:y |yr )?(?:({teens}) ar ddeg|({ordinals})) (?:o |o fis |mis |)?({MONTH_NAMES})\b",
        named,
        text,
    )
    text = re.sub(
        rf" (?:y |yr )?(\d{{1,2}})(?:af|ain|fed|ydd|edd|eg|ed|ail|il|ydd)?(?: o fis| o| mis)? ({MONTH_NAMES})\b",
        lambda m: f" {m[1]} {MONTHS[WELSH_MONTHS[m[2]] - 1]}",
        text,
    )
    return re.sub(
        rf"\b({MONTH_NAMES}) (?:y |yr )?(\d{{1,2}})(?:af|ain|fed|ydd|edd|eg|ed|ail|il)\b",
        lambda m: f"{m[2]} {MONTHS[WELSH_MONTHS[m[1]] - 1]}",
        text,
    )


def _from_english(text: str) -> str:
    for pattern, plain in ENGLISH_PHRASES:
        text = re.sub(pattern, plain, text)
    text = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", text)
    for pattern, names in (
        (r"\b(mon|tues?|wed(?:nes)?|weds|thurs?|thur|fri|sat|sun)\b", WEEKDAYS),
    ):
        text = re.sub(pattern, lambda m, n=names: next(x for x in n if x[:3] == m[1][:3]), text)  # type: ignore[misc]
    text = re.sub(
        r"\b(jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b",
        lambda m: next(month for month in MONTHS if month[:3] == m[1][:3]),
        text,
    )
    text = re.sub(
        r"\b(wensday|wednsday|wendesday|tuseday|thrusday|saterday)\b", _misspelt_day, text
    )
    months = "|".join(MONTHS)
    ordinals = "|".join(ENGLISH_ORDINALS)
    text = re.sub(
        rf"\b(?:the )?({ordinals}|\d{{1,2}}) (?:of )({months})\b",
        lambda m: f"{ENGLISH_ORDINALS.get(m[1], m[1])} {m[2]}",
        text,
    )
    return " ".join(
        str(ENGLISH_NUMBERS[word]) if word in ENGLISH_NUMBERS else ENGLISH_UNITS.get(word, word)
        for word in text.split()
    )


def _misspelt_day(match: re.Match[str]) -> str:
    return {"we": "wednesday", "tu": "tuesday", "th": "thursday", "sa": "saturday"}[match[1][:2]]


_WELSH_SIGNS: Final = re.compile(
    r"\b(?:"
    + "|".join(
        [*WELSH_UNITS, *WELSH_MONTHS, *WELSH_DAYS, *WELSH_NUMBERS, "ddoe", "neithiwr", "nithwr", "echdoe", "heno",
         "heddiw", "heddi", "yfory", "fory", "llynedd", "tua", "ers", "bob", "echnos", "penwythnos", "wedi", "diwethaf",
         "dwetha", "tridiau", "pythefnos", "bythefnos", "gynnau", "gynne", "eleni", "gloch", "nol", "ol"]
    )
    + r")\b"
)  # fmt: skip


def _looks_welsh(text: str) -> bool:
    return _WELSH_SIGNS.search(text) is not None
