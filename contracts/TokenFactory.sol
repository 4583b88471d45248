// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

import {Managed} from "./Managed.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ITokenFactory} from "./interfaces/ITokenFactory.sol";
import {FilingRecord} from "./types/FilingRecord.sol";
import {Roles} from "./types/Roles.sol";
import {FilingId, Terms} from "./types/Types.sol";

/// @title Makes the tranches of a filing
contract TokenFactory is ITokenFactory, Managed {
    IRegistry private immutable _registry;

    constructor(address manager, address registry_) Managed(manager) {
        _registry = IRegistry(registry_);
    }

    // ------------------------------------------------------------------ making

    /// @inheritdoc ITokenFactory
    function create(
        FilingId filing,
        bytes calldata creationCode,
        Terms[] calldata terms,
        bytes32 offchain,
        uint256 upTo
    ) external only(Roles.ISSUER) returns (address[] memory tokens) {
        FilingRecord record = FilingRecord.wrap(_registry.filingOf(filing));
        require(record.isEffective(), FilingNotEffective(filing));
        bytes32 given = planHash(creationCode, terms, offchain);
        bytes32 filed = _registry.planHashOf(filing);
        require(given == filed, PlanDiffers(filing, given, filed));
        require(terms.length == record.planned(), TrancheCountDiffers(filing, terms.length, record.planned()));
        uint256 made = record.made();
        require(made < upTo && upTo <= terms.length, NothingToCreate(filing, made, upTo));

        tokens = new address[](upTo - made);
        for (uint256 i = made; i < upTo; ++i) {
            // Both fit: the plan has at most 32 tranches.
            bytes memory code = _initCode(filing, uint8(i), creationCode, terms[i]);
            address token = Create2.deploy(0, _salt(filing, uint8(i)), code);
            tokens[i - made] = token;
            _registry.attach(filing, uint8(i), token);
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ITokenFactory
    function planHash(bytes calldata creationCode, Terms[] calldata terms, bytes32 offchain)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, keccak256(creationCode), keccak256(abi.encode(terms)), offchain));
    }

    /// @inheritdoc ITokenFactory
    function addressOf(FilingId filing, uint8 tranche, bytes calldata creationCode, Terms calldata terms)
        external
        view
        returns (address)
    {
        return
            Create2.computeAddress(_salt(filing, tranche), keccak256(_initCode(filing, tranche, creationCode, terms)));
    }

    /// @inheritdoc ITokenFactory
    function registry() external view returns (address) {
        return address(_registry);
    }

    function _salt(FilingId filing, uint8 tranche) private pure returns (bytes32) {
        return keccak256(abi.encode(filing, tranche));
    }

    function _initCode(FilingId filing, uint8 tranche, bytes calldata creationCode, Terms calldata terms)
        private
        view
        returns (bytes memory)
    {
        return abi.encodePacked(creationCode, abi.encode(authority(), address(_registry), filing, tranche, terms));
    }
}
