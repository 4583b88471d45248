// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../interfaces/IRegistry.sol";
import {FilingRecord} from "./FilingRecord.sol";
import {InvestorRecord} from "./InvestorRecord.sol";
import {FilingId} from "./Types.sol";

/// @notice What the registry knows of one movement: a place in memory with four words, in the order in which the
/// registry answers: filing, spender, sender, receiver. The spender is the sender unless another spends an allowance.
/// @dev A pointer of our own instead of a struct, which Solidity would fill with zeros before every movement.
type Facts is uint256;

using FactsFields for Facts global;

/// @title Asking for the four words, and reading them
library FactsFields {
    /// @notice Asks the registry, in one call, for one movement.
    /// @dev Assembly, as every movement pays for it: the answer falls where it belongs. Only our own registry is asked,
    /// so no answer is too short.
    function ask(IRegistry registry, FilingId filing_, address spender_, address from, address to)
        internal
        view
        returns (Facts self)
    {
        bytes32 question = IRegistry.recordsOfMovement.selector;
        assembly ("memory-safe") {
            self := mload(0x40)
            let start := add(self, 0x80)
            mstore(0x40, start)
            mstore(start, question)
            mstore(add(start, 0x04), filing_)
            mstore(add(start, 0x24), spender_)
            mstore(add(start, 0x44), from)
            mstore(add(start, 0x64), to)
            if iszero(staticcall(gas(), registry, start, 0x84, self, 0x80)) { revert(0, 0) }
        }
    }

    /// @notice The same for a batch: the receiver is void, and the records of all receivers stand apart.
    /// @dev Assembly: question and answer are copied whole, not element by element. A word of `to` that is not an
    /// address is nobody's, and refused.
    function askMany(IRegistry registry, FilingId filing_, address from, address[] calldata to)
        internal
        view
        returns (Facts self, uint256[] memory receivers)
    {
        bytes32 question = IRegistry.factsOfMany.selector;
        assembly ("memory-safe") {
            self := mload(0x40)
            let start := add(self, 0x80)
            mstore(start, question)
            mstore(add(start, 0x04), filing_)
            mstore(add(start, 0x24), from)
            mstore(add(start, 0x44), 0x60)
            mstore(add(start, 0x64), to.length)
            let size := shl(5, to.length)
            calldatacopy(add(start, 0x84), to.offset, size)
            if iszero(staticcall(gas(), registry, start, add(size, 0x84), start, add(size, 0x80))) {
                revert(0, 0)
            }
            mstore(self, mload(start))
            mstore(add(self, 0x20), mload(add(start, 0x20)))
            mstore(add(self, 0x40), mload(add(start, 0x20)))
            receivers := add(start, 0x60)
            mstore(0x40, add(receivers, add(size, 0x20)))
        }
    }

    function filing(Facts self) internal pure returns (FilingRecord word) {
        assembly ("memory-safe") {
            word := mload(self)
        }
    }

    function spender(Facts self) internal pure returns (InvestorRecord word) {
        assembly ("memory-safe") {
            word := mload(add(self, 0x20))
        }
    }

    function sender(Facts self) internal pure returns (InvestorRecord word) {
        assembly ("memory-safe") {
            word := mload(add(self, 0x40))
        }
    }

    function receiver(Facts self) internal pure returns (InvestorRecord word) {
        assembly ("memory-safe") {
            word := mload(add(self, 0x60))
        }
    }

    /// @notice The next receiver of a batch.
    function setReceiver(Facts self, uint256 word) internal pure {
        assembly ("memory-safe") {
            mstore(add(self, 0x60), word)
        }
    }
}
