// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {FilingId} from "../types/Types.sol";

/// @title Emits events by the thousand, with nothing behind them: what the bench has the journal read. Never deployed
/// otherwise.
/// @notice The supply is issued to 1 to `holders`, then units move among them.
contract EventMill {
    /// @notice As the registry says that a tranche is made.
    function attach(address token) external {
        emit IRegistry.TrancheAttached(FilingId.wrap(1), 0, token);
    }

    function issue(uint256 first, uint256 count, uint256 each) external {
        for (uint256 i = first; i < first + count; ++i) {
            emit IERC20.Transfer(address(0), _holder(i), each);
        }
    }

    /// @notice One unit each time, between two holders that a seed gives.
    function move(uint256 count, uint256 holders, uint256 seed) external {
        for (uint256 i = 0; i < count; ++i) {
            uint256 chance = uint256(keccak256(abi.encode(seed, i)));
            emit IERC20.Transfer(_holder(1 + chance % holders), _holder(1 + (chance >> 128) % holders), 1);
        }
    }

    function _holder(uint256 number) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(number)))));
    }
}
