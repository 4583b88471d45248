// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {IDistribution, Payment, Progress, Unpaid} from "../../contracts/interfaces/IDistribution.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {AssetKind} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

interface IDeposit is IDepositToken, IERC20Metadata, IERC20Permit, IERC20Errors {}

/// @notice The world with a bank's deposits and payments to holders.
abstract contract Paying is World {
    IDistribution internal distribution;
    IDeposit internal cash;

    function setUp() public virtual override {
        super.setUp();
        distribution = IDistribution(deploy("Distribution", abi.encode(manager, registry)));
        bytes memory named_ = abi.encode(manager, registry, "HKD deposit", "dHKD", bytes3("HKD"), uint8(2));
        cash = IDeposit(deploy("DepositToken", named_));
        list(address(cash));
        setAccount(payer, true);
        setAccount(address(distribution), true);
        give(payer, 1e15);
        allow(IERC20(address(cash)));
    }

    // ------------------------------------------------------------------ money

    function list(address asset) internal {
        vm.prank(enforcer);
        registry.listAsset(asset, "HKD", AssetKind.Deposit, EVIDENCE);
    }

    function setAccount(address account, bool isOpen) internal {
        vm.prank(bank);
        cash.setAccount(account, isOpen);
    }

    function give(address to, uint256 amount) internal {
        vm.prank(bank);
        cash.deposit(to, amount, nextOperation());
    }

    /// @dev The payer lets the distribution take what payments in the asset ask for.
    function allow(IERC20 asset) internal {
        vm.prank(payer);
        asset.approve(address(distribution), type(uint256).max);
    }

    // ------------------------------------------------------------------ payments

    function paymentOf(IToken token, uint16 date, address asset, uint112 funded) internal returns (Payment memory) {
        uint96 supply = uint96(token.totalSupplyAt(date));
        return Payment(address(token), date, false, asset, funded, supply, nextOperation());
    }

    function paymentOf(uint16 date, uint112 funded) internal returns (Payment memory) {
        return paymentOf(free, date, address(cash), funded);
    }

    function declare(Payment memory payment) internal returns (bytes32) {
        vm.prank(payer);
        return distribution.declare(payment);
    }

    /// @dev A payment in deposits on the free tranche, to those who hold at this moment.
    function declareNow(uint112 funded) internal returns (Payment memory payment) {
        payment = paymentOf(takeRecordDate(), funded);
        declare(payment);
    }

    function push(Payment memory payment, address a, address b) internal returns (uint256) {
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (a, b);
        return distribution.push(payment, holders);
    }

    function unblock(address wallet) internal {
        vm.prank(enforcer);
        registry.unblockInvestor(wallet, EVIDENCE);
    }

    // ------------------------------------------------------------------ refusals

    function expectNotPaid(Payment memory payment, address holder, Unpaid why) internal {
        bytes32 id = distribution.idOf(payment);
        vm.expectRevert(abi.encodeWithSelector(IDistribution.NotPaid.selector, id, holder, why));
    }

    function expectRoleNeeded(address account, uint64 role) internal {
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, account, role));
    }

    /// @dev The preview gives the reason, and the act refuses for it.
    function refused(Payment memory payment, address holder, Unpaid why) internal {
        (Unpaid said,) = distribution.reasonAgainst(payment, holder);
        same(uint256(said), uint256(why), "the preview");
        expectNotPaid(payment, holder, why);
        distribution.claim(payment, holder);
    }

    function checkProgress(Payment memory payment, uint256 carried, uint256 paid, uint256 settled, uint256 dust)
        internal
        view
    {
        Progress memory found = distribution.progressOf(payment);
        isTrue(found.isDeclared, "declared");
        same(found.carried, carried, "carried");
        same(found.paid, paid, "paid");
        same(found.settled, settled, "settled");
        same(found.dust, dust, "dust");
    }
}
