"""Commands about what is watched: sources.yaml and the feeds."""

import asyncio
import difflib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from pipeline.cli.opening import (
    AsJson,
    err,
    fetch_policy,
    out,
    print_json,
    ready,
    watching,
)
from pipeline.cli.surveying import surveyed
from pipeline.document import read_document
from pipeline.errors import Fault, FeedError, Level, PipelineError, SourcesError
from pipeline.fetch import Fetcher
from pipeline.isolate import ParserPool
from pipeline.model import Example, Feed, Fetched, Sources, Term
from pipeline.now import utc_now
from pipeline.settings import Settings
from pipeline.sources import check_sources, export_sources, load_sources
from pipeline.stages.describe import counted
from pipeline.stages.match.lint import SHARE
from pipeline.watch import adopt, compare_owners, sources_in_force

feeds_commands = typer.Typer(help="The feeds that are polled.", no_args_is_help=True)
sources_commands = typer.Typer(
    help="What the file says, what runs, who owns it.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add this room's commands."""
    app.command("check")(check)
    app.add_typer(feeds_commands, name="feeds")
    app.add_typer(sources_commands, name="sources")


def check(
    online: bool = typer.Option(False, "--online", help="Also fetch every feed once."),
    archive: bool = typer.Option(
        False, "--archive", help="Also see what each keyword does to the stored articles."
    ),
    share: float = typer.Option(
        100 * SHARE, min=0, max=100, help="With --archive: what fires on more percent is told."
    ),
    strict: bool = typer.Option(False, "--strict", help="Let a warning end with exit code 1."),
    as_json: bool = AsJson,
) -> None:
    """Check sources.yaml: every fault and every doubt at once, with its line and the likely fix."""
    settings = ready()
    sources, faults, warnings = _read(settings.sources)
    if archive and sources is not None:
        warnings += surveyed(settings, sources, share / 100)
    tried = asyncio.run(_try_feeds(settings, sources)) if online and sources else []
    if as_json:
        print_json(
            {
                "faults": [
                    {"where": each.where, "what": each.what, "fix": each.fix} for each in faults
                ],
                "warnings": [asdict(each) for each in warnings],
                "feeds": [asdict(each) for each in tried],
            }
        )
    else:
        for fault in (*faults, *warnings):
            out.print(f"{fault.level:<8} {fault}", markup=False)
        _print_tried(tried)
        if sources is not None:
            out.print(
                f"{settings.sources} is valid: {counted(len(sources.feeds), 'feed')}, "
                f"{counted(len(sources.conflicts), 'conflict')}.",
                markup=False,
            )
        else:
            out.print(f"{counted(len(faults), 'fault')}; nothing starts with this file.")
    if faults:
        raise typer.Exit(2)
    doubtful = strict and any(each.level is Level.WARNING for each in warnings)
    if doubtful or any(each.kind for each in tried):
        raise typer.Exit(1)


def _read(path: Path) -> tuple[Sources | None, tuple[Fault, ...], tuple[Fault, ...]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        try:
            return load_sources(path), (), ()
        except SourcesError as error:
            return None, error.faults, ()
    return check_sources(text, path.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedFeed:
    """How one feed answered; `kind` is empty when it is well.

    `moved_to` is where its address leads for good, also where the document there cannot be read.
    """

    feed: str
    kind: str
    message: str
    entries: int
    moved_to: str | None = None


async def _try_feeds(settings: Settings, sources: Sources) -> list[TriedFeed]:
    """Fetch and read every enabled feed once, storing nothing."""
    slots = asyncio.Semaphore(24)

    async with Fetcher(fetch_policy(settings)) as fetcher, ParserPool() as parsers:

        async def one(feed: Feed) -> TriedFeed:
            moved_to: str | None = None
            async with slots:
                try:
                    answer = await fetcher.fetch(feed.url)
                    assert isinstance(answer, Fetched)
                    moved_to = answer.permanent_url
                    document = await parsers.run(read_document, (answer, feed, utc_now()))
                except FeedError as error:
                    return TriedFeed(
                        feed=feed.id,
                        kind=error.kind,
                        message=str(error),
                        entries=0,
                        moved_to=moved_to,
                    )
                finally:
                    err.print(f"tried {feed.id}", markup=False)
            return TriedFeed(
                feed=feed.id, kind="", message="", entries=document.entries, moved_to=moved_to
            )

        return list(await asyncio.gather(*(one(feed) for feed in sources.feeds if feed.enabled)))


def _print_tried(tried: list[TriedFeed]) -> None:
    for each in tried:
        state = f"{each.kind}: {each.message}" if each.kind else f"{each.entries} entries"
        out.print(f"{'failed ' if each.kind else 'well   '}  {each.feed}  {state}", markup=False)
        if each.moved_to:
            then = "look at what is there" if each.kind else "write it in sources.yaml"
            out.print(
                f"         its address leads to {each.moved_to} for good: {then}", markup=False
            )


@sources_commands.command("diff")
def diff_sources(as_json: bool = AsJson) -> None:
    """Show what the desk owns, and both versions where sources.yaml says something else."""
    settings = ready()
    with watching(settings) as (database, watch):
        items = compare_owners(database, watch.sources)
        in_file = watch.sources
    runs = sources_in_force(settings.sources, settings.database_url)
    if as_json:
        print_json([asdict(each) for each in items])
        return
    if not items:
        out.print("Everything runs as sources.yaml says.")
    for each in items:
        state = "differs from" if each.differs else "equals"
        state = state if each.in_file else "not in"
        out.print(f"{each.name}: owned by the desk, {state} sources.yaml", markup=False)
        if each.differs:
            for line in _compared(_written(in_file, each.name), _written(runs, each.name)):
                out.print(f"  {line}")
            effect = "gives it back to the file" if each.in_file else "stops watching it"
            out.print(f"  `dateline sources adopt {each.name}` {effect}")


def _compared(in_file: list[str], runs: list[str]) -> Iterator[str]:
    """What differs, as a patch has it: `-` in sources.yaml, `+` as it runs."""
    if in_file:
        yield "- in sources.yaml, + as it runs:"
        lines = difflib.unified_diff(in_file, runs, lineterm="", n=0)
        yield from (line for line in lines if not line.startswith(("---", "+++", "@@")))
    else:
        yield from runs


def _written(sources: Sources, name: str) -> list[str]:
    """A conflict's keywords, a term a line, or a feed's values; nothing when it is not there."""
    for conflict in sources.conflicts:
        if conflict.slug == name:
            rule = conflict.keywords
            lists = ("decisive", "places", "subjects", "exclude")
            terms = [f"{list_}: {_term(term)}" for list_ in lists for term in getattr(rule, list_)]
            return [*terms, *map(_example, rule.examples)]
    for feed in sources.feeds:
        if feed.id == name:
            return [f"{key}: {value}" for key, value in asdict(feed).items()]
    return []


def _term(term: Term) -> str:
    conditions = {key: value for key, value in asdict(term).items() if value and key != "text"}
    return term.text + "".join(f", {key}: {value}" for key, value in conditions.items())


def _example(example: Example) -> str:
    side = "match" if example.matches else "no_match"
    fields = (example.title, example.summary, example.body, example.language)
    return f"example {side}: {' | '.join(filter(None, fields))}"


@sources_commands.command("export")
def export() -> None:
    """Print the sources as they run now, as YAML."""
    settings = ready()
    typer.echo(export_sources(sources_in_force(settings.sources, settings.database_url)), nl=False)


@sources_commands.command("adopt")
def adopt_item(item: str = typer.Argument(help="A conflict's slug or a feed's id.")) -> None:
    """Give an item back to sources.yaml: the file's version runs from now on."""
    settings = ready()
    with watching(settings) as (database, watch):
        if not adopt(database, watch.sources, item, utc_now()):
            raise PipelineError(
                f"{item!r} is neither a conflict nor a feed in sources.yaml; "
                "`dateline sources diff` lists what the desk owns"
            )
    out.print(f"{item} runs as sources.yaml says.", markup=False)
