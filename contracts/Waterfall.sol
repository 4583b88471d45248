// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";

/// @notice Where a program keeps what is done for one tranche: numbers of slots.
/// @param payable_ what the payer brings for the holders, in the smallest unit of the settlement currency
struct ClassSlots {
    uint256 balance;
    uint256 interest;
    uint256 principal;
    uint256 residual;
    uint256 writtenDown;
    uint256 payable_;
}

/// @title Runs a filed waterfall, one period at a time
/// @notice A program is bytes: header, tables, the state at the closing, then code of four instructions; the format
/// stands in `src/abst/deal/waterfall/program.py`, and `machine.py` beside it runs the same to the unit. Values are
/// whole numbers of a size below 2^255, inputs and state are below 2^128. Rounding is toward zero, in MULDIV and in
/// pro-rata shares alone; what a share does not take stays in its account.
/// @dev Places are offsets in the calldata. A program is one that was filed, and Python refuses what is none before it
/// is; here every place, slot and table is checked where the run comes by, so that nothing else is ever read.
library Waterfall {
    /// @notice One run: the header's places, and what was computed so far.
    /// @param outlets place of the list of outlets; so the others
    /// @param tables place of each table
    /// @param start place of the state at the closing
    /// @param values of all slots: inputs, then state, then those of this run alone
    /// @param stack address of the memory in which expressions are evaluated
    struct Machine {
        uint256 inputs;
        uint256 state;
        uint256 accounts;
        uint256 receipts;
        uint256 outlets;
        uint256[] tables;
        uint256 start;
        uint256 code;
        uint256 end;
        int256[] values;
        uint256 stack;
    }

    /// @notice No program of this version. found: the place in the calldata, the slot or the node where it is none.
    error NotAWaterfall(uint256 found);
    error InputsMiscounted(uint256 found, uint256 needed);
    error StateMiscounted(uint256 found, uint256 needed);
    /// @notice An input, the state, an account or an outlet is below zero or above 2^128 - 1.
    error SlotOutOfRange(uint256 slot, int256 found);
    error NumberTooLarge();
    /// @notice The deal forbids what the inputs say; the code says why.
    error ForbiddenByDeal(uint8 code);
    /// @notice Opening accounts and receipts are not closing accounts and what left (R-94).
    error CashNotConserved(int256 found, int256 needed);

    uint256 private constant VERSION = 1;
    uint256 private constant CURRENCY = 1; // place of the settlement currency in the header; so the others
    uint256 private constant COUNTS = 4;
    uint256 private constant CLASSES = 10;
    uint256 private constant CLASS_BYTES = 12;
    uint256 private constant WIDEST = 16; // bytes of a number
    uint256 private constant MOST_DEEP = 64;
    uint256 private constant NO_SLOT = 0xffff;
    int256 private constant NARROW = 1 << 128;

    // ---- instructions

    uint256 private constant SET = 0x01;
    uint256 private constant SKIP = 0x02;
    uint256 private constant PAY = 0x03;
    uint256 private constant REQUIRE = 0x04;

    uint256 private constant PRO_RATA = 0x01;
    uint256 private constant CASH = 0x02;

    // ---- nodes of an expression

    uint256 private constant CONST = 0x00;
    uint256 private constant LOAD = 0x01;
    uint256 private constant ADD = 0x02;
    uint256 private constant SUB = 0x03;
    uint256 private constant MULDIV = 0x05;
    uint256 private constant MIN = 0x06;
    uint256 private constant MAX = 0x07;
    uint256 private constant POS = 0x08;
    uint256 private constant LT = 0x09;
    uint256 private constant LE = 0x0a;
    uint256 private constant EQ = 0x0b;
    uint256 private constant AND = 0x0c;
    uint256 private constant OR = 0x0d;
    uint256 private constant NOT = 0x0e;
    uint256 private constant SELECT = 0x0f;
    uint256 private constant TABLE = 0x10;
    uint256 private constant MUL = 0x04;
    // How many values each node takes, two bits each, from the lowest up.
    uint256 private constant OPERANDS = 0x1daa9aea0;

    // ------------------------------------------------------------------ running

    /// @notice Values of all slots after one period. Reverts where the deal, or the machine, refuses the numbers.
    function run(bytes calldata program, uint256[] calldata inputs, uint256[] memory state)
        internal
        pure
        returns (int256[] memory values)
    {
        Machine memory self = _read(program);
        require(inputs.length == self.inputs, InputsMiscounted(inputs.length, self.inputs));
        require(state.length == self.state, StateMiscounted(state.length, self.state));
        values = self.values;
        for (uint256 i = 0; i < inputs.length; ++i) {
            values[i] = int256(inputs[i]);
        }
        for (uint256 i = 0; i < state.length; ++i) {
            values[self.inputs + i] = int256(state[i]);
        }
        for (uint256 i = 0; i < inputs.length + state.length; ++i) {
            _narrow(values, i);
        }
        int256 before = _cash(values, self.accounts) + _cash(values, self.receipts);
        uint256 place = self.code;
        while (place < self.end) place = _step(self, place);
        require(place == self.end, NotAWaterfall(place));
        int256 afterwards = _cash(values, self.accounts) + _cash(values, self.outlets);
        require(afterwards == before, CashNotConserved(afterwards, before));
        for (uint256 i = 0; i < state.length; ++i) {
            _narrow(values, self.inputs + i);
        }
    }

    /// @dev Sum of at most 255 slots, each below 2^128.
    function _cash(int256[] memory values, uint256 list) private pure returns (int256 sum) {
        uint256 count = _u8(list);
        for (uint256 i = 0; i < count; ++i) {
            sum += _narrow(values, _slotOf(list, i));
        }
    }

    function _narrow(int256[] memory values, uint256 slot) private pure returns (int256 value) {
        value = _get(values, slot);
        if (value < 0 || value >= NARROW) revert SlotOutOfRange(slot, value);
    }

    /// @return next place of the next instruction
    function _step(Machine memory self, uint256 place) private pure returns (uint256 next) {
        uint256 op = _u8(place);
        if (op == PAY) return _pay(self, place + 1);
        int256 value;
        if (op == SET) {
            (value, next) = _evaluate(self, place + 3);
            _set(self.values, _u16(place + 1), value);
        } else if (op == SKIP) {
            (value, next) = _evaluate(self, place + 1);
            uint256 length = _u16(next);
            next += 2;
            if (value == 0) next += length;
        } else {
            require(op == REQUIRE, NotAWaterfall(place));
            (value, next) = _evaluate(self, place + 2);
            if (value == 0) revert ForbiddenByDeal(uint8(_u8(place + 1)));
        }
    }

    // ------------------------------------------------------------------ paying

    /// @dev From the sources in their order, to the payees in theirs or pro rata, no more than the limit. What is not
    /// cash, as a loss that is written down, is taken from nowhere.
    function _pay(Machine memory self, uint256 place) private pure returns (uint256) {
        uint256 flags = _u8(place);
        uint256 sources = place + 1;
        int256 room = type(int256).max;
        place = _afterList(sources);
        if (_u16(place) == 0) {
            place += 2;
        } else {
            (room, place) = _evaluate(self, place);
            room = _max(room, 0);
        }
        bool isCash = flags & CASH != 0;
        if (isCash) room = _atMost(self.values, sources, room);
        int256 paid;
        (paid, place) = flags & PRO_RATA != 0 ? _share(self, place, room) : _inOrder(self, place, room);
        if (isCash) _take(self.values, sources, paid);
        _set(self.values, _u16(place), paid);
        return place + 2;
    }

    /// @dev What the sources hold together, but no more than `room`. One below zero holds nothing.
    function _atMost(int256[] memory values, uint256 sources, int256 room) private pure returns (int256 held) {
        uint256 count = _u8(sources);
        for (uint256 i = 0; i < count; ++i) {
            int256 value = _max(_get(values, _slotOf(sources, i)), 0);
            if (value >= room - held) return room;
            held += value;
        }
    }

    function _take(int256[] memory values, uint256 sources, int256 paid) private pure {
        uint256 count = _u8(sources);
        for (uint256 i = 0; paid != 0 && i < count; ++i) {
            uint256 slot = _slotOf(sources, i);
            int256 value = _get(values, slot);
            int256 part = _min(_max(value, 0), paid);
            _set(values, slot, value - part);
            paid -= part;
        }
    }

    function _inOrder(Machine memory self, uint256 place, int256 room)
        private
        pure
        returns (int256 paid, uint256 next)
    {
        uint256 count = _u8(place);
        next = place + 1;
        for (uint256 i = 0; i < count; ++i) {
            uint256 payee = next;
            int256 part;
            (part, next) = _asked(self, payee);
            part = _min(part, room - paid);
            _move(self.values, payee, part);
            paid += part;
        }
    }

    /// @dev All are asked before any is paid.
    function _share(Machine memory self, uint256 place, int256 room) private pure returns (int256 paid, uint256 next) {
        uint256[] memory payees = new uint256[](_u8(place));
        int256[] memory asked = new int256[](payees.length);
        int256 total;
        next = place + 1;
        for (uint256 i = 0; i < payees.length; ++i) {
            payees[i] = next;
            (asked[i], next) = _asked(self, next);
            total = _sum(total, asked[i]);
        }
        for (uint256 i = 0; i < payees.length; ++i) {
            int256 part = total <= room ? asked[i] : _mulDiv(asked[i], room, total);
            part = _owed(self.values, _u16(payees[i] + 2), part);
            _move(self.values, payees[i], part);
            paid += part;
        }
    }

    /// @dev What a payee may have: the amount, or all that is owed to him.
    function _asked(Machine memory self, uint256 payee) private pure returns (int256 asked, uint256 next) {
        uint256 debit = _u16(payee + 2);
        if (_u16(payee + 4) == 0) return (_max(_get(self.values, debit), 0), payee + 6);
        (asked, next) = _evaluate(self, payee + 4);
        asked = _max(_owed(self.values, debit, asked), 0);
    }

    /// @dev No debit is lowered below zero.
    function _owed(int256[] memory values, uint256 debit, int256 part) private pure returns (int256) {
        return debit == NO_SLOT ? part : _min(part, _max(_get(values, debit), 0));
    }

    function _move(int256[] memory values, uint256 payee, int256 part) private pure {
        (uint256 credit, uint256 debit) = (_u16(payee), _u16(payee + 2));
        _set(values, credit, _sum(_get(values, credit), part));
        if (debit != NO_SLOT) _set(values, debit, _get(values, debit) - part);
    }

    // ------------------------------------------------------------------ expressions

    /// @param place of its length
    /// @dev Unchecked: places and tops are far below 2^64, and a top below the bottom is above the limit.
    function _evaluate(Machine memory self, uint256 place) private pure returns (int256, uint256) {
        unchecked {
            int256[] memory values = self.values;
            uint256 bottom = self.stack;
            uint256 top = bottom; // where the next value goes
            uint256 end = place + 2 + _u16(place);
            place += 2;
            while (place < end) {
                uint256 node = _u8(place++);
                top -= 32 * ((OPERANDS >> (2 * node)) & 3);
                if (top - bottom >= 32 * MOST_DEEP) revert NotAWaterfall(place);
                int256 value;
                if (node == LOAD) {
                    value = _get(values, _u16(place));
                    place += 2;
                } else if (node == CONST) {
                    uint256 width = _u8(place);
                    value = _number(place + 1, width);
                    place += 1 + width;
                } else if (node == TABLE) {
                    value = _entry(self.tables[_u8(place++)], _word(top));
                } else {
                    value = _apply(node, _word(top), _word(top + 32), _word(top + 64));
                }
                _setWord(top, value);
                top += 32;
            }
            if (place != end || top != bottom + 32) revert NotAWaterfall(place);
            return (_word(bottom), end);
        }
    }

    /// @param b void for a node of one operand; so `c` for one of two
    function _apply(uint256 node, int256 a, int256 b, int256 c) private pure returns (int256) {
        if (node < POS) {
            if (node == ADD) return _sum(a, b);
            if (node == SUB) return _sum(a, -b);
            if (node == MULDIV) return _mulDiv(a, b, c);
            if (node == MIN) return _min(a, b);
            return node == MAX ? _max(a, b) : _mulDiv(a, b, 1);
        }
        if (node == SELECT) return a != 0 ? b : c;
        if (node == POS) return _max(a, 0);
        if (node == LE) return _truth(a <= b);
        if (node == LT) return _truth(a < b);
        if (node == EQ) return _truth(a == b);
        if (node == AND) return _truth(a != 0 && b != 0);
        if (node == OR) return _truth(a != 0 || b != 0);
        require(node == NOT, NotAWaterfall(node));
        return _truth(a == 0);
    }

    function _truth(bool isSo) private pure returns (int256) {
        return isSo ? int256(1) : int256(0);
    }

    /// @dev The n-th of a table, from 1; beyond an end, the one at that end.
    function _entry(uint256 table, int256 n) private pure returns (int256) {
        (uint256 width, uint256 count) = (_u8(table), _u16(table + 1));
        uint256 index = n < 1 ? 0 : Math.min(uint256(n), count) - 1;
        return _number(table + 3 + width * index, width);
    }

    // ------------------------------------------------------------------ numbers

    function _min(int256 a, int256 b) private pure returns (int256) {
        return a < b ? a : b;
    }

    function _max(int256 a, int256 b) private pure returns (int256) {
        return a > b ? a : b;
    }

    function _sum(int256 a, int256 b) private pure returns (int256 sum) {
        unchecked {
            sum = a + b;
        }
        if ((sum < a) != (b < 0) || sum == type(int256).min) revert NumberTooLarge();
    }

    /// @dev a x b / c toward zero, 0 when c is 0; the product may be as large as it is.
    function _mulDiv(int256 a, int256 b, int256 c) private pure returns (int256) {
        if (c == 0) return 0;
        (uint256 x, uint256 y, uint256 z) = (SignedMath.abs(a), SignedMath.abs(b), SignedMath.abs(c));
        (uint256 high, uint256 low) = Math.mul512(x, y);
        require(high < z, NumberTooLarge());
        uint256 size = high == 0 ? low / z : Math.mulDiv(x, y, z);
        require(size <= uint256(type(int256).max), NumberTooLarge());
        return (a < 0) != (b < 0) != (c < 0) ? -int256(size) : int256(size);
    }

    // ------------------------------------------------------------------ the header

    /// @notice ISO 4217 code of the currency in which holders are paid.
    function currencyOf(bytes calldata program) internal pure returns (bytes3) {
        return bytes3(program[CURRENCY:COUNTS]);
    }

    /// @notice How many inputs a period takes: their slots come first.
    function inputsOf(bytes calldata program) internal pure returns (uint256) {
        return _u16(_placeOf(program) + COUNTS);
    }

    /// @notice What the first period begins with.
    function startOf(bytes calldata program) internal pure returns (uint256[] memory state) {
        Machine memory self = _read(program);
        state = new uint256[](self.state);
        uint256 place = self.start;
        for (uint256 i = 0; i < state.length; ++i) {
            uint256 width = _u8(place);
            state[i] = uint256(_number(place + 1, width));
            place += 1 + width;
        }
    }

    /// @notice Slots of each class, in the order of the filing's tranches.
    function classesOf(bytes calldata program) internal pure returns (ClassSlots[] memory classes) {
        uint256 place = _placeOf(program) + CLASSES;
        classes = new ClassSlots[](_u8(place++));
        for (uint256 i = 0; i < classes.length; ++i) {
            classes[i] = ClassSlots({
                balance: _u16(place),
                interest: _u16(place + 2),
                principal: _u16(place + 4),
                residual: _u16(place + 6),
                writtenDown: _u16(place + 8),
                payable_: _u16(place + 10)
            });
            place += CLASS_BYTES;
        }
    }

    function _read(bytes calldata program) private pure returns (Machine memory self) {
        uint256 place = _placeOf(program);
        require(program.length > CLASSES && _u8(place) == VERSION, NotAWaterfall(place));
        self.end = place + program.length;
        (self.inputs, self.state) = (_u16(place + COUNTS), _u16(place + COUNTS + 2));
        self.values = new int256[](_u16(place + COUNTS + 4));
        self.stack = _room(MOST_DEEP + 2);
        place += CLASSES;
        place += 1 + CLASS_BYTES * _u8(place);
        self.accounts = place;
        self.receipts = _afterList(self.accounts);
        self.outlets = _afterList(self.receipts);
        place = _afterList(self.outlets);
        self.tables = new uint256[](_u8(place++));
        for (uint256 i = 0; i < self.tables.length; ++i) {
            self.tables[i] = place;
            place += 3 + _u8(place) * _u16(place + 1);
        }
        self.start = place;
        for (uint256 i = 0; i < self.state; ++i) {
            place += 1 + _u8(place);
        }
        self.code = place;
    }

    // ------------------------------------------------------------------ bytes

    function _placeOf(bytes calldata program) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := program.offset
        }
    }

    function _u8(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, calldataload(place))
        }
    }

    function _u16(uint256 place) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(240, calldataload(place))
        }
    }

    function _number(uint256 place, uint256 width) private pure returns (int256 value) {
        if (width > WIDEST) revert NotAWaterfall(place);
        assembly ("memory-safe") {
            value := shr(sub(256, shl(3, width)), calldataload(place))
        }
    }

    /// @dev Address of so many words of memory.
    function _room(uint256 words) private pure returns (uint256 memoryPlace) {
        assembly ("memory-safe") {
            memoryPlace := mload(0x40)
            mstore(0x40, add(memoryPlace, shl(5, words)))
        }
    }

    function _word(uint256 memoryPlace) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := mload(memoryPlace)
        }
    }

    function _setWord(uint256 memoryPlace, int256 value) private pure {
        assembly ("memory-safe") {
            mstore(memoryPlace, value)
        }
    }

    function _get(int256[] memory values, uint256 slot) private pure returns (int256 value) {
        if (slot >= values.length) revert NotAWaterfall(slot);
        assembly ("memory-safe") {
            value := mload(add(add(values, 0x20), shl(5, slot)))
        }
    }

    function _set(int256[] memory values, uint256 slot, int256 value) private pure {
        if (slot >= values.length) revert NotAWaterfall(slot);
        assembly ("memory-safe") {
            mstore(add(add(values, 0x20), shl(5, slot)), value)
        }
    }

    /// @dev The n-th slot of a list, from 0: a count, then slots.
    function _slotOf(uint256 list, uint256 n) private pure returns (uint256) {
        unchecked {
            return _u16(list + 1 + 2 * n);
        }
    }

    function _afterList(uint256 list) private pure returns (uint256) {
        unchecked {
            return list + 1 + 2 * _u8(list);
        }
    }
}
