"""Second factors: what codes are made from, the step used last, and hashes of recovery codes."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from db.tables import recovery_codes, second_factors
from pipeline.model import SecondFactor


def find(connection: Connection, editor_id: int, *, hold: bool = False) -> SecondFactor | None:
    """Give an account's second factor, or None; with `hold` nobody else uses it until the
    transaction ends."""
    wanted = select(second_factors).where(second_factors.c.editor_id == editor_id)
    row = connection.execute(wanted.with_for_update() if hold else wanted).one_or_none()
    if row is None:
        return None
    left = select(func.count()).where(recovery_codes.c.editor_id == editor_id)
    return SecondFactor(
        nonce=row.nonce,
        begun_at=row.begun_at,
        confirmed_at=row.confirmed_at,
        last_step=row.last_step,
        failures=row.failures,
        codes_left=connection.scalar(left) or 0,
    )


def having(connection: Connection) -> frozenset[int]:
    """Name the accounts that have a second factor."""
    return frozenset(
        connection.scalars(
            select(second_factors.c.editor_id).where(second_factors.c.confirmed_at.is_not(None))
        )
    )


def begin(connection: Connection, editor_id: int, nonce: str, now: datetime) -> None:
    """Keep what codes will be made from; it counts once it is confirmed."""
    remove(connection, editor_id)
    connection.execute(
        second_factors.insert().values(
            editor_id=editor_id, nonce=nonce, begun_at=now, last_step=0, failures=0
        )
    )


def confirm(connection: Connection, editor_id: int, now: datetime) -> None:
    """Ask for it at every login from now on."""
    _set(connection, editor_id, confirmed_at=now)


def note_use(connection: Connection, editor_id: int, step: int | None = None) -> None:
    """Note that a code was right; the step of a code by the clock is used up."""
    used = {} if step is None else {"last_step": step}
    _set(connection, editor_id, failures=0, **used)


def note_failure(connection: Connection, editor_id: int) -> None:
    """Count a code that was wrong."""
    _set(connection, editor_id, failures=second_factors.c.failures + 1)


def keep_recovery_codes(connection: Connection, editor_id: int, hashes: Collection[str]) -> None:
    """Let these recovery codes work once each, and no others."""
    connection.execute(recovery_codes.delete().where(recovery_codes.c.editor_id == editor_id))
    connection.execute(
        recovery_codes.insert(), [{"editor_id": editor_id, "code_hash": each} for each in hashes]
    )


def use_recovery_code(connection: Connection, editor_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False where there is none such."""
    used = connection.execute(
        recovery_codes.delete().where(
            recovery_codes.c.editor_id == editor_id, recovery_codes.c.code_hash == code_hash
        )
    )
    return used.rowcount == 1


def remove(connection: Connection, editor_id: int) -> bool:
    """Forget an account's second factor and its recovery codes; False where it had none."""
    connection.execute(recovery_codes.delete().where(recovery_codes.c.editor_id == editor_id))
    gone = connection.execute(
        second_factors.delete().where(second_factors.c.editor_id == editor_id)
    )
    return gone.rowcount == 1


def _set(connection: Connection, editor_id: int, **values: object) -> None:
    connection.execute(
        second_factors.update().where(second_factors.c.editor_id == editor_id).values(**values)
    )
