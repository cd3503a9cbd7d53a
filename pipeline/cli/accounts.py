"""Commands about the accounts of the desk."""

import sys
from dataclasses import asdict
from datetime import timedelta

import typer
from rich.table import Table

from pipeline import login, sign_in, tokens
from pipeline.cli.opening import AsJson, opened, out, print_json, ready, shell_user, short_time
from pipeline.errors import AccountError
from pipeline.model import Role, Scope
from pipeline.now import utc_now
from pipeline.settings import secret_key

editor_commands = typer.Typer(help="Accounts of the desk.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(editor_commands, name="editor")


@editor_commands.command("add")
def add_editor(
    name: str = typer.Argument(help="The name to log in with."),
    role: Role = typer.Option(
        Role.EDITOR, help="viewer only looks; admin may also manage accounts."
    ),
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    settings = ready()
    with opened(settings) as database:
        made = login.add_editor(
            database, name=name, password=_password(), role=role, actor=shell_user(), now=utc_now()
        )
    out.print(f"{made.name} can log in now, as {made.role}.", markup=False)


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise AccountError("no password came on standard input")
    return password


@editor_commands.command("list")
def list_editors(as_json: bool = AsJson) -> None:
    """List all accounts."""
    settings = ready()
    with opened(settings) as database:
        everyone = login.list_editors(database)
    if as_json:
        print_json([asdict(each) for each in everyone])
        return
    if not everyone:
        out.print("There is no editor yet: `dateline editor add NAME --role admin` makes one.")
        return
    table = Table("name", "role", "since", "state")
    for each in everyone:
        state = "disabled" if each.disabled_at else "active"
        table.add_row(each.name, each.role, short_time(each.created_at), state)
    out.print(table)


@editor_commands.command("disable")
def disable_editor(name: str = typer.Argument(help="The account to close.")) -> None:
    """Close an account: its sessions end, its verdicts stay."""
    settings = ready()
    with opened(settings) as database:
        login.disable_editor(database, name=name, actor=shell_user(), now=utc_now())
    out.print(f"{name} can no longer log in.", markup=False)


@editor_commands.command("password")
def change_password(name: str = typer.Argument(help="The account.")) -> None:
    """Set a new password, asked for or read from standard input; all its sessions end."""
    settings = ready()
    with opened(settings) as database:
        login.change_password(
            database, name=name, password=_password(), actor=shell_user(), now=utc_now()
        )
    out.print(f"The password of {name} is changed.", markup=False)


@editor_commands.command("factor")
def second_factor(
    name: str = typer.Argument(help="The account."),
    off: bool = typer.Option(False, "--off", help="Take it off: all the account's sessions end."),
) -> None:
    """Tell whether an account's logins ask for a code as well, or take that off."""
    settings = ready()
    with opened(settings) as database:
        if off:
            login.remove_factor(database, name=name, actor=shell_user(), now=utc_now())
            out.print(f"{name} logs in with the password alone again.", markup=False)
            return
        found = login.factor_of(database, login.find_editor(database, name))
    if found is None or found.confirmed_at is None:
        out.print(f"{name} has no second factor.", markup=False)
        return
    since = short_time(found.confirmed_at)
    out.print(f"{name}: codes since {since}, recovery codes left: {found.codes_left}", markup=False)


@editor_commands.command("link")
def link_editor(
    name: str = typer.Argument(help="The account."),
    subject: str = typer.Argument(help="The person's subject at the provider."),
) -> None:
    """Let somebody at the OpenID provider sign in to an account."""
    settings = ready()
    with opened(settings) as database:
        sign_in.link_editor(
            database,
            name=name,
            issuer=settings.oidc_issuer,
            subject=subject,
            actor=shell_user(),
            now=utc_now(),
        )
    out.print(f"{name} is linked to {subject} at {settings.oidc_issuer}.", markup=False)


@editor_commands.command("unlink")
def unlink_editor(name: str = typer.Argument(help="The account.")) -> None:
    """Forget an account's links to the OpenID provider; all its sessions end."""
    settings = ready()
    with opened(settings) as database:
        gone = sign_in.unlink_editor(database, name=name, actor=shell_user(), now=utc_now())
    out.print(f"{name}: links that are gone: {gone}", markup=False)


@editor_commands.command("invite")
def invite_editor(
    role: Role = typer.Option(Role.EDITOR, help="Role of the account the link makes."),
) -> None:
    """Print a one-time link with which somebody makes an account, within seven days."""
    settings = ready()
    with opened(settings) as database:
        token = login.invite(database, secret_key(settings), role=role, now=utc_now())
    out.print(f"{settings.base_url}/invite/{token}")


@editor_commands.command("token")
def make_token(
    name: str = typer.Argument(help="The account in whose name the token asks."),
    label: str = typer.Option("shell", help="What the token is called in the account's list."),
    scope: list[Scope] = typer.Option([Scope.READ], help="read, review; may be given twice."),
    days: int = typer.Option(90, min=1, max=365, help="How long it works."),
) -> None:
    """Print a new token of the API; it is shown this once."""
    settings = ready()
    with opened(settings) as database:
        token, _ = tokens.make_token(
            database,
            secret_key(settings),
            editor=login.find_editor(database, name),
            name=label,
            scopes=scope,
            lifetime=timedelta(days=days),
            actor=shell_user(),
            now=utc_now(),
        )
    typer.echo(token)
