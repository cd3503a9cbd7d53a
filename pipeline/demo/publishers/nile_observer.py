"""Nile Observer: Sudan, in English, as Atom."""

from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

NILE_OBSERVER = Publisher(
    id="nile-observer",
    title="Nile Observer (sample)",
    format=Format.ATOM,
    samples=(
        Sample(
            name="aid-convoy-darfur",
            hours=137,
            title="Aid convoy reaches Darfur for the first time in months",
            summary="Thirty lorries carried flour and tents, a relief official said.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="khartoum-bridge",
            hours=112,
            title="Khartoum bridge reopens to civilians under army control",
            summary="Crossing on foot is allowed between sunrise and two in the afternoon.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="port-sudan-cranes",
            hours=84,
            title="Port Sudan crane drivers go back to work after government offer",
            summary="Their union wanted nine months of wages and got five.",
            verdict=Verdict.REJECT,
            reason="off-topic: a labour dispute",
        ),
        Sample(
            name="el-fasher-school",
            hours=58,
            title="Families shelter in El Fasher school as shelling resumes",
            summary="The headmaster counts four hundred people in eleven rooms.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="truce-map",
            hours=26,
            title="Sudan war: mediators publish a map of truce lines",
            summary="Both sides have a week to object.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="wad-madani-fields",
            hours=10,
            title="Displaced farmers return to Wad Madani and find mined fields",
            summary="A clearing team needs a month for the first square kilometre.",
        ),
        Sample(
            name="juba-budget",
            hours=2.2,
            title="South Sudan: cabinet reshuffle delays budget, minister says",
            summary="Teachers in Juba wait for their salaries.",
        ),
    ),
)
