"""Kinds of transactions: each event of a registry's contracts by its Solidity signature. Pure; the table is the format.

The names are ours, the types the ABI's or those of `STANDS_FOR`. From the table follow the objects (`transactions`),
their JSON Schemas, and the page of the format.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from eth_utils.crypto import keccak

TOKEN = "token"  # the part that every tranche plays, beside the parts of the deployment
STATUS = (
    "none",
    "draft",
    "submitted",
    "supplement-requested",
    "consultation",
    "effective",
    "refused",
    "withdrawn",
    "suspended",
    "lapsed",
)
ASSET_KIND = ("none", "deposit", "e-money", "virtual-currency")
WHY_UNPAID = (
    "none",
    "nothing-held",
    "already-paid",
    "payee-unknown",
    "payee-blocked",
    "evidence-expired",
    "no-successor",
    "asset-failed",
)
WORDS = {"Status": STATUS, "AssetKind": ASSET_KIND, "Unpaid": WHY_UNPAID}
# Types of the signatures below that are not the ABI's own, and what the ABI has for them.
STANDS_FOR = {"Status": "uint8", "AssetKind": "uint8", "Unpaid": "uint8", "Text32": "bytes32", "Record": "uint256"}
PAYMENT = (
    "(address security,uint16 record_date,bool needs_evidence,address asset,uint112 funded,uint96 supply,bytes32 ref)"
)
PAID = "(uint256 interest,uint256 principal,uint256 residual,uint256 due)"


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of an event. type: the ABI's, or one of `STANDS_FOR`; parts: of a tuple."""

    name: str
    type: str
    indexed: bool = False
    parts: tuple[Field, ...] = ()

    @property
    def abi(self) -> str:
        """The type as the ABI writes it."""
        if self.parts:
            return f"({','.join(part.abi for part in self.parts)}){self.type.removeprefix('tuple')}"
        return STANDS_FOR.get(self.type, self.type)

    @property
    def dynamic(self) -> bool:
        return self.type in ("string", "bytes") or self.type.endswith("[]")


@dataclass(frozen=True)
class Kind:
    """One kind of transaction. part: which contract says it; words: what it means, for the format's page."""

    type: str
    part: str
    event: str
    words: str

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        inner = self.event[self.event.index("(") + 1 : -1]
        return tuple(_field(piece) for piece in _split(inner)) if inner else ()

    @cached_property
    def signature(self) -> str:
        """As Solidity hashes it."""
        return f"{self.event[: self.event.index('(')]}({','.join(field.abi for field in self.fields)})"

    @cached_property
    def topic(self) -> str:
        return "0x" + keccak(text=self.signature).hex()

    @cached_property
    def indexed(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.indexed)

    @cached_property
    def data(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if not field.indexed)

    @cached_property
    def plain(self) -> bool:
        """Whether every argument in the data is one word."""
        return not any(field.dynamic or field.parts for field in self.data)


def _split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    pieces, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    return [*pieces, text[start:]]


def _field(text: str) -> Field:
    kind, _, name = text.rpartition(" ")
    kind, indexed = kind.removesuffix(" indexed"), kind.endswith(" indexed")
    if not kind.startswith("("):
        return Field(name, kind, indexed)
    inner, _, suffix = kind[1:].rpartition(")")
    return Field(name, "tuple" + suffix, indexed, tuple(_field(piece) for piece in _split(inner)))


ISSUANCE, TRANSFER, CANCELLATION = "TX_NOTE_ISSUANCE", "TX_NOTE_TRANSFER", "TX_NOTE_CANCELLATION"
MOVED = "Transfer(address indexed sender,address indexed receiver,uint256 amount)"

