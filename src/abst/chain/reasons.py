"""Why a contract said no, in words: every reason of `contracts/types/Reason.sol`, every error our ABIs know.

The numbers are ERC-1404 codes and never change. A test reads the Solidity file and asserts that both tables agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from eth_abi.exceptions import DecodingError

from abst.chain.contracts import ErrorType, Parameters, codec
from abst.chain.roles import Role
from abst.chain.words import AssetKind, FilingStatus, Unpaid
from abst.errors import Unavailable

CONTRACTS = (
    "SecurityToken",
    "Registry",
    "TokenFactory",
    "Settlement",
    "Distribution",
    "AuditAnchors",
    "Servicing",
    "DepositToken",
    "AccessManager",
    "TimelockController",
)
PANICS = {
    0x01: "an assertion failed",
    0x11: "a sum left its range",
    0x12: "a division by zero",
    0x21: "a value that no enumeration has",
    0x31: "an empty list was emptied",
    0x32: "an index beyond the list",
    0x41: "too much memory was asked for",
}
# Where no reason of the rules fits, the law that the refusal serves.
_RULES = {
    "ApprovalExpired": "R-58",
    "BadApproval": "R-58",
    "GatekeeperIsSender": "R-58",
    "NotAGatekeeper": "R-58",
    "FilingNotEffective": "R-03",
    "PlanDiffers": "R-42",
    "PlanEmpty": "R-29",
    "TermsMalformed": "R-29",
    "TooManyTranches": "R-29",
    "TrancheCountDiffers": "R-42",
    "TrancheOutOfOrder": "R-29",
    "TooManyWallets": "R-50",
    "WalletUnknown": "R-60",
    "WalletLost": "R-62",
    "NoSuccessor": "R-62",
    "NotTheSameInvestor": "R-62",
    "SuccessorExists": "R-62",
    "ERC7943InsufficientUnfrozenBalance": "R-62",
    "RecordDateInThePast": "R-93",
    "RecordDateNotTaken": "R-93",
    "RecordDatePending": "R-93",
    "SupplyDiffers": "R-93",
    "NotLater": "R-70",
    "HeadEmpty": "R-70",
    "AboveOutstanding": "R-90",
    "AboveWrittenDown": "R-90",
    "AfterMaturity": "R-90",
    "StillOutstanding": "R-90",
    "AssetMalformed": "R-65",
    "AssetNotListed": "R-65",
    "CurrencyBarred": "R-65",
    "DocumentEmpty": "R-81",
    "InvestorAccount": "R-60",
    "MayNotHold": "R-60",
    "NoProceedsAccount": "R-99",
    "ClassesDiffer": "R-29",
    "ProgramDiffers": "R-29",
    "TranchesMissing": "R-29",
    "CashNotConserved": "R-94",
    "ForbiddenByDeal": "R-83",
    "InputsDiffer": "R-83",
    "NothingSubmitted": "R-83",
    "NothingToPay": "R-83",
    "NotThePayment": "R-83",
    "NumberTooLarge": "R-94",
    "OwedDiffers": "R-90",
    "PeriodNotNext": "R-83",
    "ReportDiffers": "R-83",
    "ResultDiffers": "R-94",
    "SlotOutOfRange": "R-94",
    "StateDiffers": "R-94",
    "SubmittedBySender": "R-83",
}
_WORDS = {
    "AboveOutstanding": "{outstanding} units are outstanding, not {amount}",
    "AboveWrittenDown": "{writtenDown} units were written down, not {amount}",
    "AccessControlUnauthorizedAccount": "{account} does not hold the timelock's role {neededRole}",
    "AccessManagerUnauthorizedAccount": "{msgsender} does not hold the role {roleId}",
    "AfterMaturity": "the token matured at second {maturity}; no loss is taken back afterwards",
    "AlreadyAdmitted": "the wallet {wallet} was admitted before",
    "AlreadyDeclared": "the payment {id} was declared before; it is never declared twice",
    "AlreadyOpened": "the servicing of filing {filing} was opened before",
    "AlreadyDone": "the operation {operation} was carried out before; it is never done twice",
    "AlreadyRecorded": "a payment of the reference {ref} was recorded before",
    "AlreadySettled": "{id} was settled, filled or cancelled before; it is spent",
    "ApprovalExpired": "the gatekeeper's approval ended at second {deadline}; it is {time}",
    "AssetMalformed": "{asset} cannot be listed: an asset is a contract with a currency and a kind",
    "AssetNotListed": "{asset} is not on the list of settlement assets",
    "BadApproval": "the signature is not {gatekeeper}'s over exactly these allocations",
    "BadSignature": "the signature is not {signer}'s over exactly these words",
    "CalledBack": "nothing of the registry changes while subscribers are told of a publication",
    "CashNotConserved": "closing cash and what left is {found}, opening cash and receipts {needed}",
    "ClassesDiffer": "the waterfall pays {classes} classes; the plan has {tranches} tranches",
    "CurrencyBarred": "no settlement asset in {currency} is ever listed",
    "DocumentEmpty": "a document of filing {filing} under the name {name} needs a hash",
    "DueInThePast": "an obligation of filing {filing} cannot be due at second {due}; it is {time}",
    "DueTooFar": "an obligation of filing {filing} cannot be due at second {due}; the last is {latest}",
    "ERC20InsufficientAllowance": "{spender} may spend {allowance} units, not {needed}",
    "ERC20InsufficientBalance": "{sender} holds {balance} units, not {needed}",
    "ERC2612ExpiredSignature": "the permit ended at second {deadline}",
    "ERC2612InvalidSigner": "the permit is signed by {signer}, not by {owner}",
    "ERC7943CannotReceive": "{account} may not receive",
    "ERC7943CannotSend": "{account} may not send",
    "ERC7943CannotTransfer": "{amount} units may not move from {from} to {to}",
    "ERC7943InsufficientUnfrozenBalance": "{account} has {unfrozen} units that are not frozen, not {amount}",
    "Expired": "the signed words ended at second {deadline}; it is {time}",
    "FactsMalformed": "the facts of {wallet} are not an investor's facts",
    "FilingExists": "filing {filing} was recorded before",
    "FilingNotEffective": "filing {filing} is not effective",
    "FilingUnknown": "filing {filing} is not recorded",
    "ForbiddenByDeal": "the deal forbids what the inputs say (its condition {code})",
    "FundingDiffers": "{received} units of the asset arrived, not {funded}",
    "GasTooLow": "{left} gas is left; telling a subscriber needs {needed}",
    "GatekeeperIsSender": "{account} cannot both approve a mint and send it",
    "HeadEmpty": "the head of a log that has an entry is not zero",
    "HookMalformed": "{hook} is no contract, or already a subscriber, or none",
    "InputsDiffer": "the inputs given hash to {given}, those submitted to {submitted}",
    "InputsMiscounted": "the waterfall takes {needed} inputs, not {found}",
    "InvalidAccountNonce": "the next permit of {account} has number {currentNonce}",
    "InvestorAccount": "{account} is an investor's wallet: the registry alone says whether he may hold",
    "IssueBegun": "tokens were issued under filing {filing}: it does not lapse",
    "LengthsDiffer": "the lists differ in length: {receivers} and {amounts}",
    "MayNotHold": "{account} is neither an unblocked investor nor an account that the bank opened",
    "NextDueWrong": "obligation {obligation} of filing {filing} is due next from {earliest} to {latest}, not {nextDue}",
    "NoProceedsAccount": "filing {filing} has no account for its proceeds",
    "NoSuccessor": "no successor is recorded for the wallet {lost}",
    "NotAGatekeeper": "{account} is not a gatekeeper",
    "NotAParty": "{caller} is not a party to it",
    "NotAWaterfall": "the program is no waterfall",
    "NotATranche": "{token} is not a token of this registry",
    "NotATrancheOf": "{caller} is not a tranche of filing {filing}",
    "NotLater": "entry {seq} is not later than entry {last}, which was anchored last",
    "NothingSubmitted": "nothing is submitted for period {period} of filing {filing}",
    "NothingToAllot": "there is no order to fill",
    "NothingToCreate": "filing {filing} has {made} tranches; none is left to make up to {upTo}",
    "NothingToMint": "a mint has at least one row",
    "NothingToPay": "nothing is to be paid to tranche {tranche} of filing {filing} for period {period}, or it was paid",
    "NotOpened": "the servicing of filing {filing} is not opened",
    "NotPaid": "{holder} is not paid now: {why}",
    "NotTheSameInvestor": "{successor} is not another wallet of the investor of {lost}",
    "NotThePayment": "not the payment that period {period} owes tranche {tranche} of filing {filing}",
    "NumberTooLarge": "a number of the waterfall is too large",
    "ObligationUnknown": "filing {filing} has no open obligation {obligation}",
    "OneSided": "tokens against money: {amount} units for {price}",
    "OrderOfAnotherToken": "an order is for {found}, the others for {wanted}",
    "OwedDiffers": "the waterfall leaves {found} units owed of tranche {tranche}, its token {needed}",
    "PaymentEmpty": "a payment brings money and has a reference",
    "PaymentUnknown": "the payment {id} was not declared",
    "PlanDiffers": "the plan given is not the plan filed: filing {filing} has {filed}, given was {given}",
    "PlanEmpty": "a plan has a hash and at least one tranche",
    "PeriodNotNext": "period {next} of filing {filing} is next, not {period}",
    "PriceNotReceived": "{received} units of the asset arrived, not the price of {price}",
    "ProgramDiffers": "the waterfall given hashes to {given}, the one filed to {filed}",
    "RecordDateInThePast": "a record date of filing {filing} cannot be second {second}; it is {time}",
    "RecordDateNotTaken": "record date {number} is not taken yet; {taken} are",
    "RecordDatePending": "filing {filing} has an announced record date, second {second}, still to come",
    "ReportDiffers": "the report given has the hash {given}, the one submitted {submitted}",
    "ResultDiffers": "the chain comes to {found}, the servicer submitted {submitted}",
    "RoleNeeded": "{account} does not hold the role {role}, which this act needs",
    "SameParty": "{party} cannot trade with himself",
    "SlotOutOfRange": "the quantity {slot} of the waterfall is {found}, not from 0 to 2^128 - 1",
    "StateDiffers": "the state given hashes to {given}, the one left last to {last}",
    "StateMiscounted": "the waterfall carries {needed} quantities, not {found}",
    "StillOutstanding": "{outstanding} units are outstanding and {writtenDown} written down; nothing may be owed",
    "SubmittedBySender": "{account} submitted the period; another confirms it",
    "SuccessorExists": "{successor} is recorded as the successor of {lost}, once for all",
    "SupplyDiffers": "the supply at the record date was {found}, not {given}",
    "TermsMalformed": "a tranche needs a lot of at least 1 and a name and symbol of at most 31 bytes",
    "TimelockInsufficientDelay": "the timelock asks for {minDelay} seconds of delay, given were {delay}",
    "TimelockUnexpectedOperationState": "the timelock's operation {operationId} is not in the state this needs",
    "TooManyHooks": "filing {filing} has its {limit} subscribers already",
    "TooManyObligations": "filing {filing} has its {limit} open obligations already",
    "TooManyTranches": "filing {filing} would have {tranches} tranches; at most {limit} are possible",
    "TooManyWallets": "the investor of {wallet} has the most wallets allowed, {limit}",
    "TrancheCountDiffers": "filing {filing} was filed with {filed} tranches, given were {given}",
    "TrancheOutOfOrder": "filing {filing} makes tranche {next} next, not {asked}",
    "TranchesMissing": "filing {filing} has {made} of its {planned} tranches",
    "TrancheUnknown": "filing {filing} has no tranche {tranche}",
    "WalletLost": "the wallet {wallet} is recorded as lost",
    "WalletUnknown": "the wallet {wallet} is not known to the registry",
    "WrongStatus": "filing {filing} has status {found}; this needs {wanted}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of the chain's rules. slug: the same as in the gates; rule: ids, comma-separated."""

    number: int
    name: str
    slug: str
    rule: str
    words: str


