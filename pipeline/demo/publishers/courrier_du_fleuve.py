"""Courrier du Fleuve: the Niger bend in French, with French printing's spaces, as Atom."""

from pipeline.demo.samples import Format, Publisher, Sample
from pipeline.model import Verdict

COURRIER_DU_FLEUVE = Publisher(
    id="courrier-du-fleuve",
    title="Courrier du Fleuve (sample)",
    format=Format.ATOM,
    language="fr",
    samples=(
        Sample(
            name="gossi-village-repris",
            hours=140,
            title="Mali\u00a0: l’armée reprend un village près de Gossi",
            summary="L’état-major parle d’une «\u00a0opération d’envergure\u00a0». Des habitants "
            "avaient fui vers Gao la semaine précédente.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="segou-ecoles",
            hours=128,
            title="Ségou\u00a0: les écoles rouvrent après deux mois d’insécurité",
            summary="Trois établissements sur quatre ont repris les cours, selon le rectorat.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="mopti-couvre-feu",
            hours=116,
            title="Le gouverneur de Mopti prolonge le couvre-feu d’un mois",
            summary="Les marchés pourront toutefois rester ouverts jusqu’à vingt heures.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="djibo-deplaces",
            hours=104,
            title="Burkina Faso\u00a0: des déplacés regagnent Djibo sous escorte militaire",
            summary="Le convoi de quarante camions a mis trois jours à rejoindre la ville.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="niamey-prix-carburant",
            hours=90,
            title="Le prix du carburant baisse à Niamey, annonce le gouvernement",
            summary="Le litre d’essence perd quarante francs à la pompe.",
            verdict=Verdict.REJECT,
            reason="prices, not the conflict",
        ),
        Sample(
            name="coupe-afrique-mali-tunisie",
            hours=77,
            title="Coupe d’Afrique des nations\u00a0: Mali–Tunisie, la bataille des milieux",
            summary="Les Aigles ont attaqué d’emblée, les Tunisiens ont répondu.",
        ),
        Sample(
            name="kidal-la-treve",
            hours=64,
            title="À Kidal, «\u00a0la trêve tient, mais la peur reste\u00a0»",
            summary="Reportage dans une ville où les boutiques ferment avant le coucher du soleil.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="tombouctou-manuscrit",
            hours=52,
            title="Tombouctou\u00a0: un manuscrit du XVe siècle retrouvé dans un grenier",
            summary="Le traité d’astronomie compte quatre-vingts feuillets.",
        ),
        Sample(
            name="kayes-camionneurs",
            hours=33,
            title="Mali\u00a0: les camionneurs réclament des escortes sur la route de Kayes",
            summary="Cinq citernes ont été incendiées par des hommes armés en deux semaines.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="menaka-embuscade",
            hours=15,
            title="Embuscade près de Ménaka\u00a0: l’état-major parle de «\u00a0pertes\u00a0»",
            summary="La patrouille rentrait d’une mission de ravitaillement.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="bamako-remaniement",
            hours=7,
            title="Bamako\u00a0: la junte annonce un remaniement du gouvernement",
            summary="Le ministère de l’Énergie change de titulaire pour la troisième fois.",
            verdict=Verdict.APPROVE,
        ),
        Sample(
            name="bourem-attaque",
            hours=2,
            title="Attaque <em>repoussée</em> à Bourem&nbsp;: deux soldats blessés",
            summary="L’assaut a duré une heure, selon un élu local.",
            markup=True,
        ),
    ),
)
