"""Settings: `DATELINE_*` in the environment or in a `.env` file, checked once at the start."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import Fault, SettingsError

Network = IPv4Network | IPv6Network
PREFIX = "DATELINE_"
_SECRETS = {"secret_key"}


class Settings(BaseSettings):
    """Every setting with its default; immutable once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True
    )

    database_url: str = Field(
        default="sqlite:///var/dateline.db", description="Where articles are stored"
    )
    sources: Path = Field(
        default=Path("sources.yaml"), description="The feeds and conflicts to watch"
    )
    public_dir: Path = Field(
        default=Path("var/public"), description="Where the public files are written"
    )
    base_url: str = Field(
        default="http://127.0.0.1:8000", description="The public address, used in every link"
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the service listens on")
    secret_key: str = Field(default="", description="Signs sessions; made in var/ when empty")
    contact_url: str = Field(
        default="", description="Where publishers can reach the operator; goes into the User-Agent"
    )
    allow_private: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="Private networks that feeds may live in, comma separated"
    )
    host_interval: float = Field(
        default=2.0, ge=0, le=3600, description="Least seconds between two requests to one host"
    )
    host_concurrency: int = Field(
        default=1, ge=1, le=64, description="Requests to one host at a time"
    )
    max_feed_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1024, description="Largest document taken, decoded"
    )
    fetch_deadline: float = Field(
        default=45.0, gt=0, le=600, description="Seconds one fetch may take"
    )
    log_format: Literal["console", "json", ""] = Field(
        default="", description="console or json; by default console on a terminal, json otherwise"
    )

    @field_validator("allow_private", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        return tuple(ip_network(part, strict=False) for part in parts)

    @field_validator("base_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("must be an http or https address such as https://tracker.example")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("contact_url")
    @classmethod
    def _plain_header_value(cls, value: str) -> str:
        if not value.isascii() or any(character < " " for character in value):
            raise ValueError("must be plain ASCII, it is sent in a header")
        return value

    @property
    def state_dir(self) -> Path:
        """The folder for what the program keeps besides the database (secret key, lock files)."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///")).parent
        return Path("var")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting as `dateline settings` prints it."""

    name: str
    value: str
    origin: str
    meaning: str


def load_settings() -> Settings:
    """Read and check every setting.

    Raises SettingsError naming each wrong variable, its value and what it should be.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_fault(dict(item)) for item in error.errors()]) from None


def _fault(item: dict[str, object]) -> Fault:
    location = item["loc"]
    name = str(location[0]) if isinstance(location, tuple) and location else "?"
    shown = "…" if name in _SECRETS else repr(item.get("input"))
    message = str(item["msg"]).removeprefix("Value error, ")
    return Fault(where=f"{PREFIX}{name.upper()}", what=f"{message}, but it is {shown}")


def show_settings(settings: Settings) -> Sequence[ShownSetting]:
    """List every setting with its value, where the value comes from, and its meaning; secrets
    masked."""
    in_file = _names_in_env_file()
    shown = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        value = getattr(settings, name)
        if os.environ.get(variable):
            origin = "environment"
        elif variable in in_file:
            origin = ".env"
        else:
            origin = "default"
        shown.append(
            ShownSetting(
                name=variable,
                value=_as_text(name, value),
                origin=origin,
                meaning=field.description or "",
            )
        )
    return shown


def _names_in_env_file() -> set[str]:
    path = Path(".env")
    if not path.is_file():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    names = (
        line.partition("=")[0].strip().removeprefix("export ") for line in lines if "=" in line
    )
    return {name.strip().upper() for name in names}


def _as_text(name: str, value: object) -> str:
    if name in _SECRETS:
        return "(set)" if value else "(kept in var/)"
    if name == "database_url":
        return mask_password(str(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def mask_password(url: str) -> str:
    """Hide the password of a database address."""
    parts = urlsplit(url)
    if not parts.password:
        return url
    return url.replace(f":{parts.password}@", ":***@", 1)


def secret_key(settings: Settings) -> bytes:
    """The key that signs sessions: the setting, or one made on first use and kept beside the
    database.

    The file is readable by its owner only. Two processes starting at once agree on one key.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.state_dir / "secret.key"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"secret.key.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # link fails if the key appeared meanwhile: the first writer wins, both read the same.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="utf-8").strip().encode()