KINDS: tuple[Kind, ...] = (
    Kind(TRANSFER, TOKEN, MOVED, "Units went from one wallet to another; from nobody: issued; to nobody: cancelled."),
    Kind(
        "TX_MINT_APPROVED",
        TOKEN,
        "Minted(bytes32 indexed operation,bytes32 indexed decision,address indexed gatekeeper,uint256 total)",
        "The issuances before it in its transaction stand on this decision and this officer's signature.",
    ),
    Kind(
        "TX_REDEMPTION",
        TOKEN,
        "Redeemed(address indexed holder,uint256 amount)",
        "The holder gave units back; they were cancelled.",
    ),
    Kind(
        "TX_RETIREMENT",
        TOKEN,
        "Retired(address indexed holder,uint256 amount)",
        "All of a wallet was cancelled once nothing was outstanding; what was frozen or locked there is so no more.",
    ),
    Kind(
        "TX_LOCK",
        TOKEN,
        "LockedUntil(address indexed holder,uint32 until)",
        "The wallet may not send before this second.",
    ),
    Kind(
        "TX_FREEZE", TOKEN, "Frozen(address indexed holder,uint256 amount)", "So many units of the wallet stand frozen."
    ),
    Kind(
        "TX_FORCED_TRANSFER",
        TOKEN,
        "ForcedTransfer(address indexed sender,address indexed receiver,uint256 amount)",
        "The transfer before it was by order.",
    ),
    Kind(
        "TX_RECOVERY",
        TOKEN,
        "Recovered(address indexed lost,address indexed successor,uint256 amount)",
        "All of a lost wallet went to its successor, frozen units and lock with it.",
    ),
    Kind(
        "TX_PRINCIPAL",
        TOKEN,
        "Amortised(uint256 outstanding,uint256 principal_paid,uint256 written_down)",
        "What stands of the tranche after a payment of principal, a loss, or a redemption. Before the first one all "
        "that is held is outstanding.",
    ),
    Kind(
        "TX_ALLOWANCE",
        TOKEN,
        "Approval(address indexed holder,address indexed spender,uint256 amount)",
        "The spender may take so many units.",
    ),
    Kind(
        "TX_FILING_RECORDED",
        "registry",
        "FilingRecorded(uint64 indexed filing,bytes32 plan_hash,uint8 tranches)",
        "A filing was recorded with the hash of its plan.",
    ),
    Kind(
        "TX_FILING_STATUS",
        "registry",
        "FilingStatusChanged(uint64 indexed filing,Status old,Status new,bytes32 evidence)",
        "The authority, or the filer, acted.",
    ),
    Kind(
        "TX_PAUSE",
        "registry",
        "PausedSet(uint64 indexed filing,uint8 indexed tranche,bool paused)",
        "One tranche was stopped or moves again.",
    ),
    Kind(
        "TX_TRANCHE_MADE",
        "registry",
        "TrancheAttached(uint64 indexed filing,uint8 indexed tranche,address security)",
        "A tranche of the plan was made as this token.",
    ),
    Kind(
        "TX_ADMISSION",
        "registry",
        "Admitted(address indexed wallet,Record record,bytes32 commitment)",
        "An investor was admitted with the first wallet.",
    ),
    Kind(
        "TX_RENEWAL",
        "registry",
        "Renewed(address indexed wallet,Record record,bytes32 commitment)",
        "An investor's facts were renewed.",
    ),
    Kind(
        "TX_WALLET_ADDED",
        "registry",
        "WalletAdded(address indexed wallet,Record record,bytes32 commitment)",
        "A further wallet of an investor.",
    ),
    Kind(
        "TX_BLOCK",
        "registry",
        "BlockedSet(address indexed wallet,bool blocked,bytes32 evidence)",
        "An investor was blocked, or is no more.",
    ),
    Kind(
        "TX_SUCCESSION",
        "registry",
        "SuccessorRecorded(address indexed lost,address indexed successor)",
        "A wallet is lost; another of the same investor stands for it.",
    ),
    Kind(
        "TX_OBLIGATION_OPENED",
        "registry",
        "ObligationOpened(uint64 indexed filing,uint16 indexed obligation,uint16 kind,uint40 due,uint32 grace,"
        "uint32 recurrence)",
        "Something must be disclosed by `due`, at the latest `grace` seconds later, and again every `recurrence`.",
    ),
    Kind(
        "TX_PUBLICATION",
        "registry",
        "Published(uint64 indexed filing,uint16 indexed obligation,Text32 indexed name,uint16 kind,uint32 version,"
        "bytes32 document,string uri)",
        "A document was published; obligation 0: it closed none; version 0: it has no name.",
    ),
    Kind(
        "TX_DOCUMENTS_LOCATED",
        "registry",
        "DocumentsLocated(uint64 indexed filing,string base)",
        "Where documents without an address of their own stand from now on.",
    ),
    Kind("TX_HOOK", "registry", "HookSet(uint64 indexed filing,address indexed hook,bool set)", "A subscriber."),
    Kind(
        "TX_HOOK_FAILED",
        "registry",
        "HookFailed(uint64 indexed filing,address indexed hook)",
        "A subscriber could not be told.",
    ),
    Kind(
        "TX_RECORD_DATE",
        "registry",
        "RecordDateAnnounced(uint64 indexed filing,uint16 indexed number,uint40 second)",
        "Who holds at the end of the second before this one is paid by this record date.",
    ),
    Kind(
        "TX_ASSET_LISTED",
        "registry",
        "AssetListed(address indexed asset,bytes3 currency,AssetKind kind,bytes32 evidence)",
        "A settlement asset was listed.",
    ),
    Kind(
        "TX_ASSET_DELISTED",
        "registry",
        "AssetDelisted(address indexed asset,bytes32 evidence)",
        "It is listed no more.",
    ),
    Kind(
        "TX_PAYMENT_DECLARED",
        "distribution",
        f"Declared(bytes32 indexed payment,address indexed security,bytes32 indexed ref,{PAYMENT} terms,"
        "uint40 carried)",
        "The holders of a record date are paid `funded + carried` units of the asset, by what they held of `supply`.",
    ),
    Kind(
        "TX_PAYMENT_PAID",
        "distribution",
        "Paid(bytes32 indexed payment,address indexed holder,address payee,uint256 amount)",
        "A holder's share was paid, to the wallet or to its successor.",
    ),
    Kind(
        "TX_PAYMENT_WAITS",
        "distribution",
        "Waits(bytes32 indexed payment,address indexed holder,Unpaid why)",
        "A holder's share could not be paid yet.",
    ),
    Kind(
        "TX_PAYMENT_ELSEWHERE",
        "distribution",
        "PaidElsewhere(bytes32 indexed payment,address indexed holder,address account,uint256 amount,bytes32 ref)",
        "A share went to another account, by order.",
    ),
    Kind(
        "TX_PAYMENT_COMPLETED",
        "distribution",
        "Completed(bytes32 indexed payment,uint256 dust)",
        "Every holder is paid; the dust goes to the next payment.",
    ),
    Kind(
        "TX_PAYMENT_OFF_CHAIN",
        "distribution",
        "PaidOffChain(address indexed security,uint16 indexed record_date,bytes32 indexed ref,bytes3 currency,"
        "uint256 amount)",
        "Holders were paid outside the chain, in the currency's smallest unit.",
    ),
    Kind(
        "TX_SERVICING_OPENED",
        "servicing",
        "ServicingOpened(uint64 indexed filing,bytes32 program,bytes3 currency,uint256[] state)",
        "The filed waterfall begins with this state.",
    ),
    Kind(
        "TX_PERIOD_SUBMITTED",
        "servicing",
        "PeriodSubmitted(uint64 indexed filing,uint32 indexed period,address indexed servicer,bytes32 inputs,"
        "bytes32 report,bytes32 result)",
        "A servicer's word on a period, by its hashes.",
    ),
    Kind(
        "TX_PERIOD_CLOSED",
        "servicing",
        "PeriodClosed(uint64 indexed filing,uint32 indexed period,address indexed trustee,bytes32 inputs,"
        f"bytes32 report,uint256[] state,{PAID}[] paid)",
        "The chain ran the waterfall; `paid` by tranche, in the smallest unit of the deal's currency.",
    ),
    Kind(
        "TX_PERIOD_PAID",
        "servicing",
        "PeriodPaid(uint64 indexed filing,uint32 indexed period,uint8 indexed tranche,bytes32 payment,uint256 amount)",
        "What a closed period owed a tranche was declared as this payment.",
    ),
    Kind(
        "TX_TRADE",
        "settlement",
        "Traded(bytes32 indexed trade,address indexed seller,address indexed buyer,address security,uint256 amount,"
        "address asset,uint256 price)",
        "Units against money, both or neither.",
    ),
    Kind(
        "TX_ALLOTMENT",
        "settlement",
        "Allotted(bytes32 indexed operation,address indexed buyer,bytes32 indexed order,address security,"
        "uint256 amount,address asset,uint256 price)",
        "New units against money.",
    ),
    Kind(
        "TX_TRADE_CANCELLED",
        "settlement",
        "TradeCancelled(bytes32 indexed trade,address indexed seller,address indexed buyer,address by)",
        "A trade is not settled any more.",
    ),
    Kind(
        "TX_ORDER_CANCELLED",
        "settlement",
        "OrderCancelled(bytes32 indexed order,address indexed buyer)",
        "An order is not filled any more.",
    ),
    Kind(
        "TX_PROCEEDS_ACCOUNT",
        "settlement",
        "ProceedsAccountSet(uint64 indexed filing,address account)",
        "What the filing's units are sold for goes there.",
    ),
    Kind(
        "TX_LOG_ANCHORED",
        "anchors",
        "Anchored(uint64 indexed entry,bytes32 head,address indexed by)",
        "The head of the registry's log of acts.",
    ),
    Kind("TX_MONEY_MOVED", "deposit", MOVED, "Units of the bank's deposit token moved."),
    Kind(
        "TX_MONEY_ALLOWANCE",
        "deposit",
        "Approval(address indexed holder,address indexed spender,uint256 amount)",
        "The spender may take so many units.",
    ),
    Kind("TX_MONEY_ACCOUNT", "deposit", "AccountSet(address indexed account,bool open)", "An account with the bank."),
    Kind(
        "TX_MONEY_DEPOSITED",
        "deposit",
        "Deposited(bytes32 indexed operation,address indexed receiver,uint256 amount)",
        "Money came in.",
    ),
    Kind(
        "TX_MONEY_WITHDRAWN",
        "deposit",
        "Withdrawn(address indexed sender,uint256 amount,bytes32 ref)",
        "Money went out.",
    ),
    Kind(
        "TX_ROLE_GRANTED",
        "manager",
        "RoleGranted(uint64 indexed role,address indexed account,uint32 delay,uint48 since,bool fresh)",
        "An account has a role.",
    ),
    Kind(
        "TX_ROLE_REVOKED",
        "manager",
        "RoleRevoked(uint64 indexed role,address indexed account)",
        "It has it no more.",
    ),
    *(
        Kind(type_, part, f"{event}(bytes32 indexed role,address indexed account,address indexed by)", words)
        for part in ("enforcement", "administration")
        for type_, event, words in (
            ("TX_SIDE_GRANTED", "RoleGranted", "An account is a maker, a checker or a canceller of a timelock."),
            ("TX_SIDE_REVOKED", "RoleRevoked", "It is so no more."),
        )
    ),
)
