"""Puts what people say about time, in Welsh or English, into one plain English form that can be parsed.

"nos Sadwrn dwetha tua naw" and "last saturday nite about nine" both become "last saturday night about 9". The tables know
initial mutations, missing diacritics and the forms of both ends of Wales. Words that are not known are left standing, so that
the parser can see that it did not understand everything.
"""

import re
from typing import Final, Literal

Language = Literal["cy", "en"]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

_PLAIN: Final = str.maketrans("âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöü", "aeiouwyaaeeiioouuwwyyaeiou")

_ENGLISH_NUMBERS: Final = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30}
_WELSH_NUMBERS: Final = {
    "un": 1, "dau": 2, "dwy": 2, "ddau": 2, "ddwy": 2, "dou": 2, "ddou": 2, "tri": 3, "tair": 3, "dri": 3, "dair": 3,
    "thri": 3,
    "pedwar": 4, "pedair": 4, "bedwar": 4, "bedair": 4, "phedwar": 4, "pump": 5, "pum": 5, "bump": 5, "bum": 5,
    "phump": 5,
    "chwech": 6, "chwe": 6, "chwach": 6, "saith": 7, "wyth": 8, "naw": 9, "deg": 10, "ddeg": 10, "deng": 10,
    "unarddeg": 11, "deuddeg": 12, "ddeuddeg": 12, "deuddeng": 12, "pymtheg": 15, "bymtheg": 15, "pymtheng": 15,
    "deunaw": 18, "ugain": 20,
    "hugain": 20,
}  # fmt: skip
_WELSH_ORDINALS: Final = {
    "cyntaf": 1, "gyntaf": 1, "cynta": 1, "ail": 2, "trydydd": 3, "drydydd": 3, "trydedd": 3, "pedwerydd": 4,
    "bedwerydd": 4,
    "pumed": 5, "bumed": 5, "chweched": 6, "seithfed": 7, "wythfed": 8, "nawfed": 9, "degfed": 10, "ddegfed": 10,
    "deuddegfed": 12, "ddeuddegfed": 12, "pymthegfed": 15, "bymthegfed": 15, "deunawfed": 18, "ddeunawfed": 18,
    "ugeinfed": 20,
}  # fmt: skip
_TEENS: Final = {
    "unfed": 11, "trydydd": 13, "drydydd": 13, "pedwerydd": 14, "bedwerydd": 14, "seithfed": 17,
}  # fmt: skip
_ENGLISH_ORDINALS: Final = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        1,
    )
}
_WELSH_MONTHS: Final = {
    "ionawr": 1, "chwefror": 2, "mawrth": 3, "fawrth": 3, "ebrill": 4, "mai": 5, "fai": 5, "mehefin": 6, "fehefin": 6,
    "gorffennaf": 7, "orffennaf": 7, "ngorffennaf": 7, "awst": 8, "medi": 9, "fedi": 9, "hydref": 10, "tachwedd": 11,
    "dachwedd": 11,
    "nhachwedd": 11, "rhagfyr": 12, "ragfyr": 12,
}  # fmt: skip
_WELSH_DAYS: Final = {
    "llun": 0, "lun": 0, "mawrth": 1, "fawrth": 1, "mercher": 2, "fercher": 2, "merchar": 2, "iau": 3, "gwener": 4,
    "wener": 4,
    "sadwrn": 5, "sul": 6,
}  # fmt: skip
_DAY_NAMES: Final = "|".join(sorted(_WELSH_DAYS, key=len, reverse=True))
_MONTH_NAMES: Final = "|".join(sorted(_WELSH_MONTHS, key=len, reverse=True))

