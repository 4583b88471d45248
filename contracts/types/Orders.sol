// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Order, Trade} from "../interfaces/ISettlement.sol";

/// @title What the parties of a trade and an investor sign, as EIP-712 hashes it
library Orders {
    bytes32 private constant TRADE_TYPE = keccak256(
        "Trade(address token,address asset,address seller,address buyer,"
        "uint256 amount,uint256 price,uint40 deadline,bytes32 id)"
    );
    bytes32 private constant ORDER_TYPE = keccak256(
        "Order(address token,address asset,address buyer,uint256 amount,uint256 price,uint40 deadline,bytes32 id)"
    );

    /// @notice Hash of the content; the settlement contract's domain comes on top.
    /// @dev A struct without arrays is encoded as EIP-712 wants it: one word per field, in place.
    function hashOf(Trade calldata trade) internal pure returns (bytes32) {
        return keccak256(abi.encode(TRADE_TYPE, trade));
    }

    /// @notice Hash of the content; the settlement contract's domain comes on top.
    function hashOf(Order calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPE, order));
    }
}
