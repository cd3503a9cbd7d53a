"""Sahel Dispatch: Mali and its neighbours, in English, as RSS 2.0."""

from pipeline.demo.publishers.wire import POSTPONED_ELECTIONS
from pipeline.demo.samples import Edit, Format, Publisher, Sample
from pipeline.model import Verdict

SAHEL_DISPATCH = Publisher(
    id="sahel-dispatch",
    title="Sahel Dispatch (sample)",
    format=Format.RSS_2,
    samples=(
        Sample(
            name="fuel-convoy-reaches-bamako",
            hours=143,
            title="Fuel convoy reaches Bamako after four days on the road",
            summary="Some sixty tankers came in from the Ivorian border under military escort, a "
            "spokesman for the hauliers’ union said. Filling stations had been dry for a week.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="post-near-menaka",
            hours=138,
            title="Mali’s army says it repelled an attack on a post near Ménaka",
            summary="The general staff spoke of “heavy losses” among the attackers. Residents "
            "reached by telephone heard gunfire until dawn.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="bus-passengers-kidnapped",
            hours=131,
            title="Gunmen kidnap three bus passengers on the Sévaré–Douentza road",
            summary="The driver was let go with a message for the governor, a transport official "
            "said. No group has claimed the abduction.",
            verdict=Verdict.APPROVE,
        ),
        POSTPONED_ELECTIONS.told(
            hours=120, title="Mali’s transitional council postpones local elections once again"
        ),
        Sample(
            name="gao-river-market",
            hours=118,
            title="Traders in Gao reopen the river market as curfew is eased",
            summary="Boats may now unload until eight in the evening, the governor’s office said.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="bandiagara-schools",
            hours=101,
            title="Schools in Bandiagara stay closed as Dogon villages count the displaced",
            summary="A teachers’ union says 140 classrooms now house families who fled raids.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="tessalit-camp",
            hours=95,
            title="Former MINUSMA camp in Tessalit becomes a school for army drivers",
            summary="The peacekeepers left the site in 2023; most of its solar panels are gone.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="village-near-djibo",
            hours=88,
            title="Burkina Faso: volunteers retake a village near Djibo",
            summary="Civilian auxiliaries held the market square with the army’s support, the "
            "regional command said. The number of casualties is not known.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="tillaberi-herders",
            hours=79,
            title="Niger opens talks with herders over stolen cattle near Tillabéri",
            summary="A mediator hopes for a local peace accord before the rains.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="helicopter-near-kidal",
            hours=70,
            title="Army helicopter lost near Kidal, residents say",
            summary="Two residents told this newspaper that they saw smoke beyond the airstrip.",
            verdict=Verdict.APPROVE,
            taken_back="the publisher corrected its report: no aircraft is missing",
            edit=Edit(
                hours=50,
                title="Correction: no army helicopter is missing near Kidal",
                summary="An earlier version of this report relied on two residents who saw smoke "
                "beyond the airstrip. It came from a grass fire.",
            ),
        ),
        Sample(
            name="market-raid-mopti",
            hours=61,
            title="Twelve killed in raid on a market outside Mopti",
            summary="Men on motorcycles opened fire as traders were packing up, the mayor said.",
            verdict=Verdict.APPROVE,
            edit=Edit(
                hours=10,
                title="Sixteen killed in raid on a market outside Mopti",
                summary="Four of the wounded died in hospital, the mayor said. Men on motorcycles "
                "had opened fire as traders were packing up.",
            ),
        ),
        Sample(
            name="timbuktu-music-festival",
            hours=47,
            title="Desert music festival returns to Timbuktu under tight security",
            summary="Eleven bands, three nights and no generators after midnight.",
            verdict=Verdict.REJECT,
            reason="off-topic",
        ),
        Sample(
            name="ansongo-threats",
            hours=30,
            title="Families flee Ansongo after threats from an armed group",
            summary="Most went to relatives in Gao; a reception centre has room for two hundred.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="timbuktu-ferry",
            hours=20,
            title="Ferry to Timbuktu sails again, with soldiers on board",
            summary="The service had stopped after shots were fired at the last boat.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="joint-patrols",
            hours=9,
            title="Mali and Niger agree on joint patrols along their border",
            summary="Officers of the two armies met in Gao and then in Niamey, a communiqué says.",
        ),
        Sample(
            name="segou-rice-harvest",
            hours=7.5,
            title="Rice growers of Ségou ask for soldiers at harvest time",
            summary="Last year a third of the crop was burned or stolen by armed men.",
            dated=False,
        ),
        Sample(
            name="nioro-blockade",
            hours=6.5,
            title="Blockade of Nioro du Sahel enters its second week, mayor’s office says",
            summary="Flour has doubled in price and the last pharmacy is closed.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="kayes-ambush-claim",
            hours=1.2,
            title="JNIM claims ambush on military convoy west of Kayes",
            summary="The army has not commented on the statement, which could not be verified. "
            "Drivers on the Dakar road report a column of burned-out lorries.",
        ),
    ),
)