REASONS: tuple[Reason, ...] = (
    Reason(0, "None", "none", "", "allowed"),
    Reason(1, "FilingNotEffective", "filing-not-effective", "R-03", "the filing is not effective"),
    Reason(2, "TokenPaused", "token-paused", "R-62", "the token is paused"),
    Reason(3, "DisclosureOverdue", "disclosure-overdue", "R-81", "a disclosure is overdue"),
    Reason(4, "PlanIncomplete", "plan-incomplete", "R-29", "not all tranches of the plan exist yet"),
    Reason(5, "Matured", "matured", "R-42", "the token has matured; nothing more is minted"),
    Reason(6, "SenderUnknown", "sender-unknown", "R-60", "the sender is not known to the registry"),
    Reason(7, "SenderBlocked", "sender-blocked", "R-53, R-62", "the sender is blocked"),
    Reason(8, "SpenderBlocked", "spender-blocked", "R-53, R-62", "the spender is blocked"),
    Reason(9, "ReceiverUnknown", "receiver-unknown", "R-60", "the receiver is not known to the registry"),
    Reason(10, "ReceiverBlocked", "receiver-blocked", "R-53, R-62", "the receiver is blocked"),
    Reason(11, "EvidenceExpired", "evidence-expired", "R-56", "the receiver's evidence has expired"),
    Reason(12, "SuitabilityExpired", "suitability-expired", "R-47", "the receiver's suitability test has expired"),
    Reason(
        13,
        "RegimeNotAccepted",
        "regime-not-accepted",
        "R-43, R-45, R-54",
        "the receiver has no legal ground for holding that this token accepts",
    ),
    Reason(14, "RiskAboveCapacity", "risk-above-capacity", "R-47", "the token's risk is above the receiver's capacity"),
    Reason(15, "NotALot", "not-a-lot", "R-57", "the amount is not a whole number of lots"),
    Reason(16, "HolderLimit", "holder-limit", "R-57", "the token has its largest number of holders"),
    Reason(17, "ShareLimit", "share-limit", "R-57", "the receiver would hold more than one investor may"),
    Reason(18, "CapExceeded", "cap-exceeded", "R-59", "more would be minted than was filed"),
    Reason(19, "NotSameInvestor", "not-same-investor", "R-62", "the receiver is not the same investor"),
    Reason(20, "ToItself", "to-itself", "R-62", "a forced transfer has two different wallets"),
    Reason(21, "Locked", "locked", "R-54", "the sender's tokens are in their distribution-compliance period"),
    Reason(22, "Frozen", "frozen", "R-62", "the sender's tokens are frozen"),
    Reason(23, "InsufficientBalance", "insufficient-balance", "", "the sender does not hold so much"),
    Reason(24, "IssueClosed", "issue-closed", "R-59", "principal was paid or written down; nothing more is minted"),
)
BY_NAME: dict[str, Reason] = {reason.name: reason for reason in REASONS}
# Arguments that are numbers of an enumeration: they are shown by name.
_NAMED: dict[str, tuple[tuple[str, type[IntEnum]], ...]] = {
    "AssetMalformed": (("kind", AssetKind),),
    "NotPaid": (("why", Unpaid),),
    "RoleNeeded": (("role", Role),),
    "WrongStatus": (("found", FilingStatus), ("wanted", FilingStatus)),
}
_REASON_OF_ERROR = {
    "ERC7943InsufficientUnfrozenBalance": "Frozen",
    "ERC20InsufficientBalance": "InsufficientBalance",
}


