"""Who may do what, and what they did."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from db.tables.columns import Id, UTCDateTime, column, metadata, row_id

editors = Table(
    "editors",
    metadata,
    row_id(),
    column("name", String(64), comment="Name to log in with"),
    column("name_key", String(64), comment="The name folded, so that it is taken only once"),
    column("password_hash", Text, comment="Argon2id hash"),
    column("role", String(16), comment="viewer, editor or admin"),
    column("created_at", UTCDateTime, comment="When the account was made"),
    column("disabled_at", UTCDateTime, comment="When it was closed", null=True),
    UniqueConstraint("name_key"),
    comment="Accounts of the desk.",
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="Keyed hash of the cookie"),
    column("editor_id", Id, ForeignKey("editors.id", ondelete="CASCADE"), comment="The account"),
    column("created_at", UTCDateTime, comment="When the editor logged in"),
    column("seen_at", UTCDateTime, comment="Last request, to within some minutes"),
    column("expires_at", UTCDateTime, comment="When it ends whatever happens"),
    column(
        "strong",
        Boolean,
        comment="Whether more than a password began it: a code, or a provider",
        server_default=false(),
    ),
    comment="Who is logged in; deleted at logout.",
)

identities = Table(
    "identities",
    metadata,
    row_id(),
    column("editor_id", Id, ForeignKey("editors.id", ondelete="CASCADE"), comment="The account"),
    column("issuer", String(255), comment="The OpenID provider, by its issuer"),
    column("subject", String(255), comment="The person there, by what never changes"),
    column("created_at", UTCDateTime, comment="When the two were linked"),
    UniqueConstraint("issuer", "subject"),
    Index("ix_identities_editor_id", "editor_id"),
    comment="Who an account's owner is to the OpenID provider; found by nothing else, no name.",
)

second_factors = Table(
    "second_factors",
    metadata,
    Column(
        "editor_id",
        Id,
        ForeignKey("editors.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The account",
    ),
    column("nonce", String(32), comment="Chance that its codes are made from, with the secret key"),
    column("begun_at", UTCDateTime, comment="When its owner was shown the secret"),
    column("confirmed_at", UTCDateTime, comment="Since when logins ask for it", null=True),
    column("last_step", BigInteger, comment="Half minute since 1970 of the last code used"),
    column("failures", Integer, comment="Wrong codes in a row"),
    comment="Accounts that are asked for a code of an app at login.",
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column(
        "editor_id",
        Id,
        ForeignKey("editors.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        comment="The account",
    ),
    Column("code_hash", String(64), primary_key=True, comment="SHA-256 of nonce and code"),
    comment="Codes of 120 bits that stand in for the app once each; deleted when used.",
)

followed_conflicts = Table(
    "followed_conflicts",
    metadata,
    Column(
        "editor_id",
        Id,
        ForeignKey("editors.id", ondelete="CASCADE"),
        primary_key=True,
        comment="The account",
    ),
    Column(
        "conflict",
        String(64),
        ForeignKey("conflicts.slug", ondelete="CASCADE"),
        primary_key=True,
        comment="A conflict that is theirs",
    ),
    Index("ix_followed_conflicts_conflict", "conflict"),
    comment="Which conflicts are an editor's own: with them their queue begins. None: all are.",
)

api_tokens = Table(
    "api_tokens",
    metadata,
    row_id(),
    column("editor_id", Id, ForeignKey("editors.id", ondelete="CASCADE"), comment="The account"),
    column("name", String(64), comment="What its owner calls it"),
    column("token_hash", String(64), comment="Keyed hash of the token"),
    column("scopes", String(100), comment="What it may do, such as read review"),
    column("created_at", UTCDateTime, comment="When it was made"),
    column("expires_at", UTCDateTime, comment="When it stops working"),
    column("used_at", UTCDateTime, comment="Last request, to within some minutes", null=True),
    UniqueConstraint("token_hash"),
    Index("ix_api_tokens_editor_id", "editor_id"),
    comment="With what programs ask the API in somebody's name; deleted when revoked.",
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(64), primary_key=True, comment="Keyed hash of the link's token"),
    column("role", String(16), comment="Role of the account it makes"),
    column("created_at", UTCDateTime, comment="When the link was made"),
    column("expires_at", UTCDateTime, comment="When it stops working"),
    column("used_at", UTCDateTime, comment="When it was used", null=True),
    comment="One-time links that let somebody make an account, such as the first.",
)

login_failures = Table(
    "login_failures",
    metadata,
    row_id(),
    column("name_key", String(64), comment="Folded name that was tried"),
    column("address", String(64), comment="Where the attempt came from"),
    column("failed_at", UTCDateTime, comment="When"),
    Index("ix_login_failures_failed_at", "failed_at"),
    comment="Failed logins of the last minutes, to slow down guessing.",
)

audit_log = Table(
    "audit_log",
    metadata,
    row_id(),
    column("at", UTCDateTime, comment="When"),
    column("actor", Text, comment="Who: an editor, the shell user, or the service"),
    column("action", String(40), comment="What was done, such as editor.add"),
    column("subject", Text, comment="To what"),
    column("detail", JSON, comment="Particulars, never secrets"),
    Index("ix_audit_log_at", "at"),
    comment="Everything people did besides verdicts; rows are only added.",
)
