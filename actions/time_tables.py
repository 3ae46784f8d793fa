"""The words for days, months, numbers and clock times in both languages, with mutations and dialect."""

from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip

PLAIN: Final = str.maketrans("âêîôûŵŷáàéèíìóòúùẃẁýỳäëïöü", "aeiouwyaaeeiioouuwwyyaeiou")

ENGLISH_NUMBERS: Final = {
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
WELSH_NUMBERS: Final = {
    "un": 1, "dau": 2, "dwy": 2, "ddau": 2, "ddwy": 2, "dou": 2, "ddou": 2, "tri": 3, "tair": 3, "dri": 3, "dair": 3,
    "thri": 3,
    "pedwar": 4, "pedair": 4, "bedwar": 4, "bedair": 4, "phedwar": 4, "pump": 5, "pum": 5, "bump": 5, "bum": 5,
    "phump": 5,
    "chwech": 6, "chwe": 6, "chwach": 6, "saith": 7, "wyth": 8, "naw": 9, "deg": 10, "ddeg": 10, "deng": 10,
    "unarddeg": 11, "deuddeg": 12, "ddeuddeg": 12, "deuddeng": 12, "pymtheg": 15, "bymtheg": 15, "pymtheng": 15,
    "deunaw": 18, "ugain": 20,
    "hugain": 20,
}  # fmt: skip
WELSH_ORDINALS: Final = {
    "cyntaf": 1, "gyntaf": 1, "cynta": 1, "ail": 2, "trydydd": 3, "drydydd": 3, "trydedd": 3, "pedwerydd": 4,
    "bedwerydd": 4,
    "pumed": 5, "bumed": 5, "chweched": 6, "seithfed": 7, "wythfed": 8, "nawfed": 9, "degfed": 10, "ddegfed": 10,
    "deuddegfed": 12, "ddeuddegfed": 12, "pymthegfed": 15, "bymthegfed": 15, "deunawfed": 18, "ddeunawfed": 18,
    "ugeinfed": 20,
}  # fmt: skip
TEENS: Final = {
    "unfed": 11, "trydydd": 13, "drydydd": 13, "pedwerydd": 14, "bedwerydd": 14, "seithfed": 17,
}  # fmt: skip
ENGLISH_ORDINALS: Final = {
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
WELSH_MONTHS: Final = {
    "ionawr": 1, "chwefror": 2, "mawrth": 3, "fawrth": 3, "ebrill": 4, "mai": 5, "fai": 5, "mehefin": 6, "fehefin": 6,
    "gorffennaf": 7, "orffennaf": 7, "ngorffennaf": 7, "awst": 8, "medi": 9, "fedi": 9, "hydref": 10, "tachwedd": 11,
    "dachwedd": 11,
    "nhachwedd": 11, "rhagfyr": 12, "ragfyr": 12,
}  # fmt: skip
WELSH_DAYS: Final = {
    "llun": 0, "lun": 0, "mawrth": 1, "fawrth": 1, "mercher": 2, "fercher": 2, "merchar": 2, "iau": 3, "gwener": 4,
    "wener": 4,
    "sadwrn": 5, "sul": 6,
}  # fmt: skip
DAY_NAMES: Final = "|".join(sorted(WELSH_DAYS, key=len, reverse=True))
MONTH_NAMES: Final = "|".join(sorted(WELSH_MONTHS, key=len, reverse=True))

# In order: longer sayings before their parts. Written without diacritics, with ' kept as the writer's "bore 'ma".
WELSH_PHRASES: Final[tuple[tuple[str, str], ...]] = (
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
    # "Yr hydref" is the season; "hydref" alone, or "mis Hydref", is the month.
    (r"\b(?:yn )?yr hydref\b", "autumn"),
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
        r"\b(?:tua|tuar|tua'r|tuag|rhywbryd|rhyw|ryw|o gwmpas|rownd|oddeutu|ar gwmpas|boiti|obiti|biti|ambyti)\b"
        r"(?: (?:y|yr|r)\b)?",
        "about",
    ),
    (r"\b(?:yn gynnar|cynnar)\b|\b(?:yn hwyr|hwyr)\b", " "),
    (
        r"\b(?:diwethaf|dwethaf|diwetha|dwetha|dwytha|diwethar|dweutha|ddiwethaf|ddwetha|ddiwetha)\b",
        "lastafter",
    ),
    (r"\b(?:nesaf|nesa)\b", "next"),
)
WELSH_UNITS: Final = {
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
WELSH_SMALL: Final = {
    "ar": "on", "am": "at", "yn": "in", "ym": "in", "y": "the", "yr": "the", "r": "the", "o": "of", "a": "and",
    "i": "to", "wedi": "past",
    "mewn": "in", "gyda'r": "in the", "gyda": "in", "efo'r": "in the", "roedd": "was", "oedd": "was",
    "digwyddodd": "was", "ddigwyddodd": "was",
    "dyna": "was", "mae": "was", "fe": "it", "e": "it", "hi": "it", "os dwi'n cofio": "", "dwi'n meddwl": "",
    "wi'n credu": "",
}  # fmt: skip

ENGLISH_PHRASES: Final[tuple[tuple[str, str], ...]] = (
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
        r"\b(?:around|about|roughly|approx(?:imately)?|approx\.?|circa|ish|maybe"
        r"|roundabout|round|some ?time|sumtime|near)\b",
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
ENGLISH_UNITS: Final = {
    "days": "day", "weeks": "week", "wks": "week", "wk": "week", "months": "month", "mths": "month", "years": "year",
    "yrs": "year", "yr": "year",
    "hours": "hour", "hrs": "hour", "hr": "hour", "minutes": "minute", "mins": "minute", "min": "minute",
    "weekends": "weekend", "evenings": "evening",
    "mornings": "morning", "afternoons": "afternoon", "nite": "night", "eve": "evening", "xmas": "christmas",
    "wkend": "weekend",
}  # fmt: skip
