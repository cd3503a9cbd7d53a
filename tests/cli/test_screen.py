"""The screen: text from anywhere gives a terminal no orders."""

import io

from rich.table import Table
from rich.text import Text

from pipeline.cli.screen import Screen

HOSTILE = "\x1b[2J\x9b31m\x07\r\u202eKidal: [b]2[/b]\u200f"


def test_neither_lines_nor_tables_pass_orders_on() -> None:
    shown = io.StringIO()
    screen = Screen(file=shown, width=80)
    table = Table("feed", HOSTILE)
    table.add_row("a", HOSTILE)
    screen.print(HOSTILE, Text(HOSTILE), table, sep="\n")
    assert shown.getvalue().count("[2J31mKidal: [b]2[/b]\u200f") == 4
    assert not set("\x1b\x9b\x07\r\u202e") & set(shown.getvalue())


def test_its_own_colours_stay() -> None:
    shown = io.StringIO()
    Screen(file=shown, force_terminal=True).print(Text("late", style="red"))
    assert "\x1b[" in shown.getvalue()
