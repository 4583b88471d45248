"""``deal.yaml``: a deal as an executable, filed document, read strictly, with a canonical hash.

The hash binds what is written and what it compiles to: keccak256(abi.encode(digest of the content, program's hash)). So
what a contract runs can be shown to be what was filed (R-29, R-83).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import yaml
from eth_abi.abi import encode
from pydantic import Field, ValidationError, model_validator

from abst.deal.blocks import (
    Account,
    Call,
    Carried,
    Code3,
    Dates,
    Expr,
    Fee,
    Groups,
    Index,
    Input,
    Name,
    Party,
    Pool,
    Settlement,
    Strict,
    TableOf,
    Tranche,
    Trigger,
    Waterfall,
)
from abst.deal.plan import Terms
from abst.deal.schedule import PaymentDate, payments
from abst.deal.waterfall.compiling import Compiled, compile_deal
from abst.deal.waterfall.layout import RECEIPTS
from abst.deal.waterfall.program import program_hash
from abst.errors import UsageError
from abst.values import DEFAULT_ZONE, Hash, digest, hash_of, last_second_of, shallow, to_bytes

SCHEMA = "abst-deal-2"


class Deal(Strict):
    """A whole deal. `hash` is over the content, not the text, so comments and layout do not change it."""

    schema_: Literal["abst-deal-2"] = Field(alias="schema")
    id: str = Field(pattern="^[a-z0-9][a-z0-9-]{1,40}$")
    title: str
    title_zh: str = ""
    source: str
    currency: Code3
    decimals: int = Field(ge=0, le=18)
    settlement: Settlement | None = None
    zone: str = DEFAULT_ZONE
    dates: Dates
    pool: Pool
    parties: tuple[Party, ...] = Field(min_length=1)
    indices: dict[Name, Index] = Field(default_factory=dict)
    accounts: dict[Name, Account] = Field(min_length=1)
    receipts: dict[str, Name] = Field(default_factory=dict)
    tables: dict[Name, TableOf] = Field(default_factory=dict)
    inputs: dict[Name, Input] = Field(default_factory=dict)
    fees: dict[Name, Fee] = Field(default_factory=dict)
    taxes: dict[Name, Fee] = Field(default_factory=dict)
    tranches: tuple[Tranche, ...] = Field(min_length=1, max_length=32)
    groups: Groups = Field(default_factory=dict)
    formulas: dict[Name, Expr] = Field(default_factory=dict)
    quantities: dict[Name, Expr] = Field(default_factory=dict)
    tests: dict[Name, Expr] = Field(default_factory=dict)
    triggers: dict[Name, Trigger] = Field(default_factory=dict)
    calls: dict[Name, Call] = Field(default_factory=dict)
    carried: dict[Name, Carried] = Field(default_factory=dict)
    waterfall: Waterfall

    @model_validator(mode="after")
    def _distinct(self) -> Deal:
        for name, values in (
            ("tranche", [t.tranche for t in self.tranches]),
            ("symbol", [t.token.symbol for t in self.tranches if t.token]),
        ):
            if len(set(values)) != len(values):
                raise ValueError(f"two tranches have the same {name}")
        return self

    @classmethod
    def read(cls, text: str, where: str = "deal") -> Deal:
        """Parse a deal file. Raises UsageError naming every field that is wrong, or all that makes it ambiguous."""
        try:
            with shallow(where):
                raw = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise UsageError("not YAML", found=str(error), where=where) from None
        return cls.of(raw, where)

    @classmethod
    def of(cls, raw: Any, where: str = "deal") -> Deal:
        """A deal from plain values. Raises UsageError."""
        try:
            deal = cls.model_validate(raw)
        except ValidationError as error:
            found = "; ".join(f"{path_of(e['loc'])}: {e['msg']}" for e in error.errors())
            raise UsageError("the deal is malformed", found=found, needed=f"a deal of {SCHEMA}", where=where) from None
        faults = deal._compiled[1]
        if faults:
            found = "; ".join(str(fault) for fault in faults)
            raise UsageError("the deal is ambiguous, or cannot be paid", found=found, where=where)
        return deal

    # ---- what it compiles to

    @cached_property
    def _compiled(self) -> tuple[Compiled, tuple[Any, ...]]:
        return compile_deal(self)

    @property
    def compiled(self) -> Compiled:
        """The program and the names of its numbers."""
        return self._compiled[0]

    @cached_property
    def payments(self) -> tuple[PaymentDate, ...]:
        """Every payment date with its periods."""
        return payments(self.dates)

    @property
    def content(self) -> dict[str, Any]:
        """The deal as plain values, for canonical JSON."""
        return self.model_dump(mode="python", by_alias=True)

    @cached_property
    def content_digest(self) -> Hash:
        return digest(self.content)

    @cached_property
    def hash(self) -> Hash:
        """keccak256(abi.encode(content digest, program hash))."""
        words = [to_bytes(self.content_digest), to_bytes(program_hash(self.compiled.program))]
        return hash_of(encode(["bytes32", "bytes32"], words))

    # ---- what it says

    @property
    def total(self) -> int:
        """Sum of the faces, smallest units."""
        return sum(t.face for t in self.tranches)

    @property
    def pool_balance(self) -> int:
        """Of the pool at the cut-off, smallest units."""
        return self.pool.balance

    @property
    def issued(self) -> tuple[Tranche, ...]:
        """The classes that are tokens, in the order in which the factory makes them."""
        return tuple(t for t in self.tranches if t.token)

    @property
    def converts(self) -> bool:
        """Whether holders are paid in another currency than the deal's."""
        return self.settlement is not None and self.settlement.currency != self.currency

    @property
    def paid_in(self) -> Settlement:
        """Currency and decimals in which holders are paid."""
        return self.settlement or Settlement(currency=self.currency, decimals=self.decimals)

    @property
    def all_fees(self) -> dict[str, Fee]:
        """Fees and taxes by name."""
        return {**self.fees, **self.taxes}

    @property
    def outside_payees(self) -> tuple[str, ...]:
        """Roles of parties that steps pay without a fee."""
        steps = (*self.waterfall.normal, *self.waterfall.accelerated, *self.waterfall.default)
        return tuple(dict.fromkeys(step.payee for step in steps if step.payee))

    def receipt_slots(self, account: str) -> tuple[str, ...]:
        """Inputs of the program that are cash and join an account; the first account takes what no receipt names."""
        first = next(iter(self.accounts))
        cash = {name: name for name in RECEIPTS} | {n: f"input.{n}" for n, own in self.inputs.items() if own.cash}
        if self.calls:
            cash["call"] = "call.price"
        return tuple(slot for name, slot in cash.items() if self.receipts.get(name, first) == account)

    def tranche(self, name: str) -> Tranche:
        """Raises UsageError for a name that is none of the deal's."""
        for one in self.tranches:
            if one.tranche == name:
                return one
        needed = ", ".join(t.tranche for t in self.tranches)
        raise UsageError("no such tranche", found=name, needed=needed, where="tranches")

    def members(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Names of classes and groups, with groups opened."""
        return tuple(one for name in names for one in self.groups.get(name, (name,)))

    def terms(self, regime_bits: Mapping[str, int]) -> tuple[Terms, ...]:
        """The tranches as the factory makes them; `regime_bits` gives each regime's mask. Raises UsageError."""
        made = tuple(
            self._terms_of(t, regime_bits, f"tranches[{n}].token") for n, t in enumerate(self.tranches) if t.token
        )
        if not made:
            raise UsageError("no tranche is a token", needed="a token block in at least one", where="tranches")
        return made

    def _terms_of(self, tranche: Tranche, regime_bits: Mapping[str, int], where: str) -> Terms:
        token = tranche.token
        if token is None:
            raise ValueError(tranche.tranche)
        unknown = [code for code in token.regimes if code not in regime_bits]
        if unknown:
            needed = ", ".join(regime_bits)
            raise UsageError("no such regime", found=", ".join(unknown), needed=needed, where=f"{where}.regimes")
        bits = 0
        for code in token.regimes:
            bits |= regime_bits[code]
        return Terms(
            name=token.name,
            symbol=token.symbol,
            currency=self.currency,
            decimals=self.decimals,
            risk=token.risk,
            overdue_stops_transfers=token.overdue_stops_transfers,
            cap=tranche.face,
            lot=token.lot,
            regimes=bits,
            max_holders=token.max_holders,
            max_share_bps=token.max_share_bps,
            lock_seconds=token.lock_days * 86_400,
            maturity=last_second_of(self.dates.legal_maturity, self.zone),
        )


def load_deal(text: str, where: str = "deal") -> Deal:
    return Deal.read(text, where)


def path_of(location: tuple[int | str, ...]) -> str:
    """A place in a file as people write it: ``tranches[1].face``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else str(part))
    return path
