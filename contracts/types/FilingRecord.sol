// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FilingStatus} from "./Types.sol";

/// @notice One filing in one storage word; the layout stands in `IRegistry`.
type FilingRecord is uint256;

using FilingRecords for FilingRecord global;

// Earliest last-good second when no obligation is open.
uint40 constant NOTHING_DUE = type(uint40).max;

/// @title Reading and changing the fields of a FilingRecord
library FilingRecords {
    uint256 private constant STATUS = 0;
    uint256 private constant PAUSED = 8;
    uint256 private constant GOOD_UNTIL = 40;
    uint256 private constant DATES = 80;
    uint256 private constant NEXT_DATE = 96;
    uint256 private constant PLANNED = 136;
    uint256 private constant MADE = 144;
    uint256 private constant OPEN = 152;
    uint256 private constant LAST_OBLIGATION = 160;
    uint256 private constant ISSUE_BEGUN = 176;
    uint256 private constant DOCUMENTS = 177;
    uint256 private constant HOOKS = 193;

    /// @notice A filing just recorded: submitted, nothing made, nothing due.
    function submitted(uint8 tranches) internal pure returns (FilingRecord) {
        return FilingRecord.wrap(0).withStatus(FilingStatus.Submitted).withPlanned(tranches).withGoodUntil(NOTHING_DUE);
    }

    // ---- what the rules ask

    function isEffective(FilingRecord self) internal pure returns (bool) {
        return uint8(FilingRecord.unwrap(self)) == uint8(FilingStatus.Effective);
    }

    function isPaused(FilingRecord self, uint256 tranche) internal pure returns (bool) {
        unchecked {
            return (FilingRecord.unwrap(self) >> (PAUSED + tranche)) & 1 != 0;
        }
    }

    function isOverdue(FilingRecord self, uint256 time) internal pure returns (bool) {
        return time > self.goodUntil();
    }

    /// @notice Whether every tranche of the plan exists.
    function isComplete(FilingRecord self) internal pure returns (bool) {
        return self.made() == self.planned();
    }

    /// @notice Record dates taken by `time`: an announced one counts by itself from its second.
    /// @dev Assembly for no branch, as every movement asks.
    function datesTaken(FilingRecord self, uint256 time) internal pure returns (uint256 taken) {
        (uint256 counted, uint256 next) = (uint16(FilingRecord.unwrap(self) >> DATES), self.nextDate());
        assembly ("memory-safe") {
            // Without a next date the difference is the greatest number, which no time passes.
            taken := add(counted, gt(time, sub(next, 1)))
        }
    }

    // ---- fields

    function status(FilingRecord self) internal pure returns (FilingStatus) {
        return FilingStatus(uint8(FilingRecord.unwrap(self)));
    }

    function goodUntil(FilingRecord self) internal pure returns (uint40) {
        return uint40(FilingRecord.unwrap(self) >> GOOD_UNTIL);
    }

    function nextDate(FilingRecord self) internal pure returns (uint40) {
        return uint40(FilingRecord.unwrap(self) >> NEXT_DATE);
    }

    function planned(FilingRecord self) internal pure returns (uint8) {
        return uint8(FilingRecord.unwrap(self) >> PLANNED);
    }

    function made(FilingRecord self) internal pure returns (uint8) {
        return uint8(FilingRecord.unwrap(self) >> MADE);
    }

    function open(FilingRecord self) internal pure returns (uint8) {
        return uint8(FilingRecord.unwrap(self) >> OPEN);
    }

    function lastObligation(FilingRecord self) internal pure returns (uint16) {
        return uint16(FilingRecord.unwrap(self) >> LAST_OBLIGATION);
    }

    function issueBegun(FilingRecord self) internal pure returns (bool) {
        return (FilingRecord.unwrap(self) >> ISSUE_BEGUN) & 1 != 0;
    }

    /// @notice Names under which documents were published.
    function documents(FilingRecord self) internal pure returns (uint16) {
        return uint16(FilingRecord.unwrap(self) >> DOCUMENTS);
    }

    /// @notice Subscribers to what is published.
    function hooks(FilingRecord self) internal pure returns (uint8) {
        return uint8(FilingRecord.unwrap(self) >> HOOKS) & 15;
    }

    // ---- changes

    function withStatus(FilingRecord self, FilingStatus to) internal pure returns (FilingRecord) {
        return _put(self, STATUS, type(uint8).max, uint8(to));
    }

    function withPaused(FilingRecord self, uint8 tranche, bool isSet) internal pure returns (FilingRecord) {
        return _put(self, PAUSED + tranche, 1, isSet ? 1 : 0);
    }

    function withGoodUntil(FilingRecord self, uint40 second) internal pure returns (FilingRecord) {
        return _put(self, GOOD_UNTIL, type(uint40).max, second);
    }

    function withDates(FilingRecord self, uint256 taken, uint40 next) internal pure returns (FilingRecord) {
        return _put(_put(self, DATES, type(uint16).max, taken), NEXT_DATE, type(uint40).max, next);
    }

    function withPlanned(FilingRecord self, uint8 tranches) internal pure returns (FilingRecord) {
        return _put(self, PLANNED, type(uint8).max, tranches);
    }

    function withMade(FilingRecord self, uint8 tranches) internal pure returns (FilingRecord) {
        return _put(self, MADE, type(uint8).max, tranches);
    }

    function withOpen(FilingRecord self, uint8 count) internal pure returns (FilingRecord) {
        return _put(self, OPEN, type(uint8).max, count);
    }

    function withLastObligation(FilingRecord self, uint16 obligation) internal pure returns (FilingRecord) {
        return _put(self, LAST_OBLIGATION, type(uint16).max, obligation);
    }

    function withIssueBegun(FilingRecord self) internal pure returns (FilingRecord) {
        return _put(self, ISSUE_BEGUN, 1, 1);
    }

    function withDocuments(FilingRecord self, uint16 count) internal pure returns (FilingRecord) {
        return _put(self, DOCUMENTS, type(uint16).max, count);
    }

    function withHooks(FilingRecord self, uint8 count) internal pure returns (FilingRecord) {
        return _put(self, HOOKS, 15, count);
    }

    function _put(FilingRecord self, uint256 shift, uint256 mask, uint256 value) private pure returns (FilingRecord) {
        return FilingRecord.wrap((FilingRecord.unwrap(self) & ~(mask << shift)) | (value << shift));
    }
}
