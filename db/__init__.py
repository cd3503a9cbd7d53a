"""What we remember: tables, and functions that take a connection and give values of the vocabulary.

Every function of a noun module (`feeds`, `articles`, `matches`, …) takes the connection of a
running transaction first and never commits: `Database.transaction()` does. Rows never leave this
package.
"""

from sqlalchemy import Connection

from db.session import Database, open_database, retried

__all__ = ["Connection", "Database", "open_database", "retried"]
