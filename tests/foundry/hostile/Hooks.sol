// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisclosureHook} from "../../../contracts/interfaces/IDisclosureHook.sol";
import {IRegistry} from "../../../contracts/interfaces/IRegistry.sol";
import {FilingId} from "../../../contracts/types/Types.sol";

/// @notice A good subscriber: remembers what it was told, and the gas it was given.
contract GoodHook is IDisclosureHook {
    uint256 public calls;
    uint256 public gasGiven;
    bytes32 public heard;

    function onPublished(FilingId filing, uint16 obligation, bytes32 name, uint16 kind, bytes32 documentHash) external {
        uint256 left = gasleft();
        if (calls == 0 || left < gasGiven) gasGiven = left;
        ++calls;
        heard = keccak256(abi.encode(filing, obligation, name, kind, documentHash));
    }
}

contract RevertingHook is IDisclosureHook {
    function onPublished(FilingId, uint16, bytes32, uint16, bytes32) external pure {
        revert("no");
    }
}

contract BurningHook is IDisclosureHook {
    uint256 private _sum;

    function onPublished(FilingId, uint16, bytes32, uint16, bytes32) external {
        while (true) {
            ++_sum;
        }
    }
}

/// @notice Gives back as much as its gas can make.
contract BombingHook is IDisclosureHook {
    function onPublished(FilingId, uint16, bytes32, uint16, bytes32) external pure {
        assembly ("memory-safe") {
            return(0, 150000)
        }
    }
}

/// @notice Calls whatever it was told to call; holds whatever roles it was given.
contract CallingHook is IDisclosureHook {
    address private immutable _target;
    bytes private _data;
    bool public hasPassed;
    bytes4 public answer;

    constructor(address target, bytes memory data) {
        (_target, _data) = (target, data);
    }

    function onPublished(FilingId, uint16, bytes32, uint16, bytes32) external {
        bytes memory found;
        (hasPassed, found) = _target.call(_data);
        answer = bytes4(found);
    }
}
