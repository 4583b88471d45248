// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {World} from "./World.sol";

/// @notice What each held at each record date, however many changes come after.
contract RecordsTest is World {
    function test_P7_two_dates_in_a_row() external {
        mint(free, alice, 100);
        takeRecordDate();
        takeRecordDate();
        transfer(free, alice, bob, 40);
        takeRecordDate();
        transfer(free, alice, bob, 60);
        takeRecordDate();
        uint256[4] memory ofAlice = [uint256(100), 100, 60, 0];
        for (uint16 i = 0; i < 4; ++i) {
            same(free.balanceOfAt(alice, i + 1), ofAlice[i], "alice");
            same(free.balanceOfAt(bob, i + 1), 100 - ofAlice[i], "bob");
            same(free.totalSupplyAt(i + 1), 100, "supply");
        }
    }

    function test_P7_a_date_counts_by_itself_from_its_second() external {
        mint(free, alice, 100);
        uint16 number = announce(START + 10);
        vm.warp(START + 9);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.RecordDateNotTaken.selector, number, 0));
        free.balanceOfAt(alice, number);
        transfer(free, alice, bob, 30);
        vm.warp(START + 10);
        transfer(free, alice, bob, 20);
        same(free.balanceOfAt(alice, number), 70, "what was held when its second began");
        same(free.balanceOfAt(bob, number), 30, "bob");
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.RecordDateNotTaken.selector, 0, 1));
        free.balanceOfAt(alice, 0);
    }

    function test_one_date_waits_at_a_time() external {
        announce(START + 10);
        same(registry.recordDateAt(FILING, 1), START + 10, "announced");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.RecordDatePending.selector, FILING, START + 10));
        vm.prank(agent);
        registry.announceRecordDate(FILING, START + 20);
        vm.warp(START + 10);
        same(announce(START + 20), 2, "the next number");
        same(registry.recordDateAt(FILING, 2), START + 20, "announced");
        same(registry.recordDateAt(FILING, 1), 0, "events keep the earlier ones");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.RecordDateInThePast.selector, FILING, START + 10, START + 10));
        vm.prank(agent);
        registry.announceRecordDate(FILING, START + 10);
    }

    function test_P7_supply_at_dates_knows_mints_and_redemptions() external {
        takeRecordDate();
        mint(free, alice, 100);
        takeRecordDate();
        mint(free, bob, 50);
        vm.prank(alice);
        free.redeem(30);
        takeRecordDate();
        same(free.totalSupplyAt(1), 0, "before");
        same(free.totalSupplyAt(2), 100, "minted");
        same(free.totalSupplyAt(3), 120, "redeemed");
        same(free.balanceOfAt(alice, 2) + free.balanceOfAt(bob, 2), 100, "sum");
    }

    /// @dev Random changes and dates against a model that copies every balance at every date.
    function testFuzz_P7_balances_at_dates(uint256 seed) external {
        address[3] memory people = [alice, bob, carol];
        uint256[3][40] memory kept;
        uint16 dates = 0;
        mint(free, alice, 5_000);
        for (uint256 i = 0; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed % 3 == 0 && dates < 39) {
                dates = takeRecordDate();
                for (uint256 j = 0; j < 3; ++j) {
                    kept[dates][j] = free.balanceOf(people[j]);
                }
                continue;
            }
            address from = people[(seed >> 8) % 3];
            uint256 held = free.balanceOf(from);
            // One change in four moves everything.
            uint256 amount = (seed >> 32) % 4 == 0 ? held : ((seed >> 40) % (held / LOT + 1)) * LOT;
            transfer(free, from, people[(seed >> 16) % 3], amount);
        }
        for (uint16 date = 1; date <= dates; ++date) {
            for (uint256 j = 0; j < 3; ++j) {
                same(free.balanceOfAt(people[j], date), kept[date][j], "P7");
            }
        }
    }
}
