// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FilingId, Terms} from "../types/Types.sol";

/// @title Makes the tranches of a filing, only from the filed plan and code
/// @notice planHash =
/// keccak256(abi.encode(chainid, keccak256(creationCode), keccak256(abi.encode(Terms[])), offchain)).
interface ITokenFactory {
    error PlanDiffers(FilingId filing, bytes32 given, bytes32 filed);
    error FilingNotEffective(FilingId filing);
    error TrancheCountDiffers(FilingId filing, uint256 given, uint256 filed);
    error NothingToCreate(FilingId filing, uint256 made, uint256 upTo);

    /// @notice ISSUER; creates tranches in order, from the next unmade one, until `upTo` exist.
    /// @param creationCode the token's creation code without its arguments: manager, registry, filing, tranche, terms
    /// @param offchain hash of everything off chain: deal and dossier
    function create(
        FilingId filing,
        bytes calldata creationCode,
        Terms[] calldata terms,
        bytes32 offchain,
        uint256 upTo
    ) external returns (address[] memory tokens);

    function planHash(bytes calldata creationCode, Terms[] calldata terms, bytes32 offchain)
        external
        view
        returns (bytes32);
    /// @notice Address of a tranche: CREATE2 with salt keccak256(abi.encode(filing, tranche)); tranches count from 0.
    function addressOf(FilingId filing, uint8 tranche, bytes calldata creationCode, Terms calldata terms)
        external
        view
        returns (address);
    function registry() external view returns (address);
}
