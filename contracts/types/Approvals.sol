// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "./Types.sol";

/// @title What a gatekeeper signs, as EIP-712 hashes it
library Approvals {
    bytes32 private constant MINT_TYPE = keccak256(
        "Mint(address[] to,uint256[] amounts,bytes32 operation,bytes32 decision,uint40 deadline,address gatekeeper)"
    );

    /// @notice Hash of the content; the token's domain comes on top.
    /// @dev Arrays are hashed as their bare elements, which stand side by side in the calldata. Assembly copies them at
    /// once; an element that is not clean fails when it is read.
    function hashOf(address[] calldata to, uint256[] calldata amounts, Approval calldata approval)
        internal
        pure
        returns (bytes32)
    {
        bytes32 toHash;
        bytes32 amountsHash;
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, to.offset, shl(5, to.length))
            toHash := keccak256(start, shl(5, to.length))
            calldatacopy(start, amounts.offset, shl(5, amounts.length))
            amountsHash := keccak256(start, shl(5, amounts.length))
        }
        return keccak256(
            abi.encode(
                MINT_TYPE,
                toHash,
                amountsHash,
                approval.operation,
                approval.decision,
                approval.deadline,
                approval.gatekeeper
            )
        );
    }
}
