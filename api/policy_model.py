"""What every part of the policy is made of."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Read once, never changed, and wrong when it names what nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")
