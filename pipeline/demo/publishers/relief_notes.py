"""Relief Notes: who needs what, and where, in English, as RSS 2.0."""

from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

RELIEF_NOTES = Publisher(
    id="relief-notes",
    title="Relief Notes (sample)",
    format=Format.RSS_2,
    samples=(
        Sample(
            name="niono-water",
            hours=133,
            title="Mali: 12,000 displaced people near Niono need water",
            summary="Three of seven boreholes have run dry. Lorries bring a third of the need.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="omdurman-cholera",
            hours=80,
            title="Sudan: government sends cholera vaccine to river towns",
            summary="The first doses go to children under five.",
            verdict=Verdict.REJECT,
            reason="health, no link to the fighting",
        ),
        Sample(
            name="seeds-for-the-displaced",
            hours=57,
            title="Burkina Faso: displaced families receive seed before the rains",
            summary="Each household gets enough millet and cowpea for half a hectare.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="diffa-well",
            hours=35,
            title="Niger: refugee camp near Diffa opens its second well",
            summary="Waiting time at the taps falls from five hours to two.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="sumy-shelters",
            hours=11,
            title="Ukraine: shelters for displaced people in Sumy made ready for winter",
            summary="Stoves and blankets for nine hundred places arrived by rail.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="menaka-flights",
            hours=3.5,
            title="Mali: aid flights to Ménaka suspended after gunfire near the airstrip",
            summary="Medicine for two clinics waits in Bamako.",
        ),
    ),
)
