"""How much one turn may say: what the connector in Rasa takes and the worker keeps to. Read by both interpreters."""

from typing import Final

LONGEST_TEXT: Final = 40_000
# However JSON writes such a text (a letter beyond the first plane may take twelve bytes), with what goes beside it.
LONGEST_BODY: Final = 12 * LONGEST_TEXT + 20_000
