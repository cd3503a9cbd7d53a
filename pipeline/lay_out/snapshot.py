"""The snapshot: what the public files are made from, and which of them may differ."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import Any

from db import (
    Connection,
    approved_days,
    backgrounds,
    conflicts,
    digest_archives,
    digests,
    editions,
    instance,
    public_parts,
)
from pipeline.close_archives import LEAST_ENTRIES, WINDOW
from pipeline.lay_out.standing import Known, Standing
from pipeline.model import Background, Conflict, Digest, DigestEntry, PublishedItem, Region
from pipeline.stages.compose import compose, feed_path, regions_of
from pipeline.stages.render import TREND_DAYS, ConflictCard, Site, Trend

# A reader that polls once a month still learns that an entry was taken back.
WITHDRAWN_WINDOW = timedelta(days=30)
# After that a tombstone is left for as long again (RFC 6721).
TOMBSTONE_WINDOW = timedelta(days=60)
_RETRACTED = (WITHDRAWN_WINDOW, TOMBSTONE_WINDOW)
MADE_AT = "made_at"


@dataclass(kw_only=True, eq=False)
class Snapshot:
    """What the public files are made from: one moment of the database.

    `public_dir` is only looked at, to learn which files are missing; `hubs` are the WebSub hubs
    that feeds name, `letters` says whether readers can have letters. Digests and cards are made
    once, however many parts ask for them. With a `standing`, the folder is taken to hold
    what was written then, and only what changed since is looked at; without, all is. With
    `anew` everything is made, not only what may have changed.
    """

    connection: Connection
    base_url: str
    now: datetime
    public_dir: Path
    hubs: tuple[str, ...] = ()
    letters: bool = False
    anew: bool = False
    standing: Standing | None = None

    def __post_init__(self) -> None:
        self.site = Site(base_url=self.base_url)
        self.tracked = conflicts.running(self.connection)
        self.titles = {conflict.slug: conflict.title for conflict in self.tracked}
        made_at = instance.recall(self.connection, MADE_AT)
        self.made_at = datetime.fromisoformat(made_at) if made_at else self.now
        self.authority = instance.recall(self.connection, instance.TAG_AUTHORITY) or "localhost"
        self.today = self.now.astimezone(UTC).date()
        self.regions = regions_of(self.tracked)
        self.archives = digest_archives.newest(self.connection)
        self.made = {} if self.anew else public_parts.states(self.connection)
        self.making: dict[str, str] = {}
        self.known = self._find_out()
        self.in_windows = digests.in_windows(
            self.connection,
            since=self.now - WINDOW,
            withdrawn_since=[self.now - span for span in _RETRACTED],
        )
        self._digests = cache(self._digest)
        self.newest = cache(self._newest)
        self.background = cache(self._background)
        self.card = cache(self._card)

    @property
    def cards(self) -> list[ConflictCard]:
        """All tracked conflicts in short, in the order of the sources."""
        return [self.card(conflict.slug) for conflict in self.tracked]

    @property
    def feeds(self) -> list[tuple[str | None, Region | None]]:
        """What each feed is about, as `digest` takes it; the feed of all comes last."""
        each: list[tuple[str | None, Region | None]] = [(slug, None) for slug in self.titles]
        return [*each, *((None, region) for region in self.regions), (None, None)]

    def compose(
        self,
        items: Sequence[PublishedItem],
        conflict: str | None = None,
        region: Region | None = None,
        **more: Any,
    ) -> Digest:
        """Make a digest of these items, which come newest first."""
        return compose(
            items,
            titles=self.titles,
            base_url=self.base_url,
            authority=self.authority,
            made_at=self.made_at,
            conflict=conflict,
            region=region,
            **more,
        )

    def digest(self, conflict: str | None, region: Region | None = None) -> Digest:
        """Give what a feed holds: of one conflict, of a region, or with neither of all."""
        return self._digests(conflict, region)

    def _digest(self, conflict: str | None, region: Region | None) -> Digest:
        path = feed_path(conflict, region)
        among = self._among(conflict, region)
        items = digests.published(
            self.connection,
            among=among,
            since=self.now - WINDOW,
            least=LEAST_ENTRIES,
            withdrawn_since=self.now - TOMBSTONE_WINDOW,
            feed=path,
        )
        return self.compose(
            items,
            conflict,
            region,
            hubs=self.hubs,
            retracted_before=self.now - WITHDRAWN_WINDOW,
            changed_at=max(
                (pulse.changed_at for slug in among if (pulse := self.known[slug].pulse)),
                default=None,
            ),
            previous_archive=self.archives.get(path),
        )

    def _among(self, conflict: str | None, region: Region | None) -> Collection[str]:
        if conflict is not None:
            return [conflict]
        return sorted(region.conflicts if region else self.titles)

    def archive(self, conflict: str | None, region: Region | None, number: int) -> Digest:
        """Give one of a feed's archives. It is written once and never made again."""
        items = digests.published(self.connection, feed=feed_path(conflict, region), archive=number)
        previous = number - 1 if number > 1 else None
        return self.compose(items, conflict, region, archive=number, previous_archive=previous)

    def may_differ(
        self, name: str, *made_from: object, files: Iterable[str] = (), lasting: bool = False
    ) -> bool:
        """Tell whether files must be made: made from something else before, or not there.

        `made_from` is everything they depend on besides the site's address, the hubs and the
        program, of values whose `repr` tells all; `name` is theirs for ever. `lasting` files stay
        even when the program changes. Files that need not be made stay as they are.
        """
        common = () if lasting else (_program(), self.hubs)
        told = repr((self.base_url, *common, *made_from))
        state = sha256(told.encode(errors="surrogatepass")).hexdigest()
        self.making[name] = state
        return self.made.get(name) != state or not all(map(self.stands, files))

    def stands(self, path: str) -> bool:
        """Tell whether a public file is there; one that a power loss emptied is not."""
        try:
            found = (self.public_dir / path).stat()
        except OSError:
            return False
        return S_ISREG(found.st_mode) and found.st_size > 0

    @property
    def looks_at_all(self) -> bool:
        """Whether files are looked for that nothing made anew: somebody may have deleted them."""
        return self.standing is None

    @property
    def newly_made(self) -> dict[str, str]:
        """What parts were made from this time, where that is something else than before."""
        return {name: state for name, state in self.making.items() if self.made.get(name) != state}

    def feed_state(self, conflict: str | None, region: Region | None = None) -> tuple[object, ...]:
        """Give what a feed's documents are made from, without reading its entries."""
        among = self._among(conflict, region)
        pulses = [(self.known[slug].pulse, self.in_windows.get(slug)) for slug in among]
        number = self.archives.get(feed_path(conflict, region))
        return pulses, number, self.titles, region and region.title, self.authority, self.made_at

    def _newest(self) -> dict[str, DigestEntry]:
        named = {slug: known.newest for slug, known in self.known.items() if known.newest}
        items = digests.published(self.connection, slugs=set(named.values()))
        by_slug = {item.slug: item for item in items}
        found = {}
        for conflict, slug in named.items():
            [found[conflict]] = self.compose([by_slug[slug]], conflict).entries
        return found

    def _background(self, slug: str) -> Background | None:
        return backgrounds.current(self.connection, slug)

    def _card(self, slug: str) -> ConflictCard:
        [conflict] = [each for each in self.tracked if each.slug == slug]
        background = self.background(slug)
        return ConflictCard(
            slug=conflict.slug,
            title=conflict.title,
            region=conflict.region,
            countries=conflict.countries,
            type=conflict.type,
            impact=conflict.impact,
            status=conflict.status,
            status_reason=conflict.status_reason,
            newest=self.newest().get(slug),
            updated_on=background.updated_on if background else None,
            trend=Trend(last=self.today, counts=self.known[slug].trend),
            closes=conflict.edition is not None,
            daily=self.has_daily(conflict),
        )

    def has_daily(self, conflict: Conflict) -> bool:
        """Tell whether a conflict has a daily feed: it has editions, or had some that readers
        follow."""
        return bool(conflict.edition or editions.days(self.connection, conflict.slug, 1))

    def _find_out(self) -> dict[str, Known]:
        """Find out about each conflict what the standing does not tell any more."""
        known: dict[str, Known] = {}
        if self.standing is not None and self.standing.today == self.today:
            touched = digests.touched_since(self.connection, self.standing.change)
            known = {
                slug: each
                for slug, each in self.standing.known.items()
                if slug in self.titles and slug not in touched
            }
        asked = self.titles.keys() - known.keys()
        first = self.today - timedelta(days=TREND_DAYS - 1)
        pulses = digests.pulses(self.connection, asked)
        newest = digests.newest_standing(self.connection, asked)
        approved = approved_days.since(self.connection, first, asked)
        return known | {
            slug: Known(
                pulse=pulses.get(slug),
                newest=newest.get(slug, ""),
                trend=Trend.of(approved.get(slug, {}), self.today).counts,
            )
            for slug in asked
        }

    def next_standing(self, files: int) -> Standing:
        """Give the standing to leave once all that differs is written."""
        midnight = datetime.combine(self.today + timedelta(days=1), time.min, UTC)
        leaving = digests.steady_until(
            self.connection, self.now, window=WINDOW, withdrawn=_RETRACTED
        )
        until = midnight - timedelta(microseconds=1)
        return Standing(
            watermark=watermark(self.connection, self.base_url, self.hubs, letters=self.letters),
            since=self.now,
            until=min(until, leaving) if leaving else until,
            change=digests.newest_change(self.connection),
            today=self.today,
            known=self.known,
            files=files,
            swept_at=self.standing.swept_at if self.standing else self.now,
        )


def watermark(connection: Connection, base_url: str, hubs: Sequence[str], *, letters: bool) -> str:
    """Give what is another whenever the database would give other files; time aside."""
    told = repr(
        (
            base_url,
            tuple(hubs),
            letters,
            _program(),
            digests.newest_change(connection),
            editions.newest_change(connection),
            conflicts.face(connection),
        )
    )
    return sha256(told.encode(errors="surrogatepass")).hexdigest()


@cache
def _program() -> str:
    """Give a hash of what makes bytes: after an upgrade everything is made anew."""
    told = sha256()
    for path in sorted(Path(__file__).parents[1].joinpath("stages").rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            told.update(path.read_bytes())
    return told.hexdigest()
