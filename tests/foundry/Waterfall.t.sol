// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServicing} from "../../contracts/interfaces/IServicing.sol";
import {Programs as P} from "./Programs.sol";
import {Test} from "./Vm.sol";

/// @notice What each node and each instruction does, and what the machine refuses. Slots 0 and 1 are inputs, 2 to 4
/// state (2 and 3 the accounts), 5 and more of the run alone; 0 is the receipt and 5 the outlet.
///
/// given one expression
///     it should come to what its nodes say, or be refused where a number leaves its range
/// given one payment
///     it should take from the sources in their order, for the payees in theirs or pro rata, no more than the limit
/// given bytes that are no program
///     it should be refused
contract WaterfallTest is Test {
    int256 private constant LARGEST = type(int256).max;
    uint256 private constant WIDE = type(uint128).max;
    uint256 private constant SLOTS = 12;

    IServicing private servicing;

    error NotAWaterfall(uint256 found);
    error InputsMiscounted(uint256 found, uint256 needed);
    error StateMiscounted(uint256 found, uint256 needed);
    error SlotOutOfRange(uint256 slot, int256 found);
    error NumberTooLarge();
    error ForbiddenByDeal(uint8 code);
    error CashNotConserved(int256 found, int256 needed);

    function setUp() external {
        servicing = IServicing(deploy("Servicing", abi.encode(address(1), address(2), address(3))));
    }

    // ------------------------------------------------------------------ set-up

    /// @dev Tables: 7, 8, 9 of one byte; 300, 70000 of three.
    function _program(bytes memory code) private pure returns (bytes memory) {
        bytes memory lists = bytes.concat(P.list(2, 3), P.list(0), P.list(5));
        bytes memory tables = hex"0201000307080903000200012c011170";
        return bytes.concat(P.counts(2, 3, SLOTS), hex"00", lists, tables, hex"0001050164", code);
    }

    function _two(uint256 a, uint256 b) private pure returns (uint256[] memory made) {
        made = new uint256[](2);
        (made[0], made[1]) = (a, b);
    }

    function _three(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory made) {
        made = new uint256[](3);
        (made[0], made[1], made[2]) = (a, b, c);
    }

    /// @dev No cash comes in: inputs 0 and 6, state 100, 50 and 9.
    function _run(bytes memory code) private view returns (int256[] memory) {
        return servicing.run(_program(code), _two(0, 6), _three(100, 50, 9));
    }

    /// @dev What an expression comes to.
    function _value(bytes memory expression) private view returns (int256) {
        return _run(P.set(7, expression))[7];
    }

    function _is(int256 found, int256 wanted, string memory what) private pure {
        same(uint256(found), uint256(wanted), what);
    }

    function _refused(bytes memory code, bytes memory reason) private {
        bytes memory program = _program(code);
        vm.expectRevert(reason);
        servicing.run(program, _two(0, 6), _three(100, 50, 9));
    }

    /// @dev An expression that is refused for its numbers.
    function _tooLarge(bytes memory expression) private {
        _refused(P.set(7, expression), abi.encodeWithSelector(NumberTooLarge.selector));
    }

    /// @dev Refused as no program, or by a bound of the EVM's own.
    function _malformed(bytes memory code) private view {
        bytes memory call = abi.encodeCall(IServicing.run, (_program(code), _two(0, 6), _three(100, 50, 9)));
        (bool isDone, bytes memory answer) = address(servicing).staticcall(call);
        isTrue(!isDone, "not refused");
        bytes4 why = bytes4(answer);
        isTrue(why == NotAWaterfall.selector || why == bytes4(0x4e487b71), "refused for another reason");
    }

    function _negative(uint256 size) private pure returns (bytes memory) {
        return P.of2(P.SUB, P.const_(0), P.const_(size));
    }

    /// @dev 2^255 - 1, the largest value: 2^127 x 2^128 - 1.
    function _largest() private pure returns (bytes memory) {
        bytes memory lower = P.of2(P.MUL, P.const_(WIDE), P.const_(1 << 127)); // 2^255 - 2^127
        return P.of2(P.ADD, lower, P.const_((1 << 127) - 1));
    }

    // ------------------------------------------------------------------ values

    function test_slots_are_inputs_then_state_then_zeros() external view {
        int256[] memory values = _run("");
        same(values.length, SLOTS, "slots");
        int256[5] memory wanted = [int256(0), 6, 100, 50, 9];
        for (uint256 i = 0; i < SLOTS; ++i) {
            _is(values[i], i < 5 ? wanted[i] : int256(0), "value");
        }
    }

    function test_constants_have_any_width_up_to_16_bytes() external view {
        _is(_value(hex"0000"), 0, "no byte");
        _is(_value(hex"0001ff"), 255, "one byte");
        _is(_value(hex"0003010203"), 0x010203, "three bytes");
        _is(_value(P.const_(WIDE)), int256(WIDE), "sixteen bytes");
    }

    function test_numbers_are_added_and_taken_away() external view {
        _is(_value(P.of2(P.ADD, P.load(2), P.load(1))), 106, "ADD");
        _is(_value(P.of2(P.SUB, P.load(1), P.load(2))), -94, "SUB");
        _is(_value(P.of2(P.SUB, P.load(2), P.load(1))), 94, "SUB");
        _is(_value(P.of2(P.ADD, _negative(5), _negative(7))), -12, "ADD below zero");
    }

    function test_the_smaller_and_the_larger() external view {
        _is(_value(P.of2(P.MIN, P.load(1), P.load(4))), 6, "MIN");
        _is(_value(P.of2(P.MIN, P.load(4), P.load(1))), 6, "MIN");
        _is(_value(P.of2(P.MAX, P.load(1), P.load(4))), 9, "MAX");
        _is(_value(P.of2(P.MAX, P.load(4), P.load(1))), 9, "MAX");
        _is(_value(P.of2(P.MIN, _negative(3), P.load(1))), -3, "MIN below zero");
        _is(_value(P.of1(P.POS, _negative(3))), 0, "POS below zero");
        _is(_value(P.of1(P.POS, P.load(1))), 6, "POS above zero");
    }

    function test_products_round_toward_zero() external view {
        _is(_value(P.of2(P.MUL, P.load(1), P.load(4))), 54, "MUL");
        _is(_value(P.of2(P.MUL, _negative(6), P.load(4))), -54, "MUL below zero");
        _is(_value(P.of2(P.MUL, _negative(6), _negative(9))), 54, "MUL of two below zero");
        _is(_value(P.of3(P.MULDIV, P.load(2), P.load(1), P.load(4))), 66, "600 / 9");
        _is(_value(P.of3(P.MULDIV, _negative(100), P.load(1), P.load(4))), -66, "a below zero");
        _is(_value(P.of3(P.MULDIV, P.load(2), _negative(6), P.load(4))), -66, "b below zero");
        _is(_value(P.of3(P.MULDIV, P.load(2), P.load(1), _negative(9))), -66, "c below zero");
        _is(_value(P.of3(P.MULDIV, _negative(100), _negative(6), _negative(9))), -66, "all below zero");
        _is(_value(P.of3(P.MULDIV, _negative(100), _negative(6), P.load(4))), 66, "two below zero");
        _is(_value(P.of3(P.MULDIV, P.load(2), P.load(1), P.load(0))), 0, "by nothing");
    }

    /// @dev 2^128 - 1 squared fits no value, nor does its product with itself again a word; the quotient does.
    function test_a_product_may_be_larger_than_any_value() external view {
        bytes memory square = P.of3(P.MULDIV, P.const_(WIDE), P.const_(WIDE), P.const_(WIDE));
        _is(_value(square), int256(WIDE), "of 256 bits");
        bytes memory large = P.of3(P.MULDIV, _largest(), P.const_(WIDE), P.const_(WIDE));
        _is(_value(large), LARGEST, "of 383 bits");
        _is(
            _value(P.of3(P.MULDIV, P.of2(P.SUB, P.const_(0), _largest()), P.const_(WIDE), P.const_(WIDE))), -LARGEST, ""
        );
    }

    function test_comparisons_are_one_or_zero() external view {
        uint256[3] memory others = [uint256(5), 6, 7];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory other = P.const_(others[i]);
            _is(_value(P.of2(P.LT, P.load(1), other)), others[i] > 6 ? int256(1) : int256(0), "LT");
            _is(_value(P.of2(P.LE, P.load(1), other)), others[i] >= 6 ? int256(1) : int256(0), "LE");
            _is(_value(P.of2(P.EQ, P.load(1), other)), others[i] == 6 ? int256(1) : int256(0), "EQ");
        }
        _is(_value(P.of2(P.LT, _negative(1), P.const_(0))), 1, "below zero");
    }

    function test_truth_is_anything_but_zero() external view {
        bytes[3] memory values = [P.const_(0), P.const_(2), _negative(1)];
        for (uint256 i = 0; i < 3; ++i) {
            _is(_value(P.of1(P.NOT, values[i])), i == 0 ? int256(1) : int256(0), "NOT");
            _is(
                _value(P.of3(P.SELECT, values[i], P.const_(11), P.const_(22))),
                i == 0 ? int256(22) : int256(11),
                "SELECT"
            );
            for (uint256 j = 0; j < 3; ++j) {
                _is(_value(P.of2(P.AND, values[i], values[j])), i != 0 && j != 0 ? int256(1) : int256(0), "AND");
                _is(_value(P.of2(P.OR, values[i], values[j])), i != 0 || j != 0 ? int256(1) : int256(0), "OR");
            }
        }
    }

    function test_a_table_ends_with_its_ends() external view {
        int256[5] memory short = [int256(7), 7, 8, 9, 9];
        for (uint256 i = 0; i < 5; ++i) {
            _is(_value(P.table(0, P.const_(i))), short[i], "the first table");
        }
        _is(_value(P.table(1, P.const_(1))), 300, "the second table");
        _is(_value(P.table(1, P.const_(2))), 70_000, "the second table");
        _is(_value(P.table(1, _largest())), 70_000, "far beyond");
        _is(_value(P.table(1, _negative(1))), 300, "before the beginning");
    }

    function test_the_largest_numbers_are_the_largest() external {
        bytes memory lowest = P.of2(P.SUB, P.const_(0), _largest());
        _is(_value(_largest()), LARGEST, "the largest");
        _is(_value(lowest), -LARGEST, "the lowest");
        _tooLarge(P.of2(P.ADD, _largest(), P.const_(1)));
        _tooLarge(P.of2(P.SUB, lowest, P.const_(1)));
        _tooLarge(P.of2(P.ADD, lowest, _negative(1)));
        _tooLarge(P.of2(P.ADD, _largest(), _largest()));
        _tooLarge(P.of2(P.ADD, lowest, lowest));
        _tooLarge(P.of2(P.MUL, P.const_(WIDE), P.const_(WIDE)));
        _tooLarge(P.of2(P.MUL, P.of2(P.MUL, P.const_(1 << 127), P.const_(1 << 126)), P.const_(4)));
        _tooLarge(P.of2(P.MUL, _largest(), _largest()));
        _tooLarge(P.of3(P.MULDIV, _largest(), P.const_(2), P.const_(1)));
        _tooLarge(P.of3(P.MULDIV, _largest(), P.const_(WIDE), P.const_(WIDE - 1)));
        _tooLarge(P.of3(P.MULDIV, lowest, P.const_(WIDE), P.const_(WIDE - 1)));
    }

    function testFuzz_products_are_exact(uint128 a, uint128 b, uint128 c) external view {
        bytes memory product = P.of3(P.MULDIV, P.const_(a), P.const_(b >> 1), P.const_(c));
        uint256 wanted = c == 0 ? 0 : uint256(a) * (b >> 1) / c;
        _is(_value(product), int256(wanted), "a x b / c");
    }

    function test_expressions_are_64_values_deep_at_most() external view {
        bytes memory pushed = P.const_(1);
        bytes memory added = "";
        for (uint256 i = 0; i < 63; ++i) {
            (pushed, added) = (bytes.concat(pushed, P.const_(1)), bytes.concat(added, bytes1(P.ADD)));
        }
        _is(_value(bytes.concat(pushed, added)), 64, "64 values");
        _malformed(P.set(7, bytes.concat(P.const_(1), pushed, added, bytes1(P.ADD))));
    }

    // ------------------------------------------------------------------ instructions

    function test_instructions_run_in_their_order() external view {
        bytes memory code = bytes.concat(P.set(7, P.const_(3)), P.set(8, P.of2(P.ADD, P.load(7), P.load(7))));
        int256[] memory values = _run(bytes.concat(code, P.set(7, P.const_(1))));
        _is(values[7], 1, "set twice");
        _is(values[8], 6, "in between");
    }

    function test_a_block_is_passed_over_unless_its_condition_holds() external view {
        bytes memory inner = P.skip(P.load(1), P.set(8, P.const_(1)));
        bytes memory body = bytes.concat(P.set(7, P.const_(1)), inner);
        int256[] memory values = _run(bytes.concat(P.skip(P.load(1), body), P.set(9, P.const_(1))));
        _is(values[7] + values[8] + values[9], 3, "run");
        values = _run(bytes.concat(P.skip(P.load(0), body), P.set(9, P.const_(1))));
        _is(values[7] + values[8], 0, "passed over");
        _is(values[9], 1, "what follows");
        values = _run(P.skip(_negative(1), body));
        _is(values[7], 1, "a condition below zero holds");
    }

    function test_what_the_deal_forbids_stops_the_run() external {
        _run(P.demand(7, P.const_(1)));
        _refused(P.demand(7, P.const_(0)), abi.encodeWithSelector(ForbiddenByDeal.selector, 7));
        _refused(P.demand(255, P.load(0)), abi.encodeWithSelector(ForbiddenByDeal.selector, 255));
    }

    // ------------------------------------------------------------------ paying

    /// @dev 30 of cash left, of 150: the first source first.
    function test_cash_is_taken_from_the_sources_in_their_order() external view {
        bytes memory to = P.payee(5, P.NO_SLOT, P.const_(120));
        int256[] memory values = _run(P.pay(P.CASH, P.list(2, 3), "", 1, to, 8));
        _is(values[2], 0, "the first source");
        _is(values[3], 30, "the second source");
        _is(values[5], 120, "the payee");
        _is(values[8], 120, "paid");
        values = _run(P.pay(P.CASH, P.list(3, 2), "", 1, to, 8));
        _is(values[3], 0, "the other order");
        _is(values[2], 30, "the other order");
    }

    function test_no_more_is_paid_than_there_is() external view {
        bytes memory to = P.payee(5, P.NO_SLOT, P.const_(151));
        int256[] memory values = _run(P.pay(P.CASH, P.list(2, 3), "", 1, to, 8));
        _is(values[8], 150, "all there is");
        _is(values[2] + values[3], 0, "and nothing left");
        values = _run(P.pay(P.CASH, P.none(), "", 1, to, 8));
        _is(values[8], 0, "from no source");
    }

    function test_no_more_is_paid_than_the_limit() external view {
        bytes memory to = P.payee(5, P.NO_SLOT, P.const_(99));
        _is(_run(P.pay(P.CASH, P.list(2), P.const_(40), 1, to, 8))[8], 40, "the limit");
        _is(_run(P.pay(P.CASH, P.list(2), P.const_(100), 1, to, 8))[8], 99, "the amount");
        _is(_run(P.pay(P.CASH, P.list(2), _negative(1), 1, to, 8))[8], 0, "a limit below zero");
        _is(_run(P.pay(0, P.none(), P.const_(40), 1, P.payee(7, P.NO_SLOT, P.const_(99)), 8))[8], 40, "not cash");
    }

    function test_payees_come_one_after_the_other() external view {
        bytes memory payees = bytes.concat(P.payee(5, P.NO_SLOT, P.const_(60)), P.payee(3, P.NO_SLOT, P.const_(60)));
        int256[] memory values = _run(P.pay(P.CASH, P.list(2), "", 2, payees, 8));
        _is(values[5], 60, "the first has all");
        _is(values[3], 50 + 40, "the second the rest: an account");
        _is(values[8], 100, "together");
    }

    /// @dev 100 for 150: two thirds each, rounded down; the rest stays.
    function test_payees_share_pro_rata() external view {
        bytes memory payees = bytes.concat(P.payee(5, P.NO_SLOT, P.const_(101)), P.payee(3, P.NO_SLOT, P.const_(49)));
        int256[] memory values = _run(P.pay(P.CASH | P.PRO_RATA, P.list(2), "", 2, payees, 8));
        _is(values[5], 67, "101 x 100 / 150");
        _is(values[3], 50 + 32, "49 x 100 / 150");
        _is(values[2], 1, "the remainder stays");
        _is(values[8], 99, "together");
        payees = bytes.concat(P.payee(5, P.NO_SLOT, P.const_(51)), P.payee(3, P.NO_SLOT, P.const_(49)));
        values = _run(P.pay(P.CASH | P.PRO_RATA, P.list(2), "", 2, payees, 8));
        _is(values[8], 100, "enough for both");
        _is(values[5], 51, "and each has all");
    }

    function test_a_debit_is_lowered_by_what_is_paid() external view {
        bytes memory owed = bytes.concat(P.set(7, P.const_(70)), P.set(9, P.const_(80)));
        bytes memory payees = bytes.concat(P.payee(5, 7, ""), P.payee(5, 9, P.const_(20)));
        int256[] memory values = _run(bytes.concat(owed, P.pay(P.CASH, P.list(2), "", 2, payees, 8)));
        _is(values[7], 0, "paid in full");
        _is(values[9], 60, "by the amount");
        _is(values[5], 90, "the payee of both");
        values = _run(bytes.concat(owed, P.pay(P.CASH | P.PRO_RATA, P.list(2), P.const_(45), 2, payees, 8)));
        _is(values[7], 35, "a half of each");
        _is(values[9], 70, "a half of each");
        payees = P.payee(5, 7, P.const_(500));
        values = _run(bytes.concat(owed, P.pay(P.CASH, P.list(2), "", 1, payees, 8)));
        _is(values[8], 70, "never more than is owed");
    }

    /// @dev The same debit twice in one pro-rata step: each asks for all of it, and it is paid once.
    function test_a_debit_never_falls_below_zero() external view {
        bytes memory owed = P.set(7, P.const_(40));
        bytes memory payees = bytes.concat(P.payee(5, 7, ""), P.payee(5, 7, ""));
        int256[] memory values = _run(bytes.concat(owed, P.pay(P.CASH | P.PRO_RATA, P.list(2), "", 2, payees, 8)));
        _is(values[7], 0, "paid once");
        _is(values[8], 40, "paid once");
        values = _run(bytes.concat(P.set(7, _negative(40)), P.pay(P.CASH, P.list(2), "", 2, payees, 8)));
        _is(values[7], -40, "nothing is owed");
        _is(values[8], 0, "nothing is owed");
        payees = P.payee(5, 7, P.const_(3));
        values = _run(bytes.concat(P.set(7, _negative(40)), P.pay(P.CASH, P.list(2), "", 1, payees, 8)));
        _is(values[8], 0, "whatever the amount");
        payees = P.payee(5, P.NO_SLOT, _negative(3));
        _is(_run(P.pay(P.CASH, P.list(2), "", 1, payees, 8))[8], 0, "an amount below zero");
    }

    function test_a_source_below_zero_gives_nothing() external view {
        bytes memory under = P.set(7, _negative(30));
        bytes memory to = P.payee(5, P.NO_SLOT, P.const_(90));
        int256[] memory values = _run(bytes.concat(under, P.pay(P.CASH, P.list(7, 2), "", 1, to, 8)));
        _is(values[8], 90, "the other gives all");
        _is(values[7], -30, "as it was");
    }

    function test_what_is_not_cash_is_taken_from_nowhere() external view {
        bytes memory to = P.payee(7, P.NO_SLOT, P.const_(500));
        int256[] memory values = _run(P.pay(0, P.list(2), "", 1, to, 8));
        _is(values[7], 500, "the payee");
        _is(values[2], 100, "the source");
    }

    function test_what_all_ask_for_together_is_bounded_too() external {
        bytes memory payees = bytes.concat(P.payee(7, P.NO_SLOT, _largest()), P.payee(9, P.NO_SLOT, P.const_(1)));
        _refused(P.pay(P.PRO_RATA, P.none(), "", 2, payees, 8), abi.encodeWithSelector(NumberTooLarge.selector));
        int256[] memory values = _run(P.pay(0, P.none(), "", 2, payees, 8));
        _is(values[7], LARGEST, "one after the other: the first has all");
        _is(values[9], 0, "the second nothing");
        bytes memory full = P.set(7, P.const_(1));
        payees = P.payee(7, P.NO_SLOT, _largest());
        bytes memory code = bytes.concat(full, P.pay(0, P.none(), "", 1, payees, 8));
        _refused(code, abi.encodeWithSelector(NumberTooLarge.selector));
    }

    // ------------------------------------------------------------------ what is refused at the ends

    function test_inputs_and_state_are_counted() external {
        bytes memory program = _program("");
        vm.expectRevert(abi.encodeWithSelector(InputsMiscounted.selector, 3, 2));
        servicing.run(program, _three(0, 6, 0), _three(100, 50, 9));
        vm.expectRevert(abi.encodeWithSelector(StateMiscounted.selector, 2, 3));
        servicing.run(program, _two(0, 6), _two(100, 50));
    }

    function test_inputs_and_state_are_below_2_to_the_128() external {
        bytes memory program = _program(P.set(2, P.of2(P.ADD, P.load(2), P.load(0))));
        servicing.run(program, _two(0, WIDE), _three(WIDE, WIDE, WIDE));
        vm.expectRevert(abi.encodeWithSelector(SlotOutOfRange.selector, 1, WIDE + 1));
        servicing.run(program, _two(0, WIDE + 1), _three(100, 50, 9));
        vm.expectRevert(abi.encodeWithSelector(SlotOutOfRange.selector, 4, -1));
        servicing.run(program, _two(0, 6), _three(100, 50, type(uint256).max));
    }

    function test_what_is_carried_on_fits_too() external {
        _run(P.set(4, P.const_(WIDE)));
        _run(P.set(7, _negative(1)));
        _refused(P.set(4, _negative(1)), abi.encodeWithSelector(SlotOutOfRange.selector, 4, -1));
        bytes memory above = P.of2(P.ADD, P.const_(WIDE), P.const_(1));
        _refused(P.set(4, above), abi.encodeWithSelector(SlotOutOfRange.selector, 4, WIDE + 1));
        _refused(P.set(2, _negative(1)), abi.encodeWithSelector(SlotOutOfRange.selector, 2, -1));
        _refused(P.set(5, _negative(1)), abi.encodeWithSelector(SlotOutOfRange.selector, 5, -1));
    }

    function test_the_first_of_what_is_carried_fits_too() external {
        bytes memory lists = bytes.concat(P.none(), P.none(), P.none());
        bytes memory program = bytes.concat(P.counts(0, 1, 1), hex"00", lists, hex"0000", P.set(0, _negative(1)));
        vm.expectRevert(abi.encodeWithSelector(SlotOutOfRange.selector, 0, -1));
        servicing.run(program, new uint256[](0), new uint256[](1));
    }

    function test_cash_is_conserved_to_the_unit() external {
        bytes memory keeping = P.set(3, P.of2(P.ADD, P.load(3), P.load(0)));
        servicing.run(_program(keeping), _two(77, 0), _three(100, 50, 9));
        bytes memory losing = _program("");
        vm.expectRevert(abi.encodeWithSelector(CashNotConserved.selector, 150, 227));
        servicing.run(losing, _two(77, 0), _three(100, 50, 9));
        _refused(P.set(2, P.const_(99)), abi.encodeWithSelector(CashNotConserved.selector, 149, 150));
        _refused(P.set(5, P.const_(1)), abi.encodeWithSelector(CashNotConserved.selector, 151, 150));
        _run(bytes.concat(P.set(2, P.const_(99)), P.set(5, P.const_(1))));
    }

    // ------------------------------------------------------------------ what is no program

    function test_another_version_is_no_program() external {
        bytes memory program = _program("");
        program[0] = hex"02";
        vm.expectRevert();
        servicing.run(program, _two(0, 6), _three(100, 50, 9));
        bytes memory short = hex"01484b440000000000";
        vm.expectRevert();
        servicing.run(short, new uint256[](0), new uint256[](0));
    }

    function test_what_is_no_instruction_or_node_is_refused() external view {
        _malformed(hex"00");
        _malformed(hex"05");
        _malformed(P.set(7, hex"11"));
        _malformed(P.set(7, hex"ff"));
        _malformed(P.set(7, bytes.concat(P.load(1), P.load(1), hex"11")));
        _malformed(P.set(7, bytes.concat(P.load(1), P.load(1), hex"ff")));
    }

    function test_an_expression_is_one_value() external view {
        _malformed(P.set(7, ""));
        _malformed(P.set(7, bytes.concat(P.load(1), P.load(1))));
        _malformed(P.set(7, bytes.concat(P.load(1), bytes1(P.ADD))));
        _malformed(P.set(7, bytes.concat(bytes1(P.NOT))));
        _malformed(P.set(7, bytes.concat(P.load(1), P.load(1), bytes1(P.SELECT))));
        _malformed(P.set(7, bytes.concat(P.load(1), P.load(1), bytes1(P.MULDIV))));
        _malformed(P.set(7, bytes.concat(bytes1(P.TABLE), hex"00")));
        _malformed(P.set(7, hex"01"));
        _malformed(hex"010007000201");
    }

    function test_numbers_have_16_bytes_at_most() external view {
        _malformed(P.set(7, hex"00110000000000000000000000000000000001"));
        _malformed(P.set(7, hex"002000000000000000000000000000000000000000000000000000000000000000000001"));
    }

    function test_slots_and_tables_are_those_of_the_header() external view {
        _malformed(P.set(SLOTS, P.const_(1)));
        _run(P.set(SLOTS - 1, P.const_(1)));
        _malformed(P.set(7, P.load(SLOTS)));
        _malformed(P.set(7, P.table(2, P.const_(1))));
        _malformed(P.pay(P.CASH, P.list(SLOTS), "", 1, P.payee(5, P.NO_SLOT, P.const_(1)), 8));
        _malformed(P.pay(0, P.none(), "", 1, P.payee(SLOTS, P.NO_SLOT, P.const_(1)), 8));
        _malformed(P.pay(0, P.none(), "", 1, P.payee(5, SLOTS, P.const_(1)), 8));
        _malformed(P.pay(0, P.none(), "", 1, P.payee(5, P.NO_SLOT, P.const_(0)), SLOTS));
        _malformed(P.pay(0, P.none(), "", 1, P.payee(5, P.NO_SLOT, ""), 8));
    }

    function test_nothing_is_read_beyond_the_end() external view {
        bytes memory whole = P.set(7, P.const_(1));
        for (uint256 length = 1; length < whole.length; ++length) {
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) {
                cut[i] = whole[i];
            }
            _malformed(cut);
        }
        _malformed(hex"02000200000001"); // passes over a byte that is not there
    }
}
