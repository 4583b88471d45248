// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Managed} from "./Managed.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {FilingRecord, FilingRecords} from "./types/FilingRecord.sol";
import {Roles} from "./types/Roles.sol";
import {FilingId, FilingStatus} from "./types/Types.sol";

/// @title Filings (备案), their plans and their tranches
abstract contract Filings is IRegistry, Managed {
    struct Plan {
        bytes32 hash;
        uint32 completionWithin;
    }

    uint8 private constant MOST_TRANCHES = 32;

    mapping(FilingId => FilingRecord) internal _filings;
    mapping(FilingId => Plan) internal _plans;
    mapping(FilingId => mapping(uint8 tranche => address)) private _tokens;
    // While subscribers are called, nothing of the registry changes.
    bool internal transient _isCalling;

    modifier quiet() {
        _requireQuiet();
        _;
    }

    modifier by(uint64 role) {
        _requireQuiet();
        _requireRole(role);
        _;
    }

    function _requireQuiet() private view {
        require(!_isCalling, CalledBack());
    }

    // ------------------------------------------------------------------ filings

    /// @inheritdoc IRegistry
    function recordFiling(FilingId filing, bytes32 planHash, uint8 tranches, uint32 completionWithin)
        external
        by(Roles.REGISTRAR)
    {
        require(_filings[filing].status() == FilingStatus.None, FilingExists(filing));
        _requirePlan(filing, planHash, tranches);
        _filings[filing] = FilingRecords.submitted(tranches);
        _plans[filing] = Plan(planHash, completionWithin);
        emit FilingRecorded(filing, planHash, tranches);
        emit FilingStatusChanged(filing, FilingStatus.None, FilingStatus.Submitted, bytes32(0));
    }

    /// @inheritdoc IRegistry
    function recordStatus(FilingId filing, FilingStatus to, bytes32 evidence) external by(Roles.REGISTRAR) {
        FilingRecord record = _known(filing);
        FilingStatus from = record.status();
        require(_isRecordable(from, to), WrongStatus(filing, from, to));
        require(to != FilingStatus.Lapsed || !record.issueBegun(), IssueBegun(filing));
        _setStatus(filing, from, to, evidence);
    }

    /// @inheritdoc IRegistry
    function recordSupplement(FilingId filing, bytes32 planHash, uint8 tranches, bytes32 evidence)
        external
        by(Roles.REGISTRAR)
    {
        _change(filing, FilingStatus.SupplementRequested, FilingStatus.Submitted, evidence);
        _requirePlan(filing, planHash, tranches);
        _filings[filing] = _filings[filing].withPlanned(tranches);
        _plans[filing].hash = planHash;
        emit FilingRecorded(filing, planHash, tranches);
    }

    /// @inheritdoc IRegistry
    function makeEffective(FilingId filing, bytes32 evidence) external by(Roles.ENFORCER) {
        _change(filing, FilingStatus.Submitted, FilingStatus.Effective, evidence);
    }

    /// @inheritdoc IRegistry
    function suspend(FilingId filing, bytes32 evidence) external by(Roles.REGULATOR) {
        _change(filing, FilingStatus.Effective, FilingStatus.Suspended, evidence);
    }

    /// @inheritdoc IRegistry
    function resume(FilingId filing, bytes32 evidence) external by(Roles.ENFORCER) {
        _change(filing, FilingStatus.Suspended, FilingStatus.Effective, evidence);
    }

    /// @dev The authority's acts that one officer records; those that start or restart anything are not among them.
    function _isRecordable(FilingStatus from, FilingStatus to) private pure returns (bool) {
        bool examined = from == FilingStatus.Submitted || from == FilingStatus.Consultation;
        bool pending = examined || from == FilingStatus.SupplementRequested;
        if (to == FilingStatus.Consultation) return from == FilingStatus.Submitted;
        if (to == FilingStatus.Submitted) return from == FilingStatus.Consultation;
        if (to == FilingStatus.SupplementRequested) return examined;
        if (to == FilingStatus.Refused || to == FilingStatus.Withdrawn) return pending;
        if (to == FilingStatus.Lapsed) return from == FilingStatus.Effective || from == FilingStatus.Suspended;
        return false;
    }

    function _change(FilingId filing, FilingStatus from, FilingStatus to, bytes32 evidence) private {
        FilingStatus found = _known(filing).status();
        require(found == from, WrongStatus(filing, found, from));
        _setStatus(filing, from, to, evidence);
    }

    function _setStatus(FilingId filing, FilingStatus from, FilingStatus to, bytes32 evidence) private {
        _filings[filing] = _filings[filing].withStatus(to);
        emit FilingStatusChanged(filing, from, to, evidence);
    }

    function _requirePlan(FilingId filing, bytes32 planHash, uint8 tranches) private pure {
        require(planHash != 0 && tranches != 0, PlanEmpty());
        require(tranches <= MOST_TRANCHES, TooManyTranches(filing, tranches, MOST_TRANCHES));
    }

    // ------------------------------------------------------------------ tranches

    /// @inheritdoc IRegistry
    function pause(FilingId filing, uint8 tranche) external by(Roles.TRANSFER_AGENT) {
        _setPaused(filing, tranche, true);
    }

    /// @inheritdoc IRegistry
    function unpause(FilingId filing, uint8 tranche) external by(Roles.ENFORCER) {
        _setPaused(filing, tranche, false);
    }

    function _setPaused(FilingId filing, uint8 tranche, bool isSet) private {
        FilingRecord record = _known(filing);
        require(tranche < record.planned(), TrancheUnknown(filing, tranche));
        _filings[filing] = record.withPaused(tranche, isSet);
        emit PausedSet(filing, tranche, isSet);
    }

    /// @inheritdoc IRegistry
    function attach(FilingId filing, uint8 tranche, address token) external by(Roles.FACTORY) {
        FilingRecord record = _known(filing);
        uint8 next = record.made();
        require(tranche == next && next < record.planned(), TrancheOutOfOrder(filing, tranche, next));
        _tokens[filing][tranche] = token;
        _filings[filing] = record.withMade(next + 1);
        emit TrancheAttached(filing, tranche, token);
    }

    function _isTranche(FilingId filing, uint8 made, address token) internal view returns (bool) {
        for (uint8 i = 0; i < made; ++i) {
            if (_tokens[filing][i] == token) return true;
        }
        return false;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IRegistry
    function filingOf(FilingId filing) public view returns (uint256) {
        return FilingRecord.unwrap(_filings[filing]);
    }

    /// @inheritdoc IRegistry
    function planHashOf(FilingId filing) external view returns (bytes32) {
        return _plans[filing].hash;
    }

    /// @inheritdoc IRegistry
    function tokenOf(FilingId filing, uint8 tranche) external view returns (address) {
        return _tokens[filing][tranche];
    }

    function _known(FilingId filing) internal view returns (FilingRecord record) {
        record = _filings[filing];
        require(record.status() != FilingStatus.None, FilingUnknown(filing));
    }
}
