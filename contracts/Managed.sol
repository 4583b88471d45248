// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @title Obeys one AccessManager for good
/// @notice OpenZeppelin's AccessManaged with its authority in the code: no act, not even an administrator's, puts
/// another in its place. Who holds which role changes in the manager; who asks it does not change.
abstract contract Managed is AccessManaged {
    address private immutable _manager;

    constructor(address manager) AccessManaged(manager) {
        _manager = manager;
    }

    /// @inheritdoc AccessManaged
    function authority() public view override returns (address) {
        return _manager;
    }

    /// @notice Refuses everyone, the manager too.
    function setAuthority(address) public virtual override {
        revert AccessManagedUnauthorized(msg.sender);
    }
}
