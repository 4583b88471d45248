// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Terms} from "./Types.sol";

/// @notice The filed terms that every movement is measured by, in one word, from the lowest bit up:
/// cap 96 | lot 96 | regimes 32 | largest share 16 | risk 8 | overdue stops transfers 8.
type Product is uint256;

using Products for Product global;

/// @title Reading the fields of a Product
library Products {
    uint256 private constant LOT = 96;
    uint256 private constant REGIMES = 192;
    uint256 private constant SHARE = 224;
    uint256 private constant RISK = 240;
    uint256 private constant OVERDUE_STOPS = 248;

    function pack(Terms memory terms) internal pure returns (Product) {
        uint256 word = terms.cap | (uint256(terms.lot) << LOT) | (uint256(terms.regimes) << REGIMES);
        word |= (uint256(terms.maxShareBps) << SHARE) | (uint256(terms.risk) << RISK);
        return Product.wrap(terms.overdueStopsTransfers ? word | (1 << OVERDUE_STOPS) : word);
    }

    function cap(Product self) internal pure returns (uint96) {
        return uint96(Product.unwrap(self));
    }

    function lot(Product self) internal pure returns (uint96) {
        return uint96(Product.unwrap(self) >> LOT);
    }

    /// @dev Assembly: the token's constructor has seen that the lot is not zero, so no check is paid for.
    function isWholeLots(Product self, uint256 amount) internal pure returns (bool isSo) {
        uint256 one = self.lot();
        assembly ("memory-safe") {
            isSo := iszero(mod(amount, one))
        }
    }

    function regimes(Product self) internal pure returns (uint32) {
        return uint32(Product.unwrap(self) >> REGIMES);
    }

    function maxShareBps(Product self) internal pure returns (uint16) {
        return uint16(Product.unwrap(self) >> SHARE);
    }

    function risk(Product self) internal pure returns (uint8) {
        return uint8(Product.unwrap(self) >> RISK);
    }

    function overdueStopsTransfers(Product self) internal pure returns (bool) {
        return Product.unwrap(self) >> OVERDUE_STOPS != 0;
    }
}

/// @notice The other filed terms that rules ask for, in one word, from the lowest bit up:
/// most holders 32 | lock seconds 32 | maturity 40 | largest holding 96 | tranche 8.
type Conditions is uint256;

using ConditionsFields for Conditions global;

/// @title Reading the fields of Conditions
library ConditionsFields {
    uint256 private constant LOCK = 32;
    uint256 private constant MATURITY = 64;
    uint256 private constant LARGEST = 104;
    uint256 private constant TRANCHE = 200;

    function pack(Terms memory terms, uint8 tranche_) internal pure returns (Conditions) {
        uint256 largest = uint256(terms.cap) * terms.maxShareBps / 10_000;
        if (terms.maxShareBps == 0) largest = type(uint96).max;
        uint256 word = terms.maxHolders | (uint256(terms.lockSeconds) << LOCK);
        word |= (uint256(terms.maturity) << MATURITY) | (largest << LARGEST);
        return Conditions.wrap(word | (uint256(tranche_) << TRANCHE));
    }

    function maxHolders(Conditions self) internal pure returns (uint32) {
        return uint32(Conditions.unwrap(self));
    }

    function lockSeconds(Conditions self) internal pure returns (uint32) {
        return uint32(Conditions.unwrap(self) >> LOCK);
    }

    function maturity(Conditions self) internal pure returns (uint40) {
        return uint40(Conditions.unwrap(self) >> MATURITY);
    }

    /// @notice Whether an investor who holds `held` would hold too much of the filed amount (R-57). The largest holding
    /// is rounded down; without a limit it is 2^96 - 1, so the answer counts only where shares are limited.
    /// @dev Assembly for one branch, and none but this where shares are within the limit.
    function isTooMuch(Conditions self, uint256 held, uint256 amount) internal pure returns (bool isSo) {
        uint256 largest = uint96(Conditions.unwrap(self) >> LARGEST);
        assembly ("memory-safe") {
            isSo := or(gt(held, largest), gt(amount, sub(largest, held)))
        }
    }

    function tranche(Conditions self) internal pure returns (uint256) {
        return Conditions.unwrap(self) >> TRANCHE;
    }
}
