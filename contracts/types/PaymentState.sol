// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What has been paid of one payment, in one storage word, from the lowest bit up:
/// settled 96 (token units whose holders have been paid) | carried 40 (dust it took over) | paid 119 (units of the
/// asset) | declared 1.
type PaymentState is uint256;

using PaymentStates for PaymentState global;

/// @title Reading and changing the fields of a PaymentState
library PaymentStates {
    uint256 private constant CARRIED = 96;
    uint256 private constant PAID = 136;
    uint256 private constant DECLARED = 1 << 255;

    /// @notice A payment just declared: nobody is paid.
    function declared(uint40 carried_) internal pure returns (PaymentState) {
        return PaymentState.wrap(DECLARED | (uint256(carried_) << CARRIED));
    }

    function isDeclared(PaymentState self) internal pure returns (bool) {
        return PaymentState.unwrap(self) != 0;
    }

    /// @notice Token units whose holders have been paid.
    function settled(PaymentState self) internal pure returns (uint256) {
        return uint96(PaymentState.unwrap(self));
    }

    function carried(PaymentState self) internal pure returns (uint40) {
        return uint40(PaymentState.unwrap(self) >> CARRIED);
    }

    function paid(PaymentState self) internal pure returns (uint256) {
        return (PaymentState.unwrap(self) & ~DECLARED) >> PAID;
    }

    /// @notice One holder more is paid.
    /// @dev Whoever adds has checked that no more is settled than the supply: so no more is paid than the payment has,
    /// which is below 2^113.
    function plus(PaymentState self, uint256 held, uint256 amount) internal pure returns (PaymentState) {
        unchecked {
            return PaymentState.wrap(PaymentState.unwrap(self) + held + (amount << PAID));
        }
    }
}
