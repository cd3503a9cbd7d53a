"""The API: the desk for programs, under /api/v1, with its description and documentation."""

from pipeline.web.api.document import PAGES
from pipeline.web.api.routes import ROUTES

__all__ = ["PAGES", "ROUTES"]