# In order: longer sayings before their parts. Written without diacritics, with ' kept as the writer's "bore 'ma".
_WELSH_PHRASES: Final[tuple[tuple[str, str], ...]] = (
    (r"\b(?:hanner|haner) (?:awr )?(?:wedi|di|ar ol) ", "half past "),
    (r"\b(?:chwarter|hwarter|cwarter) (?:wedi|di|ar ol) ", "quarter past "),
    (r"\b(?:chwarter|hwarter|cwarter) i ", "quarter to "),
    (r"\b(\w+(?: \w+ \w+)?) (?:o )?(?:munud|funud) (?:wedi|di) (?=\w+)", r"\1 past "),
    (r"\b(\w+(?: \w+ \w+)?) (?:o )?(?:munud|funud) i (?=\w+)", r"\1 to "),
    (r"\b(?:deg|ddeg) (?:wedi|di) ", "10 past "),
    (r"\b(?:ugain|hugain) (?:wedi|di) ", "20 past "),
    (r"\bpump (?:wedi|di) ", "5 past "),
    (r"\bdeg i (?=\w+)", "10 to "),
    (r"\bugain i (?=\w+)", "20 to "),
    (r"\b(?:or|o r|o'r) (?:gloch|cloch)\b", "oclock"),
    (r"\b(?:hanner nos|ganol nos|canol nos)\b", "midnight"),
    (r"\b(?:hanner dydd|ganol dydd|canol dydd)\b", "noon"),
    (r"\bechnos\b", "night before last"),
    (r"\bnoson (?:cyn neithiwr|or blaen|o'r blaen)\b", "other day night"),
    (r"\b(?:echdoe|echddoe|ddoe cyn ddoe)\b", "day before yesterday"),
    (r"\b(?:neithiwr|nithwr|nithiwr|neithwr|neithiwyr)\b", "last night"),
    (r"\bbore ddoe\b", "yesterday morning"),
    (r"\b(?:prynhawn|pnawn|p'nawn|prnawn) ddoe\b", "yesterday afternoon"),
    (r"\b(?:nos|noson|noswaith) ddoe\b", "yesterday night"),
    (r"\b(?:ddoe|ddo|doe)\b", "yesterday"),
    (r"\b(?:y )?bore (?:'?ma|yma|hwn|heddiw|heddi)\b", "this morning"),
    (
        r"\b(?:y )?(?:prynhawn|pnawn|p'nawn|prnawn) (?:'?ma|yma|hwn|heddiw|heddi)\b",
        "this afternoon",
    ),
    (r"\bheno (?:'?ma|yma)?", "tonight "),
    (r"\b(?:heddiw|heddi|heiddiw)\b", "today"),
    (r"\b(?:drennydd|trennydd)\b", "day after tomorrow"),
    (r"\b(?:yfory|fory|'fory)\b", "tomorrow"),
    (r"\b(?:y |r |'r )?(?:dydd|diwrnod|dwrnod|dwarnod) (?:or|o'r|o r) blaen\b", "other day"),
    (r"\b(?:gynnau fach|gynne fach|gynne|gynnau|jyst nawr|newydd ddigwydd)\b", "just now"),
    (r"\b(?:yr )?wythnos (?:'?ma|yma|hon)\b", "this week"),
    (r"\b(?:y )?(?:mis) (?:'?ma|yma|hwn)\b", "this month"),
    (r"\beleni\b", "this year"),
    (r"\b(?:llynedd|llynadd|y llynedd)\b", "last year"),
    (r"\bechleni\b", "2 year ago"),
    (
        r"\b(?:dros|drost|ar) (?:y |r |'r )?penwythnos(?: (?:lastafter|diwethaf|dwetha|diwetha))?\b",
        "last weekend",
    ),
    (r"\bpenwythnos\b", "weekend"),
    (r"\b(?:pythefnos|bythefnos|phythefnos|pethefnos)\b", "2 week"),
    (r"\b(?:tridiau|dridiau)\b", "3 day"),
    (r"\b(?:deuddydd|ddeuddydd)\b", "2 day"),
    (r"\bers talwm\b", "long ago"),
    (r"\b(?:yn|'n) (?:ol|ôl|nol)\b|\bnol\b|\b'nol\b", "ago"),
    (r"\b(?:bob|pob) (?:un )?", "every "),
    (r"\b(?:wastad|trwyr amser|drwyr amser|trwy'r amser|drwy'r amser|o hyd)\b", "every day"),
    (r"\b(?:cwpl|cwpwl|cwpwl) o ", "2 "),
    (r"\b(?:rhai|sawl|ychydig|tipyn o) ", "several "),
    (r"\bers\b", "since"),
    (
        r"\b(?:tua|tuar|tua'r|tuag|rhywbryd|rhyw|ryw|o gwmpas|rownd|oddeutu|ar gwmpas|boiti|obiti|biti|ambyti)\b(?: (?:y|yr|r)\b)?",
        "about",
    ),
    (r"\b(?:yn gynnar|cynnar)\b|\b(?:yn hwyr|hwyr)\b", " "),
    (
        r"\b(?:diwethaf|dwethaf|diwetha|dwetha|dwytha|diwethar|dweutha|ddiwethaf|ddwetha|ddiwetha)\b",
        "lastafter",
    ),
    (r"\b(?:nesaf|nesa)\b", "next"),
)
_WELSH_UNITS: Final = {
    "diwrnod": "day", "dwrnod": "day", "dwarnod": "day", "ddiwrnod": "day", "niwrnod": "day", "diwrnodau": "day",
    "dyddiau": "day", "ddyddiau": "day", "dyddie": "day",
    "wythnos": "week", "wthnos": "week", "wsnos": "week", "wythnosau": "week", "mis": "month", "fis": "month",
    "misoedd": "month",
    "fisoedd": "month", "blwyddyn": "year", "flwyddyn": "year", "mlynedd": "year", "blynedd": "year",
    "flynedd": "year", "blynyddoedd": "year",
    "flynyddoedd": "year", "awr": "hour", "oriau": "hour", "orie": "hour", "munud": "minute", "funud": "minute",
    "munudau": "minute", "funudau": "minute",
    "bore": "morning", "fore": "morning", "prynhawn": "afternoon", "brynhawn": "afternoon", "pnawn": "afternoon",
    "bnawn": "afternoon", "p'nawn": "afternoon",
    "nos": "night", "noson": "night", "noswaith": "evening", "min nos": "evening", "hwyrnos": "night",
    "haf": "summer", "gaeaf": "winter",
    "gwanwyn": "spring", "nadolig": "christmas", "pasg": "easter", "dydd": "day",
}  # fmt: skip
_WELSH_SMALL: Final = {
    "ar": "on", "am": "at", "yn": "in", "ym": "in", "y": "the", "yr": "the", "r": "the", "o": "of", "a": "and",
    "i": "to", "wedi": "past",
    "mewn": "in", "gyda'r": "in the", "gyda": "in", "efo'r": "in the", "roedd": "was", "oedd": "was",
    "digwyddodd": "was", "ddigwyddodd": "was",
    "dyna": "was", "mae": "was", "fe": "it", "e": "it", "hi": "it", "os dwi'n cofio": "", "dwi'n meddwl": "",
    "wi'n credu": "",
}  # fmt: skip

