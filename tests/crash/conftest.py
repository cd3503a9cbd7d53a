"""Warm houses for the crash tests, made once for all of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.furnished import Furnished, FurnishedOnPostgres
from tests.crash.house import House
from tests.crash.library import missing, swift_folder
from tests.crash.servers import Postgres, postgres
from tests.crash.warm import Warm
from tests.crash.wires import Wires


@pytest.fixture(scope="session")
def swift() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="crash-", dir=swift_folder()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def warm(swift: Path) -> Iterator[Warm]:
    if missing():
        pytest.skip(missing())
    with Warm(swift / "clock") as process:
        yield process


@pytest.fixture(scope="session")
def wires() -> Iterator[Wires]:
    with Wires() as served:
        yield served


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    with postgres() as running:
        yield running


@pytest.fixture(scope="session")
def furnished(warm: Warm, wires: Wires, swift: Path) -> Furnished:
    return Furnished(House(swift / "house", wires, warm))


@pytest.fixture(scope="session")
def on_postgres(furnished: Furnished, server: Postgres, swift: Path) -> FurnishedOnPostgres:
    """The same house, its database copied to PostgreSQL."""
    old = furnished.again()
    house = House(swift / "other", old.wires, old.warm, server.address("house"))
    return FurnishedOnPostgres(house, server.url, like=old)
