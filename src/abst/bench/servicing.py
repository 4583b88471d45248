"""One close of a real deal on the chain: the first period of Jishidai 2022-3, its expected collections; gas by act, and
of each step of its priority of payments.

A step's gas is what the run needs up to its end, less what it needs up to the end of the step before: what a program
computes between two steps counts with the later one. The first period runs the normal mode, which stands first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from eth.vm.message import Message
from eth_abi.abi import encode

from abst.bench.report import Figure
from abst.bench.stage import FILING, LOT, SECOND, Stage, file_plan, give_gas, raise_stage, salt, terms_of
from abst.chain import artifacts, evm
from abst.chain.contracts import codec
from abst.chain.words import AssetKind
from abst.deal.model import Deal
from abst.deal.plan import TERMS_ABI, offchain_hash, terms_tuple
from abst.deal.projection import project_file
from abst.deal.scenario import read_scenarios
from abst.deal.waterfall.closing import Closing, Owed, close, payment_ref
from abst.deal.waterfall.program import Op, Reader, decode
from abst.demo_data import deal_folder
from abst.values import Hash, hash_of

DEAL, SCENARIO = "jishidai-2022-3", "expected"
REPORT, DOSSIER = salt("report"), salt("dossier")
HOLDERS = ("alice", "bob")
RICH = 10**15


@dataclass(frozen=True, slots=True)
class Closed:
    """The deal, the first period's inputs, and what it comes to."""

    deal: Deal
    inputs: list[int]
    closing: Closing


def first_period() -> Closed:
    folder = deal_folder(DEAL)
    deal = Deal.read((folder / "deal.yaml").read_text(encoding="utf-8"))
    scenario = read_scenarios((folder / "scenarios.yaml").read_text(encoding="utf-8"))[SCENARIO]
    projected = project_file(deal, (folder / deal.pool.file).read_bytes(), scenario).payments[0].inputs
    inputs = [projected.get(name, 0) for name in deal.compiled.inputs]
    owed = [Owed(one.face, 0) for one in deal.issued]
    return Closed(deal, inputs, close(deal.compiled.program, inputs, deal.compiled.start, owed))


def measure() -> dict[str, int]:
    """Act -> gas."""
    period = first_period()
    deal, program = period.deal, period.deal.compiled.program
    stage, proof = _issued(deal)
    servicing = stage.contracts.servicing
    found = {"open a deal's servicing": stage.act("reporter", servicing, "open", FILING, proof, program)}
    submitted = (FILING, 1, period.closing.inputs_hash, REPORT, period.closing.result)
    found["submit a period"] = stage.act("reporter", servicing, "submit", *submitted)
    confirmed = (FILING, 1, REPORT, program, period.inputs, list(deal.compiled.start))
    found["confirm a period: Jishidai's waterfall, three tranches"] = stage.act(
        "trustee", servicing, "confirm", *confirmed
    )
    return found | _paid(stage, period)


def _issued(deal: Deal) -> tuple[Stage, tuple[Hash, ...]]:
    """A stage with the deal's filing, all of its tokens held by two; and the proof of its plan."""
    stage = raise_stage()
    terms = terms_of([one.face for one in deal.issued])
    file_plan(stage, terms, offchain_hash(deal.hash, DOSSIER))
    give_gas(stage, HOLDERS)
    stage.admit(HOLDERS)
    for number, one in enumerate(terms):
        most = one.cap * 6 // 10 // LOT * LOT
        stage.mint([(HOLDERS[0], most), (HOLDERS[1], one.cap - most)], f"issue {number}", number)
    terms_hash = hash_of(encode([f"{TERMS_ABI}[]"], [[terms_tuple(one) for one in terms]]))
    code = hash_of(artifacts.load("SecurityToken").bytecode)
    return stage, (code, terms_hash, deal.content_digest, DOSSIER)


