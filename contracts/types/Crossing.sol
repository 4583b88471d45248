// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a movement does to the circle of holders, by investor, in one word: what the receiver's investor holds
/// in all wallets before 96 | the sender's investor ceases to hold 1 | the receiver's investor begins to hold 1.
type Crossing is uint256;

using Crossings for Crossing global;

/// @title Reading and making a Crossing
library Crossings {
    uint256 private constant LEAVES = 1 << 96;
    uint256 private constant ENTERS = 1 << 97;

    /// @notice Nobody comes or goes.
    function standing(uint256 receiverHolds_) internal pure returns (Crossing) {
        return Crossing.wrap(receiverHolds_);
    }

    /// @notice Something reaches an investor; one who held nothing before enters.
    function moving(uint256 receiverHolds_, bool leaves_) internal pure returns (Crossing) {
        uint256 word = receiverHolds_ == 0 ? ENTERS : receiverHolds_;
        return Crossing.wrap(leaves_ ? word | LEAVES : word);
    }

    /// @notice Whether a holder may come or go: the sender gives all, or the receiver's investor has nothing yet.
    /// @dev Assembly for one branch instead of two, as every movement asks.
    function isPossible(uint256 senderHas, uint256 receiverHolds_, uint256 amount) internal pure returns (bool isSo) {
        assembly ("memory-safe") {
            isSo := or(eq(senderHas, amount), iszero(receiverHolds_))
        }
    }

    function receiverHolds(Crossing self) internal pure returns (uint256) {
        return uint96(Crossing.unwrap(self));
    }

    /// @notice Whether the number of holders changes: one who leaves makes room for one who enters.
    function changesCount(Crossing self) internal pure returns (bool) {
        // The two flags are neighbours.
        return (Crossing.unwrap(self) ^ (Crossing.unwrap(self) >> 1)) & LEAVES != 0;
    }

    function leaves(Crossing self) internal pure returns (bool) {
        return Crossing.unwrap(self) & LEAVES != 0;
    }

    function enters(Crossing self) internal pure returns (bool) {
        return Crossing.unwrap(self) & ENTERS != 0;
    }
}
