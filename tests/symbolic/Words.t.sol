// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Crossing, Crossings} from "../../contracts/types/Crossing.sol";
import {FilingRecord} from "../../contracts/types/FilingRecord.sol";
import {Holding} from "../../contracts/types/Holding.sol";
import {InvestorRecord, InvestorRecords} from "../../contracts/types/InvestorRecord.sol";
import {Conditions, ConditionsFields} from "../../contracts/types/Product.sol";
import {Principal} from "../../contracts/types/Principal.sol";
import {Supply} from "../../contracts/types/Supply.sol";
import {FilingStatus} from "../../contracts/types/Types.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Words with many fields: what is put is what is got, and no other field changes. For all words.
contract WordsProof is Symbolic {
    // ------------------------------------------------------------------ a holding

    function check_P5_freezing_touches_the_frozen_part_alone(uint256 word, uint256 amount) external pure {
        uint256 after_ = Holding.unwrap(Holding.wrap(word).withFrozen(amount));
        assert(bitsOf(after_, 96, 96) == (amount < 1 << 96 ? amount : type(uint96).max));
        assert(without(after_, 96, 96) == without(word, 96, 96));
    }

    function check_P5_a_lock_is_never_shortened(uint256 word, uint256 until) external pure {
        uint256 after_ = Holding.unwrap(Holding.wrap(word).withLock(until));
        uint256 before = bitsOf(word, 192, 32);
        uint256 wanted = until > type(uint32).max ? type(uint32).max : until;
        assert(bitsOf(after_, 192, 32) == (wanted > before ? wanted : before));
        assert(without(after_, 192, 32) == without(word, 192, 32));
    }

    function check_P1_a_balance_moves_alone(uint256 word, uint96 amount) external pure {
        uint256 balance = bitsOf(word, 0, 96);
        if (amount <= balance) {
            uint256 less = Holding.unwrap(Holding.wrap(word).minus(amount));
            assert(bitsOf(less, 0, 96) == balance - amount && without(less, 0, 96) == without(word, 0, 96));
        }
        if (balance + amount < 1 << 96) {
            uint256 more = Holding.unwrap(Holding.wrap(word).plus(amount));
            assert(bitsOf(more, 0, 96) == balance + amount && without(more, 0, 96) == without(word, 0, 96));
        }
    }

    function check_P7_a_closed_record_touches_its_own_fields(uint256 word, uint16 date, uint16 count) external pure {
        uint256 after_ = Holding.unwrap(Holding.wrap(word).withRecords(date, count));
        assert(bitsOf(after_, 224, 16) == date && bitsOf(after_, 240, 16) == count);
        assert(without(after_, 224, 32) == without(word, 224, 32));
        after_ = Supply.unwrap(Supply.wrap(word).withRecords(date, count));
        assert(bitsOf(after_, 192, 16) == date && bitsOf(after_, 208, 16) == count);
        assert(without(after_, 192, 32) == without(word, 192, 32));
    }

    // ------------------------------------------------------------------ sums

    /// @dev A mint adds to what was minted and to the supply alike; a burn lowers the supply alone.
    function check_P1_minted_and_supply_move_together(uint256 word, uint96 amount, bool isHolder) external pure {
        uint256 minted = bitsOf(word, 0, 96);
        uint256 supply = bitsOf(word, 96, 96);
        uint256 holders = bitsOf(word, 224, 31);
        if (minted + amount < 1 << 96 && supply + amount < 1 << 96 && holders + 1 < 1 << 31) {
            Supply more = Supply.wrap(word).plusMinted(amount, isHolder);
            assert(more.minted() == minted + amount && more.supply() == supply + amount);
            assert(more.holders() == holders + (isHolder ? 1 : 0));
            assert(more.isClosed() == (word >> 255 == 1));
        }
        if (amount <= supply && holders != 0) {
            Supply less = Supply.wrap(word).minusBurned(amount, isHolder);
            assert(less.minted() == minted && less.supply() == supply - amount);
            assert(less.holders() == holders - (isHolder ? 1 : 0));
            assert(less.isClosed() == (word >> 255 == 1));
        }
    }

    function check_principal_moves_alone(uint256 word, uint96 amount) external pure {
        Principal before = Principal.wrap(word);
        if (amount <= before.outstanding()) {
            Principal less = before.minus(amount);
            assert(less.outstanding() == before.outstanding() - amount && less.paid() == before.paid());
        }
        if (before.paid() + amount < 1 << 96) {
            Principal more = before.plusPaid(amount);
            assert(more.outstanding() == before.outstanding());
            assert(more.paid() == before.paid() + amount);
        }
    }

    // ------------------------------------------------------------------ filings and investors

    function check_P9_a_pause_touches_its_own_tranche(uint256 word, uint8 tranche, uint8 other, bool isSet)
        external
        pure
    {
        vm.assume(tranche < 32 && other < 32 && tranche != other);
        FilingRecord before = FilingRecord.wrap(word);
        FilingRecord changed = before.withPaused(tranche, isSet);
        assert(changed.isPaused(tranche) == isSet);
        assert(changed.isPaused(other) == before.isPaused(other));
        assert(without(FilingRecord.unwrap(changed), 8, 32) == without(word, 8, 32));
    }

    function check_P9_a_status_touches_nothing_else(uint256 word, uint8 status) external pure {
        vm.assume(status <= uint8(type(FilingStatus).max));
        uint256 changed = FilingRecord.unwrap(FilingRecord.wrap(word).withStatus(FilingStatus(status)));
        assert(bitsOf(changed, 0, 8) == status && without(changed, 0, 8) == without(word, 0, 8));
    }

    function check_P7_a_date_counts_from_its_second(uint16 taken, uint40 next, uint40 time) external pure {
        FilingRecord record = FilingRecord.wrap(0).withDates(taken, next);
        uint256 wanted = next != 0 && time >= next ? uint256(taken) + 1 : taken;
        assert(record.datesTaken(time) == wanted);
    }

    /// @dev An officer's facts never reach the investor's identity or flags, and a block never changes the facts.
    function check_P2_facts_and_flags_are_apart(uint256 word, uint256 stated, bool isSet) external pure {
        vm.assume(InvestorRecords.areFacts(stated));
        uint256 renewed = InvestorRecord.unwrap(InvestorRecord.wrap(word).withFacts(stated));
        assert(bitsOf(renewed, 0, 64) == bitsOf(word, 0, 64) && renewed >> 200 == word >> 200);
        assert(bitsOf(renewed, 64, 136) == bitsOf(stated, 64, 136));
        InvestorRecord barred = InvestorRecord.wrap(word).withBlocked(isSet);
        assert(without(InvestorRecord.unwrap(barred), 200, 1) == without(word, 200, 1));
        assert(barred.isBlocked() == (isSet || bitsOf(word, 202, 1) == 1));
    }

    /// @dev A further wallet has the investor's id, facts and block, and its own number.
    function check_P2_a_further_wallet_is_blocked_like_the_first(uint256 word, uint32 number) external pure {
        InvestorRecord first = InvestorRecord.wrap(word);
        InvestorRecord added = first.further(number);
        assert(added.isSameInvestor(first) && added.number() == number && added.hasSeveral() && !added.isLost());
        assert(bitsOf(InvestorRecord.unwrap(added), 64, 137) == bitsOf(word, 64, 137));
    }

    // ------------------------------------------------------------------ crossings and shares

    function check_P1_a_crossing_keeps_its_parts(uint96 holds, bool leaves) external pure {
        Crossing crossing = Crossings.moving(holds, leaves);
        assert(crossing.enters() == (holds == 0) && crossing.leaves() == leaves);
        assert(crossing.receiverHolds() == holds);
        assert(crossing.changesCount() == (crossing.enters() != crossing.leaves()));
        Crossing still = Crossings.standing(holds);
        assert(!still.enters() && !still.leaves() && !still.changesCount() && still.receiverHolds() == holds);
    }

    /// @dev The largest share is compared without overflow, whatever the amount.
    function check_P3_a_share_is_compared_whole(uint96 largest, uint96 held, uint256 amount) external pure {
        Conditions conditions = Conditions.wrap(uint256(largest) << 104);
        bool isTooMuch = held > largest || amount > largest - held;
        assert(ConditionsFields.isTooMuch(conditions, held, amount) == isTooMuch);
    }
}
