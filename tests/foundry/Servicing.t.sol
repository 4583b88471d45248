// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IDistribution, Payment} from "../../contracts/interfaces/IDistribution.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {IServicing, Paid, Proof, Submission} from "../../contracts/interfaces/IServicing.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {AssetKind, FilingId} from "../../contracts/types/Types.sol";
import {Closing} from "./Closing.sol";
import {Programs as P} from "./Programs.sol";
import {Vm} from "./Vm.sol";
import {IToken} from "./World.sol";
import {Coin} from "./hostile/Coins.sol";

/// @notice Opening a deal, closing its periods with two keys, and paying what they owe: each act alone.
///
/// given a filing whose plan names a waterfall
///     it should be opened once, with that program alone, when its tranches are made
/// given a period
///     when it was submitted by one and is confirmed by another, from what was submitted
///         it should close as the waterfall says, and the tokens should say so
///     when anything is not as submitted, filed or left last
///         it should be refused, and change nothing
/// given a closed period
///     it should be paid once, as much as it owes, in its currency
contract ServicingTest is Closing {
    bytes32 private constant ANOTHER = keccak256("another");

    function setUp() public override {
        super.setUp();
        mint(classToken(0), alice, 2_560);
        mint(classToken(1), bob, 1_280);
        mint(classToken(2), carol, 640);
    }

    function _refused(bytes memory reason) private {
        vm.expectRevert(reason);
    }

    function _owes(uint256 class, uint256 outstanding, uint256 paid, uint256 lost) private view {
        (uint256 a, uint256 b, uint256 c) = classToken(class).amortisation();
        same(a, outstanding, "outstanding");
        same(b, paid, "principal paid");
        same(c, lost, "written down");
    }

    // ------------------------------------------------------------------ opening

    function test_P13_a_deal_opens_with_its_filed_program() external {
        same(servicing.programHashOf(DEAL), 0, "not before");
        vm.expectEmit(address(servicing));
        emit IServicing.ServicingOpened(DEAL, keccak256(program), "HKD", state);
        open();
        same(servicing.programHashOf(DEAL), keccak256(program), "program");
        same(servicing.stateHashOf(DEAL), keccak256(abi.encode(state)), "state");
        same(bytes32(servicing.currencyOf(DEAL)), "HKD", "currency");
        same(servicing.closedOf(DEAL), 0, "closed");
        same(servicing.registry(), address(registry), "registry");
        same(servicing.distribution(), address(distribution), "distribution");
        same(IManaged(address(servicing)).authority(), address(manager), "authority");
        _refused(abi.encodeWithSelector(IServicing.AlreadyOpened.selector, DEAL));
        open();
    }

    function test_P13_no_other_plan_opens() external {
        Proof[4] memory others = [proof(), proof(), proof(), proof()];
        (others[0].codeHash, others[1].termsHash) = (ANOTHER, ANOTHER);
        (others[2].content, others[3].dossier) = (ANOTHER, ANOTHER);
        for (uint256 i = 0; i < 4; ++i) {
            _opensNot(others[i], program);
        }
        _opensNot(proof(), deal("USD", CLASSES));
    }

    function _opensNot(Proof memory given, bytes memory waterfall) private {
        bytes32 deal_ = keccak256(abi.encode(given.content, keccak256(waterfall)));
        bytes32 off = keccak256(abi.encode(deal_, given.dossier));
        bytes32 plan = keccak256(abi.encode(block.chainid, given.codeHash, given.termsHash, off));
        bytes32 filed = registry.planHashOf(DEAL);
        _refused(abi.encodeWithSelector(IServicing.PlanDiffers.selector, DEAL, plan, filed));
        vm.prank(reporter);
        servicing.open(DEAL, given, waterfall);
    }

    function test_a_deal_opens_when_its_tranches_are_made() external {
        FilingId later = FilingId.wrap(9);
        fileDeal(later, program);
        create(later, 2);
        Proof memory given = proof();
        _refused(abi.encodeWithSelector(IServicing.TranchesMissing.selector, later, 2, 3));
        vm.prank(reporter);
        servicing.open(later, given, program);
        create(later, 3);
        vm.prank(reporter);
        servicing.open(later, given, program);
        same(servicing.programHashOf(later), keccak256(program), "opened");
    }

    function test_every_class_is_a_tranche() external {
        FilingId other = FilingId.wrap(9);
        bytes memory fewer = deal("HKD", 2);
        fileDeal(other, fewer);
        create(other, fewer, 3);
        Proof memory given = proof();
        _refused(abi.encodeWithSelector(IServicing.ClassesDiffer.selector, 2, 3));
        vm.prank(reporter);
        servicing.open(other, given, fewer);
    }

    /// @dev Opening reads the state that the program begins with, whatever tables and widths come before.
    function test_the_first_state_is_the_programs() external {
        FilingId other = FilingId.wrap(9);
        bytes memory lists = bytes.concat(hex"03", new bytes(36), P.none(), P.none(), P.none());
        bytes memory tables = hex"020100020708030001012c01";
        bytes memory odd = bytes.concat(P.counts(0, 3, 8), lists, tables, hex"00020102", hex"01ff");
        fileDeal(other, odd);
        create(other, odd, 3);
        uint256[] memory wanted = new uint256[](3);
        (wanted[1], wanted[2]) = (0x0102, 0xff);
        Proof memory given = proof();
        vm.expectEmit(address(servicing));
        emit IServicing.ServicingOpened(other, keccak256(odd), "HKD", wanted);
        vm.prank(reporter);
        servicing.open(other, given, odd);
    }

    // ------------------------------------------------------------------ closing

    function test_P13_what_is_submitted_is_said_and_kept() external {
        open();
        Submission memory found = servicing.submissionOf(DEAL);
        same(found.period, 0, "none before");
        vm.expectEmit(address(servicing));
        emit IServicing.PeriodSubmitted(DEAL, 1, reporter, ANOTHER, REPORT, EVIDENCE);
        vm.prank(reporter);
        servicing.submit(DEAL, 1, ANOTHER, REPORT, EVIDENCE);
        found = servicing.submissionOf(DEAL);
        same(found.period, 1, "period");
        same(found.servicer, reporter, "servicer");
        same(found.inputsHash, ANOTHER, "inputs");
        same(found.report, REPORT, "report");
        same(found.result, EVIDENCE, "result");
    }

    /// @dev 2,560 / 128 + 1,280 / 128 + 640 / 128 = 35 of interest; 5 were there before.
    function test_P13_a_period_closes_as_the_waterfall_says() external {
        open();
        uint256[] memory inputs = inputsOf(1_030, 100, 0);
        (uint256[] memory next, Paid[] memory paid) = submit(1, inputs);
        same(paid[0].interest, 20, "interest");
        same(paid[0].principal, 1_000, "principal");
        same(paid[0].due, 1_530, "3 for 2");
        vm.expectEmit(address(servicing));
        emit IServicing.PeriodClosed(DEAL, 1, trustee, keccak256(abi.encode(inputs)), REPORT, next, paid);
        confirm(1, inputs);
        _owes(0, 1_560, 1_000, 0);
        _owes(1, 1_280, 0, 0);
        _owes(2, 540, 0, 100);
        same(servicing.closedOf(DEAL), 1, "closed");
        same(servicing.stateHashOf(DEAL), keccak256(abi.encode(next)), "state");
        same(servicing.resultOf(next, paid), keccak256(abi.encode(next, paid)), "result");
        same(servicing.payableOf(DEAL, 1, 0), 1_530, "due to the first");
        same(servicing.payableOf(DEAL, 1, 1), 15, "due to the second");
        same(servicing.payableOf(DEAL, 1, 2), 7, "due to the third");
        same(servicing.payableOf(DEAL, 2, 0), 0, "of no other period");
    }

    function test_P13_losses_come_back_and_the_end_pays_all() external {
        open();
        close(0, 1_920, 0);
        _owes(0, 2_560, 0, 0);
        _owes(1, 0, 0, 1_280);
        _owes(2, 0, 0, 640);
        // The first class alone bears interest now; 80 of the second's and the third's losses stay.
        close(20, 0, 1_840);
        _owes(1, 1_280, 0, 0);
        _owes(2, 560, 0, 80);
        Paid[] memory paid = close(20_000, 0, 0);
        _owes(0, 0, 2_560, 0);
        _owes(1, 0, 1_280, 0);
        _owes(2, 0, 560, 80);
        isTrue(paid[2].residual != 0, "something is left over");
        same(servicing.payableOf(DEAL, 3, 2), paid[2].due, "and due to the last class");
    }

    function test_P13_what_was_redeemed_is_no_longer_owed() external {
        open();
        // With the five that were there: all of the interest, and no principal.
        close(30, 0, 0);
        _redeem(1_280);
        same(close(1_010, 0, 0)[0].interest, 10, "of 1,280");
        _owes(0, 295, 985, 0);
        _redeem(640);
        _owes(0, 148, 985, 0);
        same(close(1, 0, 0)[0].interest, 1, "of 148");
    }

    function _redeem(uint256 amount) private {
        IToken token = classToken(0);
        vm.prank(alice);
        token.redeem(amount);
    }

    function test_P13_another_result_closes_nothing() external {
        open();
        uint256[] memory inputs = inputsOf(1_030, 0, 0);
        (uint256[] memory next, Paid[] memory paid) = submit(1, inputs);
        bytes32 result = keccak256(abi.encode(next, paid));
        vm.prank(reporter);
        servicing.submit(DEAL, 1, keccak256(abi.encode(inputs)), REPORT, ANOTHER);
        _refused(abi.encodeWithSelector(IServicing.ResultDiffers.selector, result, ANOTHER));
        confirm(1, inputs);
        _owes(0, 2_560, 0, 0);
    }

    function test_P13_nothing_but_what_was_submitted_closes() external {
        open();
        uint256[] memory inputs = inputsOf(1_030, 0, 0);
        submit(1, inputs);
        bytes32 submitted = keccak256(abi.encode(inputs));

        inputs[0] = 1_031;
        bytes32 given = keccak256(abi.encode(inputs));
        _refused(abi.encodeWithSelector(IServicing.InputsDiffer.selector, given, submitted));
        confirm(1, inputs);
        inputs[0] = 1_030;

        _refused(abi.encodeWithSelector(IServicing.ReportDiffers.selector, ANOTHER, REPORT));
        vm.prank(trustee);
        servicing.confirm(DEAL, 1, ANOTHER, program, inputs, state);

        bytes memory other = deal("USD", CLASSES);
        given = keccak256(other);
        _refused(abi.encodeWithSelector(IServicing.ProgramDiffers.selector, given, keccak256(program)));
        vm.prank(trustee);
        servicing.confirm(DEAL, 1, REPORT, other, inputs, state);

        uint256[] memory otherState = state;
        otherState[0] = 6;
        given = keccak256(abi.encode(otherState));
        _refused(abi.encodeWithSelector(IServicing.StateDiffers.selector, given, keccak256(abi.encode(state))));
        vm.prank(trustee);
        servicing.confirm(DEAL, 1, REPORT, program, inputs, otherState);
        confirm(1, inputs);
    }

    function test_periods_close_in_order_and_once() external {
        _refused(abi.encodeWithSelector(IServicing.NotOpened.selector, DEAL));
        vm.prank(reporter);
        servicing.submit(DEAL, 1, ANOTHER, REPORT, ANOTHER);
        open();
        uint256[] memory inputs = inputsOf(35, 0, 0);
        _refused(abi.encodeWithSelector(IServicing.NothingSubmitted.selector, DEAL, 1));
        confirm(1, inputs);
        for (uint32 period = 0; period < 4; ++period) {
            if (period == 1) continue;
            _refused(abi.encodeWithSelector(IServicing.PeriodNotNext.selector, DEAL, period, 1));
            vm.prank(reporter);
            servicing.submit(DEAL, period, ANOTHER, REPORT, ANOTHER);
        }
        close(35, 0, 0);
        _refused(abi.encodeWithSelector(IServicing.PeriodNotNext.selector, DEAL, 1, 2));
        confirm(1, inputs);
        _refused(abi.encodeWithSelector(IServicing.NothingSubmitted.selector, DEAL, 2));
        confirm(2, inputs);
        close(35, 0, 0);
        same(servicing.closedOf(DEAL), 2, "two are closed");
    }

    function test_P13_who_submitted_does_not_confirm() external {
        open();
        manager.grantRole(Roles.TRUSTEE, reporter, 0);
        uint256[] memory inputs = inputsOf(35, 0, 0);
        submit(1, inputs);
        _refused(abi.encodeWithSelector(IServicing.SubmittedBySender.selector, reporter));
        vm.prank(reporter);
        servicing.confirm(DEAL, 1, REPORT, program, inputs, state);
        confirm(1, inputs);
    }

    function test_P13_each_act_needs_its_role() external {
        open();
        uint256[] memory inputs = inputsOf(35, 0, 0);
        submit(1, inputs);
        Proof memory given = proof();
        Payment memory payment;
        expectRoleNeeded(trustee, Roles.REPORTER);
        vm.prank(trustee);
        servicing.open(DEAL, given, program);
        expectRoleNeeded(trustee, Roles.REPORTER);
        vm.prank(trustee);
        servicing.submit(DEAL, 1, ANOTHER, REPORT, ANOTHER);
        expectRoleNeeded(otherReporter, Roles.TRUSTEE);
        vm.prank(otherReporter);
        servicing.confirm(DEAL, 1, REPORT, program, inputs, state);
        expectRoleNeeded(trustee, Roles.PAYER);
        vm.prank(trustee);
        servicing.pay(DEAL, 1, 0, payment);
    }

    function test_the_deal_forbids() external {
        open();
        uint256[] memory inputs = inputsOf(MOST + 1, 0, 0);
        vm.prank(reporter);
        servicing.submit(DEAL, 1, keccak256(abi.encode(inputs)), REPORT, ANOTHER);
        _refused(abi.encodeWithSignature("ForbiddenByDeal(uint8)", TOO_MUCH));
        confirm(1, inputs);
        inputs = new uint256[](2);
        vm.prank(reporter);
        servicing.submit(DEAL, 1, keccak256(abi.encode(inputs)), REPORT, ANOTHER);
        _refused(abi.encodeWithSignature("InputsMiscounted(uint256,uint256)", 2, 3));
        confirm(1, inputs);
    }

    // ------------------------------------------------------------------ programs that do not fit their tokens

    /// @dev One class of three whose slots are state 0 and 1 and, of the run, 2 to 5; the other two are its tail.
    function _odd(bytes memory instructions) private pure returns (bytes memory) {
        bytes memory classes = hex"03" hex"000000080009000a0001000b" hex"00020008000800080003000c"
            hex"00040008000800080005000d";
        return
            bytes.concat(P.counts(0, 6, 14), classes, P.none(), P.none(), P.none(), hex"00", new bytes(6), instructions);
    }

    function _oddPeriod(bytes memory waterfall, uint256[] memory next, Paid[] memory paid, bytes memory reason)
        private
    {
        FilingId other = FilingId.wrap(9);
        fileDeal(other, waterfall);
        create(other, waterfall, 3);
        IToken token = IToken(registry.tokenOf(other, 0));
        mint(token, alice, 1_000);
        Proof memory given = proof();
        vm.prank(reporter);
        servicing.open(other, given, waterfall);
        uint256[] memory none = new uint256[](0);
        vm.prank(reporter);
        servicing.submit(other, 1, keccak256(abi.encode(none)), REPORT, keccak256(abi.encode(next, paid)));
        if (reason.length != 0) _refused(reason);
        vm.prank(trustee);
        servicing.confirm(other, 1, REPORT, waterfall, none, new uint256[](6));
    }

    function test_P13_the_program_and_the_token_say_the_same() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        next[0] = 999;
        bytes memory reason = abi.encodeWithSelector(IServicing.OwedDiffers.selector, 0, 999, 1_000);
        _oddPeriod(_odd(P.set(0, P.const_(999))), next, paid, reason);
    }

    function test_principal_without_a_lower_balance_is_refused() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        (next[0], paid[0].principal) = (1_000, 1);
        bytes memory reason = abi.encodeWithSelector(IServicing.OwedDiffers.selector, 0, 1_000, 999);
        _oddPeriod(_odd(P.set(9, P.const_(1))), next, paid, reason);
    }

    function test_more_principal_than_is_owed_is_refused_by_the_token() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        (next[0], paid[0].principal) = (1_000, 1_001);
        bytes memory reason = abi.encodeWithSelector(ISecurityToken.AboveOutstanding.selector, 1_001, 1_000);
        _oddPeriod(_odd(P.set(9, P.const_(1_001))), next, paid, reason);
    }

    function test_what_is_paid_is_never_below_zero() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        bytes memory under = P.of2(P.SUB, P.const_(0), P.const_(1));
        bytes memory reason = abi.encodeWithSignature("SlotOutOfRange(uint256,int256)", 11, -1);
        _oddPeriod(_odd(P.set(11, under)), next, paid, reason);
    }

    function test_what_is_due_fits_a_payment() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        (next[0], paid[0].due) = (1_000, 1 << 128);
        bytes memory large = P.of2(P.ADD, P.const_(type(uint128).max), P.const_(1));
        bytes memory reason = abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 128, 1 << 128);
        _oddPeriod(_odd(P.set(11, large)), next, paid, reason);
    }

    function test_a_loss_above_any_face_is_refused() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        (next[0], next[1]) = (1_000, type(uint128).max);
        bytes memory reason =
            abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, type(uint128).max);
        _oddPeriod(_odd(P.set(1, P.const_(type(uint128).max))), next, paid, reason);
    }

    /// @dev Classes without tokens in hands, and nothing to do, close too.
    function test_a_period_in_which_nothing_happens_closes() external {
        (uint256[] memory next, Paid[] memory paid) = (new uint256[](6), new Paid[](3));
        next[0] = 1_000;
        vm.recordLogs();
        _oddPeriod(_odd(""), next, paid, "");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            isTrue(logs[i].topics[0] != ISecurityToken.Amortised.selector, "no token was told anything");
        }
        same(servicing.closedOf(FilingId.wrap(9)), 1, "closed");
        same(servicing.payableOf(FilingId.wrap(9), 1, 0), 0, "nothing is due");
    }

    // ------------------------------------------------------------------ paying

    function test_P8_a_period_is_paid_once() external {
        open();
        Paid[] memory paid = close(1_030, 0, 0);
        uint16 date = takeDealDate();
        Payment memory payment = paymentOf(1, 0, date, uint112(paid[0].due));
        same(servicing.refOf(DEAL, 1, 0), payment.ref, "reference");
        uint256 before = cash.balanceOf(payer);
        bytes32 id = distribution.idOf(payment);
        vm.expectEmit(address(servicing));
        emit IServicing.PeriodPaid(DEAL, 1, 0, id, paid[0].due);
        same(pay(1, 0, payment), id, "id");
        checkProgress(payment, 0, 0, 0, 0);
        same(cash.balanceOf(payer), before - paid[0].due, "from the payer");
        same(cash.balanceOf(address(distribution)), paid[0].due, "at the distribution");
        same(cash.allowance(address(servicing), address(distribution)), 0, "no allowance is left");
        same(servicing.payableOf(DEAL, 1, 0), 0, "nothing is left to pay");
        _refused(abi.encodeWithSelector(IServicing.NothingToPay.selector, DEAL, 1, 0));
        pay(1, 0, payment);
        same(distribution.claim(payment, alice), paid[0].due, "all to the one holder");
        pay(1, 1, paymentOf(1, 1, date, uint112(paid[1].due)));
        same(servicing.payableOf(DEAL, 1, 2), paid[2].due, "the third waits");
    }

    function test_P8_no_other_payment_passes() external {
        open();
        Paid[] memory paid = close(1_030, 0, 0);
        uint16 date = takeDealDate();
        Payment memory good = paymentOf(1, 0, date, uint112(paid[0].due));
        bytes memory reason = abi.encodeWithSelector(IServicing.NotThePayment.selector, DEAL, 1, 0);
        Coin coin = new Coin();
        vm.prank(enforcer);
        registry.listAsset(address(coin), "USD", AssetKind.Deposit, EVIDENCE);
        for (uint256 i = 0; i < 5; ++i) {
            Payment memory payment = paymentOf(1, 0, date, uint112(paid[0].due));
            if (i == 0) payment.token = address(classToken(1));
            if (i == 1) payment.funded += 1;
            if (i == 2) payment.funded -= 1;
            if (i == 3) payment.ref = servicing.refOf(DEAL, 1, 1);
            if (i == 4) payment.asset = address(coin);
            _refused(reason);
            pay(1, 0, payment);
        }
        pay(1, 0, good);
    }

    function test_what_is_not_due_is_not_paid() external {
        open();
        Payment memory payment;
        _refused(abi.encodeWithSelector(IServicing.NothingToPay.selector, DEAL, 1, 0));
        pay(1, 0, payment);
        close(0, 0, 0);
        _refused(abi.encodeWithSelector(IServicing.NothingToPay.selector, DEAL, 1, 1));
        pay(1, 1, payment);
        // Beyond the last of 32 tranches there is no place.
        vm.expectRevert();
        pay(1, 32, payment);
    }

    /// @dev An asset that calls back while the money moves finds the door shut.
    function test_P11_an_asset_that_calls_back_pays_nothing_twice() external {
        open();
        Paid[] memory paid = close(1_030, 0, 0);
        uint16 date = takeDealDate();
        Coin coin = new Coin();
        list(address(coin));
        manager.grantRole(Roles.PAYER, address(coin), 0);
        Payment memory first = paymentOf(1, 0, date, uint112(paid[0].due));
        Payment memory second = paymentOf(1, 1, date, uint112(paid[1].due));
        (first.asset, second.asset) = (address(coin), address(coin));
        coin.mint(payer, 1e9);
        vm.prank(payer);
        coin.approve(address(servicing), type(uint256).max);
        coin.reenter(address(servicing), abi.encodeCall(IServicing.pay, (DEAL, 1, 1, second)));
        pay(1, 0, first);
        isTrue(!coin.calledBack(), "the door is shut");
        same(bytes32(coin.answer()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "and says why");
        same(servicing.payableOf(DEAL, 1, 1), paid[1].due, "as it was");
    }
}
