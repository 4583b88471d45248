// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Admission, FilingId, FilingStatus} from "../../contracts/types/Types.sol";
import {BombingHook, BurningHook, CallingHook, GoodHook, RevertingHook} from "./hostile/Hooks.sol";
import {Vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @notice Documents with their versions, and subscribers, good and hostile.
contract DisclosureTest is World {
    bytes32 private constant REPORT = "annual report";
    bytes32 private constant NOTICE = "notice";

    function setUp() public override {
        super.setUp();
        mint(free, alice, 100);
        vm.prank(discloser);
        registry.locateDocuments(FILING, "https://documents.example/");
    }

    function _publish(bytes32 name, bytes32 hash, string memory uri) private {
        vm.prank(discloser);
        registry.publish(FILING, 0, 5, name, hash, uri, 0);
    }

    function _subscribe(address hook) private {
        vm.prank(discloser);
        registry.subscribe(FILING, hook);
    }

    function _unsubscribe(address hook) private {
        vm.prank(discloser);
        registry.unsubscribe(FILING, hook);
    }

    function _isDocument(bytes32 name, string memory uri, bytes32 hash, uint256 second) private view {
        (string memory foundUri, bytes32 foundHash, uint256 foundAt) = free.getDocument(name);
        same(keccak256(bytes(foundUri)), keccak256(bytes(uri)), "uri");
        same(foundHash, hash, "hash");
        same(foundAt, second, "last modified");
    }

    // ------------------------------------------------------------------ documents

    function test_a_document_is_read_from_every_tranche() external {
        _isDocument(REPORT, "", 0, 0);
        _publish(REPORT, bytes32(uint256(0xabc)), "");
        string memory derived =
            "https://documents.example/0x0000000000000000000000000000000000000000000000000000000000000abc";
        _isDocument(REPORT, derived, bytes32(uint256(0xabc)), START);
        (string memory uri,,) = locked.getDocument(REPORT);
        same(keccak256(bytes(uri)), keccak256(bytes(derived)), "another tranche");
        same(free.getAllDocuments().length, 1, "names");
        same(free.getAllDocuments()[0], REPORT, "name");
    }

    function test_a_new_version_takes_the_place_of_the_old_one() external {
        _publish(REPORT, "one", "ipfs://one, which is longer than a single word of storage");
        _publish(NOTICE, "other", "");
        vm.warp(START + 10);
        _publish(REPORT, "two", "");
        (uint32 version, uint16 kind) = registry.versionOf(FILING, REPORT);
        isTrue(version == 2 && kind == 5, "version and kind");
        _isDocument(
            REPORT,
            "https://documents.example/0x74776f0000000000000000000000000000000000000000000000000000000000",
            "two",
            START + 10
        );
        _publish(REPORT, "three", "ipfs://three");
        _isDocument(REPORT, "ipfs://three", "three", START + 10);
        bytes32[] memory names = registry.documentsOf(FILING);
        isTrue(names.length == 2 && names[0] == REPORT && names[1] == NOTICE, "each name once, the oldest first");
    }

    /// @dev The events hold every version, numbered: none can be left out unnoticed.
    function testFuzz_every_version_stands_in_the_events(uint256 seed) external {
        uint256 count = within(seed, 1, 12);
        bytes32[2] memory names = [REPORT, NOTICE];
        uint32[2] memory versions;
        vm.recordLogs();
        for (uint256 i = 0; i < count; ++i) {
            _publish(names[(seed >> i) & 1], keccak256(abi.encode(seed, i)), "");
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, count, "one event each");
        for (uint256 i = 0; i < count; ++i) {
            uint256 which = (seed >> i) & 1;
            (uint16 kind, uint32 version, bytes32 hash,) = abi.decode(logs[i].data, (uint16, uint32, bytes32, string));
            isTrue(kind == 5 && version == ++versions[which], "the next version");
            same(hash, keccak256(abi.encode(seed, i)), "hash");
            same(logs[i].topics[3], names[which], "name");
        }
        for (uint256 i = 0; i < 2; ++i) {
            (uint32 version,) = registry.versionOf(FILING, names[i]);
            same(version, versions[i], "as many versions as events");
        }
    }

    function test_a_named_document_has_a_hash() external {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.DocumentEmpty.selector, FILING, REPORT));
        _publish(REPORT, 0, "");
        _publish(0, "nameless", "ipfs://nameless");
        same(registry.documentsOf(FILING).length, 0, "a nameless one is said and not kept");
        same(uint256(uint16(registry.filingOf(FILING) >> 177)), 0, "nor counted");
    }

    function test_documents_are_of_one_filing() external {
        FilingId other = FilingId.wrap(8);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.FilingUnknown.selector, other));
        vm.prank(discloser);
        registry.locateDocuments(other, "x");
        _file(other, terms());
        _publish(REPORT, "one", "");
        same(registry.documentsOf(other).length, 0, "none");
        (, bytes32 hash,) = registry.documentOf(other, REPORT);
        same(hash, 0, "none of that name");
    }

    // ------------------------------------------------------------------ subscribers

    function test_a_subscriber_hears_of_every_publication_and_no_more_once_it_left() external {
        GoodHook hook = new GoodHook();
        _subscribe(address(hook));
        vm.prank(discloser);
        uint16 obligation = registry.openObligation(FILING, 5, START + 10, 0, 0);
        vm.prank(discloser);
        registry.publish(FILING, obligation, 7, REPORT, "hash", "", 0);
        same(hook.heard(), keccak256(abi.encode(FILING, obligation, REPORT, 7, bytes32("hash"))), "heard");
        same(hook.calls(), 1, "once");
        _unsubscribe(address(hook));
        _publish(NOTICE, "later", "");
        same(hook.calls(), 1, "no more");
        same(registry.subscribersOf(FILING).length, 0, "none left");
    }

    function test_at_most_eight_contracts_each_once() external {
        address[] memory hooks = new address[](9);
        for (uint256 i = 0; i < 9; ++i) {
            hooks[i] = address(new GoodHook());
            if (i == 8) vm.expectRevert(abi.encodeWithSelector(IRegistry.TooManyHooks.selector, FILING, 8));
            _subscribe(hooks[i]);
        }
        _unsubscribe(hooks[3]);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.HookMalformed.selector, hooks[3]));
        _unsubscribe(hooks[3]);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.HookMalformed.selector, hooks[2]));
        _subscribe(hooks[2]);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.HookMalformed.selector, alice));
        _subscribe(alice);
        _publish(REPORT, "hash", "");
        for (uint256 i = 0; i < 8; ++i) {
            same(GoodHook(hooks[i]).calls(), i == 3 ? 0 : 1, "each that is subscribed");
        }
        same(registry.subscribersOf(FILING).length, 7, "seven");
    }

    /// @dev P11: reverting, burning all gas, returning a bomb: each costs its share and no more.
    function test_P11_a_hostile_hook_stops_nobody() external {
        GoodHook first = new GoodHook();
        GoodHook last = new GoodHook();
        address[5] memory hooks = [
            address(first),
            address(new RevertingHook()),
            address(new BurningHook()),
            address(new BombingHook()),
            address(last)
        ];
        for (uint256 i = 0; i < 5; ++i) {
            _subscribe(hooks[i]);
        }
        bytes32 before = _balances();
        vm.recordLogs();
        uint256 left = gasleft();
        _publish(REPORT, "hash", "");
        isTrue(left - gasleft() < 5 * 110_000 + 150_000, "each at most its share");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32 failed = IRegistry.HookFailed.selector;
        isTrue(logs.length == 3 && logs[1].topics[0] == failed && logs[2].topics[0] == failed, "two failed");
        same(address(uint160(uint256(logs[1].topics[2]))), hooks[1], "the reverting one");
        same(address(uint160(uint256(logs[2].topics[2]))), hooks[2], "the burning one");
        isTrue(first.calls() == 1 && last.calls() == 1, "the good ones heard");
        same(_balances(), before, "no balance changed");
        transfer(free, alice, bob, 10);
    }

    /// @dev P11: whoever publishes cannot starve a subscriber, with whatever gas.
    function test_P11_a_hook_gets_its_gas_or_nothing_is_published(uint256 seed) external {
        GoodHook hook = new GoodHook();
        _subscribe(address(hook));
        uint256 given = within(seed, 60_000, 320_000);
        bytes memory data = abi.encodeCall(IRegistry.publish, (FILING, 0, 5, REPORT, "hash", "", 0));
        vm.prank(discloser);
        (bool isDone,) = address(registry).call{gas: given}(data);
        same(hook.calls(), isDone ? 1 : 0, "heard if published");
        (uint32 version,) = registry.versionOf(FILING, REPORT);
        same(version, isDone ? 1 : 0, "all or nothing");
        if (isDone) isTrue(hook.gasGiven() > 99_000, "its share");
    }

    /// @dev P11: while subscribers run, nothing of the registry changes, whatever roles one holds.
    function test_P11_no_subscriber_calls_the_registry_back() external {
        Admission[] memory rows = new Admission[](1);
        rows[0] = Admission(stranger, good(), "record");
        address[] memory two = one(bob);
        bytes[8] memory acts = [
            abi.encodeCall(IRegistry.publish, (FILING, 0, 5, NOTICE, "again", "", 0)),
            abi.encodeCall(IRegistry.openObligation, (FILING, 5, MATURITY, 0, 0)),
            abi.encodeCall(IRegistry.admit, (rows)),
            abi.encodeCall(IRegistry.blockInvestors, (two, EVIDENCE)),
            abi.encodeCall(IRegistry.suspend, (FILING, EVIDENCE)),
            abi.encodeCall(IRegistry.pause, (FILING, 0)),
            abi.encodeCall(IRegistry.noteIssue, (FILING)),
            abi.encodeCall(IRegistry.announceRecordDate, (FILING, START + 10))
        ];
        for (uint256 i = 0; i < acts.length; ++i) {
            CallingHook hook = new CallingHook(address(registry), acts[i]);
            for (uint64 role = Roles.REGISTRAR; role <= Roles.BANK; ++role) {
                manager.grantRole(role, address(hook), 0);
            }
            _subscribe(address(hook));
            _publish(REPORT, bytes32(i + 1), "");
            isTrue(!hook.hasPassed() && hook.answer() == IRegistry.CalledBack.selector, "called back");
            _unsubscribe(address(hook));
        }
        _publish(NOTICE, "afterwards", "");
    }

    /// @dev P11: a subscriber may move what is its own, under the rules, as at any time: all is written before.
    function test_P11_a_subscriber_that_holds_tokens_moves_them_under_the_rules() external {
        CallingHook hook =
            new CallingHook(address(free), abi.encodeWithSignature("transfer(address,uint256)", bob, uint256(10)));
        admit(address(hook));
        mint(free, address(hook), 20);
        _subscribe(address(hook));
        _publish(REPORT, "hash", "");
        isTrue(hook.hasPassed() && free.balanceOf(bob) == 10 && free.balanceOf(address(hook)) == 10, "moved");
    }

    function _balances() private view returns (bytes32) {
        return keccak256(abi.encode(free.holdingOf(alice), free.holdingOf(bob), free.totalSupply(), free.holders()));
    }

    // ------------------------------------------------------------------ obligations, at their edges

    function test_no_due_second_leads_out_of_its_field() external {
        uint40 latest = type(uint40).max - 2 * uint40(type(uint32).max);
        vm.startPrank(discloser);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.DueTooFar.selector, FILING, latest + 1, latest));
        registry.openObligation(FILING, 5, latest + 1, 0, 0);
        uint16 far = registry.openObligation(FILING, 5, latest - 1, type(uint32).max, type(uint32).max);
        registry.publish(FILING, far, 5, 0, "hash", "", latest);
        vm.expectRevert(
            abi.encodeWithSelector(IRegistry.NextDueWrong.selector, FILING, far, latest + 1, latest + 1, latest)
        );
        registry.publish(FILING, far, 5, 0, "hash", "", latest + 1);
        vm.stopPrank();
    }

    function test_a_filing_lapses_only_while_nothing_is_issued() external {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.IssueBegun.selector, FILING));
        vm.prank(registrar);
        registry.recordStatus(FILING, FilingStatus.Lapsed, EVIDENCE);
        FilingId other = FilingId.wrap(8);
        _file(other, terms());
        vm.prank(registrar);
        registry.recordStatus(other, FilingStatus.Lapsed, EVIDENCE);
        isTrue(uint8(registry.filingOf(other)) == uint8(FilingStatus.Lapsed), "lapsed");
    }
}
