"""A look at the processes of a running product, from outside."""

from pathlib import Path

import psutil

from api.config import socket_database_url
from api.launch.embedded_postgres import DATABASE, USER
from tests.journeys.product import Product

# The fifth line of postmaster.pid is the directory of the server's socket:
# https://www.postgresql.org/docs/18/storage-file-layout.html
SOCKET_LINE = 4


def family(product: Product) -> list[psutil.Process]:
    """The launcher and all that it started."""
    launcher = psutil.Process(product.process.pid)
    return [launcher, *launcher.children(recursive=True)]


def port_of(product: Product, name: str) -> str:
    """The port of one of the product's processes, as its launcher was told."""
    port: str = psutil.Process(product.process.pid).environ()[f"LLAIS_{name}_PORT"]
    return port


def owners_database_url(product: Product) -> str:
    """The embedded database as its owner reaches it."""
    data = product.directory / "data"
    lines = (data / "postgres" / "postmaster.pid").read_text().splitlines()
    password = (data / "postgres-password").read_text()
    return socket_database_url(USER, password, Path(lines[SOCKET_LINE]), DATABASE)
