"""Who may do what, asked of the deployed contracts: the role each function needs, who holds it, how many must act.

A function is called by an account that holds nothing; the contract's refusal names the role. Members of roles are
counted from events, because no contract lists them. Nothing here is taken from a table but the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from abst.chain.api import Reverted
from abst.chain.contracts import Contract, Contracts
from abst.chain.reader import events
from abst.chain.reasons import explain
from abst.chain.roles import AFTER_ANOTHER, OPEN_FUNCTIONS, SELF, SIGNED_BY_GATEKEEPER, TWO_KEYS, Role
from abst.values import Address

NOBODY = Address("0x000000000000000000000000000000000000dEaD")  # holds nothing, and nobody has its key
EMPTY = bytes(32 * 40)  # decodes as zeros and empty lists, whatever the arguments are
SIDES = ("PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE")


@dataclass(frozen=True, slots=True)
class Power:
    """One function that changes something. role: empty where none guards it; delay: seconds that it waits."""

    contract: str
    function: str
    role: str
    who: str
    persons: int
    delay: int


def members(contract: Contract, from_block: int) -> dict[int, set[Address]]:
    """Role number -> its members, by the events of an AccessManager or a timelock up to now."""
    key = "roleId" if contract.name == "AccessManager" else "role"
    topics = [[contract.codec.topic("RoleGranted"), contract.codec.topic("RoleRevoked")]]
    found: dict[int, set[Address]] = {}
    for event in events(contract.chain, [contract], from_block, contract.chain.head().number, topics):
        role = event.args[key]
        number = role if isinstance(role, int) else int(role, 16)
        accounts = found.setdefault(number, set())
        if event.name == "RoleGranted":
            accounts.add(event.args["account"])
        else:
            accounts.discard(event.args["account"])
    return found


def writing_functions(contract: Contract) -> list[str]:
    """Signatures of the functions that may change something, in alphabetical order."""
    return sorted(signature for signature, function in contract.codec.functions.items() if not function.view)


def needed_role(contract: Contract, function: str) -> str:
    """Name of the role without which the contract refuses a caller; empty when it asks for none."""
    try:
        contract.chain.call(contract.address, contract.codec.functions[function].selector + EMPTY, NOBODY)
    except Reverted as no:
        why = explain(no.data)
    else:
        return ""
    match why.name:
        case "RoleNeeded":
            return str(why.args["role"])
        case "AccessManagerUnauthorizedAccount":
            return Role(why.args["roleId"]).name
        case "AccessControlUnauthorizedAccount":
            names = {contract.read(side): side for side in (*SIDES, "DEFAULT_ADMIN_ROLE")}
            return names[why.args["neededRole"]]
        case "TimelockUnauthorizedCaller":
            return SELF
    return ""


def role_table(contracts: Contracts, from_block: int) -> list[Power]:
    """Every function of every deployed contract, and of one token, with who may use it now.

    from_block: the deployment's. Tokens have all the same code: the first one that `contracts` was asked for speaks.
    """
    asking = _Asking(contracts, from_block)
    shown: dict[str, Contract] = {}
    for contract in contracts.all():
        shown.setdefault(asking.name_of(contract), contract)
    return [asking.power(contract, function) for contract in shown.values() for function in writing_functions(contract)]


class _Asking:
    """One reading of the roles' members, and what follows from it."""

    def __init__(self, contracts: Contracts, from_block: int) -> None:
        locks = {"enforcement timelock": contracts.enforcement, "administration timelock": contracts.administration}
        self.locks = {lock.address: name for name, lock in locks.items()}
        self.names = {contract.address: contract.name for contract in contracts.all()} | self.locks
        self.delays: dict[Address, int] = {lock.address: lock.read("getMinDelay") for lock in locks.values()}
        held = members(contracts.manager, from_block)
        self.held: dict[str, set[Address]] = {role.name: held.get(role, set()) for role in Role}
        self.sides: dict[Address, dict[str, set[Address]]] = {}
        for lock in locks.values():
            inside = members(lock, from_block)
            self.sides[lock.address] = {side: inside.get(int(lock.read(side), 16), set()) for side in SIDES}

    def name_of(self, contract: Contract) -> str:
        return self.names[contract.address]

    def power(self, contract: Contract, function: str) -> Power:
        role, name = needed_role(contract, function), self.name_of(contract)
        if not role:
            who, persons = OPEN_FUNCTIONS[contract.name][function]
            return Power(name, function, "", who, persons, 0)
        if contract.address in self.locks:
            return self._of_timelock(contract, function, role)
        holders = self.held[role]
        words, locked = list(self._words(holders)), holders and holders <= set(self.locks)
        persons = 2 if all(holder in self.locks or self.names.get(holder) in TWO_KEYS for holder in holders) else 1
        if function in SIGNED_BY_GATEKEEPER.get(contract.name, ()):
            words.append(f"with the signature of one of {_officers(len(self.held['GATEKEEPER']))}")
            persons += 1
        if function in AFTER_ANOTHER.get(contract.name, {}):
            words.append(f"after another has {AFTER_ANOTHER[contract.name][function]}")
            persons += 1
        delay = max(self.delays[holder] for holder in holders) if locked else 0
        return Power(name, function, role, ", ".join(words) or "nobody", persons if holders else 0, delay)

    def _of_timelock(self, lock: Contract, function: str, role: str) -> Power:
        """A timelock's own function: open to one side of it, or to itself, which takes both sides."""
        sides, name = self.sides[lock.address], self.name_of(lock)
        if role in sides:
            return Power(name, function, role, f"one of {_officers(len(sides[role]))}", 1, 0)
        return Power(name, function, role, self._lock(lock.address), 2, self.delays[lock.address])

    def _words(self, holders: Iterable[Address]) -> Iterator[str]:
        keys = [holder for holder in holders if holder not in self.names]
        if keys:
            yield f"one of {_officers(len(keys))}" if len(keys) > 1 else "one officer"
        for holder in sorted(holders, key=lambda holder: self.names.get(holder, "")):
            if holder in self.locks:
                yield self._lock(holder)
            elif holder in self.names:
                yield self.names[holder]

    def _lock(self, lock: Address) -> str:
        sides: Mapping[str, set[Address]] = self.sides[lock]
        makers, checkers = (len(sides[side]) for side in ("PROPOSER_ROLE", "EXECUTOR_ROLE"))
        return f"{self.locks[lock]}: one of {makers} officers, then one of {checkers} others"


def _officers(number: int) -> str:
    return f"{number} officers" if number != 1 else "1 officer"
