// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "./Reason.sol";

/// @title A Reason in words, at most 31 bytes each (ERC-1404)
library ReasonWords {
    function wordsOf(uint8 code) internal pure returns (bytes32) {
        if (code > uint8(type(Reason).max)) return "unknown restriction";
        Reason reason = Reason(code);
        if (reason == Reason.None) return "no restriction";
        if (reason == Reason.FilingNotEffective) return "filing is not effective";
        if (reason == Reason.TokenPaused) return "token is paused";
        if (reason == Reason.DisclosureOverdue) return "a disclosure is overdue";
        if (reason == Reason.PlanIncomplete) return "tranches of the plan are unmade";
        if (reason == Reason.Matured) return "token has matured";
        if (reason == Reason.SenderUnknown) return "sender is not known";
        if (reason == Reason.SenderBlocked) return "sender is blocked";
        if (reason == Reason.SpenderBlocked) return "spender is blocked";
        if (reason == Reason.ReceiverUnknown) return "receiver is not known";
        if (reason == Reason.ReceiverBlocked) return "receiver is blocked";
        if (reason == Reason.EvidenceExpired) return "receiver's evidence has expired";
        if (reason == Reason.SuitabilityExpired) return "suitability has expired";
        if (reason == Reason.RegimeNotAccepted) return "receiver's regime not accepted";
        if (reason == Reason.RiskAboveCapacity) return "risk above receiver's capacity";
        if (reason == Reason.NotALot) return "amount is not a multiple of lot";
        if (reason == Reason.HolderLimit) return "too many holders";
        if (reason == Reason.ShareLimit) return "receiver's share is too large";
        if (reason == Reason.CapExceeded) return "filed amount is exceeded";
        if (reason == Reason.NotSameInvestor) return "not the same investor";
        if (reason == Reason.ToItself) return "sender is the receiver";
        if (reason == Reason.Locked) return "tokens are locked";
        if (reason == Reason.Frozen) return "tokens are frozen";
        if (reason == Reason.InsufficientBalance) return "balance is too small";
        return "issue is closed";
    }
}
