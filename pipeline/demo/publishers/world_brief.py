"""World Brief: from everywhere, with traps for careless keywords, in English, as RSS 1.0."""

from pipeline.demo.publishers.wire import POSTPONED_ELECTIONS
from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

WORLD_BRIEF = Publisher(
    id="world-brief",
    title="World Brief (sample)",
    format=Format.RSS_1,
    samples=(
        Sample(
            name="somalia-coastal-town",
            hours=141,
            title="Somalia’s army retakes a coastal town from al-Shabaab",
            summary="Somali officials say the harbour was cleared of mines within a day.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="kharkiv-power",
            hours=130,
            title="Ukraine: overnight drone attack cuts power in parts of Kharkiv",
            summary="Repair crews restored two of five lines by noon, the grid operator said.",
            verdict=Verdict.APPROVE,
        ),
        POSTPONED_ELECTIONS.told(
            hours=119.2, title="Mali: transitional council postpones local elections again"
        ),
        Sample(
            name="gao-yang-gold",
            hours=117,
            title="Gao Yang wins gold after army team is disqualified",
            summary="The rowing club from the small river town had never reached a final.",
        ),
        Sample(
            name="gao-report",
            hours=103,
            title="GAO report: military cannot trace a tenth of its drone parts",
            summary="Auditors looked into four depots and found three sets of books.",
        ),
        Sample(
            name="prisoner-exchange",
            hours=87,
            title="Ukraine reports exchange of ninety prisoners of war",
            summary="Buses met at a crossing that both sides had agreed to keep free of fire.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="pirates-release-ship",
            hours=75,
            title="Somali pirates release cargo ship after three weeks",
            summary="The owner would not say whether a ransom was paid.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="omdurman-market",
            hours=62,
            title="Sudan: shelling closes the last open market in Omdurman",
            summary="Volunteers now hand out bread from two school kitchens.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="mali-empire-show",
            hours=49,
            title="Critics attack museum over its Mali Empire show",
            summary="The gold on display turns out to be brass.",
        ),
        Sample(
            name="odesa-grain",
            hours=28,
            title="Grain ship leaves Odesa behind a minesweeper, Ukraine’s navy says",
            summary="It is the first to take the northern lane since the spring.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="mogadishu-hotel",
            hours=13,
            title="Mogadishu hotel siege ends after nine hours, ministry says",
            summary="Somali special forces brought some fifty guests out through a side gate.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="ukraine-power-grid",
            hours=5,
            title="Air alert across Ukraine as missiles target the power grid",
            summary="Trains run with delays; hospitals have switched to generators.",
        ),
        Sample(
            name="sudan-talks",
            hours=1.8,
            title="Mediators call Sudan’s warring sides back to talks",
            summary="A first round ended without a date for the next.",
        ),
    ),
)
