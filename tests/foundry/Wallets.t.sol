// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ISettlement, Order, Permit, Trade} from "../../contracts/interfaces/ISettlement.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Approval as MintApproval} from "../../contracts/types/Types.sol";
import {Market} from "./Market.sol";
import {CrookedCash, Trick} from "./hostile/CrookedCash.sol";
import {
    Wallet,
    WalletBombing,
    WalletBurning,
    WalletMumbling,
    WalletReentering,
    WalletReverting
} from "./hostile/Wallets.sol";

/// @notice Hostile wallets and hostile money: they change no balance but as signed, and harm nobody else.
contract WalletsTest is Market {
    uint256 private constant GAS = 3_000_000;

    CrookedCash private crooked;

    function setUp() public override {
        super.setUp();
        ready(free, sam, 500, bea, RICH);
        crooked = new CrookedCash();
        list(address(crooked));
        crooked.print(bea, RICH);
        vm.prank(bea);
        crooked.approve(address(desk), RICH);
    }

    /// @dev Somebody else's trade, after whatever happened.
    function _othersTradeOn() private {
        settle(tradeOf(free, sam, bea, 100, 9_900));
        has(free, sam, 400, 9_900, "sam");
        has(free, bea, 100, RICH - 9_900, "bea");
    }

    // ------------------------------------------------------------------ wallets that are contracts

    /// @dev Rich, admitted, and allowing everything.
    function _asBuyer(Wallet wallet) private returns (Trade memory trade) {
        admit(address(wallet));
        fund(address(wallet), RICH);
        wallet.act(address(cash), abi.encodeCall(cash.approve, (address(desk), RICH)));
        return tradeOf(free, sam, address(wallet), 100, 9_900);
    }

    function _try(Trade memory trade) private returns (bool isDone, bytes memory answer) {
        bytes memory seller = signed(keyOf[sam], digestOf(trade));
        bytes memory data = abi.encodeCall(ISettlement.settle, (trade, seller, "", none(), none()));
        return address(desk).call{gas: GAS}(data);
    }

    function _refuse(Wallet wallet) private {
        Trade memory trade = _asBuyer(wallet);
        (bool isDone, bytes memory answer) = _try(trade);
        isTrue(!isDone, "refused");
        bytes memory wanted = abi.encodeWithSelector(ISettlement.BadSignature.selector, wallet);
        same(keccak256(answer), keccak256(wanted), "why");
        has(free, address(wallet), 0, RICH, "wallet");
        has(free, sam, 500, 0, "sam");
        isTrue(!desk.isSettled(sam, address(wallet), trade.id), "the id is kept");
        _othersTradeOn();
    }

    function test_P12_a_wallet_contract_signs_by_ERC_1271() external {
        Wallet wallet = new Wallet();
        (bool isDone,) = _try(_asBuyer(wallet));
        isTrue(isDone, "settled");
        has(free, address(wallet), 100, RICH - 9_900, "wallet");
    }

    function test_P12_a_wallet_contract_cancels_and_sells() external {
        Wallet wallet = new Wallet();
        Trade memory trade = _asBuyer(wallet);
        wallet.act(address(desk), abi.encodeCall(desk.cancelTrade, (sam, address(wallet), trade.id)));
        (bool isDone,) = _try(trade);
        isTrue(!isDone, "cancelled");
        mint(free, address(wallet), 100);
        wallet.act(address(free), abi.encodeCall(free.approve, (address(desk), 100)));
        trade = tradeOf(free, address(wallet), bea, 100, 9_900);
        desk.settle(trade, "", signed(keyOf[bea], digestOf(trade)), none(), none());
        has(free, address(wallet), 0, RICH + 9_900, "wallet");
    }

    function test_P11_hostile_wallet_that_reverts_is_refused() external {
        _refuse(new WalletReverting());
    }

    function test_P11_hostile_wallet_that_mumbles_is_refused() external {
        _refuse(new WalletMumbling());
    }

    function test_P11_hostile_wallet_that_burns_gas_wastes_its_own_transaction() external {
        Wallet wallet = new WalletBurning();
        Trade memory trade = _asBuyer(wallet);
        (bool isDone,) = _try(trade);
        isTrue(!isDone, "refused");
        has(free, address(wallet), 0, RICH, "wallet");
        _othersTradeOn();
    }

    /// @dev No more than a word of its answer is looked at.
    function test_P11_hostile_wallet_that_bombs_has_signed_and_no_more() external {
        Wallet wallet = new WalletBombing();
        (bool isDone,) = _try(_asBuyer(wallet));
        isTrue(isDone, "settled");
        has(free, address(wallet), 100, RICH - 9_900, "wallet");
    }

    /// @dev A signature is asked for by a static call: whatever is called back fails.
    function test_P11_hostile_wallet_that_re_enters_changes_nothing() external {
        WalletReentering wallet = new WalletReentering();
        Trade memory trade = _asBuyer(wallet);
        Trade memory inner = tradeOf(free, sam, address(wallet), 50, 1);
        bytes memory data =
            abi.encodeCall(ISettlement.settle, (inner, signed(keyOf[sam], digestOf(inner)), "", none(), none()));
        wallet.prepare(address(desk), data);
        bytes memory seller = signed(keyOf[sam], digestOf(trade));
        desk.settle(trade, seller, "", none(), none());
        has(free, address(wallet), 100, RICH - 9_900, "wallet");
        isTrue(!desk.isSettled(sam, address(wallet), inner.id), "the inner trade did not happen");
        // What it sees meanwhile: its id is spent already.
        trade = tradeOf(free, sam, address(wallet), 50, 1);
        data = abi.encodeCall(ISettlement.cancelTrade, (sam, address(wallet), trade.id));
        wallet.prepare(address(desk), data);
        desk.settle(trade, signed(keyOf[sam], digestOf(trade)), "", none(), none());
        has(free, address(wallet), 150, RICH - 9_901, "wallet");
    }

    function test_P11_hostile_wallet_in_an_allotment_stops_that_allotment_alone() external {
        Wallet wallet = new WalletReverting();
        _asBuyer(wallet);
        Order[] memory orders = new Order[](2);
        orders[0] = orderOf(free, bea, 100, 9_900);
        orders[1] = orderOf(free, address(wallet), 100, 9_900);
        bytes[] memory signatures = new bytes[](2);
        signatures[0] = signed(keyOf[bea], digestOf(orders[0]));
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadSignature.selector, wallet));
        vm.prank(issuer);
        desk.allot(orders, signatures, new Permit[](2), approval, signature);
        has(free, bea, 0, RICH, "bea");
        _othersTradeOn();
    }

    // ------------------------------------------------------------------ money that is not what it says

    function _inCrooked(uint256 amount, uint256 price) private returns (Trade memory trade) {
        trade = tradeOf(free, sam, bea, amount, price);
        trade.asset = address(crooked);
    }

    function _refuseTrick(Trick trick, bytes memory wanted) private {
        crooked.play(trick);
        Trade memory trade = _inCrooked(100, 9_900);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        bytes memory data = abi.encodeCall(ISettlement.settle, (trade, seller, buyer, none(), none()));
        (bool isDone, bytes memory answer) = address(desk).call{gas: GAS}(data);
        isTrue(!isDone, "refused");
        if (wanted.length != 0) same(keccak256(answer), keccak256(wanted), "why");
        same(crooked.balanceOf(sam), 0, "sam's money");
        same(crooked.balanceOf(bea), RICH, "bea's money");
        same(free.balanceOf(sam), 500, "sam's tokens");
    }

    function _notReceived(uint256 received) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISettlement.PriceNotReceived.selector, received, 9_900);
    }

    function test_P11_hostile_asset_harms_only_trades_in_it() external {
        _refuseTrick(Trick.KeepsFee, _notReceived(9_899));
        _refuseTrick(Trick.AddsBonus, _notReceived(9_901));
        _refuseTrick(Trick.Lies, _notReceived(0));
        _refuseTrick(Trick.SaysNo, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, crooked));
        _refuseTrick(Trick.Reverts, abi.encodeWithSignature("Error(string)", "crooked"));
        _refuseTrick(Trick.Burns, "");
        _othersTradeOn();
    }

    /// @dev The seller loses money instead: that is not a price received, however the difference is counted.
    function test_P11_hostile_asset_that_takes_from_the_seller() external {
        crooked.print(sam, 9_900);
        crooked.play(Trick.TakesBack);
        Trade memory trade = _inCrooked(100, 9_900);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        vm.expectRevert(_notReceived(0));
        desk.settle(trade, seller, buyer, none(), none());
        same(crooked.balanceOf(sam), 9_900, "sam's money");
        _othersTradeOn();
    }

    /// @dev Old assets return nothing, and serve; of an answer too long no more than a word is looked at.
    function test_P12_an_asset_may_return_nothing() external {
        Trick[2] memory tricks = [Trick.SaysNothing, Trick.Bombs];
        for (uint256 i = 0; i < tricks.length; ++i) {
            crooked.play(tricks[i]);
            Trade memory trade = _inCrooked(100, 9_900);
            (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
            desk.settle{gas: GAS}(trade, seller, buyer, none(), none());
            same(crooked.balanceOf(sam), (i + 1) * 9_900, "sam's money");
        }
    }

    /// @dev Whatever it calls while money moves, in the permit or in the transfer: no second trade, no allotment.
    function test_P11_hostile_asset_that_re_enters_gets_nowhere() external {
        Trade memory inner = tradeOf(free, sam, bea, 50, 1);
        (bytes memory seller, bytes memory buyer) = signaturesOf(inner);
        bytes memory data = abi.encodeCall(ISettlement.settle, (inner, seller, buyer, none(), none()));
        _reenter(data);
        isTrue(!desk.isSettled(sam, bea, inner.id), "no second trade");
        manager.grantRole(Roles.ISSUER, address(crooked), 0);
        Order[] memory orders = new Order[](1);
        orders[0] = orderOf(free, bea, 100, 1);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        data = abi.encodeCall(ISettlement.allot, (orders, signaturesOf(orders), new Permit[](1), approval, signature));
        _reenter(data);
        isTrue(!free.spent(approval.operation), "no allotment");
    }

    function _reenter(bytes memory data) private {
        crooked.callBack(address(desk), data);
        Trade memory trade = _inCrooked(100, 9_900);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        Permit memory permit;
        permit.deadline = block.timestamp;
        desk.settle(trade, seller, buyer, none(), permit);
        isTrue(!crooked.isCalledBack(), "refused");
        bytes4 why = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        same(bytes32(bytes4(crooked.answer())), bytes32(why), "why");
    }

    function test_P11_hostile_asset_does_not_re_enter_an_allotment() external {
        Order[] memory orders = new Order[](1);
        orders[0] = orderOf(free, bea, 100, 9_900);
        orders[0].asset = address(crooked);
        Trade memory inner = tradeOf(free, sam, bea, 50, 1);
        (bytes memory seller, bytes memory buyer) = signaturesOf(inner);
        crooked.callBack(address(desk), abi.encodeCall(ISettlement.settle, (inner, seller, buyer, none(), none())));
        allot(free, orders);
        isTrue(!crooked.isCalledBack(), "refused");
        same(free.balanceOf(bea), 100, "allotted");
    }

    /// @dev A party that is called while money moves cannot cancel what is being settled; it may cancel another trade.
    function test_P11_hostile_receiver_does_not_cancel_what_is_being_settled() external {
        Wallet wallet = new Wallet();
        admit(address(wallet));
        mint(free, address(wallet), 100);
        wallet.act(address(free), abi.encodeCall(free.approve, (address(desk), 100)));
        Trade memory trade = tradeOf(free, address(wallet), bea, 100, 9_900);
        trade.asset = address(crooked);
        bytes memory cancel = abi.encodeCall(ISettlement.cancelTrade, (address(wallet), bea, trade.id));
        crooked.callBack(address(wallet), abi.encodeCall(Wallet.act, (address(desk), cancel)));
        desk.settle(trade, "", signed(keyOf[bea], digestOf(trade)), none(), none());
        (bool isDone, bytes memory answer) = abi.decode(crooked.answer(), (bool, bytes));
        isTrue(!isDone, "not cancelled");
        bytes memory why = abi.encodeWithSelector(ISettlement.AlreadySettled.selector, trade.id);
        same(keccak256(answer), keccak256(why), "why");
        same(free.balanceOf(bea), 100, "settled");
    }
}
