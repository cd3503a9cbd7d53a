"""The made-up publishers, one a file; their names end in `.example`, which nobody can own."""

from pipeline.demo.publishers.courrier_du_fleuve import COURRIER_DU_FLEUVE
from pipeline.demo.publishers.nile_observer import NILE_OBSERVER
from pipeline.demo.publishers.relief_notes import RELIEF_NOTES
from pipeline.demo.publishers.river_coast_daily import RIVER_COAST_DAILY
from pipeline.demo.publishers.sahel_dispatch import SAHEL_DISPATCH
from pipeline.demo.publishers.sawt_al_sahra import SAWT_AL_SAHRA
from pipeline.demo.publishers.world_brief import WORLD_BRIEF
from pipeline.demo.samples import Format, Publisher

__all__ = ["PUBLISHERS"]

_OLD_HARBOUR_POST = Publisher(
    id="old-harbour-post",
    title="Old Harbour Post (sample)",
    format=Format.RSS_2,
    failing=True,
)

PUBLISHERS = (
    SAHEL_DISPATCH,
    COURRIER_DU_FLEUVE,
    SAWT_AL_SAHRA,
    RIVER_COAST_DAILY,
    WORLD_BRIEF,
    NILE_OBSERVER,
    RELIEF_NOTES,
    _OLD_HARBOUR_POST,
)
