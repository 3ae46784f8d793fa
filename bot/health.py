"""`python -m bot.health`: exits with 0 when this machine's Rasa has a model and answers; for probes of containers."""

import json
import os
import sys
import urllib.request


def main() -> int:
    port = os.environ.get("LLAIS_RASA_PORT") or "5005"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/webhooks/llais/health",
        headers={"Authorization": f"Bearer {os.environ['LLAIS_RASA_TOKEN']}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310 - our own address
            return 0 if json.load(answer).get("model") else 1
    except (OSError, ValueError):
        return 1


if __name__ == "__main__":
    sys.exit(main())
