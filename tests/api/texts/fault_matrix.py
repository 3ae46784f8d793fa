"""What goes wrong with texts, and what comes of it: the table that the test proves line by line.

`python -m tests.api.texts.fault_matrix` prints it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What can be seen afterwards.

    Of texts that came: how many are `kept`, and how often the assistant was `asked`. Of the text that was to go: how
    many copies were `taken` by Twilio, its `state` with Twilio's code, how often it was tried, why it waits, and what
    stands before the officer.
    """

    kept: int = 0
    asked: int = 0
    taken: int = 0
    state: str = "-"
    tries: int = 0
    waits_for: str = "-"
    officer: str = "-"


@dataclass(frozen=True)
class Fault:
    name: str
    happens: str
    outcome: Outcome


SENT_ONCE = Outcome(taken=1, state="accepted", tries=1)

FAULTS = (
    # --- a text leaves
    Fault("nothing", "Twilio takes the text and says so", SENT_ONCE),
    Fault(
        "timeout",
        "Twilio takes the text, but its answer comes too late; we look before we send again",
        SENT_ONCE,
    ),
    Fault(
        "lost answer",
        "Twilio takes the text and the connection is cut; we look before we send again",
        SENT_ONCE,
    ),
    Fault("crash", "the worker dies after Twilio took the text; another looks first", SENT_ONCE),
    Fault(
        "nobody listens",
        "Twilio cannot be reached, then can",
        Outcome(taken=1, state="accepted", tries=2),
    ),
    Fault(
        "429",
        "Twilio says twice that it has too much to do",
        Outcome(taken=1, state="accepted", tries=3),
    ),
    Fault("500", "Twilio fails twice", Outcome(taken=1, state="accepted", tries=3)),
    Fault(
        "500 for half an hour",
        "Twilio goes on failing; we go on trying, and an officer is told",
        Outcome(state="sending", tries=2, officer="text_failed"),
    ),
    Fault(
        "21610",
        "the person has stopped texts at the network: not tried again",
        Outcome(state="failed 21610", tries=1, officer="stopped, text_failed"),
    ),
    Fault(
        "21211",
        "Twilio says that it is no number: not tried again",
        Outcome(state="failed 21211", tries=1, officer="text_failed"),
    ),
    Fault(
        "21614",
        "Twilio says that it is no mobile: not tried again",
        Outcome(state="failed 21614", tries=1, officer="text_failed"),
    ),
    Fault(
        "30003",
        "taken, and later undelivered: the phone is off",
        Outcome(taken=1, state="undelivered 30003", tries=1, officer="text_failed"),
    ),
    Fault(
        "too long",
        "4,000 characters are said, and Twilio takes 1,600: they leave as three texts",
        Outcome(taken=3, state="accepted", tries=1),
    ),
    Fault(
        "stopped meanwhile",
        "the person texts STOP before the text has left",
        Outcome(kept=1, state="failed", officer="stopped"),
    ),
    Fault(
        "unsafe hour",
        "an officer writes at three in the morning",
        Outcome(state="queued", waits_for="hours"),
    ),
    Fault(
        "money spent",
        "the day's money is spent: it waits for midnight",
        Outcome(state="queued", waits_for="spending", officer="texts_held"),
    ),
    Fault(
        "the same again and again",
        "the 16th text of an hour with the same words to the same number",
        Outcome(state="queued", waits_for="same_text"),
    ),
    # --- Twilio tells what became of it
    Fault(
        "duplicate callback",
        "'delivered' is told three times",
        Outcome(taken=1, state="delivered", tries=1),
    ),
    Fault(
        "reordered callbacks",
        "'delivered' is told before 'sent'",
        Outcome(taken=1, state="delivered", tries=1),
    ),
    Fault(
        "early callback",
        "'delivered' is told before we have kept Twilio's id",
        Outcome(taken=1, state="delivered", tries=1),
    ),
    Fault(
        "early callback and lost answer",
        "'delivered' is told, and the answer with the id never comes",
        Outcome(taken=1, state="delivered", tries=1),
    ),
    Fault(
        "callback of another's text",
        "a fate is told of a text that is none of ours",
        SENT_ONCE,
    ),
    # --- a text comes
    Fault("duplicate", "Twilio brings the same text three times", Outcome(kept=1, asked=1)),
    Fault(
        "at once", "Twilio brings the same text five times at one moment", Outcome(kept=1, asked=1)
    ),
    Fault("replayed", "an old text is brought again after its draft was deleted", Outcome()),
    Fault("burst", "five texts come at one moment: answered together", Outcome(kept=5, asked=1)),
    Fault(
        "reordered", "the first text comes after the second was answered", Outcome(kept=2, asked=2)
    ),
    Fault("forged", "a text comes with a signature that does not fit", Outcome()),
    Fault("no words", "a picture comes without words: not fetched", Outcome(kept=1)),
    Fault(
        "assistant away",
        "Rasa does not answer the first time, then does",
        Outcome(kept=1, asked=1),
    ),
)


def as_table() -> str:
    """The matrix as text, one line a fault."""
    columns = ("kept", "asked", "taken", "state", "tries", "waits_for", "officer")
    rows: list[tuple[str, ...]] = [("fault", "what happens", *columns)]
    for fault in FAULTS:
        seen = [str(getattr(fault.outcome, column)) for column in columns]
        rows.append((fault.name, fault.happens, *("-" if each == "0" else each for each in seen)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


if __name__ == "__main__":
    print(as_table())
