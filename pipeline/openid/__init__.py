"""OpenID Connect: who somebody is to the provider that an organisation signs in with."""

from pipeline.openid.claims import LONGEST_SUBJECT, Person
from pipeline.openid.errands import ANSWER_WITHIN, Answer, Errand, begin_errand, resume_errand
from pipeline.openid.provider import Provider
from pipeline.openid.refusals import NotProven, ProviderAway

__all__ = [
    "ANSWER_WITHIN",
    "LONGEST_SUBJECT",
    "Answer",
    "Errand",
    "NotProven",
    "Person",
    "Provider",
    "ProviderAway",
    "begin_errand",
    "resume_errand",
]