@dataclass(frozen=True, slots=True)
class Revert:
    """A decoded revert. reason: slug of `REASONS` where one applies; rule: ids, or None where no law is meant.

    args: by name, addresses checksummed, bytes32 as 0x-hex. words: a sentence without a full stop.
    """

    name: str
    args: dict[str, Any]
    reason: str | None
    rule: str | None
    words: str

    def __str__(self) -> str:
        cited = f" ({self.rule})" if self.rule else ""
        return f"{self.name or 'revert'}: {self.words}{cited}"


def reason(number: int) -> Reason:
    """A reason by its ERC-1404 code. Raises LookupError for a code this version does not know."""
    if not 0 <= number < len(REASONS):
        raise LookupError(f"no reason has the code {number}; the codes are 0 to {len(REASONS) - 1}")
    return REASONS[number]


@cache
def _errors() -> dict[bytes, ErrorType]:
    """Every custom error of our contracts, and Solidity's own two, by selector; of equal ones the first contract's."""
    found: dict[bytes, ErrorType] = {}
    for name in CONTRACTS:
        try:
            found = codec(name).errors | found
        except Unavailable:
            continue  # not compiled here: its errors are then shown as bytes, which is not worth another error
    plain = Parameters.of([{"name": "message", "type": "string"}])
    panic = Parameters.of([{"name": "code", "type": "uint256"}])
    found[bytes.fromhex("08c379a0")] = ErrorType("Error", bytes.fromhex("08c379a0"), plain)
    found[bytes.fromhex("4e487b71")] = ErrorType("Panic", bytes.fromhex("4e487b71"), panic)
    return found


