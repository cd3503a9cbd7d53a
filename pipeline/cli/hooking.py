"""Commands about programs that are told of entries: `webhooks add`, `list`, `remove`, `log`."""

import typer
from rich.table import Table

from pipeline import call_webhooks
from pipeline.cli.opening import (
    AsJson,
    opened,
    out,
    print_json,
    ready,
    require_conflict,
    shell_user,
    short_time,
)
from pipeline.errors import WebhookError
from pipeline.now import utc_now

webhooks_commands = typer.Typer(no_args_is_help=True, help="Programs that are told of entries.")


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(webhooks_commands, name="webhooks")


@webhooks_commands.command("add")
def add(
    url: str = typer.Argument(help="The address that is posted to."),
    conflict: str = typer.Option("", help="Only entries of this conflict; else of all."),
) -> None:
    """Tell a program of new, changed and withdrawn entries; prints the secret, once."""
    settings = ready()
    with opened(settings) as database:
        require_conflict(database, conflict)
        made, secret = call_webhooks.add_webhook(
            database, url, conflict, settings.base_url, shell_user(), utc_now()
        )
    out.print(f"Webhook {made.id} is told of what changes from now on. Its secret, shown only now:")
    out.print(secret)


@webhooks_commands.command("list")
def list_webhooks(as_json: bool = AsJson) -> None:
    """List the webhooks."""
    with opened(ready()) as database:
        found = call_webhooks.all_webhooks(database)
    if as_json:
        print_json(found)
        return
    table = Table("id", "address", "conflict", "added", "ended")
    for each in found:
        ended = short_time(each.ended_at) if each.ended_at else ""
        table.add_row(
            str(each.id), each.url, each.conflict or "all", short_time(each.made_at), ended
        )
    out.print(table)


@webhooks_commands.command("remove")
def remove(number: int = typer.Argument(help="Its id.")) -> None:
    """Tell a program nothing more, and forget its calls."""
    with opened(ready()) as database:
        if not call_webhooks.remove_webhook(database, number, shell_user(), utc_now()):
            raise WebhookError(f"there is no webhook {number}: `dateline webhooks list`")
    out.print("Removed.")


@webhooks_commands.command("log")
def log(
    limit: int = typer.Option(50, min=1, help="How many calls, the newest first."),
    as_json: bool = AsJson,
) -> None:
    """List the newest calls with what became of them."""
    with opened(ready()) as database:
        found = call_webhooks.call_log(database, limit)
    if as_json:
        print_json(found)
        return
    table = Table("call", "webhook", "entry", "state", "noticed", "next try", "tries failed", "why")
    for each in found:
        due = short_time(each.due_at) if each.due_at else ""
        table.add_row(
            str(each.id), str(each.webhook_id), each.uid, each.state, short_time(each.made_at), due,
            str(each.failures), each.error,
        )  # fmt: skip
    out.print(table)
