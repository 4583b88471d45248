// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Where the head of the registry's audit log is put on record
/// @notice The log stands in the registry's store, each entry hashed over the one before. Its number and hash kept here
/// show whoever has the log whether anything up to that entry was changed, deleted, reordered or cut off since.
interface IAuditAnchors {
    event Anchored(uint64 indexed seq, bytes32 head, address indexed by);

    /// @notice Something later, or this, was anchored before.
    error NotLater(uint64 seq, uint64 last);
    error HeadEmpty();

    /// @notice REGISTRAR; entry `seq` has the hash `head`. Warning: an anchor is never taken back, and the next one
    /// must be of a later entry; `verify` compares all of them with the log, and names who wrote each.
    function anchor(uint64 seq, bytes32 head) external;

    /// @notice The hash anchored for an entry; zero when none was.
    function anchorOf(uint64 seq) external view returns (bytes32 head);
    /// @notice The last anchor; zeros before the first.
    function last() external view returns (uint64 seq, bytes32 head);
}
