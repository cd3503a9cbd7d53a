"""Settings: `DATELINE_*` in the environment or in a `.env` file, checked once at the start."""

import re
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import Fault, SettingsError
from pipeline.model import MailServer
from pipeline.settings.servers import Network, mail_server, mask_password, may_hold_secrets
from pipeline.stages.address import read_address

PREFIX = "DATELINE_"
LONGEST_HUB = 255
SECRETS = {"secret_key", "oidc_client_secret"}


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
        "…" if name in SECRETS else repr(mask_password(given) if isinstance(given, str) else given)
    )
    message = str(item["msg"]).removeprefix("Value error, ")
    return Fault(where=f"{PREFIX}{name.upper()}", what=f"{message}, but it is {shown}")
