// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisclosureHook} from "../interfaces/IDisclosureHook.sol";
import {FilingId} from "../types/Types.sol";

/// @title An example of a subscriber: what a trading venue might run
/// @notice Keeps the last notice of each filing, and halts its trading when the notice is of a kind that the venue
/// halts for, until the venue lifts the halt. The registry does not depend on it.
contract NoticeBoard is IDisclosureHook {
    /// @param kind kind of the document, as the obligations are numbered
    /// @param second second of its publication
    struct Notice {
        bytes32 documentHash;
        uint16 kind;
        uint40 second;
        uint32 count;
        bool isHalted;
    }

    event Halted(FilingId indexed filing, uint16 kind, bytes32 documentHash);
    event Lifted(FilingId indexed filing);

    error NotTheRegistry(address caller);
    error NotTheVenue(address caller);

    address private immutable _registry;
    address private immutable _venue;
    uint256 private immutable _haltingKinds;
    mapping(FilingId => Notice) private _last;

    /// @param haltingKinds bit n set: a document of kind n, below 256, halts trading
    constructor(address registry, uint256 haltingKinds) {
        (_registry, _venue, _haltingKinds) = (registry, msg.sender, haltingKinds);
    }

    /// @inheritdoc IDisclosureHook
    function onPublished(FilingId filing, uint16, bytes32, uint16 kind, bytes32 documentHash) external {
        require(msg.sender == _registry, NotTheRegistry(msg.sender));
        Notice storage notice = _last[filing];
        (notice.documentHash, notice.kind, notice.second) = (documentHash, kind, uint40(block.timestamp));
        ++notice.count;
        if ((_haltingKinds >> kind) & 1 == 0) return;
        notice.isHalted = true;
        emit Halted(filing, kind, documentHash);
    }

    /// @notice The venue, when it has read the notice.
    function lift(FilingId filing) external {
        require(msg.sender == _venue, NotTheVenue(msg.sender));
        _last[filing].isHalted = false;
        emit Lifted(filing);
    }

    function lastNotice(FilingId filing) external view returns (Notice memory) {
        return _last[filing];
    }
}
