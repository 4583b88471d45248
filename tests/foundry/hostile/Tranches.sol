// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISecurityToken} from "../../../contracts/interfaces/ISecurityToken.sol";
import {FilingId} from "../../../contracts/types/Types.sol";

/// @notice Says it is a tranche that it is not.
contract Mimic {
    ISecurityToken private immutable _real;

    constructor(address real) {
        _real = ISecurityToken(real);
    }

    function filing() external view returns (FilingId) {
        return _real.filing();
    }

    function tranche() external view returns (uint8) {
        return _real.tranche();
    }

    function totalSupplyAt(uint16 recordDate) external view returns (uint256) {
        return _real.totalSupplyAt(recordDate);
    }
}

/// @notice A tranche that says of everybody that he holds as much as it likes, of a supply of ten.
contract LyingTranche {
    FilingId public immutable filing;
    uint8 public constant tranche = 0;
    uint256 private _held;

    constructor(FilingId filing_) {
        filing = filing_;
    }

    function say(uint256 held) external {
        _held = held;
    }

    function totalSupplyAt(uint16) external pure returns (uint256) {
        return 10;
    }

    function holdingOf(address) external view returns (uint256) {
        return _held;
    }
}
