// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Writes waterfalls; the format stands in src/abst/deal/waterfall/program.py.
library Programs {
    uint8 internal constant CONST = 0x00;
    uint8 internal constant LOAD = 0x01;
    uint8 internal constant ADD = 0x02;
    uint8 internal constant SUB = 0x03;
    uint8 internal constant MUL = 0x04;
    uint8 internal constant MULDIV = 0x05;
    uint8 internal constant MIN = 0x06;
    uint8 internal constant MAX = 0x07;
    uint8 internal constant POS = 0x08;
    uint8 internal constant LT = 0x09;
    uint8 internal constant LE = 0x0a;
    uint8 internal constant EQ = 0x0b;
    uint8 internal constant AND = 0x0c;
    uint8 internal constant OR = 0x0d;
    uint8 internal constant NOT = 0x0e;
    uint8 internal constant SELECT = 0x0f;
    uint8 internal constant TABLE = 0x10;

    uint8 internal constant PRO_RATA = 1;
    uint8 internal constant CASH = 2;
    uint16 internal constant NO_SLOT = 0xffff;

    // ------------------------------------------------------------------ expressions

    function load(uint256 slot) internal pure returns (bytes memory) {
        return abi.encodePacked(LOAD, uint16(slot));
    }

    function const_(uint256 value) internal pure returns (bytes memory) {
        if (value == 0) return abi.encodePacked(CONST, uint8(0));
        if (value < 256) return abi.encodePacked(CONST, uint8(1), uint8(value));
        return abi.encodePacked(CONST, uint8(16), uint128(value));
    }

    function of1(uint8 node, bytes memory a) internal pure returns (bytes memory) {
        return bytes.concat(a, bytes1(node));
    }

    function of2(uint8 node, bytes memory a, bytes memory b) internal pure returns (bytes memory) {
        return bytes.concat(a, b, bytes1(node));
    }

    function of3(uint8 node, bytes memory a, bytes memory b, bytes memory c) internal pure returns (bytes memory) {
        return bytes.concat(a, b, c, bytes1(node));
    }

    function table(uint8 number, bytes memory index) internal pure returns (bytes memory) {
        return bytes.concat(index, bytes1(TABLE), bytes1(number));
    }

    // ------------------------------------------------------------------ instructions

    function set(uint256 slot, bytes memory value) internal pure returns (bytes memory) {
        return bytes.concat(hex"01", bytes2(uint16(slot)), sized(value));
    }

    function skip(bytes memory unless, bytes memory body) internal pure returns (bytes memory) {
        return bytes.concat(hex"02", sized(unless), bytes2(uint16(body.length)), body);
    }

    function demand(uint8 code, bytes memory condition) internal pure returns (bytes memory) {
        return bytes.concat(hex"04", bytes1(code), sized(condition));
    }

    /// @param payees one after the other, each as `payee` makes it
    function pay(
        uint8 flags,
        bytes memory sources,
        bytes memory limit,
        uint8 count,
        bytes memory payees,
        uint256 result
    ) internal pure returns (bytes memory) {
        bytes memory head = bytes.concat(hex"03", bytes1(flags), sources, sized(limit));
        return bytes.concat(head, bytes1(count), payees, bytes2(uint16(result)));
    }

    function payee(uint256 credit, uint256 debit, bytes memory amount) internal pure returns (bytes memory) {
        return bytes.concat(bytes2(uint16(credit)), bytes2(uint16(debit)), sized(amount));
    }

    function sized(bytes memory content) internal pure returns (bytes memory) {
        return bytes.concat(bytes2(uint16(content.length)), content);
    }

    // ------------------------------------------------------------------ the header

    function none() internal pure returns (bytes memory) {
        return hex"00";
    }

    function list(uint256 a) internal pure returns (bytes memory) {
        return bytes.concat(hex"01", bytes2(uint16(a)));
    }

    function list(uint256 a, uint256 b) internal pure returns (bytes memory) {
        return bytes.concat(hex"02", bytes2(uint16(a)), bytes2(uint16(b)));
    }

    function counts(uint256 inputs, uint256 state, uint256 slots) internal pure returns (bytes memory) {
        return bytes.concat(hex"01", "HKD", bytes2(uint16(inputs)), bytes2(uint16(state)), bytes2(uint16(slots)));
    }
}
