// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One investor's wallet in one storage word; the layout stands in `IRegistry`.
type InvestorRecord is uint256;

using InvestorRecords for InvestorRecord global;

/// @title Reading and changing the fields of an InvestorRecord
library InvestorRecords {
    uint256 private constant NUMBER = 32;
    uint256 private constant REGIMES = 64;
    uint256 private constant CAPACITY = 96;
    uint256 private constant EVIDENCE_UNTIL = 120;
    uint256 private constant SUITABLE_UNTIL = 160;
    uint256 private constant FLAGS = 200;

    uint256 private constant BLOCKED = 1 << FLAGS;
    uint256 private constant SEVERAL = 1 << (FLAGS + 1);
    uint256 private constant LOST = 1 << (FLAGS + 2);
    uint256 private constant IDENTITY = type(uint64).max;
    /// What an officer states: regimes, capacity, jurisdiction, both expiries.
    uint256 private constant FACTS = (uint256(1) << FLAGS) - 1 - IDENTITY;

    /// @notice Whether a word holds an officer's facts and nothing else.
    function areFacts(uint256 word) internal pure returns (bool) {
        return word & ~FACTS == 0;
    }

    /// @notice The record of a new investor's first wallet.
    function firstWallet(uint256 facts, uint32 number_) internal pure returns (InvestorRecord) {
        return InvestorRecord.wrap(facts | number_ | (uint256(number_) << NUMBER));
    }

    // ---- what the rules ask

    function isKnown(InvestorRecord self) internal pure returns (bool) {
        return InvestorRecord.unwrap(self) != 0;
    }

    /// @notice A lost wallet is blocked for good.
    function isBlocked(InvestorRecord self) internal pure returns (bool) {
        return InvestorRecord.unwrap(self) & (BLOCKED | LOST) != 0;
    }

    function isLost(InvestorRecord self) internal pure returns (bool) {
        return InvestorRecord.unwrap(self) & LOST != 0;
    }

    function hasSeveral(InvestorRecord self) internal pure returns (bool) {
        return InvestorRecord.unwrap(self) & SEVERAL != 0;
    }

    function isSameInvestor(InvestorRecord self, InvestorRecord other) internal pure returns (bool) {
        return self.id() == other.id();
    }

    function isSameWallet(InvestorRecord self, InvestorRecord other) internal pure returns (bool) {
        return self.number() == other.number();
    }

    // ---- fields

    function id(InvestorRecord self) internal pure returns (uint32) {
        return uint32(InvestorRecord.unwrap(self));
    }

    function number(InvestorRecord self) internal pure returns (uint32) {
        return uint32(InvestorRecord.unwrap(self) >> NUMBER);
    }

    function regimes(InvestorRecord self) internal pure returns (uint32) {
        return uint32(InvestorRecord.unwrap(self) >> REGIMES);
    }

    function capacity(InvestorRecord self) internal pure returns (uint8) {
        return uint8(InvestorRecord.unwrap(self) >> CAPACITY);
    }

    function evidenceUntil(InvestorRecord self) internal pure returns (uint40) {
        return uint40(InvestorRecord.unwrap(self) >> EVIDENCE_UNTIL);
    }

    function suitableUntil(InvestorRecord self) internal pure returns (uint40) {
        return uint40(InvestorRecord.unwrap(self) >> SUITABLE_UNTIL);
    }

    // ---- changes

    function withFacts(InvestorRecord self, uint256 facts) internal pure returns (InvestorRecord) {
        return InvestorRecord.wrap((InvestorRecord.unwrap(self) & ~FACTS) | facts);
    }

    function withBlocked(InvestorRecord self, bool isSet) internal pure returns (InvestorRecord) {
        uint256 word = InvestorRecord.unwrap(self);
        return InvestorRecord.wrap(isSet ? word | BLOCKED : word & ~BLOCKED);
    }

    function withSeveral(InvestorRecord self) internal pure returns (InvestorRecord) {
        return InvestorRecord.wrap(InvestorRecord.unwrap(self) | SEVERAL);
    }

    function withLost(InvestorRecord self) internal pure returns (InvestorRecord) {
        return InvestorRecord.wrap(InvestorRecord.unwrap(self) | LOST);
    }

    /// @notice The record of a further wallet: the investor's id, facts and block, its own number.
    function further(InvestorRecord self, uint32 number_) internal pure returns (InvestorRecord) {
        uint256 own = (uint256(type(uint32).max) << NUMBER) | LOST;
        return InvestorRecord.wrap((InvestorRecord.unwrap(self) & ~own) | (uint256(number_) << NUMBER) | SEVERAL);
    }
}
