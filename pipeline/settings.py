"""Settings: `DATELINE_*` in the environment or in a `.env` file, checked once at the start."""

import difflib
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    SettingsConfigDict,
)

from pipeline.errors import Fault, SettingsError
from pipeline.model import MailServer, Tls
from pipeline.stages.address import read_address

Network = IPv4Network | IPv6Network
PREFIX = "DATELINE_"
SHORTEST_KEY = 16
LONGEST_HUB = 255
_SECRETS = {"secret_key", "oidc_client_secret"}


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
        default="http://127.0.0.1:8000",
        description="The public address, used in every link; else this machine at PORT",
    )
    host: str = Field(default="127.0.0.1", description="Address the service listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port the service listens on")
    api_per_minute: int = Field(
        default=120, ge=1, description="Requests to the API a minute for each token"
    )
    whole_feed_interval: float = Field(
        default=0,
        ge=0,
        le=86400,
        description="Least seconds between two answers with one whole feed to one client; 0: any",
    )
    secret_key: str = Field(default="", description="Signs sessions; made in var/ when empty")
    contact_url: str = Field(
        default="", description="Where publishers can reach the operator; goes into the User-Agent"
    )
    allow_private: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="Private networks that feeds may live in, comma separated"
    )
    hub_url: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="WebSub hubs told of new entries, comma separated; empty: none"
    )
    websub: Literal["off", "on"] = Field(
        default="off",
        validate_default=False,
        description="on: hubs that feeds name are asked to announce what is new; they must reach "
        "DATELINE_BASE_URL, by https",
    )
    smtp_url: str = Field(
        default="", description="The mail server that takes letters to subscribers; empty: none"
    )
    mail_from: str = Field(
        default="",
        validate_default=True,
        description="Who letters come from: an address, or Name <address>",
    )
    mail_reply_to: str = Field(default="", description="Where answers to letters go")
    oidc_issuer: str = Field(
        default="", description="The OpenID provider that editors sign in with; empty: none"
    )
    oidc_client_id: str = Field(
        default="", validate_default=True, description="What the provider calls this installation"
    )
    oidc_client_secret: str = Field(
        default="", validate_default=True, description="The secret the provider gave for that"
    )
    oidc_role: Literal["viewer", "editor", ""] = Field(
        default="",
        description="viewer or editor: the account a first sign-in makes; empty: only people whom "
        "an admin linked",
    )
    second_factor: Literal["optional", "required"] = Field(
        default="optional",
        description="required: who has no second factor gets no further than putting one on",
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
    workers: Literal["inline", "queue"] = Field(
        default="inline",
        description="Who takes feeds in: `dateline jobs` itself (inline), or `dateline worker` "
        "processes (queue, PostgreSQL only)",
    )
    log_format: Literal["console", "json", ""] = Field(
        default="", description="console or json; by default console on a terminal, json otherwise"
    )

    @model_validator(mode="before")
    @classmethod
    def _own_port_in_the_address(cls, given: Any) -> Any:
        """Where no public address is given, it is this machine's, at the port that is."""
        port = given.get("port") if isinstance(given, dict) else None
        if port and "base_url" not in given and str(port).isdecimal() and int(port):
            return {**given, "base_url": f"http://127.0.0.1:{int(port)}"}
        return given

    @field_validator("allow_private", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [part.strip() for part in value.split(",") if part.strip()]
        try:
            return tuple(ip_network(part, strict=False) for part in parts)
        except ValueError:
            raise ValueError("must be networks such as 10.1.0.0/16,127.0.0.0/8") from None

    @field_validator("hub_url", mode="before")
    @classmethod
    def _split_hubs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        hubs = dict.fromkeys(part.strip() for part in value.split(",") if part.strip())
        for hub in hubs:
            parts = urlsplit(hub)
            plain = hub.isascii() and len(hub) <= LONGEST_HUB and not re.search(r'[\s<>"]', hub)
            if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
                raise ValueError("must be http or https addresses such as https://hub.example/")
            if "@" in parts.netloc:
                raise ValueError("must be addresses without a user name or password")
        return tuple(hubs)

    @field_validator("websub")
    @classmethod
    def _reached_safely(cls, value: str, info: ValidationInfo) -> str:
        base_url = info.data.get("base_url", "")
        if value == "on" and not may_hold_secrets(base_url, info.data.get("allow_private", ())):
            raise ValueError("needs DATELINE_BASE_URL to be an https address that hubs can reach")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _known_mail_server(cls, value: str) -> str:
        if value:
            mail_server(value)
        return value

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _known_sender(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            if info.field_name == "mail_from" and info.data.get("smtp_url"):
                raise ValueError("must name the sender of letters when DATELINE_SMTP_URL is set")
            return value
        _, address = parseaddr(value)
        if not value.isprintable() or read_address(address) != address:
            raise ValueError("must be an address such as news@tracker.example, or Name <address>")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _known_issuer(cls, value: str, info: ValidationInfo) -> str:
        plain = len(value) <= LONGEST_HUB and value.isascii() and not re.search(r"[\s?#@]", value)
        if value and not (plain and may_hold_secrets(value, info.data.get("allow_private", ()))):
            raise ValueError("must be the provider's issuer, such as https://sso.example/realm")
        return value

    @field_validator("oidc_client_id", "oidc_client_secret")
    @classmethod
    def _whole_provider(cls, value: str, info: ValidationInfo) -> str:
        if bool(value) != bool(info.data.get("oidc_issuer", value)):
            raise ValueError(
                "DATELINE_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET are set together or not at all"
            )
        return value

    @field_validator("oidc_role")
    @classmethod
    def _role_of_a_provider(cls, value: str, info: ValidationInfo) -> str:
        if value and not info.data.get("oidc_issuer", value):
            raise ValueError("needs DATELINE_OIDC_ISSUER")
        return value

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
    def mail_server(self) -> MailServer | None:
        """Where letters are handed over, or None when none are sent."""
        return mail_server(self.smtp_url) if self.smtp_url else None

    @property
    def state_dir(self) -> Path:
        """The folder for what the program keeps besides the database (secret key, lock files)."""
        if self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///")).parent
        return Path("var")


def may_hold_secrets(url: str, networks: Sequence[Network]) -> bool:
    """Tell whether what is sent to an address stays secret: https, this machine, or a network
    that was opened."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        address = ip_address(parts.hostname)
    except ValueError:
        return parts.hostname == "localhost"
    return address.is_loopback or any(address in network for network in networks)


def mail_server(url: str) -> MailServer:
    """Read the address of a mail server: `smtp://`, `smtp+starttls://` or `smtps://`.

    User and password are percent-encoded where they hold `@`, `:` or `/`. Raises ValueError.
    """
    parts = urlsplit(url)
    if parts.scheme not in _MAIL_SCHEMES or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be an address such as smtps://user:password@mail.example:465")
    tls, usual = _MAIL_SCHEMES[parts.scheme]
    if bool(parts.username) != bool(parts.password):
        raise ValueError("must name both a user and a password, or neither")
    return MailServer(
        host=parts.hostname,
        port=parts.port or usual,
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


_MAIL_SCHEMES = {
    "smtp": (Tls.OFFERED, 587),
    "smtp+starttls": (Tls.STARTTLS, 587),
    "smtps": (Tls.WHOLE, 465),
}


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
    except UnicodeDecodeError as error:
        what = f"not UTF-8 (byte {error.start})"
        raise SettingsError([Fault(where=".env", what=what, fix="save it as UTF-8")]) from None
    except ValidationError as error:
        raise SettingsError([_fault(dict(item)) for item in error.errors()]) from None


def _fault(item: dict[str, object]) -> Fault:
    location = item["loc"]
    name = str(location[0]) if isinstance(location, tuple) and location else "?"
    given = item.get("input")
    shown = (
        "…" if name in _SECRETS else repr(mask_password(given) if isinstance(given, str) else given)
    )
    message = str(item["msg"]).removeprefix("Value error, ")
    return Fault(where=f"{PREFIX}{name.upper()}", what=f"{message}, but it is {shown}")


def show_settings(settings: Settings) -> Sequence[ShownSetting]:
    """List every setting with its value, where the value comes from, and its meaning; secrets
    masked."""
    in_environment = EnvSettingsSource(Settings).env_vars
    in_file = DotEnvSettingsSource(Settings).env_vars
    shown = []
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        if variable.lower() in in_environment:
            origin = "environment"
        else:
            origin = ".env" if variable.lower() in in_file else "default"
        shown.append(
            ShownSetting(
                name=variable,
                value=_as_text(name, getattr(settings, name)),
                origin=origin,
                meaning=field.description or "",
            )
        )
    return shown


def unknown_settings() -> tuple[Fault, ...]:
    """Name every variable that looks like a setting and is none: probably a slip of the pen."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    given = {
        name.upper()
        for source in (EnvSettingsSource, DotEnvSettingsSource)
        for name in source(Settings, env_ignore_empty=False).env_vars
    }
    faults = []
    for name in sorted(given - set(known)):
        if name.startswith(PREFIX):
            near = difflib.get_close_matches(name, known, 1, 0.8)
            fix = f"did you mean {near[0]}?" if near else "`dateline settings` lists them"
            faults.append(Fault(where=name, what="is no setting", fix=fix))
    return tuple(faults)


def _as_text(name: str, value: object) -> str:
    if name in _SECRETS:
        return "(set)" if value else "(kept in var/)" if name == "secret_key" else ""
    if name in {"database_url", "smtp_url"}:
        return mask_password(str(value))
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


def mask_password(url: str) -> str:
    """Hide the password of a database address, however it is written."""
    masked = re.sub(r"(://[^:@/?]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", masked, flags=re.IGNORECASE)


def secret_key(settings: Settings) -> bytes:
    """The key that signs sessions: the setting, or one made on first use and kept beside the
    database.

    The file is readable by its owner only. Two processes starting at once agree on one key. Raises
    SettingsError when the key cannot be kept, or what is kept is too short to keep anybody out.
    """
    if settings.secret_key:
        return settings.secret_key.encode()
    path = settings.state_dir / "secret.key"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        key = path.read_text(encoding="utf-8").strip().encode()
    except OSError as error:
        what = f"the secret key cannot be kept: {error.strerror}"
        fix = "check the folder and its owner, or set DATELINE_SECRET_KEY"
        raise SettingsError([Fault(where=str(path), what=what, fix=fix)]) from None
    if len(key) < SHORTEST_KEY:
        fix = "remove it: a new one is made, and everybody logs in again"
        raise SettingsError([Fault(where=str(path), what="the key is empty or cut off", fix=fix)])
    return key


def _make_key(path: Path) -> None:
    # Threads starting at once need a name each as much as processes do.
    fresh = path.with_name(f"secret.key.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        # link fails if the key appeared meanwhile: the first writer wins, both read the same.
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
