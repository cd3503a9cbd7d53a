"""Staging: where the demo listens, what it goes by, and who is let in."""

import errno
import secrets
import socket
from datetime import datetime
from ipaddress import IPv4Network

from db import Database
from pipeline import login
from pipeline.demo.folder import DemoFolder
from pipeline.errors import PipelineError
from pipeline.model import Role
from pipeline.settings import Settings

ACCOUNT = "demo"
# Without letters that are mistaken for another when somebody types them.
_LETTERS = "abcdefghjkmnpqrstuvwxyz"


def demo_settings(asked: Settings, folder: DemoFolder, *, port: int) -> Settings:
    """Give the demo's settings: of the operator's own only where to listen and how to log."""
    any_address = asked.host in {"0.0.0.0", "::", ""}  # noqa: S104 (compared, not bound)
    host = "127.0.0.1" if any_address else asked.host
    return Settings(
        database_url=folder.database_url,
        sources=folder.sources,
        public_dir=folder.public_dir,
        base_url=f"http://{f'[{host}]' if ':' in host else host}:{port}",
        host=asked.host,
        port=port,
        secret_key="",
        contact_url="",
        allow_private=(IPv4Network("127.0.0.1/32"),),
        host_interval=0,
        host_concurrency=4,
        max_feed_bytes=1024 * 1024,
        fetch_deadline=10,
        log_format=asked.log_format,
    )


def port_to_use(host: str, wanted: int) -> int:
    """Give the port to serve on: the wanted one, or a free one where that is 0 or taken.

    It must be known before anything is published: every link carries it. Raises PipelineError when
    the host is none of this machine's addresses, or does not allow the port.
    """
    try:
        return _bindable(host, wanted)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _bindable(host, 0)
        raise PipelineError(
            f"cannot listen on {host} port {wanted}: {error.strerror}; "
            "choose another with DATELINE_HOST and DATELINE_PORT"
        ) from None


def _bindable(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind((host, port))
        return int(trial.getsockname()[1])


def open_account(database: Database, now: datetime) -> str:
    """Make the account `demo`, an admin, or give it a new password; gives the password."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    if login.needs_first_editor(database):
        login.add_editor(
            database, name=ACCOUNT, password=password, role=Role.ADMIN, actor=ACCOUNT, now=now
        )
    else:
        login.change_password(database, name=ACCOUNT, password=password, actor=ACCOUNT, now=now)
    return password
