// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDistribution, Payment, Progress} from "../../contracts/interfaces/IDistribution.sol";
import {Paying} from "./Paying.sol";
import {PaymentsHandler} from "./PaymentsHandler.sol";
import {Test} from "./Vm.sol";
import {IToken} from "./World.sol";

/// @notice P8 over random sequences: paid plus unclaimed plus dust equals funded plus carried; nobody is paid twice;
/// when all are settled, dust is known and carried. What each single act does is checked in `PaymentsHandler`.
contract PaymentsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    PaymentsHandler private handler;
    IDistribution private distribution;

    function setUp() external {
        handler = new PaymentsHandler();
        handler.setUp();
        distribution = handler.theDistribution();
    }

    /// @dev Read by forge: acts, and nothing else of the handler. Payments come more often than the rest.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](15);
        acts[0] = acts[1] = PaymentsHandler.declareOne.selector;
        acts[2] = acts[3] = acts[4] = PaymentsHandler.claimOne.selector;
        acts[5] = acts[6] = PaymentsHandler.pushSome.selector;
        acts[7] = PaymentsHandler.payOneElsewhere.selector;
        acts[8] = PaymentsHandler.takeDate.selector;
        acts[9] = PaymentsHandler.move.selector;
        acts[10] = PaymentsHandler.mintOrRedeem.selector;
        acts[11] = PaymentsHandler.blockOrUnblock.selector;
        acts[12] = PaymentsHandler.renewOne.selector;
        acts[13] = PaymentsHandler.lose.selector;
        acts[14] = PaymentsHandler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev One invariant, so that one run of acts serves all that is checked.
    /// forge-config: default.invariant.check-interval = 6
    function invariant_P8_every_unit_is_accounted_for() external view {
        _checkPayments();
        _checkReceived();
        _checkMoney();
        _checkCarried();
    }

    /// @dev Paid plus unclaimed plus dust is what was funded and carried.
    function _checkPayments() private view {
        (uint256 i, uint256 end) = handler.payments();
        for (; i < end; ++i) {
            (Payment memory payment, PaymentsHandler.Told memory told) = handler.paymentAt(i);
            Progress memory found = distribution.progressOf(payment);
            isTrue(found.isDeclared, "P8 declared");
            same(payment.funded + found.carried, told.pot, "P8 funded and carried");
            same(found.paid, told.paid, "P8 paid");
            same(found.settled, told.settled, "P8 settled");
            same(handler.heldInAll(i), payment.supply, "P8 whose shares they are");
            uint256 unclaimed = handler.unclaimed(i);
            isTrue(found.paid + unclaimed <= told.pot, "P8 enough for all");
            isTrue(told.pot - found.paid - unclaimed < handler.walletsCount(), "P8 but for less than a unit each");
            bool isCompleted = found.settled == payment.supply;
            same(found.dust, isCompleted ? told.pot - found.paid : 0, "P8 dust is known when all are settled");
            if (isCompleted) same(unclaimed, 0, "P8 and nothing is unclaimed");
        }
    }

    /// @dev What each received is the sum of his shares: once each, whatever the order.
    function _checkReceived() private view {
        for (uint256 i = 0; i < 2; ++i) {
            IERC20 asset = handler.assets(i);
            for (uint256 j = 0; j < handler.walletsCount(); ++j) {
                address wallet = handler.wallets(j);
                same(asset.balanceOf(wallet), handler.received(asset, wallet), "P8 received");
            }
            same(asset.balanceOf(handler.theBank()), handler.received(asset, handler.theBank()), "P8 elsewhere");
        }
    }

    /// @dev The contract holds what open payments owe, and dust.
    function _checkMoney() private view {
        for (uint256 i = 0; i < 2; ++i) {
            IERC20 asset = handler.assets(i);
            uint256 held = asset.balanceOf(address(distribution));
            same(held, handler.brought(asset) - handler.paidOut(asset), "P8 brought less paid");
            same(held, _owed(asset), "P8 open payments and dust");
        }
    }

    function _checkCarried() private view {
        for (uint256 i = 0; i < 4; ++i) {
            (IToken token, IERC20 asset) = (handler.tokens(i / 2), handler.assets(i % 2));
            same(distribution.carriedOf(address(token), address(asset)), handler.carried(token, asset), "P8 carried");
        }
    }

    /// @dev Once a sequence has ended, everybody is paid: nothing but dust stays.
    function afterInvariant() external {
        handler.settleAll();
        for (uint256 i = 0; i < 2; ++i) {
            IERC20 asset = handler.assets(i);
            uint256 dust = 0;
            for (uint256 j = 0; j < 2; ++j) {
                dust += distribution.carriedOf(address(handler.tokens(j)), address(asset));
            }
            same(asset.balanceOf(address(distribution)), dust, "P8 nothing but dust");
        }
    }

    /// @dev What open payments have left, and the dust of the completed ones.
    function _owed(IERC20 asset) private view returns (uint256 owed) {
        (uint256 i, uint256 end) = handler.payments();
        for (; i < end; ++i) {
            (Payment memory payment, PaymentsHandler.Told memory told) = handler.paymentAt(i);
            if (payment.asset != address(asset) || told.settled == payment.supply) continue;
            owed += told.pot - told.paid;
        }
        for (uint256 j = 0; j < 2; ++j) {
            owed += distribution.carriedOf(address(handler.tokens(j)), address(asset));
        }
    }
}

/// @notice P8: the order of claims changes nobody's amount.
contract ClaimOrderTest is Paying {
    address[8] private people;

    function setUp() public override {
        super.setUp();
        people = [alice, bob, carol, dave, named("erin"), named("finn"), named("gwen"), named("hugo")];
        for (uint256 i = 4; i < 8; ++i) {
            admit(people[i]);
        }
    }

    function testFuzz_P8_the_order_of_claims_changes_nobodys_amount(uint256 seed, uint112 funded, uint256 a, uint256 b)
        external
    {
        for (uint256 i = 0; i < 8; ++i) {
            mint(free, people[i], within(uint256(keccak256(abi.encode(seed, i))), 1, 100) * LOT);
        }
        Payment memory payment = declareNow(uint112(within(funded, 1, 1e12)));
        uint256 snapshot = vm.snapshotState();
        (uint256[8] memory first, uint256 dust) = _payAll(payment, a);
        vm.revertToState(snapshot);
        (uint256[8] memory second, uint256 dustToo) = _payAll(payment, b);
        same(dust, dustToo, "dust");
        for (uint256 i = 0; i < 8; ++i) {
            same(first[i], second[i], "P8 amount");
            same(first[i], distribution.shareOf(payment, people[i]), "P8 share");
        }
    }

    /// @dev In an order of the seed, by claims and pushes of some.
    function _payAll(Payment memory payment, uint256 seed) private returns (uint256[8] memory amounts, uint256 dust) {
        address[8] memory order = people;
        for (uint256 i = 7; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
        for (uint256 i = 0; i < 8; i += 2) {
            if ((seed >> i) & 1 == 0) {
                push(payment, order[i], order[i + 1]);
            } else {
                distribution.claim(payment, order[i + 1]);
                distribution.claim(payment, order[i]);
            }
        }
        for (uint256 i = 0; i < 8; ++i) {
            amounts[i] = cash.balanceOf(people[i]);
        }
        dust = distribution.progressOf(payment).dust;
        same(dust, distribution.carriedOf(address(free), address(cash)), "carried");
    }
}
