"""References and codes that a person can read out over the telephone."""

import secrets

# No letters that look or sound alike, and none that could spell a word in either language.
ALPHABET = "23456789BCDFGHJKMNPQRTVWXZ"


def new_reference() -> str:
    """Something like LL-4K7M-9QXT: unguessable enough not to be enumerated, short enough to write down."""
    letters = [secrets.choice(ALPHABET) for _ in range(8)]
    return f"LL-{''.join(letters[:4])}-{''.join(letters[4:])}"


def new_update_code() -> str:
    """Eight digits, which proves together with the reference that one may ask about a report."""
    return f"{secrets.randbelow(10**8):08d}"
