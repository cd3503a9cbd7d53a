"""The screen: what comes from the network is printed as text and nothing else."""

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# Controls command a terminal (ESC alone begins most orders), a carriage return writes over what
# stands there, and directional overrides turn the words around a hostile headline.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """Take out what a terminal would obey instead of show; line breaks and tabs stay."""
    return _COMMANDS.sub("", text)


class Screen(Console):
    """A console that shows headlines and answers of servers as they are: brackets and colons mean
    nothing in them, and no character in them is obeyed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, soft_wrap=True, **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, without what a terminal would obey in the text."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)
