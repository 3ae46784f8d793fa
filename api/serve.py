"""Runs one of the two doors: `python -m api.serve public|staff`."""

import sys

import uvicorn

from api.config import Settings
from api.logs import configure_logs
from api.public import create_public_app
from api.staff import create_staff_app


def main() -> None:
    door = sys.argv[1]
    settings = Settings()
    configure_logs(door)
    app, port = (
        (create_public_app(settings), settings.public_port)
        if door == "public"
        else (create_staff_app(settings), settings.staff_port)
    )
    uvicorn.run(
        app,
        host=settings.host,
        port=port,
        # Our own structured log says what matters; an access log would hold addresses and paths.
        access_log=False,
        log_config=None,
        # No web sockets here; looking for a library of them trips over the old one that rasa-sdk brings.
        ws="none",
        server_header=False,
        # A streamed answer that never ends must not keep the door from stopping.
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
