// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice ERC-1404: the code of the restriction, and its words. Codes equal the `Reason` values.
interface IERC1404 {
    function detectTransferRestriction(address from, address to, uint256 amount) external view returns (uint8 code);
    function messageForTransferRestriction(uint8 code) external view returns (string memory message);
}
