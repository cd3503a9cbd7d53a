"""The data dictionary says what the schema says."""

from pathlib import Path

from db.dictionary import data_dictionary
from db.tables import metadata

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_page_is_made_from_the_schema_as_it_is() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == data_dictionary(), "run: python -m db.dictionary > docs/data-dictionary.md"


def test_every_column_of_every_table_is_described() -> None:
    sections = data_dictionary().split("\n## ")[1:]
    assert len(sections) == len(metadata.tables)
    for section in sections:
        table = metadata.tables[section.partition("\n")[0]]
        for column in table.columns:
            assert f"\n| {column.name} |" in section
            assert (column.comment or "?").replace("|", "\\|") in section
