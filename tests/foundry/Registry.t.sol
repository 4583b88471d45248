// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {FilingId, FilingStatus} from "../../contracts/types/Types.sol";
import {World} from "./World.sol";

/// @notice The registry's facts: states of filings, wallets of investors, obligations.
contract RegistryTest is World {
    FilingId private constant OTHER = FilingId.wrap(8);
    bytes32 private constant PLAN = keccak256("plan");

    function _status(FilingId filing) private view returns (FilingStatus) {
        return FilingStatus(uint8(registry.filingOf(filing)));
    }

    function _record(FilingId filing, FilingStatus to) private returns (bool isDone) {
        vm.prank(registrar);
        (isDone,) = address(registry).call(abi.encodeCall(IRegistry.recordStatus, (filing, to, EVIDENCE)));
    }

    // ------------------------------------------------------------------ filings

    /// @dev Every pair of states: what one registrar may record, and nothing that starts or restarts anything.
    function test_the_states_a_registrar_records() external {
        for (uint256 from = 2; from <= 9; ++from) {
            for (uint256 to = 0; to <= 9; ++to) {
                uint256 snapshot = vm.snapshotState();
                _reach(FilingStatus(from));
                same(uint256(_status(OTHER)), from, "reached");
                isTrue(_record(OTHER, FilingStatus(to)) == _isLegal(FilingStatus(from), FilingStatus(to)), "pair");
                vm.revertToState(snapshot);
            }
        }
    }

    function _isLegal(FilingStatus from, FilingStatus to) private pure returns (bool) {
        if (from == FilingStatus.Submitted) {
            return to == FilingStatus.Consultation || to == FilingStatus.SupplementRequested
                || to == FilingStatus.Refused || to == FilingStatus.Withdrawn;
        }
        if (from == FilingStatus.Consultation) {
            return to == FilingStatus.Submitted || to == FilingStatus.SupplementRequested || to == FilingStatus.Refused
                || to == FilingStatus.Withdrawn;
        }
        if (from == FilingStatus.SupplementRequested) {
            return to == FilingStatus.Refused || to == FilingStatus.Withdrawn;
        }
        if (from == FilingStatus.Effective || from == FilingStatus.Suspended) return to == FilingStatus.Lapsed;
        return false;
    }

    function _reach(FilingStatus status) private {
        vm.prank(registrar);
        registry.recordFiling(OTHER, PLAN, 2, COMPLETION);
        if (status == FilingStatus.Submitted) return;
        if (uint8(status) < uint8(FilingStatus.Effective) || status == FilingStatus.Refused) {
            _record(OTHER, status);
            return;
        }
        if (status == FilingStatus.Withdrawn) {
            _record(OTHER, status);
            return;
        }
        vm.prank(enforcer);
        registry.makeEffective(OTHER, EVIDENCE);
        if (status == FilingStatus.Suspended) {
            vm.prank(regulator);
            registry.suspend(OTHER, EVIDENCE);
        }
        if (status == FilingStatus.Lapsed) _record(OTHER, status);
    }

    function test_a_supplement_may_change_the_plan() external {
        _reach(FilingStatus.SupplementRequested);
        vm.prank(registrar);
        registry.recordSupplement(OTHER, keccak256("another plan"), 3, EVIDENCE);
        same(registry.planHashOf(OTHER), keccak256("another plan"), "plan");
        same(uint256(_status(OTHER)), uint256(FilingStatus.Submitted), "submitted again");
        same(uint8(registry.filingOf(OTHER) >> 136), 3, "tranches");
    }

    function test_a_number_is_never_used_twice_and_a_plan_is_not_empty() external {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.FilingExists.selector, FILING));
        vm.prank(registrar);
        registry.recordFiling(FILING, PLAN, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.PlanEmpty.selector));
        vm.prank(registrar);
        registry.recordFiling(OTHER, 0, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.PlanEmpty.selector));
        vm.prank(registrar);
        registry.recordFiling(OTHER, PLAN, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TooManyTranches.selector, OTHER, 33, 32));
        vm.prank(registrar);
        registry.recordFiling(OTHER, PLAN, 33, 0);
    }

    function test_P9_a_tranche_is_paused_alone() external {
        mint(free, alice, 100);
        mint(locked, alice, 100);
        vm.prank(agent);
        registry.pause(FILING, 0);
        same(uint256(free.reasonAgainst(alice, bob, 10)), uint256(Reason.TokenPaused), "paused");
        same(uint256(locked.reasonAgainst(alice, bob, 10)), uint256(Reason.Locked), "not this one");
        vm.prank(enforcer);
        registry.unpause(FILING, 0);
        same(uint256(free.reasonAgainst(alice, bob, 10)), 0, "unpaused");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TrancheUnknown.selector, FILING, 3));
        vm.prank(agent);
        registry.pause(FILING, 3);
    }

    // ------------------------------------------------------------------ investors

    function test_numbers_are_dense_and_the_first_wallet_is_the_investor() external {
        same(uint32(registry.investorOf(alice)), 1, "id");
        same(uint32(registry.investorOf(alice) >> 32), 1, "number");
        same(uint32(registry.investorOf(dave) >> 32), 4, "number");
        address second = named("second");
        addWallet(bob, second);
        uint256 record = registry.investorOf(second);
        same(uint32(record), 2, "bob's id");
        same(uint32(record >> 32), 5, "its own number");
        same(registry.walletCount(), 5, "count");
        same((record >> 200) & 0xff, 2, "several");
        same((registry.investorOf(bob) >> 200) & 0xff, 2, "several, on both");
        same(registry.walletsOf(second).length, 2, "both");
        same(registry.walletsOf(alice).length, 1, "one");
        same(registry.walletsOf(stranger).length, 0, "none");
    }

    function test_at_most_sixteen_wallets() external {
        for (uint256 i = 1; i < 16; ++i) {
            addWallet(alice, address(uint160(1_000 + i)));
        }
        same(registry.walletsOf(alice).length, 16, "sixteen");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TooManyWallets.selector, address(2_000), 16));
        vm.prank(admitter);
        registry.addWallet(alice, address(2_000), EVIDENCE);
    }

    function test_one_act_rewrites_all_wallets() external {
        address second = named("second");
        addWallet(alice, second);
        renew(second, facts(2, 9, 5, 6));
        uint256 statedMask = ((uint256(1) << 200) - 1) & ~uint256(type(uint64).max);
        same(registry.investorOf(alice) & statedMask, facts(2, 9, 5, 6), "facts");
        same(registry.investorOf(second) & statedMask, facts(2, 9, 5, 6), "facts of both");
        blockOne(second);
        same((registry.investorOf(alice) >> 200) & 1, 1, "blocked");
        address third = named("third");
        addWallet(alice, third);
        same((registry.investorOf(third) >> 200) & 1, 1, "a further wallet inherits the block");
        vm.prank(enforcer);
        registry.unblockInvestor(alice, EVIDENCE);
        same((registry.investorOf(third) >> 200) & 1, 0, "unblocked");
    }

    function testFuzz_facts_are_facts_and_nothing_else(uint256 stated) external {
        uint256 statedMask = ((uint256(1) << 200) - 1) & ~uint256(type(uint64).max);
        bool isGood = stated & ~statedMask == 0;
        if (!isGood) {
            vm.expectRevert(abi.encodeWithSelector(IRegistry.FactsMalformed.selector, stranger, stated));
        }
        admit(stranger, stated);
        if (isGood) same(registry.investorOf(stranger) & statedMask, stated, "stored");
        admit(named("another"), stated & statedMask);
    }

    function test_nobody_is_admitted_twice_or_at_no_address() external {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.AlreadyAdmitted.selector, alice));
        admit(alice);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.FactsMalformed.selector, address(0), good()));
        admit(address(0));
        vm.expectRevert(abi.encodeWithSelector(IRegistry.AlreadyAdmitted.selector, bob));
        vm.prank(admitter);
        registry.addWallet(alice, bob, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.WalletUnknown.selector, stranger));
        vm.prank(admitter);
        registry.addWallet(stranger, named("another"), EVIDENCE);
    }

    function test_a_successor_is_the_same_investor_and_not_lost() external {
        address second = named("second");
        addWallet(alice, second);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.NotTheSameInvestor.selector, alice, bob));
        recordSuccessor(alice, bob);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.NotTheSameInvestor.selector, alice, alice));
        recordSuccessor(alice, alice);
        recordSuccessor(alice, second);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.SuccessorExists.selector, alice, second));
        recordSuccessor(alice, second);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.WalletLost.selector, alice));
        recordSuccessor(second, alice);
    }

    /// @dev The quick answers for tokens are the plain ones.
    function testFuzz_all_questions_have_one_answer(uint256 seed) external {
        address[5] memory who = [alice, bob, carol, stranger, address(0)];
        blockOne(bob);
        address spender = who[seed % 5];
        address from = who[(seed >> 8) % 5];
        address to = who[(seed >> 16) % 5];
        bytes memory plain = abi.encode(
            registry.filingOf(FILING), registry.investorOf(spender), registry.investorOf(from), registry.investorOf(to)
        );
        same(
            keccak256(_answer(abi.encodeCall(IRegistry.facts, (FILING, spender, from, to)))), keccak256(plain), "facts"
        );
        bytes memory words = abi.encodeCall(
            IRegistry.recordsOfMovement, (FilingId.unwrap(FILING), uint160(spender), uint160(from), uint160(to))
        );
        same(keccak256(_answer(words)), keccak256(plain), "words");
        _checkMany(from, to);
    }

    function _checkMany(address from, address to) private view {
        address[] memory list = new address[](3);
        (list[0], list[1], list[2]) = (to, from, to);
        uint256[] memory records = registry.investorsOf(list);
        isTrue(records[0] == registry.investorOf(to) && records[1] == registry.investorOf(from), "investors");
        bytes memory wanted = abi.encode(registry.filingOf(FILING), registry.investorOf(from), records);
        bytes memory found = _answer(abi.encodeCall(IRegistry.factsOfMany, (FILING, from, list)));
        same(keccak256(found), keccak256(wanted), "many");
    }

    function _answer(bytes memory question) private view returns (bytes memory answer) {
        (, answer) = address(registry).staticcall(question);
    }

    // ------------------------------------------------------------------ disclosure

    function _oblige(uint40 due, uint32 grace, uint32 recurrence) private returns (uint16) {
        vm.prank(discloser);
        return registry.openObligation(FILING, 5, due, grace, recurrence);
    }

    function _publish(uint16 obligation, uint40 nextDue) private {
        vm.prank(discloser);
        registry.publish(FILING, obligation, 5, 0, EVIDENCE, "ipfs://x", nextDue);
    }

    function _goodUntil() private view returns (uint256) {
        return uint40(registry.filingOf(FILING) >> 40);
    }

    function test_the_earliest_last_good_second_of_the_open_ones() external {
        same(_goodUntil(), type(uint40).max, "nothing is due");
        uint16 late = _oblige(START + 100, 50, 0);
        uint16 early = _oblige(START + 60, 10, 0);
        uint16 middle = _oblige(START + 80, 0, 30);
        same(_goodUntil(), START + 70, "early");
        _publish(early, 0);
        same(_goodUntil(), START + 80, "middle");
        _publish(middle, START + 110);
        same(_goodUntil(), START + 110, "middle again");
        _publish(middle, START + 140);
        same(_goodUntil(), START + 140, "and again");
        _publish(late, 0);
        same(registry.openObligations(FILING).length, 1, "the recurring one stays");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.ObligationUnknown.selector, FILING, late));
        _publish(late, 0);
        _publish(0, 0);
        same(_goodUntil(), START + 140, "a publication that closes none");
    }

    function test_the_next_due_second_of_a_recurring_obligation() external {
        uint16 yearly = _oblige(START + 100, 0, 365);
        uint40[2] memory wrong = [START + 100, START + 466];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IRegistry.NextDueWrong.selector, FILING, yearly, wrong[i], START + 101, START + 465
                )
            );
            _publish(yearly, wrong[i]);
        }
        _publish(yearly, START + 465);
        uint16 once = _oblige(START + 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.NextDueWrong.selector, FILING, once, START + 2, 0, 0));
        _publish(once, START + 2);
    }

    function test_P9_overdue_begins_after_the_last_good_second() external {
        mint(free, alice, 100);
        _oblige(START + 100, 50, 0);
        vm.warp(START + 150);
        same(uint256(free.reasonAgainst(alice, bob, 10)), 0, "good");
        vm.warp(START + 151);
        same(uint256(free.reasonAgainst(alice, bob, 10)), uint256(Reason.DisclosureOverdue), "overdue");
        _publish(2, 0);
        same(uint256(free.reasonAgainst(alice, bob, 10)), 0, "published");
    }

    function test_one_place_is_kept_for_issue_completion() external {
        for (uint256 i = 0; i < 31; ++i) {
            _oblige(START + 100, 0, 0);
        }
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TooManyObligations.selector, FILING, 31));
        _oblige(START + 100, 0, 0);
        mint(free, alice, 100);
        same(registry.openObligations(FILING).length, 32, "issue completion found its place");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TooManyObligations.selector, FILING, 32));
        _oblige(START + 100, 0, 0);
    }

    function test_no_obligation_is_born_overdue() external {
        vm.expectRevert(abi.encodeWithSelector(IRegistry.DueInThePast.selector, FILING, START - 1, START));
        _oblige(START - 1, 10, 0);
        _oblige(START, 0, 0);
    }
}
