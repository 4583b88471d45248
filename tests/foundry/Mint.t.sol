// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Approval as MintApproval} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

/// @notice A wallet contract of a gatekeeper's (ERC-1271): says yes to the one digest it was told.
contract GatekeeperWallet {
    bytes32 private immutable _digest;

    constructor(bytes32 digest) {
        _digest = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _digest ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Minting takes two keys and an operation id that is spent.
contract MintTest is World {
    function _signature(IToken token, MintApproval memory approval) private view returns (bytes memory) {
        return signed(gatekeeperKey, digestOf(token, one(alice), one(uint256(100)), approval));
    }

    function _send(MintApproval memory approval, bytes memory signature) private {
        vm.prank(issuer);
        free.mint(one(alice), one(uint256(100)), approval, signature);
    }

    function test_P4_an_operation_is_spent_once_whatever_is_signed_again() external {
        MintApproval memory approval = approvalOf(nextOperation());
        _send(approval, _signature(free, approval));
        isTrue(free.spent(approval.operation), "spent");
        approval.decision = keccak256("another decision");
        approval.deadline += 1;
        bytes memory again = _signature(free, approval);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AlreadyDone.selector, approval.operation));
        _send(approval, again);
        same(free.totalSupply(), 100, "supply");
    }

    function test_P4_a_spent_operation_says_so_after_its_deadline() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = _signature(free, approval);
        _send(approval, signature);
        vm.warp(uint256(approval.deadline) + 1);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AlreadyDone.selector, approval.operation));
        _send(approval, signature);
    }

    function test_P4_the_deadline_is_the_last_good_second() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = _signature(free, approval);
        vm.warp(uint256(approval.deadline) + 1);
        vm.expectRevert(
            abi.encodeWithSelector(ISecurityToken.ApprovalExpired.selector, approval.deadline, block.timestamp)
        );
        _send(approval, signature);
        vm.warp(approval.deadline);
        _send(approval, signature);
        same(free.balanceOf(alice), 100, "balance");
    }

    function test_P4_the_signature_is_for_this_token_and_these_rows() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory forAnother = _signature(limited, approval);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.BadApproval.selector, gatekeeper));
        _send(approval, forAnother);
        bytes memory good = _signature(free, approval);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.BadApproval.selector, gatekeeper));
        vm.prank(issuer);
        free.mint(one(alice), one(uint256(110)), approval, good);
    }

    function test_P4_the_signer_holds_the_role_now_and_without_delay() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = _signature(free, approval);
        manager.revokeRole(Roles.GATEKEEPER, gatekeeper);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.NotAGatekeeper.selector, gatekeeper));
        _send(approval, signature);
        manager.grantRole(Roles.GATEKEEPER, gatekeeper, 1 hours);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.NotAGatekeeper.selector, gatekeeper));
        _send(approval, signature);
    }

    function test_P4_the_signer_is_not_the_sender() external {
        manager.grantRole(Roles.ISSUER, gatekeeper, 0);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = _signature(free, approval);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.GatekeeperIsSender.selector, gatekeeper));
        vm.prank(gatekeeper);
        free.mint(one(alice), one(uint256(100)), approval, signature);
    }

    function test_P4_the_sender_is_an_issuer() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = _signature(free, approval);
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, alice, Roles.ISSUER));
        vm.prank(alice);
        free.mint(one(alice), one(uint256(100)), approval, signature);
    }

    function test_P4_a_gatekeeper_may_be_a_contract() external {
        MintApproval memory approval = approvalOf(nextOperation());
        address wallet = named("to be"); // the digest names the wallet, so its address is needed first
        approval.gatekeeper = wallet;
        bytes32 digest = digestOf(free, one(alice), one(uint256(100)), approval);
        GatekeeperWallet made = new GatekeeperWallet(digest);
        approval.gatekeeper = address(made);
        manager.grantRole(Roles.GATEKEEPER, address(made), 0);
        // Its digest is of another approval: refused. A wallet that accepts this one is served.
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.BadApproval.selector, address(made)));
        _send(approval, "");
        AnyWallet any = new AnyWallet();
        approval.gatekeeper = address(any);
        manager.grantRole(Roles.GATEKEEPER, address(any), 0);
        _send(approval, "");
        same(free.balanceOf(alice), 100, "balance");
    }

    function test_the_same_address_twice_in_one_batch() external {
        address[] memory to = new address[](3);
        uint256[] memory amounts = new uint256[](3);
        (to[0], to[1], to[2]) = (alice, bob, alice);
        (amounts[0], amounts[1], amounts[2]) = (100, 50, 30);
        mint(limited, to, amounts);
        same(limited.balanceOf(alice), 130, "alice");
        same(limited.totalSupply(), 180, "supply");
        same(limited.holders(), 2, "holders");
        // The share counts both rows.
        (amounts[0], amounts[1], amounts[2]) = (3_000, 10, 1_000);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = signed(gatekeeperKey, digestOf(limited, to, amounts, approval));
        expectRefusal(Reason.ShareLimit, address(0), alice, 1_000);
        vm.prank(issuer);
        limited.mint(to, amounts, approval, signature);
        same(limited.totalSupply(), 180, "all or nothing");
        isTrue(!limited.spent(approval.operation), "not spent");
    }

    function test_P3_the_last_mint_may_be_an_odd_lot() external {
        mint(free, alice, CAP - 15);
        same(uint256(free.reasonAgainstMint(bob, 5)), uint256(Reason.NotALot), "odd");
        mint(free, bob, 15);
        same(free.minted(), CAP, "cap");
        same(uint256(free.reasonAgainstMint(bob, LOT)), uint256(Reason.CapExceeded), "full");
        // What is redeemed is not minted again.
        vm.prank(alice);
        free.redeem(100);
        same(uint256(free.reasonAgainstMint(bob, LOT)), uint256(Reason.CapExceeded), "still full");
    }

    function test_P5_a_mint_locks_and_never_shortens_a_lock() external {
        mint(locked, alice, 100);
        uint256 until = block.timestamp + LOCK;
        same((locked.holdingOf(alice) >> 192) & 0xffffffff, until, "locked until");
        vm.warp(until - 1);
        same(uint256(locked.reasonAgainst(alice, bob, 100)), uint256(Reason.Locked), "before");
        vm.warp(until);
        transfer(locked, alice, bob, 10);
        mint(locked, alice, 10);
        same(uint256(locked.reasonAgainst(alice, bob, 10)), uint256(Reason.Locked), "all of it again");
        same(uint256(locked.reasonAgainst(bob, alice, 10)), 0, "a buyer is free");
    }

    function test_the_first_mint_of_a_filing_opens_issue_completion() external {
        same(registry.openObligations(FILING).length, 0, "none");
        mint(free, alice, 0);
        same(registry.openObligations(FILING).length, 0, "nothing was minted");
        mint(free, alice, 100);
        mint(limited, alice, 100);
        same(registry.openObligations(FILING).length, 1, "one");
        (uint16 kind, uint40 due,, uint32 recurrence) = registry.obligationOf(FILING, 1);
        same(kind, 1, "kind");
        same(due, START + COMPLETION, "due");
        same(recurrence, 0, "once");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.NotATrancheOf.selector, FILING, alice));
        vm.prank(alice);
        registry.noteIssue(FILING);
    }

    function test_lengths_agree() external {
        MintApproval memory approval = approvalOf(nextOperation());
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.LengthsDiffer.selector, 1, 2));
        vm.prank(issuer);
        free.mint(one(alice), new uint256[](2), approval, "");
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.LengthsDiffer.selector, 2, 1));
        vm.prank(alice);
        free.transferBatch(new address[](2), new uint256[](1));
    }

    /// @dev Amounts of every size are compared before they are narrowed.
    function testFuzz_P3_no_amount_slips_through(uint256 amount) external {
        mint(free, alice, 500);
        Reason wanted = amount > CAP - 500 ? Reason.CapExceeded : Reason.None;
        if (amount % LOT != 0 && amount != CAP - 500) wanted = Reason.NotALot;
        same(uint256(free.reasonAgainstMint(bob, amount)), uint256(wanted), "mint");
        Reason moved = amount > 500 ? Reason.InsufficientBalance : Reason.None;
        if (amount % LOT != 0) moved = Reason.NotALot;
        same(uint256(free.reasonAgainst(alice, bob, amount)), uint256(moved), "transfer");
        // No preview reverts, limits or not.
        limited.reasonAgainst(alice, bob, amount);
        limited.reasonAgainstMint(alice, amount);
    }
}

/// @notice A gatekeeper's wallet that accepts everything.
contract AnyWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }
}
