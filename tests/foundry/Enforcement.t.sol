// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {World} from "./World.sol";
import {Vm} from "./Vm.sol";

/// @notice Freezing, forcing, recovering: powers over what holders have, and their limits.
contract EnforcementTest is World {
    address private aliceToo = named("alice too");
    address private aliceThree = named("alice three");

    function test_P10_only_the_enforcer() external {
        bytes memory denied = abi.encodeWithSelector(IManaged.RoleNeeded.selector, issuer, Roles.ENFORCER);
        vm.expectRevert(denied);
        vm.prank(issuer);
        free.setFrozenTokens(alice, 1);
        vm.expectRevert(denied);
        vm.prank(issuer);
        free.forcedTransfer(alice, bob, 1);
        vm.expectRevert(denied);
        vm.prank(issuer);
        free.recover(alice);
    }

    function testFuzz_frozen_is_stored_up_to_96_bits(uint256 amount) external {
        freeze(free, alice, amount);
        uint256 most = type(uint96).max;
        same(free.getFrozenTokens(alice), amount > most ? most : amount, "frozen");
        same(free.balanceOf(alice), 0, "balance");
    }

    function test_P5_erc7943_draws_the_line_at_the_balance() external {
        mint(free, alice, 1_000);
        freeze(free, alice, 600);
        same(uint256(free.reasonAgainst(alice, bob, 400)), 0, "free part");
        same(uint256(free.reasonAgainst(alice, bob, 410)), uint256(Reason.Frozen), "above it");
        same(uint256(free.reasonAgainst(alice, bob, 1_000)), uint256(Reason.Frozen), "all");
        same(uint256(free.reasonAgainst(alice, bob, 1_010)), uint256(Reason.InsufficientBalance), "beyond");
        isTrue(!free.canTransfer(alice, bob, 410), "frozen");
        isTrue(free.canTransfer(alice, bob, 1_010), "a lack of balance is ERC-20's");
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector, alice, 410, 400)
        );
        vm.prank(alice);
        free.transfer(bob, 410);
    }

    function test_P5_a_forced_transfer_unfreezes_only_what_it_needs() external {
        mint(free, alice, 1_000);
        freeze(free, alice, 600);
        vm.recordLogs();
        vm.prank(enforcer);
        free.forcedTransfer(alice, bob, 500);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs[0].topics[0], IERC7943Fungible.Frozen.selector, "Frozen stands first");
        same(logs[1].topics[0], IERC20.Transfer.selector, "then Transfer");
        same(logs[2].topics[0], IERC7943Fungible.ForcedTransfer.selector, "then ForcedTransfer");
        same(free.getFrozenTokens(alice), 500, "frozen");
        same(free.balanceOf(alice), 500, "balance");
        vm.prank(enforcer);
        free.forcedTransfer(bob, alice, 500);
        same(free.getFrozenTokens(alice), 500, "what arrives does not freeze");
    }

    /// @dev More frozen than held stays more frozen than held.
    function testFuzz_P5_a_forced_transfer_takes_frozen_tokens_last(uint256 frozen, uint256 amount) external {
        frozen = within(frozen, 0, 3_000);
        amount = within(amount, 0, 1_000);
        mint(free, alice, 1_000);
        freeze(free, alice, frozen);
        uint256 unfrozen = frozen > 1_000 ? 0 : 1_000 - frozen;
        vm.prank(enforcer);
        free.forcedTransfer(alice, bob, amount);
        same(free.balanceOf(alice), 1_000 - amount, "balance");
        same(free.getFrozenTokens(alice), amount > unfrozen ? frozen - (amount - unfrozen) : frozen, "frozen");
    }

    function test_P5_recovery_carries_frozen_and_the_later_lock() external {
        mint(locked, alice, 100);
        addWallet(alice, aliceToo);
        vm.warp(block.timestamp + 1 days);
        mint(locked, aliceToo, 50);
        freeze(locked, alice, 70);
        freeze(locked, aliceToo, type(uint96).max - 10);
        recordSuccessor(alice, aliceToo);
        vm.prank(enforcer);
        locked.recover(alice);
        same(locked.balanceOf(aliceToo), 150, "balance");
        same(locked.getFrozenTokens(aliceToo), type(uint96).max, "added, as far as it goes");
        same((locked.holdingOf(aliceToo) >> 192) & 0xffffffff, block.timestamp + LOCK, "the later lock");
        same(uint96(locked.holdingOf(alice)), 0, "nothing left");
        same(locked.getFrozenTokens(alice), 0, "nothing frozen");
        same((locked.holdingOf(alice) >> 192) & 0xffffffff, 0, "nothing locked");
        same(locked.holders(), 1, "one investor");
    }

    function test_a_second_loss_is_recovered_to_the_last_successor() external {
        mint(free, alice, 100);
        addWallet(alice, aliceToo);
        addWallet(alice, aliceThree);
        recordSuccessor(alice, aliceToo);
        recordSuccessor(aliceToo, aliceThree);
        same(registry.successorOf(alice), aliceThree, "over both losses");
        vm.prank(enforcer);
        free.recover(alice);
        same(free.balanceOf(aliceThree), 100, "balance");
        vm.prank(enforcer);
        free.recover(alice);
        same(free.balanceOf(aliceThree), 100, "again changes nothing");
    }

    function test_no_recovery_without_a_successor() external {
        mint(free, alice, 100);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.NoSuccessor.selector, alice));
        vm.prank(enforcer);
        free.recover(alice);
    }

    function test_P2_a_lost_wallet_is_blocked_for_good() external {
        mint(free, alice, 100);
        addWallet(alice, aliceToo);
        recordSuccessor(alice, aliceToo);
        vm.prank(enforcer);
        registry.unblockInvestor(alice, EVIDENCE);
        isTrue(!free.canSend(alice) && !free.canReceive(alice), "lost");
        isTrue(free.canSend(aliceToo) && free.canReceive(aliceToo), "its successor");
        same(uint256(free.reasonAgainst(alice, bob, 10)), uint256(Reason.SenderBlocked), "lost wallet");
        addWallet(alice, aliceThree);
        isTrue(free.canReceive(aliceThree), "a further wallet is not lost with it");
    }

    function test_P5_a_frozen_amount_alone_is_carried_over() external {
        addWallet(alice, aliceToo);
        freeze(free, alice, 40);
        recordSuccessor(alice, aliceToo);
        vm.prank(enforcer);
        free.recover(alice);
        same(free.getFrozenTokens(aliceToo), 40, "frozen");
        same(free.getFrozenTokens(alice), 0, "moved");
    }
}
