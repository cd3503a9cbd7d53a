"""Commands of the operator: publish, database, settings, doctor, demo."""

from dataclasses import asdict
from datetime import date
from pathlib import Path

import typer
from rich.table import Table

from db import Database, copies, open_database, transfers
from db.upgrade import current_version, newest_version
from db.upgrade import upgrade as upgrade_schema
from pipeline import browse
from pipeline.bring_out import bring_out
from pipeline.cli.opening import AsJson, err, opened, out, print_json, ready, watching
from pipeline.diagnose import Level
from pipeline.diagnose import diagnose as look_around
from pipeline.errors import StoreError
from pipeline.index import index_news
from pipeline.model import Edition
from pipeline.now import utc_now
from pipeline.prove import verify as rebuild
from pipeline.publish import found_installation
from pipeline.publish import publish as write_files
from pipeline.settings import mask_password, show_settings, unknown_settings

# The largest number a column of either database holds.
_LARGEST = 2**63 - 1

db_commands = typer.Typer(help="The database.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("publish")(publish)
    app.command("settings")(settings_)
    app.command("doctor")(doctor)
    app.add_typer(db_commands, name="db")


def publish(
    verify: str = typer.Option(
        "",
        metavar="EDITION",
        help="Write nothing; rebuild this edition (12, or mali/2026-11-22) from what is stored and "
        "say whether it is what was published.",
    ),
    as_json: bool = AsJson,
) -> None:
    """Make the daily editions that are due; write all digest files and public pages.

    Unchanged files are left alone.
    """
    settings = ready()
    if verify:
        with opened(settings) as database:
            _verify(database, verify, as_json=as_json)
        return
    with watching(settings) as (database, _):
        brought = bring_out(database, settings.base_url, utc_now())
        report = write_files(
            database,
            settings.public_dir,
            settings.base_url,
            utc_now(),
            hubs=settings.hub_url,
            letters=settings.mail_server is not None,
            anew=True,
        )
    if report.elsewhere:
        err.print(f"Note: {report.elsewhere}.")
    if as_json:
        print_json(
            {
                "files": report.files,
                "changed": report.changed,
                "editions": [_named(each) for each in brought.made],
                "editions_corrected": [_named(each) for each in brought.revised],
            }
        )
    else:
        for each in brought.made:
            stories = "1 story" if len(each.stories) == 1 else f"{len(each.stories)} stories"
            out.print(f"Edition {each.number}: {each.title}, {stories}.", markup=False)
        for each in brought.revised:
            out.print(f"Edition {each.number} corrected: {each.corrections[-1].note}", markup=False)
        out.print(f"{report.files} files in {settings.public_dir}, {len(report.changed)} changed.")


def _named(edition: Edition) -> dict[str, object]:
    return {
        "number": edition.number,
        "conflict": edition.conflict,
        "day": edition.day,
        "revision": edition.revision,
        "stories": len(edition.stories),
    }


def _verify(database: Database, named: str, *, as_json: bool) -> None:
    conflict, _, day = named.partition("/")
    try:
        if day:
            found = rebuild(database, conflict=conflict, day=date.fromisoformat(day))
        else:
            found = rebuild(database, number=min(int(conflict), _LARGEST))
    except ValueError:
        raise typer.BadParameter(
            "name an edition by its number, or as CONFLICT/YYYY-MM-DD"
        ) from None
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            name = f"Edition {each.number}, {each.conflict} {each.day}, revision {each.revision}"
            same = "differs" if each.differences else "rebuilt byte for byte"
            out.print(f"{name}: {same}.", markup=False)
            for difference in each.differences:
                out.print(f"  {difference}", markup=False)
    if any(each.differences for each in found):
        raise typer.Exit(1)


def settings_(as_json: bool = AsJson) -> None:
    """Print every setting with its value and where the value comes from; secrets are masked."""
    shown = show_settings(ready())
    for fault in unknown_settings():
        err.print(f"warning: {fault}")
    if as_json:
        print_json({each.name: {"value": each.value, "origin": each.origin} for each in shown})
        return
    table = Table("setting", "value", "from", "meaning")
    for each in shown:
        table.add_row(each.name, each.value, each.origin, each.meaning)
    out.print(table)


def doctor(as_json: bool = AsJson) -> None:
    """Tell what is wrong here, and what to do; exits 1 when something is bad."""
    findings = look_around(ready(), utc_now())
    if as_json:
        print_json([asdict(each) for each in findings])
    else:
        for each in findings:
            out.print(f"{each.level:<5} {each.about}: {each.what}", markup=False)
            if each.advice:
                out.print(f"      → {each.advice}", markup=False)
    if any(each.level is Level.BAD for each in findings):
        raise typer.Exit(1)


@db_commands.command("upgrade")
def upgrade() -> None:
    """Bring the database to this program's schema; makes it when it is not there."""
    settings = ready()
    database = open_database(settings.database_url)
    try:
        before = current_version(database)
        reached = upgrade_schema(database)
        found_installation(database, settings.base_url, utc_now())
    finally:
        database.close()
    state = "was at" if before == reached else f"went from {before or 'nothing'} to"
    out.print(f"The schema {state} {reached}.")


@db_commands.command("backup")
def backup(file: Path = typer.Argument(help="Where the copy goes; must not exist.")) -> None:
    """Copy the database to a file, consistent even while the service runs."""
    settings = ready()
    with opened(settings, upgrading=False) as database:
        size = copies.backup(database, file)
    out.print(f"{file} holds the whole database, {size} bytes.", markup=False)


@db_commands.command("restore")
def restore(file: Path = typer.Argument(help="A copy made by `dateline db backup`.")) -> None:
    """Put a backup in the place of the database; the service must be stopped."""
    settings = ready()
    if not settings.database_url.startswith("sqlite:///"):
        raise StoreError("PostgreSQL has its own tools for this: use pg_restore")
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    replaced = path.exists()
    copies.restore(path, file)
    with opened(settings):
        kept = f"; what stood there is {path.name}.before-restore" if replaced else "."
        out.print(f"{path} is restored{kept}")


@db_commands.command("copy")
def copy(
    target: str = typer.Argument(help="Address of an empty database, postgresql:// or sqlite:///."),
    anew: bool = typer.Option(
        False, "--anew", help="Empty a copy that was broken off, and begin again."
    ),
) -> None:
    """Copy everything into another database, checked row by row; goes on if it was broken off.

    The service must be stopped meanwhile.
    """
    settings = ready()
    if target == settings.database_url:
        raise StoreError("that is the database itself: name another one")
    other = open_database(target)
    try:
        with opened(settings, upgrading=False) as database:
            copied = transfers.copy_all(database, other, anew=anew, progress=_tell_progress())
            index_news(other)
    finally:
        other.close()
    if copied.resumed:
        out.print(f"{copied.resumed} rows were there from before.")
    out.print(
        f"{sum(copied.rows.values())} rows in {len(copied.rows)} tables, all of them compared."
    )
    out.print(f"Set DATELINE_DATABASE_URL to {mask_password(target)} to work with it.")


def _tell_progress() -> transfers.Told:
    def tell(table: str, done: int, total: int) -> None:
        err.print(f"{table}: {done} of {total} rows")

    return tell


@db_commands.command("stats")
def stats(as_json: bool = AsJson) -> None:
    """Count what the database holds."""
    settings = ready()
    with opened(settings, upgrading=False) as database:
        figures = {**browse.table_sizes(database), "schema": newest_version()}
    if as_json:
        print_json(figures)
        return
    table = Table("what", "rows")
    for name, value in figures.items():
        table.add_row(name, str(value))
    out.print(table)


@db_commands.command("prune")
def prune() -> None:
    """Forget unmatched articles past their time, old attempts, dead sessions."""
    # What sweeping needs is heavy, and the other commands here are asked for often.
    from pipeline.sweep import sweep

    settings = ready()
    with watching(settings) as (database, watch):
        out.print(sweep(database, watch, utc_now()).capitalize() + ".")
