// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../../contracts/types/Reason.sol";
import {World} from "./World.sol";

/// @notice The investor is the unit: holders are counted and shares are measured over all his wallets.
contract HoldersTest is World {
    address private aliceToo = named("alice too");
    address private aliceThree = named("alice three");

    function _give(address wallet, uint256 amount) private {
        mint(limited, wallet, amount);
    }

    function test_a_second_wallet_is_no_second_holder() external {
        _give(alice, 100);
        addWallet(alice, aliceToo);
        transfer(limited, alice, aliceToo, 40);
        same(limited.holders(), 1, "within");
        transfer(limited, alice, aliceToo, 60);
        same(limited.holders(), 1, "all of it");
        transfer(limited, aliceToo, bob, 100);
        same(limited.holders(), 1, "bob instead of alice");
        _give(aliceToo, 10);
        _give(alice, 10);
        same(limited.holders(), 2, "alice is one");
    }

    function test_the_last_wallet_to_be_emptied_counts() external {
        addWallet(alice, aliceToo);
        _give(alice, 100);
        _give(aliceToo, 50);
        _give(bob, 100);
        same(limited.holders(), 2, "two");
        transfer(limited, alice, bob, 100);
        same(limited.holders(), 2, "alice holds elsewhere");
        vm.prank(aliceToo);
        limited.redeem(50);
        same(limited.holders(), 1, "alice is out");
    }

    function test_a_full_house_admits_who_replaces_another() external {
        _give(alice, 100);
        _give(bob, 100);
        _give(carol, 100);
        same(uint256(limited.reasonAgainst(alice, dave, 50)), uint256(Reason.HolderLimit), "a part");
        same(uint256(limited.reasonAgainst(alice, dave, 0)), 0, "nothing");
        transfer(limited, alice, dave, 100);
        same(limited.holders(), 3, "dave for alice");
        addWallet(bob, aliceToo); // a wallet of bob's, whatever its name
        same(uint256(limited.reasonAgainst(carol, aliceToo, 50)), 0, "bob is in already");
        addWallet(alice, aliceThree);
        same(uint256(limited.reasonAgainst(carol, aliceThree, 50)), uint256(Reason.HolderLimit), "alice is out");
    }

    function test_a_share_is_over_all_wallets() external {
        addWallet(alice, aliceToo);
        _give(alice, 3_000);
        _give(bob, 2_000);
        same(uint256(limited.reasonAgainstMint(aliceToo, 1_010)), uint256(Reason.ShareLimit), "mint");
        same(uint256(limited.reasonAgainst(bob, aliceToo, 1_010)), uint256(Reason.ShareLimit), "transfer");
        same(uint256(limited.reasonAgainst(bob, aliceToo, 1_000)), 0, "to the limit");
        same(uint256(limited.reasonAgainst(alice, aliceToo, 3_000)), 0, "between his own");
    }

    function test_forced_transfers_count_right_beyond_the_limits() external {
        _give(alice, 4_000);
        _give(bob, 4_000);
        _give(carol, 1_000);
        vm.prank(enforcer);
        limited.forcedTransfer(alice, dave, 1_000);
        same(limited.holders(), 4, "one more than the limit");
        vm.prank(enforcer);
        limited.forcedTransfer(bob, alice, 4_000);
        same(limited.holders(), 3, "bob is out");
        same(limited.balanceOf(alice), 7_000, "more than the largest share");
        same(uint256(limited.reasonAgainst(dave, alice, 0)), uint256(Reason.ShareLimit), "no more");
        same(uint256(limited.reasonAgainst(alice, dave, 1_000)), 0, "less is welcome");
    }

    function test_P1_a_transfer_to_oneself_changes_nothing() external {
        _give(alice, 100);
        takeRecordDate();
        uint256 before = limited.holdingOf(alice);
        transfer(limited, alice, alice, 100);
        transfer(limited, alice, bob, 0);
        same(limited.holdingOf(alice), before, "holding");
        same(limited.holdingOf(bob), 0, "bob");
        same(limited.holders(), 1, "holders");
        same(uint256(limited.reasonAgainst(alice, alice, 110)), uint256(Reason.InsufficientBalance), "rules hold");
    }

    function test_an_emptied_wallet_may_be_odd() external {
        mint(free, alice, CAP - 15);
        mint(free, bob, 15);
        same(uint256(free.reasonAgainst(bob, carol, 5)), uint256(Reason.NotALot), "a part");
        transfer(free, bob, carol, 15);
        same(free.balanceOf(carol), 15, "all");
    }
}
