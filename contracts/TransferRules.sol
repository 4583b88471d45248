// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Crossing} from "./types/Crossing.sol";
import {Facts} from "./types/Facts.sol";
import {FilingRecord} from "./types/FilingRecord.sol";
import {Holding} from "./types/Holding.sol";
import {InvestorRecord} from "./types/InvestorRecord.sol";
import {Conditions, Product} from "./types/Product.sol";
import {Reason} from "./types/Reason.sol";
import {Supply} from "./types/Supply.sol";

/// @notice An act is the set of rules that hold for it.
type Act is uint256;

using {asks} for Act global;

function asks(Act act, uint256 rules) pure returns (bool) {
    return Act.unwrap(act) & rules != 0;
}

// The columns of the table: groups of rules.
uint256 constant FILING = 1; //         filing effective, not paused, disclosure current
uint256 constant ISSUE = 2; //          overdue stops always, plan complete, not matured
uint256 constant CAP = 4; //            the filed amount is not exceeded
uint256 constant SENDER = 8; //         sender known and unblocked, spender unblocked
uint256 constant RECEIVER = 16; //      known and unblocked, evidence, suitability, regime, risk
uint256 constant LIMITS = 32; //        lot, holders, largest share
uint256 constant SAME_INVESTOR = 64; // both wallets are one investor's
uint256 constant ELSEWHERE = 128; //    two different wallets
uint256 constant FREE = 256; //         not locked, not frozen
uint256 constant BALANCE = 512; //      the sender has as much
uint256 constant CLOSED = 1024; //      refused: the issue is closed

// The rows of the table: acts.
Act constant TRANSFER = Act.wrap(FILING | SENDER | RECEIVER | LIMITS | FREE | BALANCE);
Act constant MINT = Act.wrap(FILING | ISSUE | CAP | RECEIVER | LIMITS);
Act constant REDEEM = Act.wrap(SENDER | FREE | BALANCE);
Act constant FORCED_TRANSFER = Act.wrap(ELSEWHERE | RECEIVER | BALANCE);
Act constant RECOVER = Act.wrap(RECEIVER | SAME_INVESTOR);
// The second and later movements of a batch: the first has asked about the filing and the sender.
Act constant NEXT_TRANSFER = Act.wrap(RECEIVER | LIMITS | FREE | BALANCE);
Act constant NEXT_MINT = Act.wrap(CAP | RECEIVER | LIMITS);
/// @notice The first movement of a mint: once principal was paid or written down, the issue is closed.
function minting(Supply supply) pure returns (Act) {
    return supply.isClosed() ? Act.wrap(Act.unwrap(MINT) | CLOSED) : MINT;
}

// Previews of one party.
Act constant SENDING = Act.wrap(SENDER);
Act constant RECEIVING = Act.wrap(RECEIVER);

