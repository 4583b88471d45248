// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServicing, Paid, Proof, Submission} from "../../contracts/interfaces/IServicing.sol";
import {Payment} from "../../contracts/interfaces/IDistribution.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {FilingId, Terms} from "../../contracts/types/Types.sol";
import {Paying} from "./Paying.sol";
import {Programs as P} from "./Programs.sol";
import {IToken} from "./World.sol";

/// @notice The paying world with a deal: a filing of three tranches, 8, whose plan names a small waterfall.
///
/// Inputs: what was collected, lost, regained. Each period the cash collected joins the account; every class is paid
/// one in 128 of its balance as interest; then the balances, one after the other; the last class receives half of what
/// is left. Losses go to the last class first, what is regained to the first. Holders are paid in HKD, 3 for 2.
abstract contract Closing is Paying {
    FilingId internal constant DEAL = FilingId.wrap(8);
    bytes32 internal constant CONTENT = keccak256("the deal file");
    bytes32 internal constant DOSSIER = keccak256("the dossier");
    bytes32 internal constant REPORT = keccak256("the servicer's report");
    uint8 internal constant TOO_MUCH = 7; // why the deal forbids it
    uint256 internal constant MOST = 1e9; // collected in one period
    uint256 internal constant CLASSES = 3;
    uint256 internal constant CARRIED = 7; // numbers of the state: the account, then two for each class
    uint256 private constant CASH = 3;
    uint256 private constant RESULT = 22;

    IServicing internal servicing;
    bytes internal program;
    uint256[] internal state;

    address internal reporter = named("reporter");
    address internal otherReporter = named("another reporter");
    address internal trustee = named("trustee");

    function setUp() public virtual override {
        super.setUp();
        servicing = IServicing(deploy("Servicing", abi.encode(manager, registry, distribution)));
        manager.grantRole(Roles.REPORTER, reporter, 0);
        manager.grantRole(Roles.REPORTER, otherReporter, 0);
        manager.grantRole(Roles.TRUSTEE, trustee, 0);
        manager.grantRole(Roles.SERVICER, address(servicing), 0);
        manager.grantRole(Roles.PAYER, address(servicing), 0);
        setAccount(address(servicing), true);
        vm.prank(payer);
        cash.approve(address(servicing), type(uint256).max);
        program = deal("HKD", CLASSES);
        fileDeal(DEAL, program);
        create(DEAL, 3);
        for (uint256 i = 0; i < CARRIED; ++i) {
            state.push(i == 0 ? 5 : 0);
        }
    }

    // ------------------------------------------------------------------ the deal

    function balance(uint256 class) internal pure returns (uint256) {
        return 4 + 2 * class;
    }

    /// @dev Slot of the class's interest; principal, residual and what is due follow.
    function paidSlot(uint256 class) internal pure returns (uint256) {
        return 10 + 4 * class;
    }

    /// @param classes of which the header speaks
    function deal(bytes3 currency, uint256 classes) internal pure returns (bytes memory) {
        bytes memory head = bytes.concat(hex"01", currency, hex"000300070017", bytes1(uint8(classes)));
        bytes memory outlets = hex"09";
        for (uint256 i = 0; i < 3; ++i) {
            uint16 paid = uint16(paidSlot(i));
            uint16 owed = uint16(balance(i));
            if (i < classes) head = abi.encodePacked(head, owed, paid, paid + 1, paid + 2, owed + 1, paid + 3);
            outlets = abi.encodePacked(outlets, paid, paid + 1, paid + 2);
        }
        bytes memory start = hex"0105000000000000"; // five of cash
        return bytes.concat(head, P.list(CASH), P.list(0), outlets, hex"00", start, _code());
    }

    function _code() private pure returns (bytes memory) {
        bytes memory collect = P.set(CASH, P.of2(P.ADD, P.load(CASH), P.load(0)));
        bytes memory demand = P.demand(TOO_MUCH, P.of2(P.LE, P.load(0), P.const_(MOST)));
        bytes memory half = P.of3(P.MULDIV, P.load(CASH), P.const_(1), P.const_(2));
        bytes memory residual = P.payee(paidSlot(2) + 2, P.NO_SLOT, half);
        bytes memory rest = P.pay(P.CASH, P.list(CASH), "", 1, residual, RESULT);
        return bytes.concat(demand, collect, _interestAndPrincipal(), rest, _losses(), _dues());
    }

    function _interestAndPrincipal() private pure returns (bytes memory) {
        bytes memory interest = "";
        bytes memory principal = "";
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory part = P.of3(P.MULDIV, P.load(balance(i)), P.const_(1), P.const_(128));
            interest = bytes.concat(interest, P.payee(paidSlot(i), P.NO_SLOT, part));
            principal = bytes.concat(principal, P.payee(paidSlot(i) + 1, balance(i), ""));
        }
        return bytes.concat(
            P.pay(P.CASH, P.list(CASH), "", 3, interest, RESULT), P.pay(P.CASH, P.list(CASH), "", 3, principal, RESULT)
        );
    }

    function _losses() private pure returns (bytes memory) {
        bytes memory down = "";
        bytes memory up = "";
        for (uint256 i = 0; i < 3; ++i) {
            down = bytes.concat(P.payee(balance(i) + 1, balance(i), ""), down);
            up = bytes.concat(up, P.payee(balance(i), balance(i) + 1, ""));
        }
        return
            bytes.concat(P.pay(0, P.none(), P.load(1), 3, down, RESULT), P.pay(0, P.none(), P.load(2), 3, up, RESULT));
    }

    function _dues() private pure returns (bytes memory made) {
        for (uint256 i = 0; i < 3; ++i) {
            uint256 slot = paidSlot(i);
            bytes memory sum = P.of2(P.ADD, P.of2(P.ADD, P.load(slot), P.load(slot + 1)), P.load(slot + 2));
            made = bytes.concat(made, P.set(slot + 3, P.of3(P.MULDIV, sum, P.const_(3), P.const_(2))));
        }
    }

    // ------------------------------------------------------------------ filing it

    function proof() internal view returns (Proof memory) {
        return Proof(keccak256(code), keccak256(abi.encode(terms())), CONTENT, DOSSIER);
    }

    function offchain(bytes memory waterfall) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(CONTENT, keccak256(waterfall))), DOSSIER));
    }

    function fileDeal(FilingId filing, bytes memory waterfall) internal {
        bytes32 planHash = factory.planHash(code, terms(), offchain(waterfall));
        vm.prank(registrar);
        registry.recordFiling(filing, planHash, 3, COMPLETION);
        vm.prank(enforcer);
        registry.makeEffective(filing, EVIDENCE);
    }

    /// @dev Of a filing with the deal's program.
    function create(FilingId filing, uint256 upTo) internal {
        create(filing, program, upTo);
    }

    function create(FilingId filing, bytes memory waterfall, uint256 upTo) internal {
        Terms[] memory list = terms();
        vm.prank(issuer);
        factory.create(filing, code, list, offchain(waterfall), upTo);
    }

    function classToken(uint256 class) internal view returns (IToken) {
        return IToken(registry.tokenOf(DEAL, uint8(class)));
    }

    // ------------------------------------------------------------------ closing periods

    function open() internal {
        Proof memory given = proof();
        vm.prank(reporter);
        servicing.open(DEAL, given, program);
    }

    function inputsOf(uint256 collected, uint256 lost, uint256 regained) internal pure returns (uint256[] memory made) {
        made = new uint256[](3);
        (made[0], made[1], made[2]) = (collected, lost, regained);
    }

    /// @dev What the period comes to, computed here without the machine.
    function expected(uint256[] memory inputs) internal view returns (uint256[] memory next, Paid[] memory paid) {
        (next, paid) = (state, new Paid[](CLASSES));
        uint256 money = next[0] + inputs[0];
        for (uint256 i = 0; i < CLASSES; ++i) {
            (next[1 + 2 * i],, next[2 + 2 * i]) = classToken(i).amortisation();
            paid[i].interest = _least(next[1 + 2 * i] / 128, money);
            money -= paid[i].interest;
        }
        for (uint256 i = 0; i < CLASSES; ++i) {
            paid[i].principal = _least(next[1 + 2 * i], money);
            money -= paid[i].principal;
            next[1 + 2 * i] -= paid[i].principal;
        }
        paid[2].residual = money / 2;
        next[0] = money - money / 2;
        (uint256 lost, uint256 regained) = (inputs[1], inputs[2]);
        for (uint256 i = CLASSES; i > 0; --i) {
            lost -= _shift(next, 2 * i - 1, 2 * i, lost);
        }
        for (uint256 i = 0; i < CLASSES; ++i) {
            regained -= _shift(next, 2 + 2 * i, 1 + 2 * i, regained);
            paid[i].due = (paid[i].interest + paid[i].principal + paid[i].residual) * 3 / 2;
        }
    }

    function _shift(uint256[] memory list, uint256 from, uint256 to, uint256 most) private pure returns (uint256 part) {
        part = _least(list[from], most);
        list[from] -= part;
        list[to] += part;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function submit(uint32 period, uint256[] memory inputs)
        internal
        returns (uint256[] memory next, Paid[] memory paid)
    {
        (next, paid) = expected(inputs);
        bytes32 result = keccak256(abi.encode(next, paid));
        vm.prank(reporter);
        servicing.submit(DEAL, period, keccak256(abi.encode(inputs)), REPORT, result);
    }

    function confirm(uint32 period, uint256[] memory inputs) internal {
        vm.prank(trustee);
        servicing.confirm(DEAL, period, REPORT, program, inputs, state);
    }

    /// @dev One period, from submission to confirmation.
    function close(uint256 collected, uint256 lost, uint256 regained) internal returns (Paid[] memory paid) {
        uint256[] memory inputs = inputsOf(collected, lost, regained);
        uint32 period = servicing.closedOf(DEAL) + 1;
        uint256[] memory next;
        (next, paid) = submit(period, inputs);
        confirm(period, inputs);
        state = next;
    }

    function paymentOf(uint32 period, uint8 class, uint16 date, uint112 due) internal view returns (Payment memory) {
        IToken token = classToken(class);
        bytes32 ref = keccak256(abi.encode(address(servicing), DEAL, period, class));
        return Payment(address(token), date, false, address(cash), due, uint96(token.totalSupplyAt(date)), ref);
    }

    function pay(uint32 period, uint8 class, Payment memory payment) internal returns (bytes32) {
        vm.prank(payer);
        return servicing.pay(DEAL, period, class, payment);
    }

    /// @dev A record date of the deal, taken now.
    function takeDealDate() internal returns (uint16 number) {
        vm.prank(agent);
        number = registry.announceRecordDate(DEAL, uint40(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
    }
}
