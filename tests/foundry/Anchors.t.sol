// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuditAnchors} from "../../contracts/interfaces/IAuditAnchors.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @notice Heads of the audit log on record: by the registrar alone, each later than the last, none taken back.
///
/// given a registrar and a head
///     when its entry is later than the last one anchored
///         it should be on record, and be the last
///     when it is not later, or the head is empty
///         it should be refused, and change nothing
contract AnchorsTest is World {
    bytes32 private constant HEAD = keccak256("head");

    IAuditAnchors private anchors;

    function setUp() public override {
        super.setUp();
        anchors = IAuditAnchors(deploy("AuditAnchors", abi.encode(manager)));
    }

    function _anchor(uint64 seq, bytes32 head) private {
        vm.prank(registrar);
        anchors.anchor(seq, head);
    }

    function _is(uint64 seq, bytes32 head) private view {
        (uint64 lastSeq, bytes32 lastHead) = anchors.last();
        same(lastSeq, seq, "last entry");
        same(lastHead, head, "last head");
    }

    function test_anchor_obeys_the_manager_and_starts_empty() external view {
        same(IManaged(address(anchors)).authority(), address(manager), "authority");
        _is(0, 0);
        same(anchors.anchorOf(0), 0, "nothing before the first entry");
    }

    function test_anchor_is_said_and_kept() external {
        vm.recordLogs();
        _anchor(5, HEAD);
        Vm.Log memory log = vm.getRecordedLogs()[0];
        same(log.topics[0], IAuditAnchors.Anchored.selector, "event");
        same(log.topics[1], bytes32(uint256(5)), "entry");
        same(log.topics[2], bytes32(uint256(uint160(registrar))), "by");
        same(keccak256(log.data), keccak256(abi.encode(HEAD)), "head");
        _is(5, HEAD);
        same(anchors.anchorOf(5), HEAD, "of the entry");
        same(anchors.anchorOf(4), 0, "of no other");
    }

    function testFuzz_anchors_rise_and_stay(uint64[4] calldata seqs, bytes32[4] calldata heads) external {
        uint64 last;
        bytes32 head;
        for (uint256 i = 0; i < 4; ++i) {
            if (seqs[i] <= last) {
                vm.expectRevert(abi.encodeWithSelector(IAuditAnchors.NotLater.selector, seqs[i], last));
                _anchor(seqs[i], heads[i]);
            } else if (heads[i] == 0) {
                vm.expectRevert(abi.encodeWithSelector(IAuditAnchors.HeadEmpty.selector));
                _anchor(seqs[i], heads[i]);
            } else {
                _anchor(seqs[i], heads[i]);
                same(last == 0 ? bytes32(0) : anchors.anchorOf(last), head, "the earlier one stays");
                (last, head) = (seqs[i], heads[i]);
            }
            _is(last, head);
        }
    }

    function test_anchor_of_the_same_entry_is_refused() external {
        _anchor(5, HEAD);
        vm.expectRevert(abi.encodeWithSelector(IAuditAnchors.NotLater.selector, 5, 5));
        _anchor(5, keccak256("another"));
        _anchor(6, keccak256("another"));
        same(anchors.anchorOf(5), HEAD, "as it was");
    }

    function test_anchor_of_an_empty_log_is_refused() external {
        vm.expectRevert(abi.encodeWithSelector(IAuditAnchors.NotLater.selector, 0, 0));
        _anchor(0, HEAD);
        vm.expectRevert(abi.encodeWithSelector(IAuditAnchors.HeadEmpty.selector));
        _anchor(1, 0);
        _is(0, 0);
    }

    function test_P10_the_registrar_alone_anchors() external {
        address[5] memory others = [admitter, issuer, enforcer, gatekeeper, alice];
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, others[i], Roles.REGISTRAR));
            vm.prank(others[i]);
            anchors.anchor(1, HEAD);
        }
        _is(0, 0);
    }
}
