"""River & Coast Daily: from the Sahel to the Gulf of Guinea, sport included, as JSON Feed."""

from pipeline.demo.publishers.wire import POSTPONED_ELECTIONS
from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

RIVER_COAST_DAILY = Publisher(
    id="river-coast-daily",
    title="River & Coast Daily (sample)",
    format=Format.JSON,
    samples=(
        Sample(
            name="state-of-emergency",
            hours=135,
            title="Burkina Faso extends state of emergency in two eastern provinces",
            summary="Travel after dark stays forbidden until the end of the season.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="afcon-draw",
            hours=122,
            title="AFCON: Mali hold Tunisia to a draw as captain attacks the referee’s verdict",
            summary="A late header saved the point. The coach called it a battle.",
        ),
        Sample(
            name="mali-tunisia-friendly",
            hours=121,
            title="Mali shoot down Tunisia in Abidjan",
            summary="Two quick strikes after half-time settled the evening.",
            verdict=Verdict.REJECT,
            reason="sport",
        ),
        POSTPONED_ELECTIONS.told(
            hours=119.6, title="Mali's transitional council postpones local elections again"
        ),
        Sample(
            name="ouagadougou-market",
            hours=108,
            title="Ouagadougou’s cloth market reopens with a new roof",
            summary="Weavers moved back in with drums and a brass band.",
        ),
        Sample(
            name="engineers-freed",
            hours=93,
            title="Niger’s junta frees two detained bridge engineers",
            summary="They had been held for photographing the river crossing near Niamey.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="niger-state-farmers",
            hours=82,
            title="Farmers in Niger State attack plan for a toll road",
            summary="The Nigerian state’s assembly votes on the plan next month.",
        ),
        Sample(
            name="midfielder-keita",
            hours=68,
            title="Mali midfielder Keïta back in training after shot to the ankle",
            summary="River Rangers expect him to be fit for the cup match.",
        ),
        Sample(
            name="sahel-region-commander",
            hours=55,
            title="Burkina Faso’s army names new commander for its northern region",
            summary="The third change in a year comes after a string of attacks on supply convoys.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="dori-mast",
            hours=37,
            title="Insurgents burn telephone mast near Dori, cutting off six villages",
            summary="Repair crews wait for an escort, an operator’s spokeswoman said.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="agadez-flights",
            hours=18,
            title="Niger restores flights between Agadez and Niamey after security review",
            summary="Passengers are asked to come three hours early.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="border-crossing-closed",
            hours=8,
            title="Burkina Faso closes southern border crossing after shooting",
            summary="Lorries queue for two kilometres on the coast road.",
        ),
        Sample(
            name="bamako-photographers",
            hours=2.5,
            title="Bamako photographers turn old army trucks into a gallery",
            summary="The show is open every evening, weather permitting.",
        ),
    ),
)
