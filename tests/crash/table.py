"""The table of a run: points by database, phase and kind of harm, as docs/reliability.md has it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.crash.damage import CUT_OFF, FLIP
from tests.crash.phases import CUTS, ERRORS, PHASES
from tests.crash.runs import Outcome
from tests.crash.trials import CREW, DAMAGE, DATABASES, SERVICE, Trial

_TWICE = "twice"
_ORDER = (*(each.name for each in PHASES), SERVICE, CREW, DAMAGE)
_NAMES = {
    **{mode.name: mode.name.lower().replace("_", " ") for mode in (*CUTS, *ERRORS)},
    "NO_SPACE": "full disk",
    "IO_ERROR": "broken disk",
    "POWER_SOME": "some power",
    _TWICE: "twice",
    FLIP: FLIP,
    CUT_OFF: CUT_OFF,
}


def table(trials: Sequence[Trial], outcomes: Mapping[int, Outcome]) -> str:
    """What was done, as a table in Markdown, and a line on what was seen."""
    points: Counter[tuple[str, str, str]] = Counter()
    broken: Counter[tuple[str, str]] = Counter()
    for trial in trials:
        if (outcome := outcomes.get(trial.number)) is not None:
            kind = _TWICE if trial.second else trial.mode
            points[trial.database, trial.phase, kind] += 1
            broken[trial.database, trial.phase] += bool(outcome.faults)
    kinds = [kind for kind in _NAMES if any(kind == found for _, _, found in points)]
    lines = [
        "| database | phase | " + " | ".join(map(_NAMES.__getitem__, kinds)) + " | all | broken |",
        "|---|---|" + "--:|" * (len(kinds) + 2),
    ]
    for database in DATABASES:
        for phase in _ORDER:
            row = [points[database, phase, kind] for kind in kinds]
            if any(row):
                cells = " | ".join(str(each or "") for each in row)
                name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database]
                lines.append(
                    f"| {name} | {phase} | {cells} | {sum(row)} | {broken[database, phase]} |"
                )
    return "\n".join([*lines, "", _seen(trials, outcomes)])


def _seen(trials: Sequence[Trial], outcomes: Mapping[int, Outcome]) -> str:
    unseen = sum(each.unseen for each in outcomes.values())
    missed = sum(not each.reached for each in outcomes.values())
    return (
        f"{len(outcomes)} of {len(trials)} points, "
        f"{sum(bool(each.faults) for each in outcomes.values())} broken; "
        f"{sum(each.reads for each in outcomes.values())} looks at the public files; "
        f"{sum(each.acknowledged for each in outcomes.values())} verdicts acknowledged; "
        f"{missed} recoveries were over before their crash; "
        f"{unseen} damaged files published other words unseen"
    )
