// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice What a coin does when it is asked to move money.
enum Mood {
    Good, //    0  moves it, and says so
    Silent, //  1  moves it, and says nothing
    Fee, //     2  keeps a tenth
    Skim, //    3  takes a tenth more from the sender
    Lie, //     4  moves nothing, and says it did
    False, //   5  moves nothing, and says so
    Revert, //  6
    Burn, //    7  burns all gas it is given
    Bomb, //    8  answers with a megabyte
    Fuse, //    9  reverts with a megabyte
    Reenter // 10  calls back first, then moves it
}

/// @notice An ERC-20 whose mood anybody may change.
contract Coin is ERC20("Coin", "COIN") {
    Mood public mood;
    address private _target;
    bytes private _call;
    /// What came of calling back.
    bool public calledBack;
    bytes public answer;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function become(Mood mood_) external {
        mood = mood_;
    }

    /// @notice Calls back with this each time it is asked to move money.
    function reenter(address target, bytes calldata data) external {
        (mood, _target, _call) = (Mood.Reenter, target, data);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _act(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return _act(from, to, amount);
    }

    function _act(address from, address to, uint256 amount) private returns (bool) {
        if (mood == Mood.Revert) revert("moody");
        if (mood == Mood.False) return false;
        if (mood == Mood.Lie) return true;
        if (mood == Mood.Reenter) (calledBack, answer) = _target.call(_call);
        if (mood == Mood.Burn || mood == Mood.Bomb || mood == Mood.Fuse) _explode();
        _transfer(from, to, mood == Mood.Fee ? amount - amount / 10 : amount);
        if (mood == Mood.Skim) _transfer(from, address(this), amount / 10);
        if (mood == Mood.Silent) {
            assembly ("memory-safe") {
                return(0, 0)
            }
        }
        return true;
    }

    function _explode() private view {
        Mood now_ = mood;
        assembly ("memory-safe") {
            switch now_
            case 7 { invalid() }
            case 8 { return(0, 0x100000) }
            default { revert(0, 0x100000) }
        }
    }
}
