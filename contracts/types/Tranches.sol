// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {IRegistry} from "../interfaces/IRegistry.sol";
import {ISecurityToken} from "../interfaces/ISecurityToken.sol";
import {FilingId} from "./Types.sol";

/// @title Telling our tranches from anything else
library Tranches {
    using LowLevelCall for address;

    /// @notice Whether the registry knows an account as a tranche of a filing, whatever stands there.
    /// @dev The account is only asked where to look: an answer that is wrong, or none, leads to another account.
    function isTranche(IRegistry registry, address account) internal view returns (bool) {
        (, bytes32 filing,) = account.staticcallReturn64Bytes(abi.encodeCall(ISecurityToken.filing, ()));
        (, bytes32 tranche,) = account.staticcallReturn64Bytes(abi.encodeCall(ISecurityToken.tranche, ()));
        address found = registry.tokenOf(FilingId.wrap(uint64(uint256(filing))), uint8(uint256(tranche)));
        return found == account && found != address(0);
    }
}
