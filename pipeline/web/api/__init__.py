"""The API: the desk for programs, under /api/v1, with its description and documentation."""

from pipeline.web.api.document import PAGES
from pipeline.web.api.own import ROUTES as OWN
from pipeline.web.api.regrouping import ROUTES as REGROUPING
from pipeline.web.api.routes import ROUTES as READING_AND_REVIEWING

ROUTES = (*READING_AND_REVIEWING, *REGROUPING, *OWN)

__all__ = ["PAGES", "ROUTES"]
