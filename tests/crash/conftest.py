"""Warm houses for the crash tests, made once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.furnished import Furnished, FurnishedOnPostgres
from tests.crash.house import House
from tests.crash.library import missing
from tests.crash.servers import Postgres, postgres
from tests.crash.warm import Warm
from tests.crash.wires import Wires


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    if missing():
        pytest.skip(missing())
    with Warm(tmp_path_factory.mktemp("warm") / "clock") as process:
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
def furnished(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    with Wires() as wires:
        yield Furnished(House(tmp_path_factory.mktemp("house"), wires, warm))


@pytest.fixture(scope="session")
def on_postgres(
    warm: Warm, server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    with Wires() as wires:
        house = House(tmp_path_factory.mktemp("other"), wires, warm, server.address("house"))
        yield FurnishedOnPostgres(house, server.url)


@pytest.fixture
def house(tmp_path: Path, wires: Wires, warm: Warm) -> House:
    """A house that was not begun yet."""
    return House(tmp_path, wires, warm)
