"""The partner agencies as dated data, and whether a referral may be sent to one now."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

import yaml

from api.config import Settings
from api.policy_model import Frozen
from api.words import Language
from channels.smtp_address import is_encrypted

PARTNERS_DIR: Final = Path(__file__).parent.parent.parent / "data" / "partners"


class Partner(Frozen):
    """An agency, and how a referral reaches it. `language` is the one it is written to in."""

    code: str
    name: Mapping[Language, str]
    what: Mapping[Language, str]
    language: Language
    means: Literal["email", "webhook"]
    address: str
    confirmed_on: date | None = None
    confirmed_by: str | None = None


class Partners(Frozen):
    """`minimum` are the only fields of a case that a referral carries."""

    version: str
    minimum: tuple[str, ...]
    partners: tuple[Partner, ...]

    def find(self, code: str) -> Partner | None:
        return next((partner for partner in self.partners if partner.code == code), None)


@cache
def partners(version: str) -> Partners:
    """The partners of one version. Raises FileNotFoundError for a version that never was."""
    content = yaml.safe_load((PARTNERS_DIR / f"{version}.yml").read_text())
    return Partners(version=version, **content)


def partners_in_force(on: date | None = None) -> Partners:
    """The partners of a day (today): of the newest file that is not dated after it."""
    day = (on or date.today()).isoformat()
    versions = sorted(path.stem for path in PARTNERS_DIR.glob("*.yml"))
    in_force = [version for version in versions if version <= day]
    return partners(in_force[-1] if in_force else versions[0])


def partner_secret(settings: Settings, partner: Partner) -> str:
    """What a webhook to the partner is signed with; empty where none is set."""
    pairs = settings.partner_secrets.get_secret_value().split(",")
    secrets = dict(pair.strip().split("=", 1) for pair in pairs if "=" in pair)
    return secrets.get(partner.code, "")


def why_not_to(settings: Settings, partner: Partner) -> str | None:
    """Why nothing may be sent to the partner now, or None. In development a stand-in address will do."""
    if partner.means == "webhook" and not partner_secret(settings, partner):
        return "partner-without-secret"
    if settings.development:
        return None
    if not (partner.confirmed_on and partner.confirmed_by):
        return "partner-not-confirmed"
    if partner.means == "webhook":
        return None if partner.address.startswith("https://") else "partner-not-secure"
    return None if is_encrypted(settings.smtp_url.get_secret_value()) else "mail-not-secure"
