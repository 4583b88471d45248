// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How an asset misbehaves.
enum Trick {
    None,
    KeepsFee, //     the receiver gets one unit less
    AddsBonus, //    the receiver gets one unit more
    SaysNo, //       moves, and returns false
    SaysNothing, //  moves, and returns nothing, as some old assets do
    Lies, //         moves nothing, and returns true
    TakesBack, //    takes from the receiver instead
    Reverts,
    Burns, //        uses up all gas it gets
    Bombs, //        moves, and returns true and a million bytes
    CallsBack //     calls somebody before it moves; remembers what came of it
}

/// @notice A settlement asset that anybody may print, with a trick.
contract CrookedCash {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    Trick public trick;
    uint256 public permits;
    bool public isCalledBack;
    bytes public answer;
    address private _target;
    bytes private _data;

    function print(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function play(Trick trick_) external {
        trick = trick_;
    }

    function callBack(address target, bytes calldata data) external {
        (trick, _target, _data) = (Trick.CallsBack, target, data);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    /// @dev Allows nothing, but is counted, and plays the trick too.
    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        ++permits;
        _play();
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (trick == Trick.Lies) return true;
        if (trick == Trick.TakesBack) (from, to) = (to, from);
        balanceOf[from] -= amount;
        _play();
        balanceOf[to] += amount;
        if (trick == Trick.KeepsFee) --balanceOf[to];
        if (trick == Trick.AddsBonus) ++balanceOf[to];
        if (trick == Trick.SaysNothing || trick == Trick.Bombs) {
            uint256 length = trick == Trick.Bombs ? 1_000_000 : 0;
            assembly ("memory-safe") {
                mstore(0, 1)
                return(0, length)
            }
        }
        return trick != Trick.SaysNo;
    }

    function _play() private {
        if (trick == Trick.Reverts) revert("crooked");
        if (trick == Trick.Burns) {
            while (true) {}
        }
        if (trick == Trick.CallsBack) (isCalledBack, answer) = _target.call(_data);
    }
}
