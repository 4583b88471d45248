// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Filings} from "./Filings.sol";
import {IDisclosureHook} from "./interfaces/IDisclosureHook.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {FilingRecord, NOTHING_DUE} from "./types/FilingRecord.sol";
import {Roles} from "./types/Roles.sol";
import {FilingId, ISSUE_COMPLETION} from "./types/Types.sol";

/// @title What must be disclosed of a filing, by when, and what was; and the record dates of its tokens
abstract contract Disclosures is Filings {
    struct Obligation {
        uint16 id;
        uint16 kind;
        uint40 due;
        uint32 grace;
        uint32 recurrence;
    }

    /// @dev Two words, so that a new version costs little; an address of its own stands apart.
    struct Document {
        bytes32 hash;
        uint40 modified;
        uint32 version;
        uint16 kind;
        bool hasUri;
    }

    uint8 private constant MOST_OPEN = 32;
    uint8 private constant MOST_HOOKS = 8;
    uint256 private constant HOOK_GAS = 100_000;
    // Of this, a call gets HOOK_GAS for certain: it costs 2,600, and 1 in 64 stays with the caller.
    uint256 private constant GAS_BEFORE_HOOK = 106_000;
    // So far ahead that neither grace nor recurrence leads out of 40 bits.
    uint40 private constant LATEST_DUE = type(uint40).max - 2 * uint40(type(uint32).max);

    // The first `open` places hold the open obligations, one word each, in no order; what stands behind is void.
    mapping(FilingId => Obligation[MOST_OPEN]) private _obligations;
    mapping(FilingId => mapping(bytes32 name => Document)) private _documents;
    mapping(FilingId => mapping(bytes32 name => string)) private _uris;
    mapping(FilingId => mapping(uint256 place => bytes32)) private _documentNames;
    mapping(FilingId => string) private _documentBase;
    mapping(FilingId => address[MOST_HOOKS]) private _hooks;

    // ------------------------------------------------------------------ disclosure

    /// @inheritdoc IRegistry
    function openObligation(FilingId filing, uint16 kind, uint40 due, uint32 grace, uint32 recurrence)
        external
        by(Roles.DISCLOSER)
        returns (uint16 obligation)
    {
        FilingRecord record = _known(filing);
        require(due >= block.timestamp, DueInThePast(filing, due, uint40(block.timestamp)));
        require(due <= LATEST_DUE, DueTooFar(filing, due, LATEST_DUE));
        // Otherwise a full list would stop the first mint, which opens issue completion.
        uint8 limit = record.issueBegun() ? MOST_OPEN : MOST_OPEN - 1;
        require(record.open() < limit, TooManyObligations(filing, limit));
        obligation = _openObligation(filing, record, kind, due, grace, recurrence);
    }

    /// @inheritdoc IRegistry
    function publish(
        FilingId filing,
        uint16 obligation,
        uint16 kind,
        bytes32 name,
        bytes32 documentHash,
        string calldata uri,
        uint40 nextDue
    ) external by(Roles.DISCLOSER) {
        FilingRecord found = _known(filing);
        FilingRecord record = found;
        if (obligation != 0) record = _fulfil(filing, record, obligation, nextDue);
        else require(nextDue == 0, NextDueWrong(filing, obligation, nextDue, 0, 0));
        uint32 version;
        if (name != 0) (record, version) = _putDocument(filing, record, name, kind, documentHash, uri);
        if (FilingRecord.unwrap(record) != FilingRecord.unwrap(found)) _filings[filing] = record;
        emit Published(filing, obligation, name, kind, version, documentHash, uri);
        if (record.hooks() != 0) {
            bytes memory news =
                abi.encodeCall(IDisclosureHook.onPublished, (filing, obligation, name, kind, documentHash));
            _callHooks(filing, record.hooks(), news);
        }
    }

    /// @inheritdoc IRegistry
    function noteIssue(FilingId filing) external quiet {
        FilingRecord record = _known(filing);
        require(_isTranche(filing, record.made(), msg.sender), NotATrancheOf(filing, msg.sender));
        if (record.issueBegun()) return;
        uint40 due = uint40(block.timestamp) + _plans[filing].completionWithin;
        _openObligation(filing, record.withIssueBegun(), ISSUE_COMPLETION, due, 0, 0);
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
        if (latest > LATEST_DUE) latest = LATEST_DUE;
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

    // ------------------------------------------------------------------ documents

    /// @inheritdoc IRegistry
    function locateDocuments(FilingId filing, string calldata base) external by(Roles.DISCLOSER) {
        _known(filing);
        _documentBase[filing] = base;
        emit DocumentsLocated(filing, base);
    }

    function _putDocument(
        FilingId filing,
        FilingRecord record,
        bytes32 name,
        uint16 kind,
        bytes32 documentHash,
        string calldata uri
    ) private returns (FilingRecord, uint32 version) {
        require(documentHash != 0, DocumentEmpty(filing, name));
        version = _documents[filing][name].version + 1;
        if (version == 1) {
            uint16 place = record.documents();
            _documentNames[filing][place] = name;
            record = record.withDocuments(place + 1);
        }
        bool hasUri = bytes(uri).length != 0;
        if (hasUri) _uris[filing][name] = uri;
        _documents[filing][name] = Document(documentHash, uint40(block.timestamp), version, kind, hasUri);
        return (record, version);
    }

    // ------------------------------------------------------------------ subscribers

    /// @inheritdoc IRegistry
    function subscribe(FilingId filing, address hook) external by(Roles.DISCLOSER) {
        FilingRecord record = _known(filing);
        uint8 count = record.hooks();
        require(hook.code.length != 0 && _placeOfHook(filing, count, hook) == count, HookMalformed(hook));
        require(count < MOST_HOOKS, TooManyHooks(filing, MOST_HOOKS));
        _hooks[filing][count] = hook;
        _filings[filing] = record.withHooks(count + 1);
        emit HookSet(filing, hook, true);
    }

    /// @inheritdoc IRegistry
    function unsubscribe(FilingId filing, address hook) external by(Roles.DISCLOSER) {
        FilingRecord record = _known(filing);
        uint8 count = record.hooks();
        uint8 place = _placeOfHook(filing, count, hook);
        require(place < count, HookMalformed(hook));
        _hooks[filing][place] = _hooks[filing][--count];
        _filings[filing] = record.withHooks(count);
        emit HookSet(filing, hook, false);
    }

    /// @dev The place of a subscriber; `count` when it is none.
    function _placeOfHook(FilingId filing, uint8 count, address hook) private view returns (uint8 place) {
        while (place < count && _hooks[filing][place] != hook) ++place;
    }

    /// @dev Everything is written and said before. Each subscriber has its own gas, and nothing it returns is copied, so
    /// none can stop the publication or another subscriber. Assembly: Solidity would copy what is returned.
    function _callHooks(FilingId filing, uint8 count, bytes memory news) private {
        _isCalling = true;
        for (uint8 i = 0; i < count; ++i) {
            address hook = _hooks[filing][i];
            uint256 left = gasleft();
            require(left >= GAS_BEFORE_HOOK, GasTooLow(left, GAS_BEFORE_HOOK));
            bool isDone;
            assembly ("memory-safe") {
                isDone := call(HOOK_GAS, hook, 0, add(news, 0x20), mload(news), 0, 0)
            }
            if (!isDone) emit HookFailed(filing, hook);
        }
        _isCalling = false;
    }

    // ------------------------------------------------------------------ record dates

    /// @inheritdoc IRegistry
    function announceRecordDate(FilingId filing, uint40 second)
        external
        by(Roles.TRANSFER_AGENT)
        returns (uint16 number)
    {
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
    function documentOf(FilingId filing, bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified)
    {
        Document memory found = _documents[filing][name];
        if (found.hasUri) {
            uri = _uris[filing][name];
        } else if (found.version != 0) {
            uri = string.concat(_documentBase[filing], Strings.toHexString(uint256(found.hash), 32));
        }
        return (uri, found.hash, found.modified);
    }

    /// @inheritdoc IRegistry
    function versionOf(FilingId filing, bytes32 name) external view returns (uint32 version, uint16 kind) {
        return (_documents[filing][name].version, _documents[filing][name].kind);
    }

    /// @inheritdoc IRegistry
    function documentsOf(FilingId filing) external view returns (bytes32[] memory names) {
        names = new bytes32[](_filings[filing].documents());
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = _documentNames[filing][i];
        }
    }

    /// @inheritdoc IRegistry
    function subscribersOf(FilingId filing) external view returns (address[] memory hooks) {
        hooks = new address[](_filings[filing].hooks());
        for (uint256 i = 0; i < hooks.length; ++i) {
            hooks[i] = _hooks[filing][i];
        }
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
}
