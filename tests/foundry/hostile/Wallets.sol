// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

bytes4 constant SAYS_YES = bytes4(keccak256("isValidSignature(bytes32,bytes)"));

/// @notice A wallet contract (ERC-1271) that signs everything, and does what its owner tells it.
contract Wallet {
    function act(address target, bytes calldata data) public returns (bool isDone, bytes memory answer) {
        return target.call(data);
    }

    function isValidSignature(bytes32, bytes calldata) external virtual returns (bytes4) {
        return SAYS_YES;
    }
}

/// @notice Calls somebody back while it is asked for its signature, and signs nevertheless.
contract WalletReentering is Wallet {
    address private _target;
    bytes private _data;

    function prepare(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function isValidSignature(bytes32, bytes calldata) external override returns (bytes4) {
        (bool isDone,) = _target.call(_data);
        return isDone ? bytes4(0) : SAYS_YES;
    }
}

/// @notice Reverts, with more data than anybody wants.
contract WalletReverting is Wallet {
    function isValidSignature(bytes32, bytes calldata) external pure override returns (bytes4) {
        assembly ("memory-safe") {
            revert(0, 1000000)
        }
    }
}

/// @notice Uses up all gas it gets.
contract WalletBurning is Wallet {
    function isValidSignature(bytes32, bytes calldata) external pure override returns (bytes4) {
        while (true) {}
        return SAYS_YES;
    }
}

/// @notice Says yes, followed by a million bytes.
contract WalletBombing is Wallet {
    function isValidSignature(bytes32, bytes calldata) external pure override returns (bytes4) {
        bytes32 yes = SAYS_YES;
        assembly ("memory-safe") {
            mstore(0, yes)
            return(0, 1000000)
        }
    }
}

/// @notice Says yes in too few bytes.
contract WalletMumbling is Wallet {
    function isValidSignature(bytes32, bytes calldata) external pure override returns (bytes4) {
        bytes32 yes = SAYS_YES;
        assembly ("memory-safe") {
            mstore(0, yes)
            return(0, 4)
        }
    }
}
