// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Reads many balances of a token with one call
/// @notice Never deployed: its constructor is run by a call that makes a contract, and answers, in place of code, with
/// one word of zeros (so that no balance can look like a forbidden first byte of code), the supply, and the balance of
/// each wallet in the order asked. 700 wallets at most, as code is at most 24,576 bytes.
contract BalanceLens {
    constructor(IERC20 token, address[] memory wallets) {
        uint256[] memory words = new uint256[](wallets.length + 2);
        words[1] = token.totalSupply();
        for (uint256 i = 0; i < wallets.length; ++i) {
            words[i + 2] = token.balanceOf(wallets[i]);
        }
        assembly ("memory-safe") {
            return(add(words, 32), mul(mload(words), 32))
        }
    }
}
