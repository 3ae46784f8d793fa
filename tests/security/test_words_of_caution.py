"""What people must be told for their safety stands on the pages, in both languages."""

import httpx
import pytest

from tests.api.conftest import public, public_app

__all__ = ["public", "public_app"]


@pytest.mark.parametrize("path", ["/cy", "/en", "/cy/ffurflen", "/en/form"])
async def test_both_pages_ask_for_another_device_where_one_may_be_watched(
    public: httpx.AsyncClient, path: str
) -> None:
    page = (await public.get(path)).text
    said = "defnyddiwch un arall os gallwch chi" if "/cy" in path else "use another one if you can"
    assert said in page


@pytest.mark.parametrize("path", ["/cy/preifatrwydd", "/en/privacy"])
async def test_the_privacy_notice_names_who_carries_texts(
    public: httpx.AsyncClient, path: str
) -> None:
    assert "Twilio" in (await public.get(path)).text
