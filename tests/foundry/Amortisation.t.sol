// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {IToken, World} from "./World.sol";

/// @notice Balances keep their face; what is owed of it falls, in integers, to nothing; then tokens are retired.
contract AmortisationTest is World {
    function setUp() public override {
        super.setUp();
        mint(free, alice, 600);
        mint(free, bob, 300);
        mint(free, carol, 100);
    }

    function _pay(uint256 amount) private {
        vm.prank(servicer);
        free.amortisePrincipal(amount);
    }

    function _writeDown(uint256 amount) private {
        vm.prank(servicer);
        free.writeDown(uint96(amount));
    }

    function _reverse(uint256 amount) private {
        vm.prank(servicer);
        free.reverseWriteDown(amount);
    }

    function _retire(address[] memory holders) private {
        vm.prank(agent);
        free.retireBalances(holders);
    }

    function _all() private view returns (address[] memory holders) {
        holders = new address[](3);
        (holders[0], holders[1], holders[2]) = (alice, bob, carol);
    }

    function _is(uint256 outstanding, uint256 paid, uint256 writtenDown) private view {
        (uint256 foundOutstanding, uint256 foundPaid, uint256 foundWrittenDown) = free.amortisation();
        same(foundOutstanding, outstanding, "outstanding");
        same(foundPaid, paid, "principal paid");
        same(foundWrittenDown, writtenDown, "written down");
    }

    function test_principal_paid_leaves_the_balances() external {
        _is(1_000, 0, 0);
        same(free.outstandingOf(alice), 600, "before");
        _pay(250);
        _is(750, 250, 0);
        same(free.balanceOf(alice), 600, "face");
        same(free.outstandingOf(alice), 450, "what is owed of it");
        same(free.outstandingOf(carol), 75, "what is owed of it");
        _pay(1);
        same(free.outstandingOf(carol), 74, "rounded down");
        same(free.outstandingOf(stranger), 0, "nothing held");
    }

    function test_a_loss_is_written_down_and_may_come_back() external {
        _writeDown(400);
        _pay(100);
        _is(500, 100, 400);
        _reverse(150);
        _is(650, 100, 250);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AboveWrittenDown.selector, 251, 250));
        _reverse(251);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AboveOutstanding.selector, 651, 650));
        _pay(651);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AboveOutstanding.selector, 651, 650));
        _writeDown(651);
        vm.warp(MATURITY);
        _reverse(1);
        vm.warp(MATURITY + 1);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AfterMaturity.selector, MATURITY));
        _reverse(1);
    }

    function test_P10_nobody_but_the_servicer_records() external {
        bytes memory needed = abi.encodeWithSelector(IManaged.RoleNeeded.selector, issuer, Roles.SERVICER);
        vm.startPrank(issuer);
        vm.expectRevert(needed);
        free.amortisePrincipal(1);
        vm.expectRevert(needed);
        free.writeDown(1);
        vm.expectRevert(needed);
        free.reverseWriteDown(0);
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, issuer, Roles.TRANSFER_AGENT));
        free.retireBalances(one(alice));
        vm.stopPrank();
    }

    /// @dev P3: what is minted later would share in what is owed to others.
    function test_P3_nothing_is_minted_once_principal_was_recorded() external {
        same(uint256(free.reasonAgainstMint(alice, 10)), 0, "open");
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 0) _pay(1);
            if (i == 1) _writeDown(1);
            if (i == 2) _pay(0);
            same(uint256(free.reasonAgainstMint(alice, 10)), uint256(Reason.IssueClosed), "preview");
            (address[] memory to, uint256[] memory amounts) = (one(alice), one(uint256(10)));
            bytes memory data;
            {
                bytes32 operation = nextOperation();
                bytes memory signature = signed(gatekeeperKey, digestOf(free, to, amounts, approvalOf(operation)));
                data = abi.encodeCall(ISecurityToken.mint, (to, amounts, approvalOf(operation), signature));
            }
            same(uint256(reasonOf(issuer, address(free), data)), uint256(Reason.IssueClosed), "act");
            same(uint256(limited.reasonAgainstMint(alice, 10)), 0, "another tranche is open");
            vm.revertToState(snapshot);
            snapshot = vm.snapshotState();
        }
    }

    function test_who_redeems_takes_his_share_with_him() external {
        _pay(500);
        _writeDown(301);
        _is(199, 500, 301);
        vm.prank(alice);
        free.redeem(600);
        // 119.4 of what is owed, rounded down; 180.6 of what may come back, rounded up.
        _is(80, 500, 120);
        same(free.totalSupply(), 400, "face left");
        _reverse(120);
        _is(200, 500, 0);
    }

    /// @dev Whatever is paid, written, redeemed: what is owed and what may come back never exceed the face left, and
    /// the shares never exceed what is owed.
    function testFuzz_P1_owed_is_within_the_face(uint256 seed) external {
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (uint256 outstanding, uint256 paid, uint256 writtenDown) = free.amortisation();
            uint256 kind = seed % 4;
            if (kind == 0) _pay(within(seed >> 8, 0, outstanding));
            if (kind == 1) _writeDown(within(seed >> 8, 0, outstanding));
            if (kind == 2) _reverse(within(seed >> 8, 0, writtenDown));
            if (kind == 3) {
                address holder = _all()[(seed >> 8) % 3];
                uint256 some = within(seed >> 16, 0, free.balanceOf(holder));
                vm.prank(holder);
                free.redeem(some);
            }
            _checkOwed(paid);
        }
    }

    function _checkOwed(uint256 paidBefore) private view {
        (uint256 outstanding, uint256 paid, uint256 writtenDown) = free.amortisation();
        isTrue(paid >= paidBefore, "principal paid never falls");
        isTrue(outstanding + writtenDown <= free.totalSupply(), "owed and written down are within the face left");
        uint256 shares = free.outstandingOf(alice) + free.outstandingOf(bob) + free.outstandingOf(carol);
        isTrue(shares <= outstanding && outstanding - shares < 3, "shares");
    }

    // ------------------------------------------------------------------ closing

    function test_P7_tokens_are_retired_once_nothing_is_outstanding() external {
        uint16 date = takeRecordDate();
        _pay(999);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.StillOutstanding.selector, 1, 0));
        _retire(_all());
        _pay(1);
        freeze(free, alice, 50);
        blockOne(bob);
        _retire(_all());
        same(free.totalSupply(), 0, "supply");
        same(free.holders(), 0, "holders");
        same(free.minted(), 1_000, "minted, ever");
        same(free.holdingOf(alice) & type(uint192).max, 0, "nothing held, nothing frozen");
        same(free.balanceOfAt(alice, date), 600, "who held at the record date");
        same(free.totalSupplyAt(date), 1_000, "and how much there was");
        _retire(_all());
        _is(0, 1_000, 0);
        same(free.outstandingOf(alice), 0, "nothing");
    }

    function test_what_was_written_down_may_come_back_until_maturity() external {
        _pay(900);
        _writeDown(100);
        vm.warp(MATURITY);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.StillOutstanding.selector, 0, 100));
        _retire(_all());
        vm.warp(MATURITY + 1);
        _retire(one(carol));
        same(free.totalSupply(), 900, "supply");
        same(free.holders(), 2, "holders");
    }

    function test_an_investor_with_two_wallets_leaves_with_the_last() external {
        address second = named("second");
        addWallet(alice, second);
        transfer(free, alice, second, 100);
        _pay(1_000);
        _retire(one(alice));
        same(free.holders(), 3, "holds elsewhere");
        _retire(one(second));
        same(free.holders(), 2, "holds nothing");
    }

    function test_no_token_is_retired_before_anything_was_recorded() external {
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.StillOutstanding.selector, 1_000, 0));
        _retire(_all());
    }

    function test_many_are_frozen_at_once() external {
        uint256[] memory amounts = new uint256[](3);
        (amounts[0], amounts[1], amounts[2]) = (10, 0, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, agent, Roles.ENFORCER));
        vm.prank(agent);
        free.freezeBatch(_all(), amounts);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.LengthsDiffer.selector, 1, 3));
        vm.prank(enforcer);
        free.freezeBatch(one(alice), amounts);
        vm.prank(enforcer);
        free.freezeBatch(_all(), amounts);
        same(free.getFrozenTokens(alice), 10, "alice");
        same(free.getFrozenTokens(bob), 0, "bob");
        same(free.getFrozenTokens(carol), type(uint96).max, "carol");
    }

    function test_P4_a_mint_of_nothing_spends_nothing() external {
        (address[] memory to, uint256[] memory amounts) = (new address[](0), new uint256[](0));
        bytes32 operation = nextOperation();
        bytes memory signature = signed(gatekeeperKey, digestOf(free, to, amounts, approvalOf(operation)));
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.NothingToMint.selector));
        vm.prank(issuer);
        free.mint(to, amounts, approvalOf(operation), signature);
        isTrue(!free.spent(operation), "not spent");
    }
}
