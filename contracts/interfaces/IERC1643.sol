// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ERC-1643: the documents of a token, read
/// @notice Writing belongs to the registry, for all tranches of a filing at once (`IRegistry.publish`).
interface IERC1643 {
    /// @return uri where the document stands
    /// @return documentHash its hash; zero when there is none of that name
    /// @return lastModified second at which it was published
    function getDocument(bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified);
    function getAllDocuments() external view returns (bytes32[] memory names);
}
