// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IDistribution, Payment, Unpaid} from "../../contracts/interfaces/IDistribution.sol";
import {Paying} from "./Paying.sol";
import {Coin, Mood} from "./hostile/Coins.sol";

interface IEtch {
    function etch(address target, bytes calldata code) external;
}

/// @notice P11, the settlement asset: a hostile one harms the payments made in it, and nothing else.
contract HostileAssetsTest is Paying {
    Coin private coin;
    Payment private inCash; // of the same record date
    Payment private inCoin; //  in the coin

    function setUp() public override {
        super.setUp();
        coin = new Coin();
        list(address(coin));
        coin.mint(payer, 1e12);
        allow(IERC20(address(coin)));
        mint(free, alice, 500);
        mint(free, bob, 300);
        mint(free, carol, 200);
        uint16 date = takeRecordDate();
        inCash = paymentOf(date, 1_000);
        inCoin = paymentOf(free, date, address(coin), 10_000);
        declare(inCash);
    }

    /// @dev After each: payments in a good asset are made to the last unit, and no token has moved.
    modifier harmless() {
        declare(inCoin);
        _;
        same(push(inCash, alice, bob), 2, "the good asset pays");
        same(distribution.claim(inCash, carol), 200, "to the last");
        checkProgress(inCash, 0, 1_000, 1_000, 0);
        same(cash.balanceOf(address(distribution)), 0, "and to the last unit");
        same(free.balanceOf(alice) * 1e6 + free.balanceOf(bob) * 1e3 + free.balanceOf(carol), 500_300_200, "tokens");
    }

    // ------------------------------------------------------------------ declaring

    function test_P11_hostile_asset_that_keeps_a_fee_funds_nothing() external {
        _expectNoFunding(Mood.Fee, 9_000);
    }

    function test_P11_hostile_asset_that_lies_funds_nothing() external {
        _expectNoFunding(Mood.Lie, 0);
    }

    function _expectNoFunding(Mood mood, uint256 received) private {
        coin.become(mood);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.FundingDiffers.selector, received, 10_000));
        declare(inCoin);
        isTrue(!distribution.progressOf(inCoin).isDeclared, "nothing is declared");
        coin.become(Mood.Good);
        declare(inCoin);
    }

    function test_P11_hostile_asset_that_says_no_funds_nothing() external {
        coin.become(Mood.False);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(coin)));
        declare(inCoin);
    }

    /// @dev An old token that answers nothing is as good as any.
    function test_P11_asset_that_says_nothing_pays() external {
        coin.become(Mood.Silent);
        declare(inCoin);
        same(distribution.claim(inCoin, alice), 5_000, "paid");
        same(coin.balanceOf(alice), 5_000, "money");
    }

    // ------------------------------------------------------------------ paying

    function test_P11_hostile_asset_that_says_no_waits() external harmless {
        _expectWaiting(Mood.False);
    }

    function test_P11_hostile_asset_that_reverts_waits() external harmless {
        _expectWaiting(Mood.Revert);
    }

    function test_P11_hostile_asset_that_reverts_with_a_megabyte_waits() external harmless {
        _expectWaiting(Mood.Fuse);
    }

    function test_P11_hostile_asset_that_answers_a_megabyte_waits() external harmless {
        _expectWaiting(Mood.Bomb);
    }

    /// @dev Silence of an account without code is no payment.
    function test_P11_hostile_asset_whose_code_is_gone_waits() external harmless {
        IEtch(address(vm)).etch(address(coin), "");
        expectNotPaid(inCoin, alice, Unpaid.AssetFailed);
        distribution.claim(inCoin, alice);
        same(push(inCoin, alice, bob), 0, "nobody");
        checkProgress(inCoin, 0, 0, 0, 0);
    }

    /// @dev Nobody is marked, no money has gone; once the coin is itself again, all are paid.
    function _expectWaiting(Mood mood) private {
        coin.become(mood);
        expectNotPaid(inCoin, alice, Unpaid.AssetFailed);
        distribution.claim{gas: 10_000_000}(inCoin, alice);
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (alice, bob);
        same(distribution.push{gas: 10_000_000}(inCoin, holders), 0, "nobody");
        checkProgress(inCoin, 0, 0, 0, 0);
        expectNotPaid(inCoin, alice, Unpaid.AssetFailed);
        vm.prank(enforcer);
        distribution.payElsewhere{gas: 10_000_000}(inCoin, alice, payer, EVIDENCE);
        coin.become(Mood.Good);
        same(push(inCoin, alice, bob) + push(inCoin, bob, carol), 3, "later");
        checkProgress(inCoin, 0, 10_000, 1_000, 0);
    }

    /// @dev The caller's gas is gone, whatever it was; that is all.
    function test_P11_hostile_asset_that_burns_gas_burns_its_callers() external harmless {
        coin.become(Mood.Burn);
        vm.expectRevert();
        distribution.claim{gas: 1_000_000}(inCoin, alice);
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (alice, bob);
        vm.expectRevert();
        distribution.push{gas: 1_000_000}(inCoin, holders);
        checkProgress(inCoin, 0, 0, 0, 0);
    }

    /// @dev It harms who is paid in it, and the last of them, for whom nothing is left.
    function test_P11_hostile_asset_that_takes_more_harms_its_own() external harmless {
        coin.become(Mood.Skim);
        distribution.claim(inCoin, alice);
        coin.become(Mood.Good);
        same(push(inCoin, bob, carol), 1, "500 are missing");
        checkProgress(inCoin, 0, 8_000, 800, 0);
    }

    function test_P11_hostile_asset_that_moves_nothing_harms_its_own() external harmless {
        coin.become(Mood.Lie);
        same(push(inCoin, alice, bob), 2, "it says so");
        same(coin.balanceOf(alice) + coin.balanceOf(bob), 0, "nothing came");
        checkProgress(inCoin, 0, 8_000, 800, 0);
    }

    // ------------------------------------------------------------------ calling back

    function test_P11_hostile_asset_pays_nobody_twice_by_calling_back() external harmless {
        address[] memory holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (alice, bob, carol);
        _expectNoWayBack(abi.encodeCall(IDistribution.claim, (inCoin, alice)));
        _expectNoWayBack(abi.encodeCall(IDistribution.claim, (inCash, alice)));
        _expectNoWayBack(abi.encodeCall(IDistribution.push, (inCoin, holders)));
        // As if the coin were an officer, which it never is.
        manager.grantRole(11, address(coin), 0);
        manager.grantRole(8, address(coin), 0);
        _expectNoWayBack(abi.encodeCall(IDistribution.declare, (paymentOf(1, 1_000))));
        _expectNoWayBack(abi.encodeCall(IDistribution.payElsewhere, (inCoin, carol, address(coin), EVIDENCE)));
    }

    /// @dev Nor can it read numbers of the middle.
    function test_P11_hostile_asset_reads_nothing_while_money_moves() external harmless {
        _expectNoWayBack(abi.encodeCall(IDistribution.progressOf, (inCoin)));
        _expectNoWayBack(abi.encodeCall(IDistribution.reasonAgainst, (inCoin, alice)));
        _expectNoWayBack(abi.encodeCall(IDistribution.carriedOf, (address(free), address(coin))));
    }

    /// @dev Called back from a claim, a push, an order and a declaration; afterwards all is as it was before.
    function _expectNoWayBack(bytes memory data) private {
        uint256 snapshot = vm.snapshotState();
        coin.reenter(address(distribution), data);
        distribution.claim(inCoin, alice);
        _checkRefusal();
        same(push(inCoin, alice, bob), 1, "bob alone");
        _checkRefusal();
        vm.prank(enforcer);
        distribution.payElsewhere(inCoin, carol, payer, EVIDENCE);
        _checkRefusal();
        checkProgress(inCoin, 0, 10_000, 1_000, 0);
        same(coin.balanceOf(address(distribution)), 0, "each once");
        declare(paymentOf(free, 1, address(coin), 70));
        _checkRefusal();
        vm.revertToState(snapshot);
    }

    function _checkRefusal() private view {
        isTrue(!coin.calledBack(), "refused");
        bytes4 found = bytes4(coin.answer());
        isTrue(found == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "for calling back");
    }
}
