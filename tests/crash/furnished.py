"""A furnished house, kept as it stands so that each crash begins at the same moment."""

import shutil

from sqlalchemy import create_engine, make_url, text

from tests.crash.house import House


class Furnished:
    """A house on SQLite: its folder is all there is. With `like` it takes over all of another."""

    def __init__(self, house: House, like: House | None = None) -> None:
        self.house = house
        house.furnish() if like is None else house.take_over(like)
        self._kept = house.folder / "kept"
        shutil.copytree(house.folder / "var", self._kept)
        self._wires = house.wires.remember()
        self._verdicts = dict(house.verdicts)
        self.waiting = house.waiting()

    def again(self) -> House:
        """The house as it was."""
        self._clear()
        shutil.copytree(self._kept, self.house.folder / "var")
        self.house.wires.put_back(self._wires)
        self.house.verdicts = dict(self._verdicts)
        return self.house

    def empty(self) -> House:
        """The house before its first start."""
        self._clear()
        (self.house.folder / "var").mkdir()
        self.house.wires.put_back(self._wires)
        self.house.verdicts = {}
        return self.house

    def _clear(self) -> None:
        for name in ("var", "shadow"):
            shutil.rmtree(self.house.folder / name)
        (self.house.folder / "shadow").mkdir()
        self.house.in_flight = set()


class FurnishedOnPostgres(Furnished):
    """A house on PostgreSQL: its database is copied by the server, whose address is `server`."""

    def __init__(self, house: House, server: str, like: House | None = None) -> None:
        self._server = server
        self._name = str(make_url(house.database_url).database)
        self._administer(f"CREATE DATABASE {self._name}")
        super().__init__(house, like)
        self._administer(f"ALTER DATABASE {self._name} RENAME TO {self._name}_kept")

    def again(self) -> House:
        """The house as it was."""
        self._drop()
        self._administer(f"CREATE DATABASE {self._name} TEMPLATE {self._name}_kept")
        return super().again()

    def empty(self) -> House:
        """The house before its first start."""
        self._drop()
        self._administer(f"CREATE DATABASE {self._name}")
        return super().empty()

    def _drop(self) -> None:
        self._administer(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")

    def _administer(self, command: str) -> None:
        url = make_url(self._server).set(drivername="postgresql+psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(command))
        engine.dispose()