_ENGLISH_PHRASES: Final[tuple[tuple[str, str], ...]] = (
    (r"\bo'? ?clock\b", "oclock"),
    (r"\b(?:mid-?day|noon|twelve noon|12 noon)\b", "noon"),
    (r"\b(?:mid-?night|middle of the night)\b", "midnight"),
    (r"\b(?:nite|nites|nights)\b", "night"),
    (r"\btonite\b|\b2nite\b|\bthis evening\b", "tonight"),
    (r"\b(?:yday|yest|yesturday|yesterdy|yestarday|yesteday|yersterday)\b", "yesterday"),
    (r"\b(?:tmrw|tomoz|2moro|tomorow|tommorow|tommorrow)\b", "tomorrow"),
    (r"\b(?:day before yesterday)\b", "day before yesterday"),
    (r"\bnight before last\b", "night before last"),
    (r"\bthe other (?:day|week)\b", "other day"),
    (r"\bthe other night\b", "other day night"),
    (r"\b(?:a )?fortnight\b", "2 week"),
    (r"\b(?:a )?couple (?:of )?", "2 "),
    (r"\ba few\b|\bsome (?=days|weeks|months|years)\b", "several "),
    (
        r"\b(?:around|about|roughly|approx(?:imately)?|approx\.?|circa|ish|maybe|roundabout|round|some ?time|sumtime|near)\b",
        "about",
    ),
    (r"(\d)ish\b", r"\1 about"),
    (r"\b(?:a|an) (?=(?:day|week|month|year|hour|minute)\b)", "1 "),
    (r"\bhalf an hour\b", "30 minute"),
    (r"\b(?:most|each) (?=\w)", "every "),
    (r"\b(?:all the time|constantly|always|daily)\b", "every day"),
    (r"\bnightly\b", "every night"),
    (r"\bweekly\b", "every week"),
    (r"\b(?:over|at|on|during) the weekend\b", "last weekend"),
    (r"\b(?:just now|right now|a moment ago)\b", "just now"),
    (r"\b(?:gone|after|past) (?=midnight\b)", "about "),
    (r"\b(\w+) (day|night|morning|afternoon|evening) last week\b", r"\1 \2 last week"),
    (r"\bearly (?:hours )?(?:of )?(?:the |on |in the )?\b|\blate(?:r)? (?:on |at )?\b", " "),
)
_ENGLISH_UNITS: Final = {
    "days": "day", "weeks": "week", "wks": "week", "wk": "week", "months": "month", "mths": "month", "years": "year",
    "yrs": "year", "yr": "year",
    "hours": "hour", "hrs": "hour", "hr": "hour", "minutes": "minute", "mins": "minute", "min": "minute",
    "weekends": "weekend", "evenings": "evening",
    "mornings": "morning", "afternoons": "afternoon", "nite": "night", "eve": "evening", "xmas": "christmas",
    "wkend": "weekend",
}  # fmt: skip


