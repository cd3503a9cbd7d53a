"""The network: one way out, guarded.

A fetch is a conditional GET that ends within a deadline and within limits, reaches the public
internet only, and gives `Fetched`, `NotModified` or raises a `FetchError` of a stable kind. What is
told to hubs and webhooks is posted, and an OpenID provider is asked, the same way out. No other
room talks HTTP to anybody.
"""

from pipeline.fetch.addresses import refused
from pipeline.fetch.ask import Asker
from pipeline.fetch.caller import FetchPolicy
from pipeline.fetch.conditional import fresh_for, retry_after, user_agent
from pipeline.fetch.fetcher import Fetcher
from pipeline.fetch.politeness import STOPPING, HostBudget
from pipeline.fetch.post import Posted, Poster
from pipeline.fetch.robots import RobotsFiles
from pipeline.fetch.room import Place
from pipeline.fetch.urls import feed_url as checked_url

__all__ = [
    "STOPPING",
    "Asker",
    "FetchPolicy",
    "Fetcher",
    "HostBudget",
    "Place",
    "Posted",
    "Poster",
    "RobotsFiles",
    "checked_url",
    "fresh_for",
    "refused",
    "retry_after",
    "user_agent",
]
