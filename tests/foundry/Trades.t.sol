// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICash, IDesk} from "./Market.sol";
import {SettlementHandler} from "./SettlementHandler.sol";
import {Test} from "./Vm.sol";
import {IToken} from "./World.sol";

/// @notice P12 over random sequences of trades, allotments, cancellations and officers' acts. That a trade or an
/// allotment happens exactly when it must is checked in `SettlementHandler`, where it happens.
contract TradesTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    SettlementHandler private handler;

    function setUp() external {
        handler = new SettlementHandler();
        handler.setUp();
    }

    /// @dev Read by forge: acts, and nothing else of the handler.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](14);
        for (uint256 i = 0; i < 6; ++i) {
            acts[i] = SettlementHandler.trade.selector;
        }
        acts[6] = acts[7] = acts[8] = SettlementHandler.allotSome.selector;
        acts[9] = acts[10] = SettlementHandler.officers.selector;
        acts[11] = SettlementHandler.replay.selector;
        acts[12] = SettlementHandler.cancelOther.selector;
        acts[13] = SettlementHandler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Nothing sticks to the contract. What the parties of an act have, the handler checks in the act.
    function invariant_P12_trades_are_all_or_nothing() external view {
        (ICash cash, IDesk desk) = (handler.cash_(), handler.desk_());
        same(cash.balanceOf(address(desk)), 0, "P12 money of the contract");
        for (uint256 t = 0; t < 3; ++t) {
            same(handler.tokens(t).balanceOf(address(desk)), 0, "P12 tokens of the contract");
        }
    }

    /// @dev Once a sequence has ended: what everybody has is what was minted, deposited and traded; and what was spent,
    /// by settling, filling or cancelling, is spent, one way round alone.
    function afterInvariant() external view {
        ICash cash = handler.cash_();
        uint256 sum = 0;
        for (uint256 i = 0; i < handler.walletsCount(); ++i) {
            address wallet = handler.wallets(i);
            same(cash.balanceOf(wallet), handler.money(wallet), "P12 money");
            sum += handler.money(wallet);
            for (uint256 t = 0; t < 3; ++t) {
                IToken token = handler.tokens(t);
                same(token.balanceOf(wallet), handler.balance(token, wallet), "P12 tokens");
            }
        }
        same(cash.totalSupply(), sum, "P12 all money");
        IDesk desk = handler.desk_();
        for (uint256 i = 0; i < handler.spentCount(); ++i) {
            (address seller, address buyer, bytes32 id) = handler.spentAt(i);
            _requireSpent(desk, seller, buyer, id);
        }
    }

    function _requireSpent(IDesk desk, address seller, address buyer, bytes32 id) private view {
        bool isSpent = seller == address(0) ? desk.isFilled(buyer, id) : desk.isSettled(seller, buyer, id);
        isTrue(isSpent, "P12 spent");
        bool isOtherWay = seller != address(0) && desk.isSettled(buyer, seller, id);
        isTrue(!isOtherWay, "P12 spent one way round");
    }
}
