// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Facts} from "../../contracts/types/Facts.sol";

interface Assumptions {
    function assume(bool condition) external pure;
}

/// @notice What halmos needs: a promise is tried with all words at once, and holds when no `assert` can fail.
abstract contract Symbolic {
    Assumptions internal constant vm = Assumptions(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev The four words that the registry would answer.
    function facts(uint256 filing, uint256 spender, uint256 sender, uint256 receiver)
        internal
        pure
        returns (Facts made)
    {
        assembly ("memory-safe") {
            made := mload(0x40)
            mstore(0x40, add(made, 0x80))
            mstore(made, filing)
            mstore(add(made, 0x20), spender)
            mstore(add(made, 0x40), sender)
            mstore(add(made, 0x60), receiver)
        }
    }

    /// @dev The bits of a word from `low` on, `width` of them.
    function bitsOf(uint256 word, uint256 low, uint256 width) internal pure returns (uint256) {
        return (word >> low) & ((1 << width) - 1);
    }

    /// @dev The word without these bits.
    function without(uint256 word, uint256 low, uint256 width) internal pure returns (uint256) {
        return word & ~(((1 << width) - 1) << low);
    }
}
