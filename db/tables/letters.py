"""Who gets letters, and which letters they got."""

from sqlalchemy import (
    JSON,
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

subscribers = Table(
    "subscribers",
    metadata,
    row_id(),
    column("address", String(254), comment="E-mail address, as it is sent to"),
    column("address_key", String(254), comment="The address folded, so that it is there only once"),
    column("nonce", String(32), comment="Chance that the tokens in letters are made from"),
    column("wish", String(16), comment="edition (a letter a day) or alert"),
    column("conflicts", JSON, comment="Slugs of the conflicts wanted; an empty list: all"),
    column("hour", Integer, comment="Hour of the daily letter, 0 to 23, in the zone"),
    column("zone", String(64), comment="Time zone of the subscriber, an IANA name"),
    column("asked_at", UTCDateTime, comment="When the subscription was last asked for"),
    column("confirmed_at", UTCDateTime, comment="When the address was confirmed", null=True),
    column("seen_placement", Id, comment="Newest digest placement that alerts were looked up to"),
    column("alerted_at", UTCDateTime, comment="When the last alert was written", null=True),
    column("edition_day", Date, comment="Day in the zone of the last daily letter", null=True),
    column("bounces", Integer, comment="Letters in a row that were refused for good"),
    column("failing", Text, comment="Why the last one was refused; empty: it was not"),
    UniqueConstraint("address_key"),
    UniqueConstraint("nonce"),
    comment="Who asked for letters; deleted when they unsubscribe.",
)

letters = Table(
    "letters",
    metadata,
    row_id(),
    column(
        "subscriber_id",
        Id,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        comment="To whom",
    ),
    column("kind", String(16), comment="confirm, known, alert or edition"),
    column("key", String(80), comment="What the letter is, among the subscriber's"),
    column("made_at", UTCDateTime, comment="When it was drawn up"),
    column(
        "state",
        String(16),
        comment="waiting, sending, sent, refused, given_up, unknown or dropped",
    ),
    column("due_at", UTCDateTime, comment="When it is to be sent next", null=True),
    column("failures", Integer, comment="Tries that failed so far"),
    column("ended_at", UTCDateTime, comment="When it was sent, or not for ever", null=True),
    column("error", Text, comment="Why the last try failed, in a sentence", null=True),
    UniqueConstraint("subscriber_id", "key"),
    Index("ix_letters_due_at", "due_at"),
    comment="Letters drawn up, with what became of them; forgotten after thirty days.",
)

letter_contents = Table(
    "letter_contents",
    metadata,
    Column(
        "subscriber_id",
        Id,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="To whom",
    ),
    Column(
        "what",
        String(160),
        primary_key=True,
        comment="news:slug, edition:conflict:number or withdrawn:slug",
    ),
    column(
        "letter_id", Id, ForeignKey("letters.id", ondelete="CASCADE"), comment="The letter it is in"
    ),
    column(
        "told_at",
        UTCDateTime,
        comment="When a letter that says it was handed over; empty: none did, or left it out",
        null=True,
    ),
    Index("ix_letter_contents_letter_id", "letter_id"),
    comment="What each subscriber was written about: the key keeps it from being twice.",
)
