"""The daily edition: what was published, and what editors prepare of the next."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from db.tables.columns import Id, UTCDateTime, column, metadata, row_id

_CONFLICT = "conflicts.slug"

digest_editions = Table(
    "digest_editions",
    metadata,
    Column(
        "number",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Number of the edition, from 1, over all conflicts and without gaps",
    ),
    column(
        "conflict", String(64), ForeignKey(_CONFLICT, ondelete="CASCADE"), comment="The conflict"
    ),
    column("day", Date, comment="The day it bears: that of its cut-off, in the conflict's zone"),
    column("uid", String(200), comment="Permanent id of its entry, minted once"),
    column("since_at", UTCDateTime, comment="It holds what was approved after this"),
    column("cut_off_at", UTCDateTime, comment="and up to this"),
    column("watermark", Id, comment="Newest verdict counted, or 0"),
    column("published_at", UTCDateTime, comment="When it was made; never moves"),
    column("updated_at", UTCDateTime, comment="Last correction, or when it was made"),
    column("revision", Integer, comment="Number of its current revision, from 1"),
    # Two processes that find an edition due make one.
    UniqueConstraint("conflict", "day"),
    UniqueConstraint("uid"),
    comment="Daily editions that were published, one a conflict and day.",
)

edition_revisions = Table(
    "edition_revisions",
    metadata,
    row_id(),
    column(
        "number",
        Integer,
        ForeignKey("digest_editions.number", ondelete="CASCADE"),
        comment="The edition",
    ),
    column("revision", Integer, comment="1 is the edition as first published"),
    column("made_at", UTCDateTime, comment="When"),
    column("made_by", Text, comment="Who corrected it; the service where nobody did"),
    column("manifest", Text, comment="All it is made from, as canonical JSON, byte for byte"),
    column("hashes", JSON, comment="SHA-256 of the manifest and of every document made from it"),
    UniqueConstraint("number", "revision"),
    comment="Manifests of editions; rows are only added, so that each can be rebuilt.",
)

edition_matches = Table(
    "edition_matches",
    metadata,
    Column(
        "match_id",
        Id,
        ForeignKey("matches.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The approved match",
    ),
    column(
        "number",
        Integer,
        ForeignKey("digest_editions.number", ondelete="CASCADE"),
        comment="The edition that counted it",
    ),
    column(
        "item_id",
        Id,
        ForeignKey("digest_items.id", ondelete="CASCADE"),
        comment="The story's entry in the digest",
    ),
    Index("ix_edition_matches_number", "number"),
    Index("ix_edition_matches_item_id", "item_id"),
    comment="Which edition counted which approved match: none is counted twice.",
)

edition_drafts = Table(
    "edition_drafts",
    metadata,
    Column(
        "conflict",
        String(64),
        ForeignKey(_CONFLICT, ondelete="CASCADE"),
        primary_key=True,
        comment="The conflict",
    ),
    column("note", Text, comment="The editor's note for the next edition"),
    column("version", Integer, comment="Grows with every change of the note"),
    column("changed_by", Text, comment="Who changed the note last, or empty"),
    column("held_by", Text, comment="Who holds the next edition back, or empty"),
    column("held_at", UTCDateTime, comment="Since when it is held back", null=True),
    comment="What editors prepare for each conflict's next edition.",
)

edition_picks = Table(
    "edition_picks",
    metadata,
    Column(
        "conflict",
        String(64),
        ForeignKey(_CONFLICT, ondelete="CASCADE"),
        primary_key=True,
        comment="The conflict",
    ),
    Column(
        "item_id",
        Id,
        ForeignKey("digest_items.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The story's entry in the digest",
    ),
    column("pinned", Boolean, comment="True: it stands before those that are not"),
    column("place", Integer, comment="Order among the stories, where one was given", null=True),
    column("why", Text, comment="Why it matters, in one line, or empty"),
    column("left_out", Boolean, comment="True: it is kept out of editions"),
    column("version", Integer, comment="Grows with every change of `why`"),
    column("changed_by", Text, comment="Who changed it last"),
    comment="What editors decided of single stories for the next edition.",
)