def canonical(words: str, language: Language) -> str:
    """The plain English form. Code-switched sayings work: both tables are used, the conversation's language first."""
    text = words.lower().translate(_PLAIN).replace("’", "'").replace("‘", "'").replace("`", "'")
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
    for pattern, plain in _WELSH_PHRASES:
        text = re.sub(pattern, plain, text)
    text = re.sub(
        rf"\b(?:ddydd|dydd|dy|didd) ({_DAY_NAMES})\b", lambda m: WEEKDAYS[_WELSH_DAYS[m[1]]], text
    )
    text = re.sub(
        rf"\b(nos|noson|bore|prynhawn|pnawn|p'nawn) ({_DAY_NAMES})\b",
        lambda m: f"{WEEKDAYS[_WELSH_DAYS[m[2]]]} {_WELSH_UNITS[m[1]]}",
        text,
    )
    # "nos Fawrth diwethaf": in Welsh "last" follows.
    text = re.sub(r"\b(\w+(?: night| morning| afternoon| evening)?) lastafter\b", r"last \1", text)
    text = re.sub(r"\b(?:un) ar ddeg\b", "11", text)
    text = re.sub(
        r"\b(tri|tair|dri|dair|pedwar|pedair|bedwar|bedair) ar ddeg\b",
        lambda m: str(_WELSH_NUMBERS[m[1]] + 10),
        text,
    )
    text = re.sub(
        r"\b(un|dau|dwy|ddau|ddwy|tri|tair) ar bymtheg\b",
        lambda m: str(_WELSH_NUMBERS[m[1]] + 15),
        text,
    )
    text = re.sub(r"\b(?:pump|bump) ar hugain\b", "25", text)
    text = re.sub(
        r"\b(\d+|" + "|".join(_WELSH_NUMBERS) + r") (?:o )?(" + "|".join(_WELSH_UNITS) + r")\b",
        lambda m: f"{_WELSH_NUMBERS.get(m[1], m[1])} {_WELSH_UNITS[m[2]]}",
        text,
    )
    text = re.sub(
        rf"\b(?:mis|fis|ym|yn) ({_MONTH_NAMES})\b",
        lambda m: f"in {MONTHS[_WELSH_MONTHS[m[1]] - 1]}",
        text,
    )
    return " ".join(_welsh_word(word) for word in text.split())


