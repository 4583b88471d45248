// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {ITokenFactory} from "../../contracts/interfaces/ITokenFactory.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {World} from "./World.sol";

/// @notice Which role each act needs, asked of the contracts: someone with no role, and someone with every other role,
/// are refused alike.
contract AccessTest is World {
    address private everyone = named("holds every role but one");

    function test_P10_each_act_of_the_registry_needs_its_role() external {
        address target = address(registry);
        _needs(target, Roles.REGISTRAR, IRegistry.recordFiling.selector);
        _needs(target, Roles.REGISTRAR, IRegistry.recordStatus.selector);
        _needs(target, Roles.REGISTRAR, IRegistry.recordSupplement.selector);
        _needs(target, Roles.ENFORCER, IRegistry.makeEffective.selector);
        _needs(target, Roles.REGULATOR, IRegistry.suspend.selector);
        _needs(target, Roles.ENFORCER, IRegistry.resume.selector);
        _needs(target, Roles.TRANSFER_AGENT, IRegistry.pause.selector);
        _needs(target, Roles.ENFORCER, IRegistry.unpause.selector);
        _needs(target, Roles.FACTORY, IRegistry.attach.selector);
        _needs(target, Roles.ADMITTER, IRegistry.admit.selector);
        _needs(target, Roles.ADMITTER, IRegistry.renew.selector);
        _needs(target, Roles.ADMITTER, IRegistry.addWallet.selector);
        _needs(target, Roles.ADMITTER, IRegistry.blockInvestors.selector);
        _needs(target, Roles.ENFORCER, IRegistry.unblockInvestor.selector);
        _needs(target, Roles.ENFORCER, IRegistry.recordSuccessor.selector);
        _needs(target, Roles.DISCLOSER, IRegistry.openObligation.selector);
        _needs(target, Roles.DISCLOSER, IRegistry.publish.selector);
        _needs(target, Roles.DISCLOSER, IRegistry.locateDocuments.selector);
        _needs(target, Roles.DISCLOSER, IRegistry.subscribe.selector);
        _needs(target, Roles.DISCLOSER, IRegistry.unsubscribe.selector);
        _needs(target, Roles.TRANSFER_AGENT, IRegistry.announceRecordDate.selector);
        _needs(target, Roles.ENFORCER, IRegistry.listAsset.selector);
        _needs(target, Roles.TRANSFER_AGENT, IRegistry.delistAsset.selector);
    }

    function test_P10_each_act_of_an_officer_on_a_token_needs_its_role() external {
        address target = address(free);
        _needs(target, Roles.ISSUER, ISecurityToken.mint.selector);
        _needs(target, Roles.ENFORCER, IERC7943Fungible.setFrozenTokens.selector);
        _needs(target, Roles.ENFORCER, ISecurityToken.freezeBatch.selector);
        _needs(target, Roles.ENFORCER, IERC7943Fungible.forcedTransfer.selector);
        _needs(target, Roles.ENFORCER, ISecurityToken.recover.selector);
        _needs(target, Roles.SERVICER, ISecurityToken.amortisePrincipal.selector);
        _needs(target, Roles.SERVICER, ISecurityToken.writeDown.selector);
        _needs(target, Roles.SERVICER, ISecurityToken.reverseWriteDown.selector);
        _needs(target, Roles.TRANSFER_AGENT, ISecurityToken.retireBalances.selector);
        _needs(address(factory), Roles.ISSUER, ITokenFactory.create.selector);
    }

    /// @dev A role held with a delay is not held: nobody acts at once by it.
    function test_P10_a_role_with_a_delay_serves_nobody() external {
        manager.grantRole(Roles.TRANSFER_AGENT, stranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, stranger, Roles.TRANSFER_AGENT));
        vm.prank(stranger);
        registry.pause(FILING, 0);
    }

    /// @dev Arguments of zeros: the role is asked before anything else.
    function _needs(address target, uint64 role, bytes4 selector) private {
        bytes memory call = abi.encodePacked(selector, new bytes(512));
        _isRefused(target, stranger, role, call);
        for (uint64 other = 1; other <= Roles.TRUSTEE; ++other) {
            if (other == role) manager.revokeRole(other, everyone);
            else manager.grantRole(other, everyone, 0);
        }
        _isRefused(target, everyone, role, call);
    }

    function _isRefused(address target, address sender, uint64 role, bytes memory call) private {
        vm.prank(sender);
        (bool isDone, bytes memory answer) = target.call(call);
        isTrue(!isDone, "not refused");
        bytes memory wanted = abi.encodeWithSelector(IManaged.RoleNeeded.selector, sender, role);
        same(keccak256(answer), keccak256(wanted), "refused for another reason");
    }
}
