// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Record, Records} from "../../contracts/types/Record.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice The search in the records of a wallet against a plain walk through them, for all dates and amounts.
contract RecordsProof is Symbolic {
    using Records for mapping(uint256 => Record);

    mapping(uint256 => Record) private _records;

    /// @dev Three changes at three later dates; every date in between has the amount that stood then.
    function check_P7_the_search_finds_what_stood_then(
        uint96 first,
        uint96 second,
        uint96 third,
        uint16 one,
        uint16 two,
        uint16 three,
        uint16 date
    ) external {
        vm.assume(one < two && two < three && date != 0 && date <= three);
        uint256 count = _records.close(0, 0, one, first);
        count = _records.close(count, one, two, second);
        count = _records.close(count, two, three, third);
        uint256 wanted = date <= one ? first : date <= two ? second : third;
        assert(_records.amountAt(count, date) == wanted);
    }
}
