"""sources.yaml: what we watch, read and checked. The only room that knows YAML.

Every fault is reported at once, with its line, what is wrong and the likely fix; a file with one
fault is not used at all.
"""

from pipeline.sources.export import export_keywords, export_sources
from pipeline.sources.load import (
    Checked,
    check_keywords,
    check_sources,
    load_sources,
    parse_sources,
)

__all__ = [
    "Checked",
    "check_keywords",
    "check_sources",
    "export_keywords",
    "export_sources",
    "load_sources",
    "parse_sources",
]
