"""Commands about who gets letters: `subscribers list`, `export`, `remove`."""

from collections.abc import Sequence

import typer
from rich.table import Table

from pipeline import enrol
from pipeline.cli.opening import AsJson, opened, out, print_json, ready, shell_user, short_time
from pipeline.errors import SubscriptionError
from pipeline.model import Subscriber
from pipeline.now import utc_now

subscribers_commands = typer.Typer(no_args_is_help=True, help="Who gets letters by e-mail.")


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.add_typer(subscribers_commands, name="subscribers")


@subscribers_commands.command("list")
def list_subscribers(as_json: bool = AsJson) -> None:
    """List everybody who gets letters or was asked to confirm, and whose mail bounces."""
    with opened(ready()) as database:
        found = enrol.everybody(database)
    if as_json:
        print_json([_json(each) for each in found])
        return
    out.print(_table(found))


@subscribers_commands.command("export")
def export_subscribers(as_json: bool = AsJson) -> None:
    """Write everything that is kept of every subscriber, for them or for another program: JSON."""
    with opened(ready()) as database:
        print_json([_json(each) for each in enrol.everybody(database)])


@subscribers_commands.command("remove")
def remove_subscriber(address: str = typer.Argument(help="The e-mail address.")) -> None:
    """Forget an address and every letter to it, at once and without a trace."""
    with opened(ready()) as database:
        if not enrol.remove(database, address, shell_user(), utc_now()):
            raise SubscriptionError("there is no such subscriber: `dateline subscribers list`")
    out.print("Forgotten.")


def _table(found: Sequence[Subscriber]) -> Table:
    table = Table("address", "state", "gets", "conflicts", "hour", "since", "last refusal")
    for each in found:
        wants = each.wants
        table.add_row(
            each.address,
            _state(each),
            wants.wish,
            ", ".join(wants.conflicts) or "all",
            f"{wants.hour:02}:00 {wants.zone}",
            short_time(each.confirmed_at),
            each.failing,
        )
    return table


def _state(each: Subscriber) -> str:
    if each.confirmed_at is None:
        return "unconfirmed"
    return "failing" if each.bounces else "confirmed"


def _json(each: Subscriber) -> dict[str, object]:
    """A subscriber without the secret that their links are made from."""
    return {
        "id": each.id,
        "address": each.address,
        "state": _state(each),
        "wish": each.wants.wish,
        "conflicts": each.wants.conflicts,
        "hour": each.wants.hour,
        "zone": each.wants.zone,
        "asked_at": each.asked_at,
        "confirmed_at": each.confirmed_at,
        "bounces": each.bounces,
        "failing": each.failing,
    }
