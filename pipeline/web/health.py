"""What monitors ask: does the process live, is the service ready, how much of what."""

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache

import structlog
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from pipeline import browse
from pipeline.dispatch import queue_figures
from pipeline.errors import StoreError
from pipeline.model import QueueFigures
from pipeline.web.security import Access, Page, Tools, moment, tools

_log = structlog.get_logger()


def healthz(request: Request) -> Response:
    """Say that the process lives."""
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


def readyz(request: Request) -> Response:
    """Say whether the database answers and the clock ticks; 503 when one does not."""
    checks = browse.readiness(tools(request).database, moment(request))
    for check in checks:
        if not check.well:
            _log.warning(f"not ready: {check.name}: {check.detail}")
    well = all(check.well for check in checks)
    # Strangers may ask: they learn which check failed, the log says why.
    answer = {"ready": well, "checks": {check.name: check.well for check in checks}}
    return Response(
        json.dumps(answer) + "\n",
        status_code=200 if well else 503,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def metrics(request: Request) -> Response:
    """Give every figure in the Prometheus text format."""
    registry = request.app.state.registry
    assert isinstance(registry, CollectorRegistry)
    return Response(
        generate_latest(registry),
        headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"},
    )


class Requests:
    """Counts answers by method, route and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._counter = Counter(
            "dateline_http_requests",
            "Answers given, by method, route and status",
            ("method", "route", "status"),
            registry=registry,
        )
        # There are only so many; looking one up costs more than counting.
        self._counted = cache(lambda *labels: self._counter.labels(*labels))

    def __call__(self, method: str, route: str, status: int) -> None:
        """Count one answer."""
        self._counted(method, route, status).inc()


class Figures(Collector):
    """Asks the database at the moment a monitor asks us."""

    def __init__(self, desk: Tools) -> None:
        self._desk = desk

    def describe(self) -> Iterator[Metric]:
        """Name nothing in advance: registering must not need the database."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Give the figures, or only that the database does not answer."""
        now = self._desk.clock()
        try:
            found = browse.figures(self._desk.database, now)
            queue = queue_figures(self._desk.database)
        except StoreError as error:
            _log.warning(f"metrics: {error}")
            yield GaugeMetricFamily("dateline_database_up", "Whether it answers", value=0)
            return
        yield GaugeMetricFamily("dateline_database_up", "Whether it answers", value=1)
        yield from _families(found, now)
        if queue is not None:
            yield from _queue_families(queue, now)


def _queue_families(found: QueueFigures, now: datetime) -> Iterator[Metric]:
    yield GaugeMetricFamily("dateline_workers", "Workers that live", value=found.workers)
    jobs = GaugeMetricFamily(
        "dateline_queue_jobs", "Jobs for workers by task and status", labels=["task", "status"]
    )
    ages = GaugeMetricFamily(
        "dateline_queue_age_seconds", "How long the oldest job has waited", labels=["task"]
    )
    for each in found.tasks:
        jobs.add_metric([each.task, "waiting"], each.waiting)
        jobs.add_metric([each.task, "running"], each.running)
        jobs.add_metric([each.task, "set_aside"], each.set_aside)
        since = each.oldest_since
        age = (now - since).total_seconds() if since else 0.0
        ages.add_metric([each.task], max(age, 0.0))
    yield from (jobs, ages)


def _families(found: browse.Figures, now: datetime) -> Iterator[Metric]:
    feeds = GaugeMetricFamily("dateline_feeds", "Feeds by state", labels=["state"])
    for state, how_many in found.feeds.items():
        feeds.add_metric([state], how_many)
    yield feeds
    alarms = GaugeMetricFamily("dateline_feed_alarms", "Standing alarms by kind", labels=["kind"])
    for kind, how_many in found.alarms.items():
        alarms.add_metric([kind], how_many)
    yield alarms
    matches = GaugeMetricFamily("dateline_matches", "Matches by status", labels=["status"])
    for status, how_many in found.matches.items():
        matches.add_metric([status], how_many)
    yield matches
    yield GaugeMetricFamily("dateline_articles", "Stored articles", value=found.articles)
    fetches = GaugeMetricFamily(
        "dateline_fetches_last_hour", "Fetches of the last hour by outcome", labels=["outcome"]
    )
    for outcome, how_many in found.fetches_last_hour.items():
        fetches.add_metric([outcome], how_many)
    yield fetches
    yield GaugeMetricFamily(
        "dateline_missed_runs_last_day", "Job runs missed", value=found.missed_last_day
    )
    signs = GaugeMetricFamily(
        "dateline_job_age_seconds", "Seconds since a job's last sign of life", labels=["job"]
    )
    for run in found.runs:
        signs.add_metric([run.job], (now - browse.last_sign(run)).total_seconds())
    yield signs
    outgoing = GaugeMetricFamily(
        "dateline_outgoing", "What is to go out, by state", labels=["what", "state"]
    )
    for what_and_state, how_many in found.outgoing.items():
        outgoing.add_metric(what_and_state, how_many)
    yield outgoing
    subscribers = GaugeMetricFamily(
        "dateline_subscribers", "Subscribers to letters by state", labels=["state"]
    )
    for named, how_many in found.subscribers.items():
        subscribers.add_metric([named], how_many)
    yield subscribers
    pushes = GaugeMetricFamily(
        "dateline_pushes", "Feeds that hubs were asked to announce, by state", labels=["state"]
    )
    for named, how_many in found.pushes.items():
        pushes.add_metric([named], how_many)
    yield pushes
    if found.next_fetch_at is not None:
        yield GaugeMetricFamily(
            "dateline_next_fetch_seconds",
            "Seconds until the next feed is due; negative when it is overdue",
            value=(found.next_fetch_at - now).total_seconds(),
        )


def make_registry(desk: Tools) -> CollectorRegistry:
    """Make the registry of one application: its figures, and those of the process."""
    registry = CollectorRegistry()
    registry.register(Figures(desk))
    ProcessCollector(registry=registry)
    return registry


PAGES = (
    Page(method="GET", path="/healthz", access=Access.PUBLIC, answer=healthz),
    Page(method="GET", path="/readyz", access=Access.PUBLIC, answer=readyz),
    Page(method="GET", path="/metrics", access=Access.OPERATOR, answer=metrics),
)
