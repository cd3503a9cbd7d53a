"""The web door: the public files, the desk behind its login, and what monitors ask for."""

from pipeline.web.app import create_app

__all__ = ["create_app"]
