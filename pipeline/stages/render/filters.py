"""The front page's filters: radio buttons that style rules read, so that no script is needed."""

from itertools import product

# Rules name regions by number, since a style sheet cannot compare words. More are never offered.
MOST_REGIONS = 24
STATUSES = ("worsening", "unchanging", "improving", "unrated")
_ACTIVITIES = {"week": ".a-week", "month": ":is(.a-week,.a-month)", "quiet": ".a-quiet"}


def filter_styles() -> bytes:
    """Write filters.css: what is not chosen is hidden, and so is a region where nothing is left.

    The classes are `r1` to `r24` on regions, rows and pins, `s-STATUS` and `a-ACTIVITY` on rows and
    pins; the radio buttons have ids of the same names.
    """
    rules = [
        f"main:has(#r{number}:checked) :is(.region,.pin,.tracked):not(.r{number})"
        for number in range(1, MOST_REGIONS + 1)
    ]
    chosen = {f"#s-{status}": f".s-{status}" for status in STATUSES}
    active = {f"#a-{activity}": kinds for activity, kinds in _ACTIVITIES.items()}
    rules += [
        f"main:has({button}:checked) :is(.row,.pin):not({kinds})"
        for button, kinds in (chosen | active).items()
    ]
    for (status, is_status), (activity, is_active) in product(
        [("", ""), *chosen.items()], [("", ""), *active.items()]
    ):
        buttons = "".join(f":has({button}:checked)" for button in (status, activity) if button)
        if buttons:
            rules.append(f"main{buttons} .region:not(:has(.row{is_status}{is_active}))")
    return (",\n".join(rules) + " { display: none; }\n").encode()
