// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Short texts in one word: at most 31 bytes, left-aligned, zero-padded
library Words {
    /// @notice Whether a word is a text: not empty, its last byte zero, and no zero byte inside.
    function isText(bytes32 word) internal pure returns (bool) {
        uint256 length = _lengthOf(word);
        return length != 0 && length < 32 && uint256(word) << (8 * length) == 0;
    }

    function text(bytes32 word) internal pure returns (string memory) {
        bytes memory content = new bytes(_lengthOf(word));
        for (uint256 i = 0; i < content.length; ++i) {
            content[i] = word[i];
        }
        return string(content);
    }

    function _lengthOf(bytes32 word) private pure returns (uint256 length) {
        while (length < 32 && word[length] != 0) ++length;
    }
}
