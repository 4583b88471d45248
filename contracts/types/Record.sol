// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An amount at every record date in (since, until]: amount 96 | since 16 | until 16.
type Record is uint256;

/// @title Records of an amount at record dates, oldest first, in a mapping from 0
library Records {
    uint256 private constant SINCE = 96;
    uint256 private constant UNTIL = 112;

    /// @notice Closes the record of `amount` at the first change after a record date. Zero is not written: no record
    /// says zero.
    /// @param count records written before
    /// @return records written afterwards
    function close(mapping(uint256 => Record) storage self, uint256 count, uint256 since, uint256 until, uint256 amount)
        internal
        returns (uint256)
    {
        if (amount == 0) return count;
        self[count] = Record.wrap(amount | (since << SINCE) | (until << UNTIL));
        return count + 1;
    }

    /// @notice The amount at a record date up to the last change, by binary search; zero where no record stands.
    function amountAt(mapping(uint256 => Record) storage self, uint256 count, uint256 date)
        internal
        view
        returns (uint256)
    {
        uint256 low = 0;
        uint256 high = count;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (uint16(Record.unwrap(self[middle]) >> UNTIL) < date) low = middle + 1;
            else high = middle;
        }
        if (low == count) return 0;
        uint256 found = Record.unwrap(self[low]);
        return uint16(found >> SINCE) < date ? uint96(found) : 0;
    }
}