def _paid(stage: Stage, period: Closed) -> dict[str, int]:
    """The first class is paid in the deposits of the local bank, at a record date after the close."""
    contracts, payer = stage.contracts, stage.signers["payer"].address
    servicing, deposit = contracts.servicing, contracts.deposit
    assert deposit is not None
    listed = (deposit.address, period.deal.paid_in.currency.encode(), AssetKind.DEPOSIT, salt("licence"))
    stage.power("list the deposit", contracts.registry, "listAsset", *listed)
    for account in (payer, servicing.address, contracts.distribution.address):
        stage.act("bank", deposit, "setAccount", account, True)
    stage.act("bank", deposit, "deposit", payer, RICH, salt("deposit"))
    stage.act("payer", deposit, "approve", servicing.address, RICH)
    stage.act("maker-1", contracts.registry, "announceRecordDate", FILING, SECOND + 1)
    stage.chain.warp(1)
    token, due = stage.tokens[0], period.closing.paid[0].due
    ref = payment_ref(servicing.address, FILING, 1, 0)
    terms = (token.address, 1, False, deposit.address, due, token.read("totalSupplyAt", 1), ref)
    return {"pay a tranche's period": stage.act("payer", servicing, "pay", FILING, 1, 0, terms)}


# ---- step by step


def figures() -> list[Figure]:
    """Gas of each step that the first period runs, and of everything before and after them."""
    period, stage = first_period(), raise_stage()
    deal, program = period.deal, period.deal.compiled.program
    words = [deal.compiled.steps["normal", one.result] for one in period.closing.run.paid]
    names = {one.result: f"{step.step} ({step.kind})" for one, step in zip(period.closing.run.paid, words, strict=True)}
    until = [("reading the program and its numbers", _code_begins(program))]
    steps = [(result, begin, end) for result, begin, end in _payments(program) if result in names]
    until.append(("what is fixed before the first step", steps[0][1]))
    for result, _, end in steps:  # of the steps of other modes, which are passed over, none has a name left
        if name := names.pop(result, ""):
            until.append((name, end))
    until.append(("what follows the last step", len(program)))
    burned = [0, *(_gas(stage, period, program[:end]) for _, end in until)]
    made = [(name, after - before) for (name, _), before, after in zip(until, burned, burned[1:], strict=False)]
    title = f"{DEAL}, first close"
    return [_figure(f"{title}: {name}", gas) for name, gas in made] + [
        _figure(f"{title}: the whole run", sum(gas for _, gas in made))
    ]


def _figure(name: str, gas: int) -> Figure:
    return Figure(name, Decimal(gas), "gas", None, "lower", "")


def _code_begins(program: bytes) -> int:
    return len(program) - len(decode(program).code)


def _payments(program: bytes) -> Iterator[tuple[int, int, int]]:
    """Result slot of every PAY, and where it begins and ends in the program."""
    decoded, begins = decode(program), _code_begins(program)
    reader = Reader(decoded.code, decoded.header.slots)
    while reader.at < len(decoded.code):
        begin = begins + reader.at
        match reader.u8():
            case Op.SET:
                reader.slot()
                reader.expression()
            case Op.REQUIRE:
                reader.u8()
                reader.expression()
            case Op.SKIP:
                reader.expression()
                reader.u16()
            case _:
                yield _payment(reader), begin, begins + reader.at


def _payment(reader: Reader) -> int:
    reader.u8()
    for _ in range(reader.u8()):
        reader.slot()
    reader.expression()
    for _ in range(reader.u8()):
        reader.slot()
        reader.debit()
        reader.expression()
    return reader.slot()


def _gas(stage: Stage, period: Closed, program: bytes) -> int:
    """What `Servicing.run` burns on a program, or the beginning of one, which it refuses at its end."""
    contract, function = stage.contracts.servicing, codec("Servicing").function("run")
    header = stage.chain.chain.header
    vm = stage.chain.chain.get_vm(header)
    to = evm.account(contract.address)
    data = function.selector + function.inputs.encode((program, period.inputs, list(period.closing.before)))
    message = Message(gas=header.gas_limit, to=to, sender=to, value=0, data=data, code=vm.state.get_code(to))
    context = vm.state.get_transaction_context_class()(gas_price=0, origin=to)
    return int(vm.state.computation_class.apply_message(vm.state, message, context).get_gas_used())
