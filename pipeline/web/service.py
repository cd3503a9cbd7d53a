"""The desk's page about the service itself: does it run, what do the workers do, what was set
aside."""

from collections.abc import Callable
from typing import Annotated

from fastapi import HTTPException, Path, Request, Response

from pipeline import browse
from pipeline.dispatch import drop_job, list_jobs, queue_figures, retry_job
from pipeline.mark_folder import elsewhere
from pipeline.web.pages import go_to, page
from pipeline.web.security import Access, Page, moment, tools, visit

_SHOWN_JOBS = 100
_SAID = {
    "retried": "The job waits for a worker again.",
    "dropped": "The job is forgotten: what it was for is handed over anew when it is due.",
}
JobId = Annotated[int, Path(ge=1, lt=2**63)]


def service(request: Request, said: str = "") -> Response:
    """Show how the service runs: its checks, the clock's last runs, the queue of the workers."""
    database, now = tools(request).database, moment(request)
    return page(
        request,
        "service.html",
        who=visit(request),
        said=_SAID.get(said, ""),
        checks=browse.readiness(database, now),
        runs=browse.latest_runs(database),
        alone=database.is_sqlite,
        elsewhere=elsewhere(database, tools(request).settings.public_dir),
        queue=queue_figures(database),
        jobs=list_jobs(database, most=_SHOWN_JOBS),
    )


def retry(request: Request, job_id: JobId) -> Response:
    """Hand a job that was set aside to the workers again."""
    return _settle(request, "retried", retry_job, job_id)


def drop(request: Request, job_id: JobId) -> Response:
    """Forget a job that was set aside."""
    return _settle(request, "dropped", drop_job, job_id)


def _settle(request: Request, said: str, settle: Callable[..., bool], job_id: int) -> Response:
    actor = visit(request).editor.name
    if not settle(tools(request).database, job_id, moment(request), actor):
        raise HTTPException(409, "This job is not set aside any more: somebody was faster.")
    return go_to(request, f"/desk/service?said={said}")


PAGES = (
    Page(method="GET", path="/desk/service", access=Access.ADMIN, answer=service),
    Page(
        method="POST", path="/desk/service/jobs/{job_id}/retry", access=Access.ADMIN, answer=retry
    ),
    Page(method="POST", path="/desk/service/jobs/{job_id}/drop", access=Access.ADMIN, answer=drop),
)
