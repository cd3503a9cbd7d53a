"""Backgrounds: a tracker page read as text, our own Markdown file, and both as safe HTML.

A published tracker page arrives as plain text and leaves as a `Background`: title, date, captions
with credits, sections (`read_tracker_page`). The same value is written to and read from a Markdown
file with front matter (`to_markdown`, `read_markdown`), and shown as sanitised HTML
(`render_sections`). Text travels through Markdown unchanged: `escape` marks whatever Markdown would
take for markup, so that what is shown equals what was imported, character for character.
"""

from pipeline.stages.background.bullet import add_bullet
from pipeline.stages.background.escape import escape
from pipeline.stages.background.markdown_file import read_markdown, to_markdown
from pipeline.stages.background.render import (
    Paragraph,
    RenderedSection,
    paragraphs,
    render_sections,
)
from pipeline.stages.background.tracker_page import read_tracker_page

__all__ = [
    "Paragraph",
    "RenderedSection",
    "add_bullet",
    "escape",
    "paragraphs",
    "read_markdown",
    "read_tracker_page",
    "render_sections",
    "to_markdown",
]
