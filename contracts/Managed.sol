// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

import {IManaged} from "./interfaces/IManaged.sol";

/// @title Obeys one AccessManager for good
/// @notice Which role an act needs stands in the code of the contract; who holds the role stands in the manager, and
/// changes there alone. Nobody, not even an administrator, can open an act to another role, close a contract, or put
/// another manager in place.
abstract contract Managed is IManaged {
    IAccessManager private immutable _manager;

    constructor(address manager) {
        _manager = IAccessManager(manager);
    }

    modifier only(uint64 role) {
        _requireRole(role);
        _;
    }

    /// @inheritdoc IManaged
    function authority() public view returns (address) {
        return address(_manager);
    }

    function _requireRole(uint64 role) internal view {
        require(_holds(role, msg.sender), RoleNeeded(msg.sender, role));
    }

    function _holds(uint64 role, address account) internal view returns (bool) {
        (uint48 since, uint32 delay,,) = _manager.getAccess(role, account);
        return since != 0 && since <= block.timestamp && delay == 0;
    }
}
