"""Registers of others, as their packages told them: kept apart from this registry's own tokens, and never changed.

A later package of the same register is another one beside it. `second`, `time` and `at` are Unix seconds.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from abst.store import Base, JsonText

ADDRESS = String(42)
HASH = String(66)


class ImportedPackage(Base):
    """One package. manifest: SHA-256 of its manifest, by which it is named; content: the manifest itself.

    block, block_hash, time: of its last block; signer: whose signature it carries; on_chain: whether it was held
    against the chain when it was imported.
    """

    __tablename__ = "imported_package"

    manifest: Mapped[str] = mapped_column(HASH, primary_key=True)
    registry_id: Mapped[str] = mapped_column(HASH, index=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    genesis: Mapped[str] = mapped_column(HASH)
    block: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str] = mapped_column(HASH)
    time: Mapped[int] = mapped_column(BigInteger)
    signer: Mapped[str] = mapped_column(ADDRESS)
    content: Mapped[dict[str, Any]] = mapped_column(JsonText)
    on_chain: Mapped[bool] = mapped_column(Boolean)
    request: Mapped[str] = mapped_column(String)
    officer: Mapped[str] = mapped_column(String)
    at: Mapped[int] = mapped_column(BigInteger)


class ImportedSecurity(Base):
    """One token of an imported register. filing, number: the filing's id there, and on its chain."""

    __tablename__ = "imported_security"

    package: Mapped[str] = mapped_column(HASH, ForeignKey("imported_package.manifest"), primary_key=True)
    address: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    filing: Mapped[str] = mapped_column(String)
    number: Mapped[int] = mapped_column(BigInteger)
    tranche: Mapped[int] = mapped_column(Integer)
    terms: Mapped[dict[str, Any]] = mapped_column(JsonText)


class ImportedWallet(Base):
    """Whose a wallet is there. holder: the investor's number on its chain; investor: his id in its registry."""

    __tablename__ = "imported_wallet"

    package: Mapped[str] = mapped_column(HASH, ForeignKey("imported_package.manifest"), primary_key=True)
    address: Mapped[str] = mapped_column(ADDRESS, primary_key=True)
    holder: Mapped[int] = mapped_column(BigInteger)
    investor: Mapped[str | None] = mapped_column(Text)


class ImportedTransaction(Base):
    """One typed transaction, as the package has it (`content`). security: none where it is about no token."""

    __tablename__ = "imported_transaction"
    __table_args__ = (Index("ix_imported_transaction_security", "package", "security", "block"),)

    package: Mapped[str] = mapped_column(HASH, ForeignKey("imported_package.manifest"), primary_key=True)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    second: Mapped[int] = mapped_column(BigInteger)
    security: Mapped[str | None] = mapped_column(ADDRESS)
    content: Mapped[str] = mapped_column(Text)
