// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title OpenZeppelin's plain ERC-20, without any rule: what the bench compares with. Never deployed otherwise.
contract PlainToken is ERC20("Plain", "PLAIN") {
    constructor(address[] memory holders, uint256 each) {
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], each);
        }
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
