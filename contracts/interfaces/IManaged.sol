// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What obeys one AccessManager
interface IManaged {
    /// @notice The act needs a role that `account` does not hold, or holds with a delay only.
    error RoleNeeded(address account, uint64 role);

    /// @notice The AccessManager that says who holds which role.
    function authority() external view returns (address);
}
