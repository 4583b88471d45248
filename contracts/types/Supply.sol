// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One token's sums in one storage word, from the lowest bit up:
/// minted, ever 96 | supply 96 | last change's record date 16 | number of records 16 | investors holding 31 | issue closed 1.
type Supply is uint256;

using Supplies for Supply global;

/// @title Reading and changing the fields of a Supply
/// @dev Whoever adds has checked the sum against the cap, which is below 2^96.
library Supplies {
    uint256 private constant SUPPLY = 96;
    uint256 private constant CHANGED_AT = 192;
    uint256 private constant RECORDS = 208;
    uint256 private constant HOLDERS = 224;
    uint256 private constant ONE_HOLDER = 1 << HOLDERS;
    uint256 private constant CLOSED = 255;

    // ---- fields

    /// @notice Never falls: what was redeemed or retired is not minted again.
    function minted(Supply self) internal pure returns (uint256) {
        return uint96(Supply.unwrap(self));
    }

    function supply(Supply self) internal pure returns (uint256) {
        return uint96(Supply.unwrap(self) >> SUPPLY);
    }

    function changedAt(Supply self) internal pure returns (uint256) {
        return uint16(Supply.unwrap(self) >> CHANGED_AT);
    }

    function records(Supply self) internal pure returns (uint256) {
        return uint16(Supply.unwrap(self) >> RECORDS);
    }

    /// @notice Investors, not wallets, that hold something.
    function holders(Supply self) internal pure returns (uint32) {
        return uint32(Supply.unwrap(self) >> HOLDERS) & (type(uint32).max >> 1);
    }

    /// @notice Whether principal was paid or written down: nothing more is minted.
    function isClosed(Supply self) internal pure returns (bool) {
        return Supply.unwrap(self) >> CLOSED != 0;
    }

    // ---- changes

    /// @param enters whether the receiver's investor is a new holder
    function plusMinted(Supply self, uint256 amount, bool enters) internal pure returns (Supply) {
        unchecked {
            uint256 word = Supply.unwrap(self) + amount + (amount << SUPPLY);
            return Supply.wrap(enters ? word + ONE_HOLDER : word);
        }
    }

    /// @param leaves whether the holder's investor holds nothing any more
    function minusBurned(Supply self, uint256 amount, bool leaves) internal pure returns (Supply) {
        unchecked {
            uint256 word = Supply.unwrap(self) - (amount << SUPPLY);
            return Supply.wrap(leaves ? word - ONE_HOLDER : word);
        }
    }

    /// @notice One holder more, or one less.
    function recounted(Supply self, bool isMore) internal pure returns (Supply) {
        unchecked {
            uint256 word = Supply.unwrap(self);
            return Supply.wrap(isMore ? word + ONE_HOLDER : word - ONE_HOLDER);
        }
    }

    function closed(Supply self) internal pure returns (Supply) {
        return Supply.wrap(Supply.unwrap(self) | (1 << CLOSED));
    }

    function withRecords(Supply self, uint256 changedAt_, uint256 records_) internal pure returns (Supply) {
        uint256 word = Supply.unwrap(self) & ~(uint256(type(uint32).max) << CHANGED_AT);
        return Supply.wrap(word | (changedAt_ << CHANGED_AT) | (records_ << RECORDS));
    }
}
