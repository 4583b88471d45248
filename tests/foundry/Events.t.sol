// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Admission, Approval as MintApproval, AssetKind, FilingId, FilingStatus} from "../../contracts/types/Types.sol";
import {World} from "./World.sol";

/// @notice Every act says what it did, whole: readers of the chain know nothing else. Payments, trades and deposits say
/// theirs in their own tests.
contract EventsTest is World {
    FilingId private constant OTHER = FilingId.wrap(9);
    bytes32 private constant PLAN = keccak256("plan");

    // ------------------------------------------------------------------ the registry

    function test_filings_say_what_changed() external {
        _expect();
        emit IRegistry.FilingRecorded(OTHER, PLAN, 2);
        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.None, FilingStatus.Submitted, 0);
        vm.prank(registrar);
        registry.recordFiling(OTHER, PLAN, 2, COMPLETION);

        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.Submitted, FilingStatus.SupplementRequested, EVIDENCE);
        vm.prank(registrar);
        registry.recordStatus(OTHER, FilingStatus.SupplementRequested, EVIDENCE);

        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.SupplementRequested, FilingStatus.Submitted, EVIDENCE);
        _expect();
        emit IRegistry.FilingRecorded(OTHER, keccak256("better plan"), 1);
        vm.prank(registrar);
        registry.recordSupplement(OTHER, keccak256("better plan"), 1, EVIDENCE);

        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.Submitted, FilingStatus.Effective, EVIDENCE);
        vm.prank(enforcer);
        registry.makeEffective(OTHER, EVIDENCE);

        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.Effective, FilingStatus.Suspended, EVIDENCE);
        vm.prank(regulator);
        registry.suspend(OTHER, EVIDENCE);

        _expect();
        emit IRegistry.FilingStatusChanged(OTHER, FilingStatus.Suspended, FilingStatus.Effective, EVIDENCE);
        vm.prank(enforcer);
        registry.resume(OTHER, EVIDENCE);

        _expect();
        emit IRegistry.TrancheAttached(OTHER, 0, address(free));
        vm.prank(address(factory));
        registry.attach(OTHER, 0, address(free));
    }

    function test_a_tranche_says_that_it_is_paused_and_resumed() external {
        _expect();
        emit IRegistry.PausedSet(FILING, 1, true);
        vm.prank(agent);
        registry.pause(FILING, 1);
        _expect();
        emit IRegistry.PausedSet(FILING, 1, false);
        vm.prank(enforcer);
        registry.unpause(FILING, 1);
    }

    function test_investors_say_what_is_recorded_of_them() external {
        address wallet = named("newcomer");
        address second = named("newcomer's second");
        uint256 number = registry.walletCount() + 1;
        uint256 record = good() | number | (number << 32);
        Admission[] memory rows = new Admission[](1);
        rows[0] = Admission(wallet, good(), keccak256("record"));
        _expect();
        emit IRegistry.Admitted(wallet, record, keccak256("record"));
        vm.prank(admitter);
        registry.admit(rows);

        rows[0] = Admission(wallet, facts(3, RISK + 1, MATURITY, MATURITY), keccak256("record again"));
        record = rows[0].facts | number | (number << 32);
        _expect();
        emit IRegistry.Renewed(wallet, record, keccak256("record again"));
        vm.prank(admitter);
        registry.renew(rows);

        uint256 several = 1 << 201;
        _expect();
        emit IRegistry.WalletAdded(second, rows[0].facts | number | ((number + 1) << 32) | several, keccak256("wallet"));
        addWallet(wallet, second);

        _expect();
        emit IRegistry.BlockedSet(wallet, true, EVIDENCE);
        _expect();
        emit IRegistry.BlockedSet(second, true, EVIDENCE);
        blockOne(second);
        _expect();
        emit IRegistry.BlockedSet(wallet, false, EVIDENCE);
        _expect();
        emit IRegistry.BlockedSet(second, false, EVIDENCE);
        vm.prank(enforcer);
        registry.unblockInvestor(wallet, EVIDENCE);

        _expect();
        emit IRegistry.SuccessorRecorded(wallet, second);
        recordSuccessor(wallet, second);
    }

    function test_disclosures_say_what_is_owed_and_published() external {
        _expect();
        emit IRegistry.ObligationOpened(FILING, 1, 2, START + 10 days, 1 days, 30 days);
        vm.prank(discloser);
        registry.openObligation(FILING, 2, START + 10 days, 1 days, 30 days);

        _expect();
        emit IRegistry.DocumentsLocated(FILING, "ipfs://folder/");
        vm.prank(discloser);
        registry.locateDocuments(FILING, "ipfs://folder/");

        _expect();
        emit IRegistry.Published(FILING, 1, "report", 2, 1, PLAN, "ipfs://one");
        vm.prank(discloser);
        registry.publish(FILING, 1, 2, "report", PLAN, "ipfs://one", START + 40 days);
        _expect();
        emit IRegistry.Published(FILING, 0, "report", 2, 2, OFFCHAIN, "");
        vm.prank(discloser);
        registry.publish(FILING, 0, 2, "report", OFFCHAIN, "", 0);

        _expect();
        emit IRegistry.HookSet(FILING, address(free), true);
        vm.prank(discloser);
        registry.subscribe(FILING, address(free));
        // The token knows no such call: the publication stands, and says that the subscriber failed.
        _expect();
        emit IRegistry.Published(FILING, 0, "report", 2, 3, PLAN, "");
        _expect();
        emit IRegistry.HookFailed(FILING, address(free));
        vm.prank(discloser);
        registry.publish(FILING, 0, 2, "report", PLAN, "", 0);
        _expect();
        emit IRegistry.HookSet(FILING, address(free), false);
        vm.prank(discloser);
        registry.unsubscribe(FILING, address(free));

        _expect();
        emit IRegistry.RecordDateAnnounced(FILING, 1, START + 5);
        announce(START + 5);
    }

    function test_assets_say_that_they_are_listed() external {
        _expect();
        emit IRegistry.AssetListed(address(free), "HKD", AssetKind.Deposit, EVIDENCE);
        vm.prank(enforcer);
        registry.listAsset(address(free), "HKD", AssetKind.Deposit, EVIDENCE);
        _expect();
        emit IRegistry.AssetDelisted(address(free), EVIDENCE);
        vm.prank(agent);
        registry.delistAsset(address(free), EVIDENCE);
    }

    // ------------------------------------------------------------------ the token

    function test_a_mint_says_who_decided_and_who_received() external {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = signed(gatekeeperKey, digestOf(locked, one(alice), one(uint256(100)), approval));
        vm.expectEmit(address(locked));
        emit IERC20.Transfer(address(0), alice, 100);
        vm.expectEmit(address(locked));
        emit ISecurityToken.LockedUntil(alice, uint32(START + LOCK));
        vm.expectEmit(address(locked));
        emit ISecurityToken.Minted(approval.operation, approval.decision, gatekeeper, 100);
        _expect();
        emit IRegistry.ObligationOpened(FILING, 1, 1, START + COMPLETION, 0, 0);
        vm.prank(issuer);
        locked.mint(one(alice), one(uint256(100)), approval, signature);
    }

    function test_holders_acts_say_what_moved() external {
        mint(free, alice, 100);
        vm.expectEmit(address(free));
        emit IERC20.Transfer(alice, bob, 30);
        transfer(free, alice, bob, 30);

        vm.expectEmit(address(free));
        emit IERC20.Approval(alice, bob, 20);
        vm.prank(alice);
        free.approve(bob, 20);

        vm.expectEmit(address(free));
        emit IERC20.Transfer(alice, address(0), 10);
        vm.expectEmit(address(free));
        emit ISecurityToken.Redeemed(alice, 10);
        vm.prank(alice);
        free.redeem(10);
    }

    function test_enforcement_says_what_was_done() external {
        mint(free, alice, 100);
        vm.expectEmit(address(free));
        emit IERC7943Fungible.Frozen(alice, 80);
        freeze(free, alice, 80);

        vm.expectEmit(address(free));
        emit IERC7943Fungible.Frozen(alice, 50);
        vm.expectEmit(address(free));
        emit IERC20.Transfer(alice, bob, 50);
        vm.expectEmit(address(free));
        emit IERC7943Fungible.ForcedTransfer(alice, bob, 50);
        vm.prank(enforcer);
        free.forcedTransfer(alice, bob, 50);
    }

    function test_a_recovery_says_what_went_over() external {
        mint(locked, alice, 100);
        freeze(locked, alice, 40);
        address successor = named("alice's successor");
        addWallet(alice, successor);
        recordSuccessor(alice, successor);
        vm.expectEmit(address(locked));
        emit IERC7943Fungible.Frozen(alice, 0);
        vm.expectEmit(address(locked));
        emit IERC7943Fungible.Frozen(successor, 40);
        vm.expectEmit(address(locked));
        emit ISecurityToken.LockedUntil(successor, uint32(START + LOCK));
        vm.expectEmit(address(locked));
        emit IERC20.Transfer(alice, successor, 100);
        vm.expectEmit(address(locked));
        emit ISecurityToken.Recovered(alice, successor, 100);
        vm.prank(enforcer);
        locked.recover(alice);
    }

    function test_amortisation_says_what_is_left() external {
        mint(free, alice, 100);
        vm.expectEmit(address(free));
        emit ISecurityToken.Amortised(70, 30, 0);
        vm.prank(servicer);
        free.amortisePrincipal(30);
        vm.expectEmit(address(free));
        emit ISecurityToken.Amortised(50, 30, 20);
        vm.prank(servicer);
        free.writeDown(20);
        vm.expectEmit(address(free));
        emit ISecurityToken.Amortised(70, 30, 0);
        vm.prank(servicer);
        free.reverseWriteDown(20);

        vm.prank(servicer);
        free.amortisePrincipal(70);
        freeze(free, alice, 5);
        vm.expectEmit(address(free));
        emit IERC7943Fungible.Frozen(alice, 0);
        vm.expectEmit(address(free));
        emit IERC20.Transfer(alice, address(0), 100);
        vm.expectEmit(address(free));
        emit ISecurityToken.Retired(alice, 100);
        vm.prank(agent);
        free.retireBalances(one(alice));
    }

    function _expect() private {
        vm.expectEmit(address(registry));
    }
}
