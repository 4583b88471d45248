"""What the chain showed of a store that had been restored: kept once, found by operation and by request, never changed.

given operations found on the chain
    when one is asked for
        it should be the one that was done, whatever else was tried under its id
    when the next nonce of a signer is asked for
        it should be after all that is explained
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from abst import outbox
from abst.errors import Unavailable
from abst.outbox.recovered import Recovered, all_recovered, keep, last_nonce, of_request, recovered
from abst.store import RESTORED, Meta, Store, set_meta
from abst.values import Address, Hash

REGISTRY = Hash("0x" + "01" * 32)
SIGNER = Address("0x" + "Aa" * 20)


def found(request: str, lot: int, nonce: int, *, done: bool = True, block: int = 7) -> Recovered:
    return Recovered(
        operation=outbox.operation_id(REGISTRY, request, lot),
        signer=SIGNER,
        nonce=nonce,
        to=Address("0x" + "Bb" * 20),
        data=b"call",
        words="SecurityToken.mint",
        decision=Hash("0x" + "02" * 32),
        done=done,
        tx_hash=Hash(f"0x{nonce:064x}"),
        block_number=block,
        block_hash=Hash("0x" + "03" * 32),
    )


def test_each_transaction_is_kept_once_and_the_done_one_counts(store: Store) -> None:
    """The same again is nothing new; of several under one id the one that was done is told."""
    done, failed = found("mint", 0, 5, block=6), found("mint", 0, 4, done=False, block=9)
    with store.begin() as session:
        assert [keep(session, one, at=1) for one in (failed, done, done)] == [True, True, False]
        assert recovered(session, done.operation) == done
        assert recovered(session, Hash("0x" + "ff" * 32)) is None
        assert all_recovered(session) == [done, failed]


def test_what_was_done_for_a_request_is_found_by_its_id(store: Store) -> None:
    """In the order of its lots; what was reverted, or another request's, is not among it."""
    lots = [found("mint", lot, 10 - lot) for lot in range(3)]
    with store.begin() as session:
        assert of_request(session, REGISTRY, "mint") == []
        for one in (*reversed(lots), found("mint", 3, 11, done=False), found("other", 0, 12)):
            keep(session, one, at=1)
        assert of_request(session, REGISTRY, "mint") == lots


def test_a_recovered_nonce_is_never_taken_again(store: Store) -> None:
    """The next nonce is after all that is explained, though no lane holds it."""
    with store.begin() as session:
        assert last_nonce(session, SIGNER) is None
        keep(session, found("mint", 0, 41), at=1)
        assert last_nonce(session, SIGNER) == 41
        assert outbox.next_nonce(session, SIGNER, 3) == 42


@pytest.mark.parametrize("statement", ["UPDATE recovered_operation SET words = ''", "DELETE FROM recovered_operation"])
def test_what_was_found_is_never_changed(store: Store, statement: str) -> None:
    """The database itself refuses it; two transactions at one nonce too."""
    with store.begin() as session:
        keep(session, found("mint", 0, 1), at=1)
    with pytest.raises(DatabaseError), store.begin() as session:
        session.execute(text(statement))
    with pytest.raises(DatabaseError), store.begin() as session:
        keep(session, replace(found("mint", 1, 1), tx_hash=Hash("0x" + "0f" * 32)), at=1)


def test_a_restored_store_refuses_every_unit_of_work_but_those_that_follow_the_chain(store: Store) -> None:
    """Until the mark is taken away: in this process, where it was open before, and in another."""
    with store.begin() as session:
        set_meta(session, RESTORED, "{}")
    other = Store(store.url.render_as_string(hide_password=False))
    with pytest.raises(Unavailable, match="restored from a backup"), other.begin():
        pass
    with other.read() as session:
        assert session.get(Meta, RESTORED) is not None
    with other.begin(even_restored=True) as session:
        session.delete(session.get_one(Meta, RESTORED))
    with other.begin():
        pass
    other.close()