def explain(data: bytes) -> Revert:
    """Decode what a contract reverted with. Never raises: unknown bytes are shown as they are."""
    if not data:
        return Revert("", {}, None, None, "the contract gave no reason")
    kind = _errors().get(data[:4])
    if kind is None:
        return Revert("", {"data": "0x" + data.hex()}, None, None, f"an unknown error, 0x{data[:4].hex()}")
    try:
        args = dict(zip(kind.inputs.names, kind.inputs.decode(data[4:]), strict=True))
    except (DecodingError, UnicodeDecodeError):
        return Revert(kind.name, {"data": "0x" + data.hex()}, None, None, f"{kind.name} with broken arguments")
    return _revert(kind.name, args)


def _revert(name: str, args: dict[str, Any]) -> Revert:
    if name == "TransferRefused" and args["reason"] < len(REASONS):
        why = reason(args["reason"])
        args = args | {"reason": why.name}
        words = f"{why.words}; {args['amount']} units from {args['from']} to {args['to']}"
        return Revert(name, args, why.slug, why.rule or None, words)
    args = {key: _text(value) for key, value in args.items()}
    args = args | {key: _named(enumeration, args[key]) for key, enumeration in _NAMED.get(name, ()) if key in args}
    known = BY_NAME.get(_REASON_OF_ERROR.get(name, ""))
    rule = _RULES.get(name) or (known.rule if known else None)
    return Revert(name, args, known.slug if known else None, rule or None, _words(name, args))


def _text(value: Any) -> Any:
    """A currency's three letters; everything else as it is."""
    return value.decode("latin-1").rstrip("\0") if isinstance(value, bytes) and len(value) == 3 else value


def _named(enumeration: type[IntEnum], number: int) -> str:
    return enumeration(number).name if number in set(enumeration) else str(number)


def _words(name: str, args: dict[str, Any]) -> str:
    if name == "Error":
        return str(args["message"])
    if name == "Panic":
        return PANICS.get(args["code"], f"a panic of the code {args['code']:#x}")
    if name in _WORDS and set(_fields(_WORDS[name])) <= set(args):
        return _WORDS[name].format(**args)
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    values = ", ".join(f"{key} {value}" for key, value in args.items())
    return f"{spelt}: {values}" if values else spelt


def _fields(template: str) -> list[str]:
    return [part.split("}")[0] for part in template.split("{")[1:]]
