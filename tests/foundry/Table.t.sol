// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Approval as MintApproval} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

/// @notice The design's table, "which rules hold for which act", cell by cell: each fault is made alone, and each act
/// either says exactly that, or does not mind.
///
/// given one fault and otherwise a good movement
///     when an act whose rules include the fault is tried
///         it should be refused with that reason, and the preview should say the same
///     when any other act is tried
///         it should be done
contract TableTest is World {
    enum Deed {
        Transfer,
        TransferFrom,
        Batch,
        Mint,
        Redeem,
        Force,
        Recover
    }

    uint256 private constant HELD = 3_000;
    address private spender = named("spender");
    address private aliceToo = named("alice too");

    IToken private token;
    address private from;
    address private to;
    uint256 private amount;

    /// @dev Three holders, the most that `limited` allows: alice 3,000, bob 2,000, carol 100.
    function _stage(IToken chosen) private {
        (token, from, to, amount) = (chosen, alice, bob, 100);
        mint(chosen, alice, HELD);
        mint(chosen, bob, 2_000);
        mint(chosen, carol, 100);
        addWallet(alice, aliceToo);
        vm.prank(alice);
        chosen.approve(spender, type(uint256).max);
        // The issue-completion obligation is out of the way.
        vm.prank(discloser);
        registry.publish(FILING, 1, 1, 0, EVIDENCE, "ipfs://completion", 0);
        if (address(chosen) == address(locked)) vm.warp(block.timestamp + LOCK);
    }

    function _break(Reason fault) private {
        if (fault == Reason.FilingNotEffective) _suspend();
        if (fault == Reason.TokenPaused) _pause();
        if (fault == Reason.DisclosureOverdue) _fallOverdue();
        if (fault == Reason.Matured) vm.warp(uint256(MATURITY) + 1);
        if (fault == Reason.SenderBlocked) blockOne(from);
        if (fault == Reason.SpenderBlocked) _blockSpender();
        if (fault == Reason.ReceiverUnknown) to = stranger;
        if (fault == Reason.ReceiverBlocked) blockOne(to);
        if (fault == Reason.EvidenceExpired) renew(to, facts(1, RISK, uint40(block.timestamp - 1), MATURITY));
        if (fault == Reason.SuitabilityExpired) renew(to, facts(1, RISK, MATURITY, uint40(block.timestamp - 1)));
        if (fault == Reason.RegimeNotAccepted) renew(to, facts(4, RISK, MATURITY, MATURITY));
        if (fault == Reason.RiskAboveCapacity) renew(to, facts(1, RISK - 1, MATURITY, MATURITY));
        if (fault == Reason.NotALot) amount = 101;
        if (fault == Reason.HolderLimit) to = dave;
        if (fault == Reason.ShareLimit) amount = 2_010;
        if (fault == Reason.CapExceeded) amount = CAP - token.minted() + 5;
        if (fault == Reason.Locked) mint(token, alice, 10);
        if (fault == Reason.Frozen) freeze(token, alice, HELD - 90);
        if (fault == Reason.InsufficientBalance) amount = HELD + LOT;
        // Everybody's evidence is good beyond maturity, so that this fault is alone.
        if (fault == Reason.Matured) renew(to, facts(1, RISK, MATURITY + 9, MATURITY + 9));
    }

    function _suspend() private {
        vm.prank(regulator);
        registry.suspend(FILING, EVIDENCE);
    }

    function _pause() private {
        uint8 tranche = token.tranche();
        vm.prank(agent);
        registry.pause(FILING, tranche);
    }

    function _fallOverdue() private {
        vm.prank(discloser);
        registry.openObligation(FILING, 9, uint40(block.timestamp), 0, 0);
        vm.warp(block.timestamp + 1);
    }

    function _blockSpender() private {
        admit(spender);
        blockOne(spender);
    }

    /// @dev The deed on the staged movement, and what its preview said just before.
    function _do(Deed deed) private returns (Reason said, Reason found) {
        if (deed == Deed.Mint) {
            said = token.reasonAgainstMint(to, amount);
            return (said, _mintReason());
        }
        if (deed <= Deed.Batch) said = token.reasonAgainst(from, to, amount);
        bytes memory data;
        address sender = from;
        if (deed == Deed.Transfer) data = abi.encodeCall(IERC20.transfer, (to, amount));
        if (deed == Deed.Batch) data = abi.encodeCall(ISecurityToken.transferBatch, (one(to), one(amount)));
        if (deed == Deed.Redeem) data = abi.encodeCall(ISecurityToken.redeem, (amount));
        if (deed == Deed.TransferFrom) {
            (sender, data) = (spender, abi.encodeCall(IERC20.transferFrom, (from, to, amount)));
        }
        if (deed == Deed.Force) {
            (sender, data) = (enforcer, abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, to, amount)));
        }
        found = reasonOf(sender, address(token), data);
        if (deed > Deed.Batch) said = found; // these acts have no preview of their own
    }

    function _mintReason() private returns (Reason) {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = signed(gatekeeperKey, digestOf(token, one(to), one(amount), approval));
        bytes memory data = abi.encodeCall(ISecurityToken.mint, (one(to), one(amount), approval, signature));
        return reasonOf(issuer, address(token), data);
    }

    /// @param deeds bit by deed: those whose rules include the fault
    function _row(IToken chosen, Reason fault, uint256 deeds) private {
        _stage(chosen);
        _break(fault);
        for (uint256 i = 0; i < uint256(Deed.Recover); ++i) {
            uint256 snapshot = vm.snapshotState();
            (Reason said, Reason found) = _do(Deed(i));
            bool isRuled = (deeds >> i) & 1 != 0;
            same(uint256(found), isRuled ? uint256(fault) : 0, "the act's reason");
            // A spender is not in a preview's question.
            if (fault != Reason.SpenderBlocked) same(uint256(said), uint256(found), "the preview's reason");
            vm.revertToState(snapshot);
        }
    }

    uint256 private constant MOVES = 1 | 2 | 4;
    uint256 private constant TO_MINT = 8;
    uint256 private constant TO_REDEEM = 16;
    uint256 private constant TO_FORCE = 32;

    function test_P6_nothing_wrong() external {
        _row(free, Reason.None, 0);
    }

    function test_P9_filing_not_effective() external {
        _row(free, Reason.FilingNotEffective, MOVES | TO_MINT);
    }

    function test_P9_paused() external {
        _row(free, Reason.TokenPaused, MOVES | TO_MINT);
    }

    function test_P9_overdue_where_it_stops_transfers() external {
        _row(free, Reason.DisclosureOverdue, MOVES | TO_MINT);
    }

    function test_P9_overdue_where_it_stops_mints_alone() external {
        _row(limited, Reason.DisclosureOverdue, TO_MINT);
    }

    function test_P3_matured() external {
        _row(free, Reason.Matured, TO_MINT);
    }

    function test_P6_sender_blocked() external {
        _row(free, Reason.SenderBlocked, MOVES | TO_REDEEM);
    }

    function test_P6_spender_blocked() external {
        _row(free, Reason.SpenderBlocked, 2);
    }

    function test_P2_receiver_unknown() external {
        _row(free, Reason.ReceiverUnknown, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P2_receiver_blocked() external {
        _row(free, Reason.ReceiverBlocked, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P2_evidence_expired() external {
        _row(free, Reason.EvidenceExpired, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P2_suitability_expired() external {
        _row(free, Reason.SuitabilityExpired, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P2_regime_not_accepted() external {
        _row(free, Reason.RegimeNotAccepted, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P2_risk_above_capacity() external {
        _row(free, Reason.RiskAboveCapacity, MOVES | TO_MINT | TO_FORCE);
    }

    function test_P6_not_a_lot() external {
        _row(free, Reason.NotALot, MOVES | TO_MINT);
    }

    function test_P6_holder_limit() external {
        _row(limited, Reason.HolderLimit, MOVES | TO_MINT);
    }

    function test_P6_share_limit() external {
        _row(limited, Reason.ShareLimit, MOVES | TO_MINT);
    }

    function test_P3_cap_exceeded() external {
        // The amount is beyond the holder's balance as well.
        _stage(free);
        _break(Reason.CapExceeded);
        (Reason said, Reason found) = _do(Deed.Mint);
        same(uint256(said), uint256(Reason.CapExceeded), "preview");
        same(uint256(found), uint256(Reason.CapExceeded), "act");
    }

    function test_P5_locked() external {
        _row(locked, Reason.Locked, MOVES | TO_REDEEM);
    }

    function test_P5_frozen() external {
        _row(free, Reason.Frozen, MOVES | TO_REDEEM);
    }

    function test_P6_insufficient_balance() external {
        _row(free, Reason.InsufficientBalance, MOVES | TO_REDEEM | TO_FORCE);
    }

    function test_P6_an_unknown_sender_is_refused_first() external {
        _stage(free);
        from = stranger;
        uint256[3] memory refused = [uint256(Deed.Transfer), uint256(Deed.Batch), uint256(Deed.Redeem)];
        for (uint256 i = 0; i < refused.length; ++i) {
            (, Reason found) = _do(Deed(refused[i]));
            same(uint256(found), uint256(Reason.SenderUnknown), "act");
        }
        (, Reason forced) = _do(Deed.Force);
        same(uint256(forced), uint256(Reason.InsufficientBalance), "forced");
    }

    function test_P6_a_forced_transfer_to_itself_is_refused() external {
        _stage(free);
        to = from;
        (, Reason found) = _do(Deed.Force);
        same(uint256(found), uint256(Reason.ToItself), "forced");
        same(free.balanceOf(alice), HELD, "balance");
    }

    /// @dev Recovery asks the receiver's column and the same investor; nothing else stops it.
    function test_P6_recovery_obeys_its_own_row() external {
        _stage(limited);
        recordSuccessor(alice, aliceToo);
        freeze(limited, alice, 500);
        _suspend();
        bytes memory recovery = abi.encodeCall(ISecurityToken.recover, (alice));
        uint256 snapshot = vm.snapshotState();
        blockOne(aliceToo);
        same(uint256(reasonOf(enforcer, address(limited), recovery)), uint256(Reason.ReceiverBlocked), "blocked");
        vm.revertToState(snapshot);
        snapshot = vm.snapshotState();
        renew(aliceToo, facts(1, RISK, uint40(block.timestamp - 1), MATURITY));
        same(uint256(reasonOf(enforcer, address(limited), recovery)), uint256(Reason.EvidenceExpired), "expired");
        vm.revertToState(snapshot);
        same(uint256(reasonOf(enforcer, address(limited), recovery)), 0, "good");
        same(limited.balanceOf(aliceToo), HELD, "moved");
        same(limited.holders(), 3, "holders");
    }

    /// @dev Evidence and suitability serve up to their last second, a lock up to its first free one.
    function test_P2_the_last_good_seconds() external {
        mint(free, alice, 100);
        uint40 last = START + 500;
        vm.warp(last);
        renew(bob, facts(1, RISK, last, MATURITY));
        same(uint256(free.reasonAgainst(alice, bob, 10)), 0, "evidence");
        renew(bob, facts(1, RISK, MATURITY, last));
        same(uint256(free.reasonAgainst(alice, bob, 10)), 0, "suitability");
        vm.warp(last + 1);
        same(uint256(free.reasonAgainst(alice, bob, 10)), uint256(Reason.SuitabilityExpired), "the second after");
        renew(bob, facts(1, RISK, last, MATURITY));
        same(uint256(free.reasonAgainst(alice, bob, 10)), uint256(Reason.EvidenceExpired), "the second after");
        vm.warp(MATURITY);
        renew(bob, facts(1, RISK, MATURITY, MATURITY));
        vm.prank(discloser);
        registry.publish(FILING, 1, 1, 0, EVIDENCE, "ipfs://completion", 0);
        same(uint256(free.reasonAgainstMint(bob, 10)), 0, "maturity is the last second of mints");
    }
}
