// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IDistribution, Payment, Unpaid} from "../../contracts/interfaces/IDistribution.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {FilingId} from "../../contracts/types/Types.sol";
import {Paying} from "./Paying.sol";
import {Vm} from "./Vm.sol";
import {IToken} from "./World.sol";
import {LyingTranche, Mimic} from "./hostile/Tranches.sol";

interface IMock {
    function mockCall(address target, bytes calldata data, bytes calldata answer) external;
}

/// @notice What a declaration asks for, who is paid and who waits.
contract DistributionTest is Paying {
    address private aliceToo = named("alice too");
    address private aliceThree = named("alice three");

    function setUp() public override {
        super.setUp();
        mint(free, alice, 500);
        mint(free, bob, 300);
        mint(free, carol, 200);
    }

    // ------------------------------------------------------------------ declaring

    function test_P8_a_payment_is_declared_with_its_money() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        isTrue(!distribution.progressOf(payment).isDeclared, "not yet");
        vm.recordLogs();
        bytes32 id = declare(payment);
        Vm.Log memory log = vm.getRecordedLogs()[0];
        same(log.topics[0], IDistribution.Declared.selector, "event");
        isTrue(log.topics[1] == id && log.topics[3] == payment.ref, "id and reference");
        same(log.topics[2], bytes32(uint256(uint160(address(free)))), "token");
        same(keccak256(log.data), keccak256(abi.encode(payment, uint40(0))), "terms and carried");
        same(id, keccak256(abi.encode(payment)), "the id is the hash of the terms");
        same(distribution.idOf(payment), id, "the same");
        same(cash.balanceOf(address(distribution)), 1_000, "money");
        checkProgress(payment, 0, 0, 0, 0);
    }

    function test_P10_only_a_payer_declares() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        address[4] memory others = [issuer, agent, bank, enforcer];
        for (uint256 i = 0; i < 4; ++i) {
            expectRoleNeeded(others[i], Roles.PAYER);
            vm.prank(others[i]);
            distribution.declare(payment);
        }
    }

    function test_P8_a_payment_is_declared_once() external {
        Payment memory payment = declareNow(1_000);
        distribution.claim(payment, alice);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.AlreadyDeclared.selector, distribution.idOf(payment)));
        declare(payment);
    }

    function test_P8_what_is_declared_is_a_tranche_of_ours() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        address[5] memory others =
            [stranger, address(0), address(cash), address(registry), address(new Mimic(address(free)))];
        for (uint256 i = 0; i < others.length; ++i) {
            payment.token = others[i];
            vm.expectRevert(abi.encodeWithSelector(IDistribution.NotATranche.selector, others[i]));
            declare(payment);
        }
    }

    function test_P8_the_asset_is_listed_when_declared() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        vm.prank(agent);
        registry.delistAsset(address(cash), EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.AssetNotListed.selector, address(cash)));
        declare(payment);
    }

    function test_P8_a_declared_payment_is_paid_though_its_asset_left_the_list() external {
        Payment memory payment = declareNow(1_000);
        vm.prank(agent);
        registry.delistAsset(address(cash), EVIDENCE);
        same(distribution.claim(payment, alice), 500, "paid");
    }

    function test_P8_nothing_is_no_payment() external {
        uint16 date = takeRecordDate();
        Payment memory payment = paymentOf(date, 0);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaymentEmpty.selector));
        declare(payment);
        payment = paymentOf(limited, date, address(cash), 1_000);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaymentEmpty.selector));
        declare(payment);
    }

    function test_P8_the_record_date_was_taken() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        announce(uint40(block.timestamp + 10));
        for (uint16 i = 0; i < 2; ++i) {
            payment.recordDate = i * 2;
            vm.expectRevert(abi.encodeWithSelector(ISecurityToken.RecordDateNotTaken.selector, i * 2, 1));
            declare(payment);
        }
        vm.warp(block.timestamp + 10);
        declare(payment);
    }

    function test_P8_the_supply_is_that_of_the_record_date() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        mint(free, dave, 100);
        for (uint96 i = 0; i < 2; ++i) {
            payment.supply = 999 + i * 2;
            vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyDiffers.selector, payment.supply, 1_000));
            declare(payment);
        }
        payment.supply = 1_000;
        declare(payment);
    }

    function test_P8_without_the_money_there_is_no_payment() external {
        Payment memory payment = paymentOf(takeRecordDate(), 1_000);
        vm.prank(payer);
        cash.approve(address(distribution), 999);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(distribution), 999, 1_000)
        );
        declare(payment);
        isTrue(!distribution.progressOf(payment).isDeclared, "nothing is declared");
    }

    /// @dev Terms that differ in one word are another payment, and nobody has declared it.
    function testFuzz_P8_only_the_declared_terms_pay(uint256 which, uint256 seed) external {
        Payment memory payment = declareNow(1_000);
        which %= 7;
        if (which == 0) payment.token = address(limited);
        if (which == 1) payment.recordDate = uint16(within(seed, 2, type(uint16).max));
        if (which == 2) payment.needsEvidence = true;
        if (which == 3) payment.asset = address(uint160(seed));
        if (which == 4) payment.funded = uint112(within(seed, 1_001, type(uint112).max));
        if (which == 5) payment.supply = uint96(within(seed, 0, 999));
        if (which == 6) payment.ref = bytes32(seed);
        bytes memory unknown =
            abi.encodeWithSelector(IDistribution.PaymentUnknown.selector, keccak256(abi.encode(payment)));
        vm.expectRevert(unknown);
        distribution.claim(payment, alice);
        vm.expectRevert(unknown);
        distribution.push(payment, one(alice));
        vm.expectRevert(unknown);
        distribution.shareOf(payment, alice);
        vm.expectRevert(unknown);
        distribution.reasonAgainst(payment, alice);
        vm.expectRevert(unknown);
        vm.prank(enforcer);
        distribution.payElsewhere(payment, alice, payer, EVIDENCE);
    }

    /// @dev Words that are not clean are no payment's: the id is that of the bytes given.
    function test_P8_words_that_are_not_clean_pay_nobody() external {
        Payment memory payment = declareNow(1_000);
        bytes memory data = abi.encodeCall(IDistribution.claim, (payment, alice));
        data[4] = 0x01; // above the token's address
        (bool isDone,) = address(distribution).call(data);
        isTrue(!isDone, "refused");
        data[4] = 0;
        (isDone,) = address(distribution).call(data);
        isTrue(isDone, "clean");
    }

    // ------------------------------------------------------------------ shares

    function test_P8_shares_are_rounded_down_and_the_rest_is_dust() external {
        Payment memory payment = declareNow(1_009);
        same(distribution.shareOf(payment, alice), 504, "504.5");
        same(distribution.shareOf(payment, bob), 302, "302.7");
        same(distribution.shareOf(payment, carol), 201, "201.8");
        same(distribution.shareOf(payment, dave), 0, "held nothing");
        same(distribution.claim(payment, bob), 302, "anyone may have him paid");
        checkProgress(payment, 0, 302, 300, 0);
        same(push(payment, alice, carol), 2, "both");
        same(cash.balanceOf(alice), 504, "alice");
        same(cash.balanceOf(bob), 302, "bob");
        same(cash.balanceOf(carol), 201, "carol");
        checkProgress(payment, 0, 1_007, 1_000, 2);
        same(distribution.carriedOf(address(free), address(cash)), 2, "dust");
        same(distribution.carriedOf(address(limited), address(cash)), 0, "of that token");
    }

    function test_P8_dust_goes_to_the_next_payment_of_the_token_in_the_asset() external {
        Payment memory first = declareNow(1_009);
        Payment memory second = declareNow(1_007);
        push(first, alice, bob);
        distribution.claim(first, carol);
        push(second, alice, bob);
        distribution.claim(second, carol);
        checkProgress(second, 0, 1_006, 1_000, 1);
        same(distribution.carriedOf(address(free), address(cash)), 3, "of both");
        Payment memory third = declareNow(997);
        same(distribution.carriedOf(address(free), address(cash)), 0, "taken over");
        checkProgress(third, 3, 0, 0, 0);
        same(distribution.claim(third, alice), 500, "half of a thousand");
        push(third, bob, carol);
        checkProgress(third, 3, 1_000, 1_000, 0);
        same(distribution.carriedOf(address(free), address(cash)), 0, "no dust");
        same(cash.balanceOf(address(distribution)), 0, "all is paid");
    }

    function test_P8_a_payment_is_completed_once() external {
        Payment memory payment = declareNow(1_009);
        vm.recordLogs();
        push(payment, alice, bob);
        distribution.claim(payment, carol);
        same(_count(IDistribution.Completed.selector), 1, "once");
        vm.recordLogs();
        same(push(payment, alice, bob), 0, "nobody");
        same(distribution.push(payment, new address[](0)), 0, "nobody");
        same(_count(IDistribution.Completed.selector), 0, "not again");
        same(distribution.carriedOf(address(free), address(cash)), 2, "dust once");
    }

    function test_P8_a_share_of_nothing_settles_too() external {
        Payment memory payment = declareNow(3);
        vm.recordLogs();
        same(distribution.claim(payment, carol), 0, "0.6");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 1, "no money moved");
        same(keccak256(logs[0].data), keccak256(abi.encode(carol, 0)), "paid nothing");
        checkProgress(payment, 0, 0, 200, 0);
        push(payment, alice, bob);
        checkProgress(payment, 0, 1, 1_000, 2);
    }

    function test_P8_later_movements_change_no_share() external {
        Payment memory payment = declareNow(1_000);
        transfer(free, alice, dave, 500);
        transfer(free, bob, carol, 100);
        vm.prank(carol);
        free.redeem(300);
        mint(free, bob, 1_000);
        takeRecordDate();
        transfer(free, bob, dave, 100);
        same(distribution.claim(payment, alice), 500, "alice has sold all");
        same(distribution.claim(payment, bob), 300, "bob");
        same(distribution.claim(payment, carol), 200, "carol has redeemed all");
        refused(payment, dave, Unpaid.NothingHeld);
        checkProgress(payment, 0, 1_000, 1_000, 0);
    }

    // ------------------------------------------------------------------ nobody twice

    function test_P8_nobody_is_paid_twice() external {
        Payment memory payment = declareNow(1_000);
        distribution.claim(payment, alice);
        refused(payment, alice, Unpaid.AlreadyPaid);
        vm.recordLogs();
        same(push(payment, alice, alice), 0, "nor by push");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs.length, 2, "two events, no money");
        same(logs[0].topics[0], IDistribution.Waits.selector, "event");
        same(logs[0].topics[1], distribution.idOf(payment), "id");
        same(logs[0].topics[2], bytes32(uint256(uint160(alice))), "holder");
        same(keccak256(logs[0].data), keccak256(abi.encode(Unpaid.AlreadyPaid)), "why");
        same(push(payment, bob, bob), 1, "once in one push");
        same(cash.balanceOf(alice) + cash.balanceOf(bob), 800, "paid");
        vm.expectRevert(
            abi.encodeWithSelector(IDistribution.NotPaid.selector, distribution.idOf(payment), bob, Unpaid.AlreadyPaid)
        );
        vm.prank(enforcer);
        distribution.payElsewhere(payment, bob, payer, EVIDENCE);
    }

    /// @dev Marks stand 256 in a word; a push that goes to and fro between words forgets none.
    function test_P8_marks_of_many_wallets() external {
        address[] memory holders = new address[](600);
        uint256[] memory amounts = new uint256[](600);
        for (uint256 i = 0; i < 600; ++i) {
            holders[i] = address(uint160(uint256(keccak256(abi.encode("many", i)))));
            amounts[i] = 10;
            admit(holders[i]);
        }
        mint(free, holders, amounts);
        Payment memory payment = declareNow(7_000);
        address[] memory fro = new address[](9);
        (fro[0], fro[1], fro[2]) = (holders[0], holders[300], holders[1]);
        (fro[3], fro[4], fro[5]) = (holders[300], holders[599], holders[0]);
        (fro[6], fro[7], fro[8]) = (holders[301], alice, holders[301]);
        same(distribution.push(payment, fro), 6, "six of nine");
        same(distribution.push(payment, fro), 0, "none again");
        same(distribution.push(payment, holders), 595, "the others");
        same(push(payment, bob, carol), 2, "the rest");
        checkProgress(payment, 0, 7_000, 7_000, 0);
        for (uint256 i = 0; i < 600; ++i) {
            same(cash.balanceOf(holders[i]), 10, "each once");
        }
    }

    // ------------------------------------------------------------------ who waits

    function test_P8_a_blocked_holders_money_waits() external {
        Payment memory payment = declareNow(1_000);
        blockOne(bob);
        refused(payment, bob, Unpaid.PayeeBlocked);
        vm.recordLogs();
        same(push(payment, bob, alice), 1, "the other is paid");
        same(keccak256(vm.getRecordedLogs()[0].data), keccak256(abi.encode(Unpaid.PayeeBlocked)), "why");
        checkProgress(payment, 0, 500, 500, 0);
        unblock(bob);
        same(distribution.claim(payment, bob), 300, "all of it");
    }

    function test_P8_expired_evidence_waits_where_the_payment_asks_for_it() external {
        uint16 date = takeRecordDate();
        Payment memory lax = paymentOf(date, 1_000);
        Payment memory strict = paymentOf(date, 1_000);
        strict.needsEvidence = true;
        declare(lax);
        declare(strict);
        uint40 until = uint40(block.timestamp + 10);
        renew(alice, facts(1, RISK, until, MATURITY));
        renew(bob, facts(1, RISK, MATURITY, until));
        vm.warp(until);
        same(distribution.claim(strict, carol), 200, "good");
        distribution.claim(strict, bob);
        vm.warp(until + 1);
        refused(strict, alice, Unpaid.EvidenceExpired);
        renew(alice, facts(1, RISK, MATURITY, until));
        refused(strict, alice, Unpaid.EvidenceExpired);
        same(push(lax, alice, bob), 2, "paid otherwise");
        renew(alice, good());
        same(distribution.claim(strict, alice), 500, "renewed");
    }

    function test_P8_who_held_nothing_is_due_nothing() external {
        Payment memory payment = declareNow(1_000);
        refused(payment, dave, Unpaid.NothingHeld);
        refused(payment, stranger, Unpaid.NothingHeld);
        refused(payment, address(0), Unpaid.NothingHeld);
    }

    // ------------------------------------------------------------------ lost wallets

    function test_P8_the_successor_is_paid_for_a_lost_wallet() external {
        addWallet(alice, aliceToo);
        transfer(free, alice, aliceToo, 100);
        Payment memory payment = declareNow(1_000);
        recordSuccessor(alice, aliceToo);
        (Unpaid why, address payee) = distribution.reasonAgainst(payment, alice);
        isTrue(why == Unpaid.None && payee == aliceToo, "who is paid");
        vm.recordLogs();
        same(distribution.claim(payment, alice), 400, "the lost wallet's share");
        Vm.Log memory log = vm.getRecordedLogs()[1];
        same(log.topics[0], IDistribution.Paid.selector, "event");
        same(log.topics[1], distribution.idOf(payment), "id");
        same(log.topics[2], bytes32(uint256(uint160(alice))), "the holder");
        same(keccak256(log.data), keccak256(abi.encode(aliceToo, 400)), "the payee");
        same(distribution.claim(payment, aliceToo), 100, "and his own");
        same(cash.balanceOf(aliceToo), 500, "both");
        refused(payment, alice, Unpaid.AlreadyPaid);
    }

    function test_P8_the_successor_of_the_successor_is_paid() external {
        Payment memory payment = declareNow(1_000);
        addWallet(alice, aliceToo);
        recordSuccessor(alice, aliceToo);
        vm.prank(enforcer);
        free.recover(alice);
        addWallet(aliceToo, aliceThree);
        recordSuccessor(aliceToo, aliceThree);
        distribution.claim(payment, alice);
        same(cash.balanceOf(aliceThree), 500, "who stands for it today");
        refused(payment, aliceToo, Unpaid.NothingHeld);
    }

    function test_P8_a_blocked_successor_waits() external {
        Payment memory payment = declareNow(1_000);
        addWallet(alice, aliceToo);
        recordSuccessor(alice, aliceToo);
        blockOne(aliceToo);
        refused(payment, alice, Unpaid.PayeeBlocked);
        unblock(aliceToo);
        same(distribution.claim(payment, alice), 500, "paid");
    }

    /// @dev Our registry names a successor for each lost wallet; should it ever not, the money waits.
    function test_P8_without_a_successor_the_money_waits() external {
        Payment memory payment = declareNow(1_000);
        addWallet(alice, aliceToo);
        recordSuccessor(alice, aliceToo);
        IMock(address(vm))
            .mockCall(address(registry), abi.encodeCall(IRegistry.successorOf, (alice)), abi.encode(address(0)));
        refused(payment, alice, Unpaid.NoSuccessor);
    }

    // ------------------------------------------------------------------ paid elsewhere

    function test_P8_a_share_goes_elsewhere_by_order() external {
        Payment memory payment = declareNow(1_009);
        push(payment, alice, bob);
        blockOne(carol);
        setAccount(stranger, true);
        vm.recordLogs();
        vm.prank(enforcer);
        distribution.payElsewhere(payment, carol, stranger, EVIDENCE);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs[1].topics[0], IDistribution.PaidElsewhere.selector, "event");
        same(logs[1].topics[1], distribution.idOf(payment), "id");
        same(logs[1].topics[2], bytes32(uint256(uint160(carol))), "holder");
        same(keccak256(logs[1].data), keccak256(abi.encode(stranger, 201, EVIDENCE)), "account, amount, reference");
        same(logs[2].topics[0], IDistribution.Completed.selector, "the last");
        same(cash.balanceOf(stranger), 201, "money");
        checkProgress(payment, 0, 1_007, 1_000, 2);
        unblock(carol);
        refused(payment, carol, Unpaid.AlreadyPaid);
    }

    function test_P8_elsewhere_pays_no_more_than_a_claim() external {
        Payment memory payment = declareNow(1_000);
        address[3] memory holders = [alice, dave, alice];
        Unpaid[3] memory reasons = [Unpaid.AssetFailed, Unpaid.NothingHeld, Unpaid.AlreadyPaid];
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 2) distribution.claim(payment, alice);
            // A stranger may not hold deposits.
            address account = i == 0 ? stranger : payer;
            expectNotPaid(payment, holders[i], reasons[i]);
            vm.prank(enforcer);
            distribution.payElsewhere(payment, holders[i], account, EVIDENCE);
        }
        checkProgress(payment, 0, 500, 500, 0);
    }

    function test_P10_only_two_officers_pay_elsewhere() external {
        Payment memory payment = declareNow(1_000);
        address[4] memory others = [payer, issuer, agent, alice];
        for (uint256 i = 0; i < 4; ++i) {
            expectRoleNeeded(others[i], Roles.ENFORCER);
            vm.prank(others[i]);
            distribution.payElsewhere(payment, alice, others[i], EVIDENCE);
        }
    }

    // ------------------------------------------------------------------ paid off the chain

    function test_P8_a_payment_off_the_chain_is_recorded_once() external {
        uint16 date = takeRecordDate();
        mint(limited, alice, 100);
        uint16 later = takeRecordDate();
        vm.recordLogs();
        vm.prank(payer);
        distribution.recordOffChain(address(free), date, "CNY", 5_000, EVIDENCE);
        Vm.Log memory log = vm.getRecordedLogs()[0];
        same(log.topics[0], IDistribution.PaidOffChain.selector, "event");
        same(log.topics[1], bytes32(uint256(uint160(address(free)))), "token");
        same(log.topics[2], bytes32(uint256(date)), "record date");
        same(log.topics[3], EVIDENCE, "reference");
        same(keccak256(log.data), keccak256(abi.encode(bytes3("CNY"), 5_000)), "currency and amount");
        isTrue(distribution.isRecorded(address(free), EVIDENCE), "recorded");
        isTrue(!distribution.isRecorded(address(limited), EVIDENCE), "of that token");
        vm.expectRevert(abi.encodeWithSelector(IDistribution.AlreadyRecorded.selector, EVIDENCE));
        vm.prank(payer);
        distribution.recordOffChain(address(free), later, "HKD", 1, EVIDENCE);
        vm.prank(payer);
        distribution.recordOffChain(address(limited), later, "CNY", 5_000, EVIDENCE);
    }

    function test_P8_what_is_recorded_was_a_payment() external {
        uint16 date = takeRecordDate();
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaymentEmpty.selector));
        vm.prank(payer);
        distribution.recordOffChain(address(free), date, "CNY", 0, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.PaymentEmpty.selector));
        vm.prank(payer);
        distribution.recordOffChain(address(limited), date, "CNY", 1, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.RecordDateNotTaken.selector, date + 1, date));
        vm.prank(payer);
        distribution.recordOffChain(address(free), date + 1, "CNY", 1, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotATranche.selector, address(cash)));
        vm.prank(payer);
        distribution.recordOffChain(address(cash), date, "CNY", 1, EVIDENCE);
        expectRoleNeeded(bank, Roles.PAYER);
        vm.prank(bank);
        distribution.recordOffChain(address(free), date, "CNY", 1, EVIDENCE);
        isTrue(!distribution.isRecorded(address(free), EVIDENCE), "nothing is recorded");
    }

    // ------------------------------------------------------------------ a tranche that lies

    /// @dev Whatever a tranche answers, its holders get no more than was brought for them.
    function test_P8_a_lying_tranche_is_not_paid_with_the_money_of_others() external {
        Payment memory honest = declareNow(1_000);
        (LyingTranche liar, Payment memory payment) = _lie();
        distribution.claim(payment, alice);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyDiffers.selector, 10, 12));
        distribution.claim(payment, bob);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyDiffers.selector, 10, 12));
        push(payment, bob, carol);
        liar.say(2 ** 95);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.SupplyDiffers.selector, 10, 6 + 2 ** 95));
        distribution.claim(payment, bob);
        liar.say(4);
        distribution.claim(payment, bob);
        same(cash.balanceOf(alice) + cash.balanceOf(bob), 100, "its own");
        push(honest, alice, bob);
        distribution.claim(honest, carol);
        checkProgress(honest, 0, 1_000, 1_000, 0);
    }

    function test_P8_a_holder_the_registry_does_not_know_waits() external {
        (, Payment memory payment) = _lie();
        refused(payment, stranger, Unpaid.PayeeUnknown);
        same(push(payment, stranger, alice), 1, "the other is paid");
    }

    /// @dev A tranche of another filing that answers what it likes: six units each, of ten.
    function _lie() private returns (LyingTranche liar, Payment memory payment) {
        FilingId other = FilingId.wrap(8);
        liar = new LyingTranche(other);
        _file(other, terms());
        manager.grantRole(Roles.FACTORY, address(this), 0);
        registry.attach(other, 0, address(liar));
        liar.say(6);
        payment = paymentOf(IToken(address(liar)), 1, address(cash), 100);
        declare(payment);
    }

    function _count(bytes32 topic) private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == topic) ++count;
        }
    }
}
