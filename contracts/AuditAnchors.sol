// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Managed} from "./Managed.sol";
import {IAuditAnchors} from "./interfaces/IAuditAnchors.sol";
import {Roles} from "./types/Roles.sol";

/// @title Where the head of the registry's audit log is put on record
contract AuditAnchors is IAuditAnchors, Managed {
    uint64 private _last;
    mapping(uint64 seq => bytes32 head) private _heads;

    constructor(address manager) Managed(manager) {}

    /// @inheritdoc IAuditAnchors
    function anchor(uint64 seq, bytes32 head) external only(Roles.REGISTRAR) {
        require(seq > _last, NotLater(seq, _last));
        require(head != 0, HeadEmpty());
        _last = seq;
        _heads[seq] = head;
        emit Anchored(seq, head, msg.sender);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IAuditAnchors
    function anchorOf(uint64 seq) external view returns (bytes32 head) {
        return _heads[seq];
    }

    /// @inheritdoc IAuditAnchors
    function last() external view returns (uint64 seq, bytes32 head) {
        return (_last, _heads[_last]);
    }
}