/// @title May this movement happen?
/// @notice Pure. One line per rule; the order is that of the `Reason` numbers: rules, lock, frozen,
/// balance; the latest number, IssueClosed, is asked after Matured.
library TransferRules {
    /// @notice The rules about the filing, the sender and the receiver, whatever the amount. They are asked first, so
    /// that what only an amount needs is looked up only for parties that pass.
    /// @param time this second
    function againstParties(Act act, Facts facts, uint256 time, Product product, Conditions conditions)
        internal
        pure
        returns (Reason)
    {
        if (act.asks(FILING)) {
            FilingRecord filing = facts.filing();
            if (!filing.isEffective()) return Reason.FilingNotEffective;
            if (filing.isPaused(conditions.tranche())) return Reason.TokenPaused;
            if (filing.isOverdue(time)) {
                if (act.asks(ISSUE) || product.overdueStopsTransfers()) return Reason.DisclosureOverdue;
            }
            if (act.asks(ISSUE)) {
                if (!filing.isComplete()) return Reason.PlanIncomplete;
                if (time > conditions.maturity()) return Reason.Matured;
                if (act.asks(CLOSED)) return Reason.IssueClosed;
            }
        }
        if (act.asks(SENDER)) {
            if (!facts.sender().isKnown()) return Reason.SenderUnknown;
            if (facts.sender().isBlocked()) return Reason.SenderBlocked;
            if (facts.spender().isBlocked()) return Reason.SpenderBlocked;
        }
        if (act.asks(RECEIVER)) {
            InvestorRecord receiver = facts.receiver();
            if (!receiver.isKnown()) return Reason.ReceiverUnknown;
            if (receiver.isBlocked()) return Reason.ReceiverBlocked;
            if (time > receiver.evidenceUntil()) return Reason.EvidenceExpired;
            if (time > receiver.suitableUntil()) return Reason.SuitabilityExpired;
            if (receiver.regimes() & product.regimes() == 0) return Reason.RegimeNotAccepted;
            if (receiver.capacity() < product.risk()) return Reason.RiskAboveCapacity;
        }
        return Reason.None;
    }

    /// @notice The rules about the amount: limits, then lock, frozen, balance.
    /// @param holding of the sender, before the movement; empty in a mint
    /// @param crossing what the receiver's investor holds, and who comes and goes
    /// @param supply before the movement; needed for the cap and for the holder limit only
    /// @param time this second
    function againstAmount(
        Act act,
        Facts facts,
        uint256 amount,
        Holding holding,
        Crossing crossing,
        Supply supply,
        uint256 time,
        Product product,
        Conditions conditions
    ) internal pure returns (Reason) {
        if (act.asks(LIMITS)) {
            if (!product.isWholeLots(amount)) {
                if (!mayBeOdd(act, amount, holding, supply, product)) return Reason.NotALot;
            }
            if (crossing.enters()) {
                if (isCrowded(crossing, supply, conditions)) return Reason.HolderLimit;
            }
            if (conditions.isTooMuch(crossing.receiverHolds(), amount)) {
                if (product.maxShareBps() != 0 && !isWithin(facts)) return Reason.ShareLimit;
            }
        }
        if (act.asks(CAP | SAME_INVESTOR | ELSEWHERE)) {
            if (act.asks(CAP)) {
                if (amount > leftToMint(supply, product)) return Reason.CapExceeded;
            } else {
                if (act.asks(SAME_INVESTOR) && !isWithin(facts)) return Reason.NotSameInvestor;
                if (act.asks(ELSEWHERE) && facts.sender().isSameWallet(facts.receiver())) return Reason.ToItself;
            }
        }
        if (act.asks(FREE)) {
            if (holding.isBurdened()) {
                if (holding.isLocked(time)) return Reason.Locked;
                // ERC-7943: more than the balance is a lack of balance, whatever is frozen.
                if (amount > holding.unfrozen() && amount <= holding.balance()) return Reason.Frozen;
            }
        }
        if (act.asks(BALANCE)) {
            if (amount > holding.balance()) return Reason.InsufficientBalance;
        }
        return Reason.None;
    }

    /// @dev An emptied wallet and the mint that reaches the cap may be an odd lot (R-57).
    function mayBeOdd(Act act, uint256 amount, Holding holding, Supply supply, Product product)
        private
        pure
        returns (bool)
    {
        return amount == (act.asks(CAP) ? leftToMint(supply, product) : holding.balance());
    }

    /// @dev An investor who leaves in the same movement makes room.
    function isCrowded(Crossing crossing, Supply supply, Conditions conditions) private pure returns (bool) {
        uint256 most = conditions.maxHolders();
        return most != 0 && !crossing.leaves() && supply.holders() >= most;
    }

    /// @dev Between wallets of one investor, where no share changes.
    function isWithin(Facts facts) private pure returns (bool) {
        return facts.sender().isSameInvestor(facts.receiver());
    }

    function leftToMint(Supply supply, Product product) private pure returns (uint256) {
        unchecked {
            // Never more is minted than the cap, by this very rule.
            return product.cap() - supply.minted();
        }
    }
}
