// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What is owed of a tranche's face, in one storage word, from the lowest bit up: outstanding 96 | principal
/// paid, ever 96. Token units.
type Principal is uint256;

using Principals for Principal global;

/// @title Reading and changing the fields of a Principal
/// @dev Whoever changes one has checked the amount against what is outstanding or written down: together with what was
/// paid they never exceed what was minted, which is below 2^96.
library Principals {
    uint256 private constant PAID = 96;

    function outstanding(Principal self) internal pure returns (uint256) {
        return uint96(Principal.unwrap(self));
    }

    function paid(Principal self) internal pure returns (uint256) {
        return Principal.unwrap(self) >> PAID;
    }

    function minus(Principal self, uint256 amount) internal pure returns (Principal) {
        unchecked {
            return Principal.wrap(Principal.unwrap(self) - amount);
        }
    }

    function plus(Principal self, uint256 amount) internal pure returns (Principal) {
        unchecked {
            return Principal.wrap(Principal.unwrap(self) + amount);
        }
    }

    function plusPaid(Principal self, uint256 amount) internal pure returns (Principal) {
        unchecked {
            return Principal.wrap(Principal.unwrap(self) + (amount << PAID));
        }
    }
}
