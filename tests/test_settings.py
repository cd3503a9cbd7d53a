"""Settings: checked once, named with their origin, and no secret shown."""

import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import SettingsError
from pipeline.model import MailServer, Tls
from pipeline.settings import (
    Settings,
    load_settings,
    mask_password,
    secret_key,
    show_settings,
    unknown_settings,
)
from tests.racing import at_once

WRONG = {
    "DATABASE_URL": "postgres://dateline:hunter2@db/dateline",
    "BASE_URL": "ftp://tracker.example",
    "PORT": "70000",
    "ALLOW_PRIVATE": "127.0.0.0/8, home",
    "HOST_INTERVAL": "-1",
    "HOST_CONCURRENCY": "0",
    "MAX_FEED_BYTES": "10 MiB",
    "FETCH_DEADLINE": "0",
    "LOG_FORMAT": "xml",
    "CONTACT_URL": "https://tracker.example/à-propos",
    "HUB_URL": "https://hub.example/, hub.example",
    "SMTP_URL": "https://mail.example",
    "MAIL_FROM": "not an address",
    "MAIL_REPLY_TO": "desk@tracker.example\nBcc: all@example.org",
}


@pytest.fixture(autouse=True)
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and no DATELINE_ variable of this machine."""
    for name in os.environ:
        if name.upper().startswith("DATELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def origins() -> dict[str, str]:
    return {each.name: each.origin for each in show_settings(load_settings())}


def values() -> dict[str, str]:
    return {each.name: each.value for each in show_settings(load_settings())}


def test_the_defaults_are_those_of_the_contract() -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/dateline.db"
    assert settings.sources == Path("sources.yaml")
    assert settings.public_dir == Path("var/public")
    assert settings.base_url == "http://127.0.0.1:8000"
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.allow_private == ()
    assert (settings.host_interval, settings.host_concurrency) == (2.0, 1)
    assert (settings.max_feed_bytes, settings.fetch_deadline) == (10 * 1024 * 1024, 45.0)


def test_every_wrong_value_is_named_at_once_with_what_it_should_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in WRONG.items():
        monkeypatch.setenv(f"DATELINE_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert {fault.where for fault in raised.value.faults} == {f"DATELINE_{name}" for name in WRONG}
    told = str(raised.value)
    assert "must start with sqlite:/// or postgresql://" in told
    assert "such as https://tracker.example" in told
    assert "'70000'" in told


def test_a_wrong_database_address_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATELINE_DATABASE_URL", WRONG["DATABASE_URL"])
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)
    assert "postgres://dateline:***@db/dateline" in str(raised.value)


def test_every_setting_is_shown_with_its_origin(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house / ".env").write_text(
        "# DATELINE_SOURCES=elsewhere.yaml\n"
        "export DATELINE_HOST=0.0.0.0\n"
        'dateline_contact_url="https://tracker.example/about"\n'
        "DATELINE_PORT=9000\n"
        "DATELINE_MAX_FEED_BYTES=\n"
    )
    monkeypatch.setenv("DATELINE_PORT", "9100")
    monkeypatch.setenv("dateline_log_format", "json")
    monkeypatch.setenv("DATELINE_FETCH_DEADLINE", "")
    assert origins() == {
        "DATELINE_DATABASE_URL": "default",
        "DATELINE_SOURCES": "default",
        "DATELINE_PUBLIC_DIR": "default",
        "DATELINE_BASE_URL": "default",
        "DATELINE_HOST": ".env",
        "DATELINE_PORT": "environment",
        "DATELINE_SECRET_KEY": "default",
        "DATELINE_CONTACT_URL": ".env",
        "DATELINE_ALLOW_PRIVATE": "default",
        "DATELINE_HUB_URL": "default",
        "DATELINE_WEBSUB": "default",
        "DATELINE_SMTP_URL": "default",
        "DATELINE_MAIL_FROM": "default",
        "DATELINE_MAIL_REPLY_TO": "default",
        "DATELINE_OIDC_ISSUER": "default",
        "DATELINE_OIDC_CLIENT_ID": "default",
        "DATELINE_OIDC_CLIENT_SECRET": "default",
        "DATELINE_OIDC_ROLE": "default",
        "DATELINE_SECOND_FACTOR": "default",
        "DATELINE_HOST_INTERVAL": "default",
        "DATELINE_HOST_CONCURRENCY": "default",
        "DATELINE_MAX_FEED_BYTES": "default",
        "DATELINE_FETCH_DEADLINE": "default",
        "DATELINE_LOG_FORMAT": "environment",
        "DATELINE_WORKERS": "default",
        "DATELINE_API_PER_MINUTE": "default",
        "DATELINE_WHOLE_FEED_INTERVAL": "default",
    }
    shown = values()
    assert (shown["DATELINE_HOST"], shown["DATELINE_PORT"]) == ("0.0.0.0", "9100")
    assert shown["DATELINE_LOG_FORMAT"] == "json"
    assert all(each.meaning for each in show_settings(load_settings()))


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert values()["DATELINE_SECRET_KEY"] == "(kept in var/)"
    monkeypatch.setenv("DATELINE_SECRET_KEY", "correct-horse-battery-staple-kettle")
    monkeypatch.setenv("DATELINE_DATABASE_URL", "postgresql://dateline:hunter2@db/dateline")
    monkeypatch.setenv("DATELINE_ALLOW_PRIVATE", "127.0.0.0/8, ::1/128")
    shown = values()
    assert shown["DATELINE_SECRET_KEY"] == "(set)"
    assert shown["DATELINE_DATABASE_URL"] == "postgresql://dateline:***@db/dateline"
    assert shown["DATELINE_ALLOW_PRIVATE"] == "127.0.0.0/8,::1/128"
    assert "hunter2" not in str(shown)
    assert "horse" not in str(shown)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("sqlite:///var/dateline.db", "sqlite:///var/dateline.db"),
        ("postgresql://db/dateline", "postgresql://db/dateline"),
        ("postgresql://me@db/dateline", "postgresql://me@db/dateline"),
        ("postgresql://me:s3cret@db/x", "postgresql://me:***@db/x"),
        ("postgresql://me:s3/c#r?e@t@db/x", "postgresql://me:***@db/x"),
        ("postgresql://:s3cret@db/x", "postgresql://:***@db/x"),
        ("postgresql://me:s3cret@[bad/x", "postgresql://me:***@[bad/x"),
        (
            "postgresql://db/x?user=me&password=s3cret&a=b",
            "postgresql://db/x?user=me&password=***&a=b",
        ),
        ("postgresql://db/x?PASSWORD=s3cret", "postgresql://db/x?PASSWORD=***"),
        ("postgresql://me:db@db/db", "postgresql://me:***@db/db"),
    ],
)
def test_no_form_of_database_address_shows_its_password(address: str, shown: str) -> None:
    assert mask_password(address) == shown


def test_a_name_that_is_no_setting_is_named_with_the_likely_one(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (house / ".env").write_text("DATELINE_PUBLICDIR=/srv/www\nOTHER=1\nNOT A LINE\n")
    monkeypatch.setenv("DATELINE_PROT", "9000")
    monkeypatch.setenv("DATELINE_XYZ", "")
    told = [str(each) for each in unknown_settings()]
    assert told == [
        "DATELINE_PROT: is no setting (did you mean DATELINE_PORT?)",
        "DATELINE_PUBLICDIR: is no setting (did you mean DATELINE_PUBLIC_DIR?)",
        "DATELINE_XYZ: is no setting (`dateline settings` lists them)",
    ]


def test_an_env_file_that_is_not_utf8_is_named(house: Path) -> None:
    (house / ".env").write_bytes(b"DATELINE_CONTACT_URL=caf\xe9")
    with pytest.raises(SettingsError) as raised:
        load_settings()
    (fault,) = raised.value.faults
    assert (fault.where, fault.fix) == (".env", "save it as UTF-8")


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().port = 1


def test_the_public_address_has_no_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_BASE_URL", "https://tracker.example/news/")
    assert load_settings().base_url == "https://tracker.example/news"


# The secret key


def test_a_key_is_made_once_and_readable_by_its_owner_only(house: Path) -> None:
    first = secret_key(load_settings())
    file = house / "var" / "secret.key"
    assert len(first) >= 43
    assert secret_key(load_settings()) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_key_that_is_set_is_the_key(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_SECRET_KEY", "correct-horse-battery-staple-kettle")
    assert secret_key(load_settings()) == b"correct-horse-battery-staple-kettle"
    assert not (house / "var").exists()


def test_the_key_lies_beside_an_embedded_database(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_DATABASE_URL", f"sqlite:///{house}/kept/news.db")
    secret_key(load_settings())
    assert (house / "kept" / "secret.key").is_file()
    monkeypatch.setenv("DATELINE_DATABASE_URL", "postgresql://db/dateline")
    assert load_settings().state_dir == Path("var")


def test_many_starting_at_once_agree_on_one_key() -> None:
    settings = load_settings()
    assert len(set(map(str, at_once(*[lambda: secret_key(settings)] * 16)))) == 1


def test_an_empty_or_cut_off_key_is_never_used(house: Path) -> None:
    file = house / "var" / "secret.key"
    file.parent.mkdir()
    for content in ("", "\n", "half-a-key"):
        file.write_text(content)
        with pytest.raises(SettingsError, match=r"secret\.key") as raised:
            secret_key(load_settings())
        assert "remove it" in raised.value.faults[0].fix


def test_a_key_that_cannot_be_kept_is_a_clear_error(house: Path) -> None:
    (house / "var").write_text("a file where the folder should be")
    with pytest.raises(SettingsError) as raised:
        secret_key(load_settings())
    assert "var/secret.key" in raised.value.faults[0].where
    assert "DATELINE_SECRET_KEY" in raised.value.faults[0].fix


def test_no_setting_is_without_a_meaning() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    "hub",
    [
        "ftp://hub.example/", "https://", "https://me:secret@hub.example/", "https://hub.example/a b",
        'https://hub.example/"', "https://hub.example/>; rel=next", "https://hüb.example/",
        "https://hub.example/" + "x" * 300,
    ],
)  # fmt: skip
def test_a_hub_is_a_plain_web_address(monkeypatch: pytest.MonkeyPatch, hub: str) -> None:
    monkeypatch.setenv("DATELINE_HUB_URL", hub)
    with pytest.raises(SettingsError, match="DATELINE_HUB_URL"):
        load_settings()


def test_hubs_announce_only_to_an_address_that_keeps_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATELINE_WEBSUB", "on")
    for base_url in ("http://10.1.2.3:8000", "http://tracker.example"):
        monkeypatch.setenv("DATELINE_BASE_URL", base_url)
        with pytest.raises(SettingsError, match="needs DATELINE_BASE_URL to be an https address"):
            load_settings()
    monkeypatch.setenv("DATELINE_BASE_URL", "https://tracker.example")
    assert load_settings().websub == "on"
    monkeypatch.setenv("DATELINE_BASE_URL", "http://10.1.2.3:8000")
    monkeypatch.setenv("DATELINE_ALLOW_PRIVATE", "10.0.0.0/8")
    assert load_settings().websub == "on"


def test_hubs_are_separated_by_commas_and_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "DATELINE_HUB_URL", "https://a.example/, https://b.example/,https://a.example/"
    )
    assert load_settings().hub_url == ("https://a.example/", "https://b.example/")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer(host="mail.example", port=587)),
        ("smtp://mail.example:25/", MailServer(host="mail.example", port=25)),
        ("smtp+starttls://[::1]", MailServer(host="::1", port=587, tls=Tls.STARTTLS)),
        (
            "smtps://news%40t.example:p%3Aw%40rd@mail.example",
            MailServer(
                host="mail.example",
                port=465,
                tls=Tls.WHOLE,
                user="news@t.example",
                password="p:w@rd",
            ),
        ),
    ],
)
def test_a_mail_server_is_an_address(
    monkeypatch: pytest.MonkeyPatch, url: str, server: MailServer
) -> None:
    monkeypatch.setenv("DATELINE_SMTP_URL", url)
    monkeypatch.setenv("DATELINE_MAIL_FROM", "Tracker <news@tracker.example>")
    assert load_settings().mail_server == server


@pytest.mark.parametrize(
    "url",
    ["mail.example", "smtp://", "smtp://me@mail.example", "smtp://mail.example/in", "smtp://a:b:c"],
)
def test_what_is_no_mail_server_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATELINE_SMTP_URL", url)
    monkeypatch.setenv("DATELINE_MAIL_FROM", "news@tracker.example")
    with pytest.raises(SettingsError, match="DATELINE_SMTP_URL"):
        load_settings()


def test_letters_need_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_SMTP_URL", "smtps://me:hunter2@mail.example")
    with pytest.raises(SettingsError, match="DATELINE_MAIL_FROM: must name the sender") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_the_password_of_the_mail_server_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_SMTP_URL", "smtps://me:hunter2@mail.example")
    monkeypatch.setenv("DATELINE_MAIL_FROM", "news@tracker.example")
    assert values()["DATELINE_SMTP_URL"] == "smtps://me:***@mail.example"
    monkeypatch.setenv("DATELINE_SMTP_URL", "smtpx://me:hunter2@mail.example")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


WHOLE = {"ISSUER": "https://sso.example/realm", "CLIENT_ID": "dateline", "CLIENT_SECRET": "tea-pot"}


def set_provider(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"DATELINE_OIDC_{name}", value)


def test_a_provider_is_set_whole_and_its_secret_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert values()["DATELINE_OIDC_CLIENT_SECRET"] == ""
    set_provider(monkeypatch, **WHOLE, ROLE="viewer")
    assert values()["DATELINE_OIDC_CLIENT_SECRET"] == "(set)"
    assert "tea-pot" not in str(values())


@pytest.mark.parametrize("missing", WHOLE)
def test_a_provider_that_is_set_in_part_is_named(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    set_provider(monkeypatch, **{name: value for name, value in WHOLE.items() if name != missing})
    with pytest.raises(SettingsError, match="together or not at all") as raised:
        load_settings()
    assert "tea-pot" not in str(raised.value)


@pytest.mark.parametrize(
    "change",
    [
        {"ROLE": "admin"}, {"ISSUER": "http://sso.example"}, {"ISSUER": "sso.example"},
        {"ISSUER": "https://me:pw@sso.example"}, {"ISSUER": "https://sso.example/?a=b"},
        {"ISSUER": "https://sso.example/#a"}, {"ISSUER": "javascript:alert(1)"},
        {"ISSUER": "https://" + "x" * 255}, {"ISSUER": "http://10.0.0.1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_provider_that_could_not_be_trusted_is_refused(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
) -> None:
    set_provider(monkeypatch, **(WHOLE | change))
    with pytest.raises(SettingsError, match="DATELINE_OIDC"):
        load_settings()


def test_a_role_of_new_accounts_needs_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    set_provider(monkeypatch, ROLE="editor")
    with pytest.raises(SettingsError, match="needs DATELINE_OIDC_ISSUER"):
        load_settings()


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:8080", "http://localhost/realm", "http://10.0.0.1"]
)
def test_a_provider_on_this_machine_or_in_an_opened_network_may_do_without_tls(
    monkeypatch: pytest.MonkeyPatch, issuer: str
) -> None:
    monkeypatch.setenv("DATELINE_ALLOW_PRIVATE", "10.0.0.0/8")
    set_provider(monkeypatch, **(WHOLE | {"ISSUER": issuer}))
    assert load_settings().oidc_issuer == issuer


def test_links_lead_to_the_port_that_is_set_unless_an_address_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATELINE_PORT", "8431")
    assert load_settings().base_url == "http://127.0.0.1:8431"
    monkeypatch.setenv("DATELINE_BASE_URL", "https://tracker.example")
    assert load_settings().base_url == "https://tracker.example"
