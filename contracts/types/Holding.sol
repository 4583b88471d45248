// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What one wallet holds of one token, in one storage word; the layout stands in `ISecurityToken`.
type Holding is uint256;

using Holdings for Holding global;

/// @title Reading and changing the fields of a Holding
/// @dev Whoever changes a balance has checked it against the cap, which is below 2^96, or against the balance.
library Holdings {
    uint256 private constant FROZEN = 96;
    uint256 private constant LOCKED_UNTIL = 192;
    uint256 private constant CHANGED_AT = 224;
    uint256 private constant RECORDS = 240;

    // ---- what the rules ask

    /// @notice Whether a frozen amount or a lock stands here, in force or not.
    function isBurdened(Holding self) internal pure returns (bool) {
        return uint128(Holding.unwrap(self) >> FROZEN) != 0;
    }

    function isLocked(Holding self, uint256 time) internal pure returns (bool) {
        return time < self.lockedUntil();
    }

    /// @notice What may move: nothing when more than the balance is frozen.
    function unfrozen(Holding self) internal pure returns (uint256) {
        uint256 held = self.balance();
        uint256 stopped = self.frozen();
        unchecked {
            return held > stopped ? held - stopped : 0;
        }
    }

    // ---- fields

    function balance(Holding self) internal pure returns (uint256) {
        return uint96(Holding.unwrap(self));
    }

    function frozen(Holding self) internal pure returns (uint256) {
        return uint96(Holding.unwrap(self) >> FROZEN);
    }

    function lockedUntil(Holding self) internal pure returns (uint32) {
        return uint32(Holding.unwrap(self) >> LOCKED_UNTIL);
    }

    /// @notice Record dates taken when the balance last changed.
    function changedAt(Holding self) internal pure returns (uint256) {
        return uint16(Holding.unwrap(self) >> CHANGED_AT);
    }

    /// @notice Number of closed records of this wallet.
    function records(Holding self) internal pure returns (uint256) {
        return uint16(Holding.unwrap(self) >> RECORDS);
    }

    // ---- changes

    function plus(Holding self, uint256 amount) internal pure returns (Holding) {
        unchecked {
            return Holding.wrap(Holding.unwrap(self) + amount);
        }
    }

    function minus(Holding self, uint256 amount) internal pure returns (Holding) {
        unchecked {
            return Holding.wrap(Holding.unwrap(self) - amount);
        }
    }

    /// @notice Above 2^96 - 1, which no balance reaches, 2^96 - 1 is stored.
    function withFrozen(Holding self, uint256 amount) internal pure returns (Holding) {
        uint256 kept = amount > type(uint96).max ? type(uint96).max : amount;
        return _put(self, FROZEN, type(uint96).max, kept);
    }

    /// @notice The later of both locks; a second above 2^32 - 1 (in the year 2106) is stored as 2^32 - 1.
    function withLock(Holding self, uint256 until) internal pure returns (Holding) {
        uint256 kept = until > type(uint32).max ? type(uint32).max : until;
        return kept > self.lockedUntil() ? _put(self, LOCKED_UNTIL, type(uint32).max, kept) : self;
    }

    /// @notice Nothing frozen, nothing locked.
    function unburdened(Holding self) internal pure returns (Holding) {
        return _put(self, FROZEN, type(uint128).max, 0);
    }

    function withRecords(Holding self, uint256 changedAt_, uint256 records_) internal pure returns (Holding) {
        uint256 word = Holding.unwrap(self) & ((1 << CHANGED_AT) - 1);
        return Holding.wrap(word | (changedAt_ << CHANGED_AT) | (records_ << RECORDS));
    }

    function _put(Holding self, uint256 shift, uint256 mask, uint256 value) private pure returns (Holding) {
        return Holding.wrap((Holding.unwrap(self) & ~(mask << shift)) | (value << shift));
    }
}
