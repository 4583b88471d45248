// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Paying} from "./Paying.sol";
import {Vm} from "./Vm.sol";

/// @notice The cash leg: who may hold deposits, and what the bank and the holder do.
contract DepositTest is Paying {
    address private aliceToo = named("alice too");

    // ------------------------------------------------------------------ what it is

    function test_deposit_says_what_it_is() external view {
        same(keccak256(bytes(cash.name())), keccak256("HKD deposit"), "name");
        same(keccak256(bytes(cash.symbol())), keccak256("dHKD"), "symbol");
        same(bytes32(cash.currency()), bytes32("HKD"), "currency");
        same(cash.decimals(), 2, "decimals");
        same(cash.registry(), address(registry), "registry");
    }

    function test_deposit_needs_name_symbol_and_a_currency_of_three_letters() external {
        bytes3[5] memory currencies = [bytes3("HKD"), "HKD", "HK1", "hkd", "H["];
        string[5] memory names = ["", "Deposit", "Deposit", "Deposit", "Deposit"];
        string[5] memory symbols = ["dHKD", "", "dHKD", "dHKD", "dHKD"];
        for (uint256 i = 0; i < 5; ++i) {
            _expectMalformed(names[i], symbols[i], currencies[i]);
        }
        _expectMalformed("Deposit", "dHKD", bytes3(0x404b44)); // the sign before A
        deploy("DepositToken", abi.encode(manager, registry, "Deposit", "dAZN", bytes3("AZN"), uint8(2)));
    }

    function _expectMalformed(string memory name, string memory symbol, bytes3 currency) private {
        bytes memory arguments = abi.encode(manager, registry, name, symbol, currency, uint8(2));
        bytes memory creation = abi.encodePacked(codeOf("DepositToken"), arguments);
        Maker maker = new Maker();
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.TermsMalformed.selector));
        maker.make(creation);
    }

    // ------------------------------------------------------------------ the bank

    function test_P10_the_bank_alone_opens_accounts_and_deposits() external {
        address[4] memory others = [payer, issuer, enforcer, alice];
        for (uint256 i = 0; i < 4; ++i) {
            expectRoleNeeded(others[i], Roles.BANK);
            vm.prank(others[i]);
            cash.setAccount(stranger, true);
            expectRoleNeeded(others[i], Roles.BANK);
            vm.prank(others[i]);
            cash.deposit(alice, 100, EVIDENCE);
        }
    }

    function test_deposit_operation_is_spent_once() external {
        isTrue(!cash.spent(EVIDENCE), "not yet");
        vm.recordLogs();
        vm.prank(bank);
        cash.deposit(alice, 100, EVIDENCE);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs[1].topics[0], IDepositToken.Deposited.selector, "event");
        same(logs[1].topics[1], EVIDENCE, "operation");
        same(logs[1].topics[2], bytes32(uint256(uint160(alice))), "to");
        same(keccak256(logs[1].data), keccak256(abi.encode(100)), "amount");
        isTrue(cash.spent(EVIDENCE), "spent");
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.AlreadyDone.selector, EVIDENCE));
        vm.prank(bank);
        cash.deposit(bob, 50, EVIDENCE);
        same(cash.balanceOf(alice), 100, "once");
        same(cash.totalSupply(), 1e15 + 100, "supply");
    }

    function test_deposit_reaches_nobody_who_may_not_hold() external {
        blockOne(bob);
        address[3] memory others = [stranger, bob, address(registry)];
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 operation = nextOperation();
            vm.expectRevert(abi.encodeWithSelector(IDepositToken.MayNotHold.selector, others[i]));
            vm.prank(bank);
            cash.deposit(others[i], 100, operation);
            isTrue(!cash.spent(operation), "nothing is spent");
        }
    }

    function test_deposit_account_is_opened_and_closed() external {
        isTrue(!cash.mayHold(stranger), "closed");
        vm.recordLogs();
        setAccount(stranger, true);
        Vm.Log memory log = vm.getRecordedLogs()[0];
        same(log.topics[0], IDepositToken.AccountSet.selector, "event");
        same(log.topics[1], bytes32(uint256(uint160(stranger))), "account");
        same(keccak256(log.data), keccak256(abi.encode(true)), "open");
        isTrue(cash.mayHold(stranger), "open");
        give(stranger, 100);
        setAccount(stranger, false);
        isTrue(!cash.mayHold(stranger), "closed again");
        _refused(stranger, alice, stranger);
        _refusedWithdrawal(stranger);
    }

    /// @dev What the registry says of an investor no account of the bank overrules.
    function test_deposit_account_of_an_investor_is_not_opened() external {
        blockOne(bob);
        address[2] memory investors = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDepositToken.InvestorAccount.selector, investors[i]));
            setAccount(investors[i], true);
        }
        isTrue(!cash.mayHold(bob), "blocked");
    }

    /// @dev Opened first and admitted afterwards: the bank may still close it, and then the registry decides.
    function test_deposit_account_admitted_later_is_closed_by_the_bank() external {
        setAccount(stranger, true);
        admit(stranger);
        blockOne(stranger);
        isTrue(cash.mayHold(stranger), "the bank's still");
        setAccount(stranger, false);
        isTrue(!cash.mayHold(stranger), "the registry's");
    }

    // ------------------------------------------------------------------ the holders

    function test_deposit_moves_between_those_who_may_hold() external {
        give(alice, 100);
        vm.prank(alice);
        cash.transfer(bob, 60);
        vm.prank(bob);
        cash.transfer(payer, 50);
        vm.prank(payer);
        cash.transfer(carol, 40);
        same(cash.balanceOf(alice), 40, "alice");
        same(cash.balanceOf(bob), 10, "bob");
        same(cash.balanceOf(carol), 40, "carol");
        same(cash.balanceOf(payer), 1e15 + 10, "payer");
    }

    /// @dev Evidence is asked of holders of tokens, not of money.
    function test_deposit_is_held_by_an_investor_whose_evidence_has_expired() external {
        admit(stranger, facts(0, 0, 0, 0));
        give(stranger, 100);
        vm.prank(stranger);
        cash.transfer(alice, 100);
        same(cash.balanceOf(alice), 100, "moved");
    }

    function test_deposit_of_a_blocked_holder_stands_still() external {
        give(alice, 100);
        give(bob, 100);
        vm.prank(bob);
        cash.approve(alice, 100);
        blockOne(bob);
        isTrue(!cash.mayHold(bob), "says so");
        _refused(bob, alice, bob);
        _refused(alice, bob, bob);
        _refusedWithdrawal(bob);
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.MayNotHold.selector, bob));
        vm.prank(alice);
        cash.transferFrom(bob, alice, 10);
        unblock(bob);
        vm.prank(bob);
        cash.withdraw(100, EVIDENCE);
    }

    function test_deposit_of_a_lost_wallet_stands_still() external {
        give(alice, 100);
        addWallet(alice, aliceToo);
        recordSuccessor(alice, aliceToo);
        _refused(alice, bob, alice);
        _refusedWithdrawal(alice);
        isTrue(cash.mayHold(aliceToo), "the successor may");
    }

    function test_deposit_reaches_no_stranger() external {
        give(alice, 100);
        _refused(alice, stranger, stranger);
        _refused(stranger, alice, stranger);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        vm.prank(alice);
        cash.transfer(address(0), 1);
    }

    function test_deposit_is_withdrawn_by_its_holder() external {
        give(alice, 100);
        vm.recordLogs();
        vm.prank(alice);
        cash.withdraw(30, EVIDENCE);
        Vm.Log memory log = vm.getRecordedLogs()[1];
        same(log.topics[0], IDepositToken.Withdrawn.selector, "event");
        same(log.topics[1], bytes32(uint256(uint160(alice))), "from");
        same(keccak256(log.data), keccak256(abi.encode(30, EVIDENCE)), "amount and reference");
        same(cash.balanceOf(alice), 70, "the rest");
        same(cash.totalSupply(), 1e15 + 70, "supply");
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, alice, 70, 71));
        vm.prank(alice);
        cash.withdraw(71, EVIDENCE);
    }

    function test_deposit_takes_permits() external {
        uint256 key = uint256(keccak256("permitting"));
        address holder = vm.addr(key);
        admit(holder);
        give(holder, 100);
        bytes32 content = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                holder,
                alice,
                60,
                0,
                block.timestamp
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        cash.permit(holder, alice, 60, block.timestamp, v, r, s);
        vm.prank(alice);
        cash.transferFrom(holder, bob, 60);
        same(cash.balanceOf(bob), 60, "moved");
    }

    /// @dev The view tells the truth of both ends, whatever the standing of either.
    function testFuzz_deposit_moves_when_both_ends_may_hold(uint256 from, uint256 to, uint256 states) external {
        address[6] memory people = [alice, bob, carol, stranger, payer, address(registry)];
        address sender = people[from % 6];
        address receiver = people[to % 6];
        setAccount(address(registry), true);
        setAccount(stranger, true);
        give(sender, 100);
        if (states & 1 != 0) blockOne(alice);
        if (states & 2 != 0) blockOne(bob);
        if (states & 4 != 0) setAccount(stranger, false);
        if (states & 8 != 0) setAccount(payer, false);
        bool expected = cash.mayHold(sender) && cash.mayHold(receiver);
        vm.prank(sender);
        (bool isDone,) = address(cash).call(abi.encodeCall(IERC20.transfer, (receiver, 100)));
        isTrue(isDone == expected, "as it says");
    }

    // ------------------------------------------------------------------ refusals

    function _refused(address from, address to, address who) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.MayNotHold.selector, who));
        vm.prank(from);
        cash.transfer(to, 0);
    }

    function _refusedWithdrawal(address from) private {
        vm.expectRevert(abi.encodeWithSelector(IDepositToken.MayNotHold.selector, from));
        vm.prank(from);
        cash.withdraw(1, EVIDENCE);
    }
}

/// @notice Deploys a code, and reverts as its constructor does.
contract Maker {
    function make(bytes memory creation) external {
        assembly ("memory-safe") {
            if iszero(create(0, add(creation, 0x20), mload(creation))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
