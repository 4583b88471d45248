// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Managed} from "./Managed.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {FilingRecord, FilingRecords, NOTHING_DUE} from "./types/FilingRecord.sol";
import {InvestorRecord, InvestorRecords} from "./types/InvestorRecord.sol";
import {Admission, FilingId, FilingStatus, ISSUE_COMPLETION} from "./types/Types.sol";

/// @title Facts about filings (备案), investors, disclosures and successors
contract Registry is IRegistry, Managed {
    struct Plan {
        bytes32 hash;
        uint32 completionWithin;
    }

    struct Obligation {
        uint16 id;
        uint16 kind;
        uint40 due;
        uint32 grace;
        uint32 recurrence;
    }

    uint8 private constant MOST_TRANCHES = 32;
    uint256 private constant MOST_WALLETS = 16;
    uint8 private constant MOST_OPEN = 32;

    uint32 private _walletCount;
    mapping(address wallet => InvestorRecord) private _investors;
    // By investor id, from the second wallet on: most investors have one, and pay for no list.
    mapping(uint32 investor => address[]) private _wallets;
    mapping(address lost => address) private _successors;

    mapping(FilingId => FilingRecord) private _filings;
    mapping(FilingId => Plan) private _plans;
    mapping(FilingId => mapping(uint8 tranche => address)) private _tokens;
    // The first `open` places hold the open obligations, one word each, in no order; what stands behind is void.
    mapping(FilingId => Obligation[MOST_OPEN]) private _obligations;

    constructor(address manager) Managed(manager) {}

    // ------------------------------------------------------------------ filings

    /// @inheritdoc IRegistry
    function recordFiling(FilingId filing, bytes32 planHash, uint8 tranches, uint32 completionWithin)
        external
        restricted
    {
        require(_filings[filing].status() == FilingStatus.None, FilingExists(filing));
        _requirePlan(filing, planHash, tranches);
        _filings[filing] = FilingRecords.submitted(tranches);
        _plans[filing] = Plan(planHash, completionWithin);
        emit FilingRecorded(filing, planHash, tranches);
        emit FilingStatusChanged(filing, FilingStatus.None, FilingStatus.Submitted, bytes32(0));
    }

    /// @inheritdoc IRegistry
    function recordStatus(FilingId filing, FilingStatus to, bytes32 evidence) external restricted {
        FilingStatus from = _known(filing).status();
        require(_isRecordable(from, to), WrongStatus(filing, from, to));
        _setStatus(filing, from, to, evidence);
    }

    /// @inheritdoc IRegistry
    function recordSupplement(FilingId filing, bytes32 planHash, uint8 tranches, bytes32 evidence) external restricted {
        _change(filing, FilingStatus.SupplementRequested, FilingStatus.Submitted, evidence);
        _requirePlan(filing, planHash, tranches);
        _filings[filing] = _filings[filing].withPlanned(tranches);
        _plans[filing].hash = planHash;
        emit FilingRecorded(filing, planHash, tranches);
    }

    /// @inheritdoc IRegistry
    function makeEffective(FilingId filing, bytes32 evidence) external restricted {
        _change(filing, FilingStatus.Submitted, FilingStatus.Effective, evidence);
    }

    /// @inheritdoc IRegistry
    function suspend(FilingId filing, bytes32 evidence) external restricted {
        _change(filing, FilingStatus.Effective, FilingStatus.Suspended, evidence);
    }

    /// @inheritdoc IRegistry
    function resume(FilingId filing, bytes32 evidence) external restricted {
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
    function pause(FilingId filing, uint8 tranche) external restricted {
        _setPaused(filing, tranche, true);
    }

    /// @inheritdoc IRegistry
    function unpause(FilingId filing, uint8 tranche) external restricted {
        _setPaused(filing, tranche, false);
    }

    function _setPaused(FilingId filing, uint8 tranche, bool isSet) private {
        FilingRecord record = _known(filing);
        require(tranche < record.planned(), TrancheUnknown(filing, tranche));
        _filings[filing] = record.withPaused(tranche, isSet);
        emit PausedSet(filing, tranche, isSet);
    }

    /// @inheritdoc IRegistry
    function attach(FilingId filing, uint8 tranche, address token) external restricted {
        FilingRecord record = _known(filing);
        uint8 next = record.made();
        require(tranche == next && next < record.planned(), TrancheOutOfOrder(filing, tranche, next));
        _tokens[filing][tranche] = token;
        _filings[filing] = record.withMade(next + 1);
        emit TrancheAttached(filing, tranche, token);
    }

    /// @inheritdoc IRegistry
    function noteIssue(FilingId filing) external {
        FilingRecord record = _known(filing);
        require(_isTranche(filing, record.made(), msg.sender), NotATrancheOf(filing, msg.sender));
        if (record.issueBegun()) return;
        uint40 due = uint40(block.timestamp) + _plans[filing].completionWithin;
        _openObligation(filing, record.withIssueBegun(), ISSUE_COMPLETION, due, 0, 0);
    }

    function _isTranche(FilingId filing, uint8 made, address token) private view returns (bool) {
        for (uint8 i = 0; i < made; ++i) {
            if (_tokens[filing][i] == token) return true;
        }
        return false;
    }

    // ------------------------------------------------------------------ investors

    /// @inheritdoc IRegistry
    function admit(Admission[] calldata admissions) external restricted {
        uint32 number = _walletCount;
        for (uint256 i = 0; i < admissions.length; ++i) {
            Admission calldata admission = admissions[i];
            address wallet = admission.wallet;
            _requireFacts(wallet, admission.facts);
            if (_investors[wallet].isKnown()) revert AlreadyAdmitted(wallet);
            InvestorRecord record = InvestorRecords.firstWallet(admission.facts, ++number);
            _investors[wallet] = record;
            emit Admitted(wallet, InvestorRecord.unwrap(record), admission.commitment);
        }
        _walletCount = number;
    }

    /// @inheritdoc IRegistry
    function renew(Admission[] calldata renewals) external restricted {
        for (uint256 i = 0; i < renewals.length; ++i) {
            Admission calldata renewal = renewals[i];
            _requireFacts(renewal.wallet, renewal.facts);
            address[] memory wallets = _walletsOf(renewal.wallet, _knownInvestor(renewal.wallet));
            for (uint256 j = 0; j < wallets.length; ++j) {
                InvestorRecord record = _investors[wallets[j]].withFacts(renewal.facts);
                _investors[wallets[j]] = record;
                emit Renewed(wallets[j], InvestorRecord.unwrap(record), renewal.commitment);
            }
        }
    }

    /// @inheritdoc IRegistry
    function addWallet(address known, address wallet, bytes32 commitment) external restricted {
        InvestorRecord record = _knownInvestor(known);
        require(!_investors[wallet].isKnown() && wallet != address(0), AlreadyAdmitted(wallet));
        address[] storage wallets = _wallets[record.id()];
        if (!record.hasSeveral()) {
            record = record.withSeveral();
            _investors[known] = record;
            wallets.push(known);
        }
        require(wallets.length < MOST_WALLETS, TooManyWallets(wallet, MOST_WALLETS));
        wallets.push(wallet);
        InvestorRecord added = record.further(++_walletCount);
        _investors[wallet] = added;
        emit WalletAdded(wallet, InvestorRecord.unwrap(added), commitment);
    }

    /// @inheritdoc IRegistry
    function blockInvestors(address[] calldata wallets, bytes32 evidence) external restricted {
        for (uint256 i = 0; i < wallets.length; ++i) {
            _setBlocked(wallets[i], true, evidence);
        }
    }

    /// @inheritdoc IRegistry
    function unblockInvestor(address wallet, bytes32 evidence) external restricted {
        _setBlocked(wallet, false, evidence);
    }

    function _setBlocked(address wallet, bool isSet, bytes32 evidence) private {
        address[] memory wallets = _walletsOf(wallet, _knownInvestor(wallet));
        for (uint256 i = 0; i < wallets.length; ++i) {
            _investors[wallets[i]] = _investors[wallets[i]].withBlocked(isSet);
            emit BlockedSet(wallets[i], isSet, evidence);
        }
    }

    /// @inheritdoc IRegistry
    function recordSuccessor(address lost, address successor) external restricted {
        InvestorRecord lostRecord = _knownInvestor(lost);
        InvestorRecord record = _knownInvestor(successor);
        require(_successors[lost] == address(0), SuccessorExists(lost, _successors[lost]));
        bool isAnother = lost != successor && record.isSameInvestor(lostRecord);
        require(isAnother, NotTheSameInvestor(lost, successor));
        // So no chain of successors closes into a ring.
        require(!record.isLost(), WalletLost(successor));
        _investors[lost] = lostRecord.withLost();
        _successors[lost] = successor;
        emit SuccessorRecorded(lost, successor);
    }

    function _knownInvestor(address wallet) private view returns (InvestorRecord record) {
        record = _investors[wallet];
        require(record.isKnown(), WalletUnknown(wallet));
    }

    function _requireFacts(address wallet, uint256 stated) private pure {
        if (wallet == address(0) || !InvestorRecords.areFacts(stated)) revert FactsMalformed(wallet, stated);
    }

    // ------------------------------------------------------------------ disclosure

    /// @inheritdoc IRegistry
    function openObligation(FilingId filing, uint16 kind, uint40 due, uint32 grace, uint32 recurrence)
        external
        restricted
        returns (uint16 obligation)
    {
        FilingRecord record = _known(filing);
        require(due >= block.timestamp, DueInThePast(filing, due, uint40(block.timestamp)));
        // Otherwise a full list would stop the first mint, which opens issue completion.
        uint8 limit = record.issueBegun() ? MOST_OPEN : MOST_OPEN - 1;
        require(record.open() < limit, TooManyObligations(filing, limit));
        obligation = _openObligation(filing, record, kind, due, grace, recurrence);
    }

    /// @inheritdoc IRegistry
    function publish(
        FilingId filing,
        uint16 obligation,
        bytes32 name,
        uint16 kind,
        bytes32 documentHash,
        string calldata uri,
        uint40 nextDue
    ) external restricted {
        FilingRecord record = _known(filing);
        if (obligation != 0) _filings[filing] = _fulfil(filing, record, obligation, nextDue);
        else require(nextDue == 0, NextDueWrong(filing, obligation, nextDue, 0, 0));
        emit Published(filing, obligation, name, kind, documentHash, uri);
    }

    function _openObligation(
        FilingId filing,
        FilingRecord record,
        uint16 kind,
        uint40 due,
        uint32 grace,
        uint32 recurrence
    ) private returns (uint16 obligation) {
        obligation = record.lastObligation() + 1;
        uint8 open = record.open();
        _obligations[filing][open] = Obligation(obligation, kind, due, grace, recurrence);
        uint40 goodUntil = due + grace;
        if (goodUntil < record.goodUntil()) record = record.withGoodUntil(goodUntil);
        _filings[filing] = record.withLastObligation(obligation).withOpen(open + 1);
        emit ObligationOpened(filing, obligation, kind, due, grace, recurrence);
    }

    /// @dev A recurring obligation is due again; one due once leaves the open ones.
    function _fulfil(FilingId filing, FilingRecord record, uint16 obligation, uint40 nextDue)
        private
        returns (FilingRecord)
    {
        Obligation[MOST_OPEN] storage obligations = _obligations[filing];
        uint8 open = record.open();
        uint8 place = _placeOf(obligations, open, obligation);
        require(place < open, ObligationUnknown(filing, obligation));

        Obligation memory found = obligations[place];
        uint40 earliest = found.recurrence == 0 ? 0 : found.due + 1;
        uint40 latest = found.recurrence == 0 ? 0 : found.due + found.recurrence;
        bool isGood = nextDue >= earliest && nextDue <= latest;
        require(isGood, NextDueWrong(filing, obligation, nextDue, earliest, latest));
        if (found.recurrence != 0) obligations[place].due = nextDue;
        else obligations[place] = obligations[--open];
        return record.withOpen(open).withGoodUntil(_earliestOf(obligations, open));
    }

    /// @dev The place of an open obligation; `open` when there is none.
    function _placeOf(Obligation[MOST_OPEN] storage obligations, uint8 open, uint16 obligation)
        private
        view
        returns (uint8 place)
    {
        while (place < open && obligations[place].id != obligation) ++place;
    }

    function _earliestOf(Obligation[MOST_OPEN] storage obligations, uint8 open) private view returns (uint40 earliest) {
        earliest = NOTHING_DUE;
        for (uint8 i = 0; i < open; ++i) {
            uint40 goodUntil = obligations[i].due + obligations[i].grace;
            if (goodUntil < earliest) earliest = goodUntil;
        }
    }

    // ------------------------------------------------------------------ record dates

    /// @inheritdoc IRegistry
    function announceRecordDate(FilingId filing, uint40 second) external restricted returns (uint16 number) {
        FilingRecord record = _known(filing);
        require(second > block.timestamp, RecordDateInThePast(filing, second, uint40(block.timestamp)));
        uint40 next = record.nextDate();
        require(next <= block.timestamp, RecordDatePending(filing, next));
        // The date announced before has been reached: it is counted for good, and makes room.
        uint256 taken = record.datesTaken(block.timestamp);
        number = SafeCast.toUint16(taken + 1);
        _filings[filing] = record.withDates(taken, second);
        emit RecordDateAnnounced(filing, number, second);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IRegistry
    function facts(FilingId filing, address spender, address from, address to)
        external
        view
        returns (uint256 filingRecord, uint256 spenderRecord, uint256 fromRecord, uint256 toRecord)
    {
        return (filingOf(filing), investorOf(spender), investorOf(from), investorOf(to));
    }

    /// @inheritdoc IRegistry
    /// @dev Assembly, as every movement of every token pays for it: `facts`, without checking that the arguments are
    /// clean. A word that is not an address is the key of no record.
    function recordsOfMovement(uint256 filing, uint256 spender, uint256 from, uint256 to)
        external
        view
        returns (uint256, uint256, uint256, uint256)
    {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(0x20, _investors.slot)
            mstore(0, from)
            let fromRecord := sload(keccak256(0, 0x40))
            mstore(add(answer, 0x40), fromRecord)
            if xor(spender, from) {
                mstore(0, spender)
                fromRecord := sload(keccak256(0, 0x40))
            }
            mstore(add(answer, 0x20), fromRecord)
            mstore(0, to)
            mstore(add(answer, 0x60), sload(keccak256(0, 0x40)))
            mstore(0, filing)
            mstore(0x20, _filings.slot)
            mstore(answer, sload(keccak256(0, 0x40)))
            return(answer, 0x80)
        }
    }

    /// @inheritdoc IRegistry
    /// @dev Assembly, as above: the answer is written where it is returned from, once.
    function factsOfMany(FilingId filing, address from, address[] calldata to)
        external
        view
        returns (uint256, uint256, uint256[] memory)
    {
        (uint256 filingRecord, uint256 fromRecord) = (filingOf(filing), investorOf(from));
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, filingRecord)
            mstore(add(answer, 0x20), fromRecord)
            mstore(add(answer, 0x40), 0x60)
            mstore(add(answer, 0x60), to.length)
            let next := add(answer, 0x80)
            let end := add(next, shl(5, to.length))
            let wallet := to.offset
            mstore(0x20, _investors.slot)
            for {} lt(next, end) {} {
                mstore(0, calldataload(wallet))
                mstore(next, sload(keccak256(0, 0x40)))
                next := add(next, 0x20)
                wallet := add(wallet, 0x20)
            }
            return(answer, sub(end, answer))
        }
    }

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

    /// @inheritdoc IRegistry
    function investorOf(address wallet) public view returns (uint256) {
        return InvestorRecord.unwrap(_investors[wallet]);
    }

    /// @inheritdoc IRegistry
    function investorsOf(address[] calldata wallets) external view returns (uint256[] memory records) {
        records = new uint256[](wallets.length);
        for (uint256 i = 0; i < wallets.length; ++i) {
            records[i] = investorOf(wallets[i]);
        }
    }

    /// @inheritdoc IRegistry
    function walletsOf(address wallet) external view returns (address[] memory) {
        InvestorRecord record = _investors[wallet];
        return record.isKnown() ? _walletsOf(wallet, record) : new address[](0);
    }

    /// @inheritdoc IRegistry
    function walletCount() external view returns (uint32) {
        return _walletCount;
    }

    /// @inheritdoc IRegistry
    function successorOf(address lost) external view returns (address successor) {
        successor = _successors[lost];
        while (_investors[successor].isLost()) successor = _successors[successor];
    }

    /// @inheritdoc IRegistry
    function obligationOf(FilingId filing, uint16 obligation)
        external
        view
        returns (uint16 kind, uint40 due, uint32 grace, uint32 recurrence)
    {
        uint8 open = _filings[filing].open();
        uint8 place = _placeOf(_obligations[filing], open, obligation);
        require(place < open, ObligationUnknown(filing, obligation));
        Obligation memory found = _obligations[filing][place];
        return (found.kind, found.due, found.grace, found.recurrence);
    }

    /// @inheritdoc IRegistry
    function openObligations(FilingId filing) external view returns (uint16[] memory ids) {
        ids = new uint16[](_filings[filing].open());
        for (uint256 i = 0; i < ids.length; ++i) {
            ids[i] = _obligations[filing][i].id;
        }
    }

    /// @inheritdoc IRegistry
    function recordDateAt(FilingId filing, uint16 number) external view returns (uint40) {
        FilingRecord record = _filings[filing];
        // At second zero no announced date is reached, so this counts those before the last announced one.
        return number == record.datesTaken(0) + 1 ? record.nextDate() : 0;
    }

    function _known(FilingId filing) private view returns (FilingRecord record) {
        record = _filings[filing];
        require(record.status() != FilingStatus.None, FilingUnknown(filing));
    }

    function _walletsOf(address wallet, InvestorRecord record) private view returns (address[] memory wallets) {
        if (record.hasSeveral()) return _wallets[record.id()];
        wallets = new address[](1);
        wallets[0] = wallet;
    }
}