def _welsh_word(word: str) -> str:
    if word in _WELSH_NUMBERS:
        return str(_WELSH_NUMBERS[word])
    if word in _WELSH_UNITS:
        return _WELSH_UNITS[word]
    if word in _WELSH_MONTHS and word not in ("mawrth", "fawrth", "medi"):
        return MONTHS[_WELSH_MONTHS[word] - 1]
    if word in _WELSH_DAYS and word not in ("mawrth", "fawrth", "sul"):
        return WEEKDAYS[_WELSH_DAYS[word]]
    return _WELSH_SMALL.get(word, word)


def _welsh_dates(text: str) -> str:
    """ "3ydd o Fawrth", "y trydydd o Fawrth", "5 o Fai", "Mawrth y 3ydd" become "3 march"."""
    ordinals = "|".join(sorted(_WELSH_ORDINALS, key=len, reverse=True))
    teens = "|".join(_TEENS)

    def named(match: re.Match[str]) -> str:
        day = _TEENS[match[1]] if match[1] else _WELSH_ORDINALS[match[2]]
        return f" {day} {MONTHS[_WELSH_MONTHS[match[3]] - 1]}"

    text = re.sub(
        rf" (?:y |yr )?(?:({teens}) ar ddeg|({ordinals})) (?:o |o fis |mis |)?({_MONTH_NAMES})\b",
        named,
        text,
    )
    text = re.sub(
        rf" (?:y |yr )?(\d{{1,2}})(?:af|ain|fed|ydd|edd|eg|ed|ail|il|ydd)?(?: o fis| o| mis)? ({_MONTH_NAMES})\b",
        lambda m: f" {m[1]} {MONTHS[_WELSH_MONTHS[m[2]] - 1]}",
        text,
    )
    return re.sub(
        rf"\b({_MONTH_NAMES}) (?:y |yr )?(\d{{1,2}})(?:af|ain|fed|ydd|edd|eg|ed|ail|il)\b",
        lambda m: f"{m[2]} {MONTHS[_WELSH_MONTHS[m[1]] - 1]}",
        text,
    )


def _from_english(text: str) -> str:
    for pattern, plain in _ENGLISH_PHRASES:
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
    ordinals = "|".join(_ENGLISH_ORDINALS)
    text = re.sub(
        rf"\b(?:the )?({ordinals}|\d{{1,2}}) (?:of )({months})\b",
        lambda m: f"{_ENGLISH_ORDINALS.get(m[1], m[1])} {m[2]}",
        text,
    )
    return " ".join(
        str(_ENGLISH_NUMBERS[word]) if word in _ENGLISH_NUMBERS else _ENGLISH_UNITS.get(word, word)
        for word in text.split()
    )


def _misspelt_day(match: re.Match[str]) -> str:
    return {"we": "wednesday", "tu": "tuesday", "th": "thursday", "sa": "saturday"}[match[1][:2]]


_WELSH_SIGNS: Final = re.compile(
    r"\b(?:"
    + "|".join(
        [*_WELSH_UNITS, *_WELSH_MONTHS, *_WELSH_DAYS, *_WELSH_NUMBERS, "ddoe", "neithiwr", "nithwr", "echdoe", "heno",
         "heddiw", "heddi", "yfory", "fory", "llynedd", "tua", "ers", "bob", "echnos", "penwythnos", "wedi", "diwethaf",
         "dwetha", "tridiau", "pythefnos", "bythefnos", "gynnau", "gynne", "eleni", "gloch", "nol", "ol"]
    )
    + r")\b"
)  # fmt: skip


def _looks_welsh(text: str) -> bool:
    return _WELSH_SIGNS.search(text) is not None
