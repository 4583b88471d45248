// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Act,
    BALANCE,
    CAP,
    FORCED_TRANSFER,
    FREE,
    MINT,
    NEXT_MINT,
    NEXT_TRANSFER,
    RECEIVER,
    RECEIVING,
    RECOVER,
    REDEEM,
    SENDER,
    TRANSFER,
    TransferRules,
    minting
} from "../../contracts/TransferRules.sol";
import {Crossing} from "../../contracts/types/Crossing.sol";
import {Facts} from "../../contracts/types/Facts.sol";
import {Holding} from "../../contracts/types/Holding.sol";
import {Conditions, Product} from "../../contracts/types/Product.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Supply} from "../../contracts/types/Supply.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice The table of rules, for all words. Where each field stands is written out here once more, in plain numbers.
contract RulesProof is Symbolic {
    // ------------------------------------------------------------------ P2

    /// @dev Whoever passes may receive, by each of the six conditions, read straight from the words.
    function check_P2_who_passes_may_receive(
        uint256 filing,
        uint256 sender,
        uint256 receiver,
        uint256 product,
        uint40 time
    ) external pure {
        Reason reason = _parties(RECEIVING, filing, sender, receiver, time, product, 0);
        if (reason != Reason.None) return;
        assert(receiver != 0);
        assert(bitsOf(receiver, 200, 1) == 0 && bitsOf(receiver, 202, 1) == 0); // neither blocked nor lost
        assert(time <= bitsOf(receiver, 120, 40)); // evidence
        assert(time <= bitsOf(receiver, 160, 40)); // suitability
        assert(bitsOf(receiver, 64, 32) & bitsOf(product, 192, 32) != 0); // a regime of the token
        assert(bitsOf(receiver, 96, 8) >= bitsOf(product, 240, 8)); // risk
    }

    /// @dev And nobody else is kept out: the six conditions are enough.
    function check_P2_who_may_receive_passes(uint256 receiver, uint256 product, uint40 time) external pure {
        vm.assume(receiver != 0 && bitsOf(receiver, 200, 1) == 0 && bitsOf(receiver, 202, 1) == 0);
        vm.assume(time <= bitsOf(receiver, 120, 40) && time <= bitsOf(receiver, 160, 40));
        vm.assume(bitsOf(receiver, 64, 32) & bitsOf(product, 192, 32) != 0);
        vm.assume(bitsOf(receiver, 96, 8) >= bitsOf(product, 240, 8));
        assert(_parties(RECEIVING, 0, 0, receiver, time, product, 0) == Reason.None);
    }

    /// @dev Each way to receive asks all of the receiver's conditions.
    function check_P2_every_receiving_act_asks_the_receiver() external pure {
        assert(_asks(TRANSFER, RECEIVER) && _asks(NEXT_TRANSFER, RECEIVER) && _asks(MINT, RECEIVER));
        assert(_asks(NEXT_MINT, RECEIVER) && _asks(FORCED_TRANSFER, RECEIVER) && _asks(RECOVER, RECEIVER));
    }

    /// @dev A whole transfer is no weaker than the receiver's part of it.
    function check_P2_a_transfer_is_not_weaker(
        uint256 filing,
        uint256 sender,
        uint256 receiver,
        uint256 product,
        uint40 time
    ) external pure {
        if (_parties(TRANSFER, filing, sender, receiver, time, product, 0) != Reason.None) return;
        assert(_parties(RECEIVING, 0, 0, receiver, time, product, 0) == Reason.None);
    }

    // ------------------------------------------------------------------ P3

    /// @dev A mint that passes ends within the filed amount.
    function check_P3_a_mint_stays_within_the_cap(uint256 amount, uint256 supply, uint256 product, uint256 crossing)
        external
        pure
    {
        // Kept by this very rule, from nothing minted on.
        vm.assume(bitsOf(supply, 0, 96) <= bitsOf(product, 0, 96));
        vm.assume(bitsOf(product, 96, 96) == 1); // any amount is a whole number of lots
        if (_amount(NEXT_MINT, amount, 0, crossing, supply, product, type(uint256).max) != Reason.None) return;
        assert(amount <= bitsOf(product, 0, 96));
        assert(bitsOf(supply, 0, 96) + amount <= bitsOf(product, 0, 96));
    }

    /// @dev Nothing is minted while the filing is not effective or the plan is unmade, nor after maturity.
    function check_P3_no_mint_unless_effective_and_complete(
        uint256 filing,
        uint256 receiver,
        uint256 conditions,
        uint40 time
    ) external pure {
        if (_parties(MINT, filing, 0, receiver, time, 0, conditions) != Reason.None) return;
        assert(bitsOf(filing, 0, 8) == 5);
        assert(bitsOf(filing, 136, 8) == bitsOf(filing, 144, 8));
        assert(time <= bitsOf(conditions, 64, 40));
    }

    /// @dev Nothing is minted once principal was paid or written down.
    function check_P3_no_mint_after_the_issue_closed(
        uint256 filing,
        uint256 receiver,
        uint256 supply,
        uint256 product,
        uint256 conditions,
        uint40 time
    ) external pure {
        vm.assume(supply >> 255 == 1);
        Act act = minting(Supply.wrap(supply));
        assert(_parties(act, filing, 0, receiver, time, product, conditions) != Reason.None);
    }

    /// @dev And an open issue asks nothing more than a mint.
    function check_P3_an_open_issue_is_minted_by_the_plain_rules(uint256 supply) external pure {
        vm.assume(supply >> 255 == 0);
        assert(Act.unwrap(minting(Supply.wrap(supply))) == Act.unwrap(MINT));
    }

    // ------------------------------------------------------------------ P5

    /// @dev What passes is within the unfrozen balance and not locked.
    function check_P5_only_free_tokens_leave(uint256 amount, uint256 holding, uint256 crossing, uint40 time)
        external
        pure
    {
        Act act = Act.wrap(FREE | BALANCE);
        if (_amountAt(time, act, amount, holding, crossing) != Reason.None) return;
        uint256 balance = bitsOf(holding, 0, 96);
        uint256 frozen = bitsOf(holding, 96, 96);
        assert(amount <= balance);
        assert(amount == 0 || amount + frozen <= balance);
        assert(time >= bitsOf(holding, 192, 32));
    }

    function check_P5_transfers_and_redemptions_ask_for_free_tokens() external pure {
        assert(_asks(TRANSFER, FREE) && _asks(TRANSFER, BALANCE));
        assert(_asks(NEXT_TRANSFER, FREE) && _asks(NEXT_TRANSFER, BALANCE));
        assert(_asks(REDEEM, FREE) && _asks(REDEEM, BALANCE));
    }

    // ------------------------------------------------------------------ P6

    /// @dev ERC-7943: `Frozen` exactly when the amount is within the balance and above its unfrozen part.
    function check_P6_frozen_says_exactly_that(uint256 amount, uint256 holding) external pure {
        vm.assume(bitsOf(holding, 192, 32) == 0);
        Reason reason = _amountAt(0, Act.wrap(FREE | BALANCE), amount, holding, 0);
        uint256 balance = bitsOf(holding, 0, 96);
        uint256 frozen = bitsOf(holding, 96, 96);
        uint256 unfrozen = balance > frozen ? balance - frozen : 0;
        assert((reason == Reason.Frozen) == (amount > unfrozen && amount <= balance));
        assert((reason == Reason.InsufficientBalance) == (amount > balance));
    }

    // ------------------------------------------------------------------ P9

    /// @dev A suspended or paused token moves nothing and mints nothing.
    function check_P9_suspended_or_paused_moves_nothing(
        uint256 filing,
        uint256 sender,
        uint256 receiver,
        uint8 tranche,
        uint40 time
    ) external pure {
        vm.assume(tranche < 32);
        vm.assume(bitsOf(filing, 0, 8) == 8 || (filing >> (8 + uint256(tranche))) & 1 == 1);
        uint256 conditions = uint256(tranche) << 200;
        assert(_parties(TRANSFER, filing, sender, receiver, time, 0, conditions) != Reason.None);
        assert(_parties(MINT, filing, 0, receiver, time, 0, conditions) != Reason.None);
    }

    /// @dev An overdue disclosure stops mints always, and transfers where the terms say so.
    function check_P9_overdue_stops_what_the_terms_say(
        uint256 filing,
        uint256 sender,
        uint256 receiver,
        bool both,
        uint40 time
    ) external pure {
        vm.assume(time > bitsOf(filing, 40, 40));
        uint256 product = both ? 1 << 248 : 0;
        assert(_parties(MINT, filing, 0, receiver, time, product, 0) != Reason.None);
        Reason reason = _parties(TRANSFER, filing, sender, receiver, time, product, 0);
        assert(!both || reason != Reason.None);
        assert(both || reason != Reason.DisclosureOverdue);
    }

    // ------------------------------------------------------------------ P10

    /// @dev A blocked or unknown sender, and a blocked spender, move nothing.
    function check_P10_blocked_senders_and_spenders_move_nothing(uint256 spender, uint256 sender) external pure {
        Reason reason = TransferRules.againstParties(
            Act.wrap(SENDER), facts(0, spender, sender, 0), 0, Product.wrap(0), Conditions.wrap(0)
        );
        if (reason != Reason.None) return;
        assert(sender != 0);
        assert(bitsOf(sender, 200, 1) == 0 && bitsOf(sender, 202, 1) == 0);
        assert(bitsOf(spender, 200, 1) == 0 && bitsOf(spender, 202, 1) == 0);
    }

    // ------------------------------------------------------------------ shorthand

    function _asks(Act act, uint256 rules) private pure returns (bool) {
        return act.asks(rules);
    }

    function _parties(
        Act act,
        uint256 filing,
        uint256 sender,
        uint256 receiver,
        uint256 time,
        uint256 product,
        uint256 conditions
    ) private pure returns (Reason) {
        Facts asked = facts(filing, sender, sender, receiver);
        return TransferRules.againstParties(act, asked, time, Product.wrap(product), Conditions.wrap(conditions));
    }

    function _amountAt(uint256 time, Act act, uint256 amount, uint256 holding, uint256 crossing)
        private
        pure
        returns (Reason)
    {
        return TransferRules.againstAmount(
            act,
            facts(0, 0, 0, 0),
            amount,
            Holding.wrap(holding),
            Crossing.wrap(crossing),
            Supply.wrap(0),
            time,
            Product.wrap(0),
            Conditions.wrap(0)
        );
    }

    function _amount(
        Act act,
        uint256 amount,
        uint256 holding,
        uint256 crossing,
        uint256 supply,
        uint256 product,
        uint256 conditions
    ) private pure returns (Reason) {
        return TransferRules.againstAmount(
            act,
            facts(0, 0, 0, 0),
            amount,
            Holding.wrap(holding),
            Crossing.wrap(crossing),
            Supply.wrap(supply),
            0,
            Product.wrap(product),
            Conditions.wrap(conditions)
        );
    }
}
