// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {AssetKind} from "../../contracts/types/Types.sol";
import {World} from "./World.sol";

/// @notice What tokens may be paid for with (R-65).
contract AssetsTest is World {
    function _list(address asset, bytes3 currency, AssetKind kind) private {
        vm.prank(enforcer);
        registry.listAsset(asset, currency, kind, EVIDENCE);
    }

    function _delist(address who, address asset) private {
        vm.prank(who);
        registry.delistAsset(asset, EVIDENCE);
    }

    function test_P10_two_officers_list_and_one_takes_off() external {
        address asset = address(free);
        _list(asset, "HKD", AssetKind.Deposit);
        (bytes3 currency, AssetKind kind) = registry.assetOf(asset);
        isTrue(currency == "HKD" && kind == AssetKind.Deposit, "listed");
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, agent, Roles.ENFORCER));
        vm.prank(agent);
        registry.listAsset(asset, "HKD", AssetKind.Deposit, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, alice, Roles.TRANSFER_AGENT));
        _delist(alice, asset);
        _delist(agent, asset);
        (currency, kind) = registry.assetOf(asset);
        isTrue(currency == 0 && kind == AssetKind.None, "gone");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.AssetNotListed.selector, asset));
        _delist(agent, asset);
    }

    function test_nothing_pegged_to_a_barred_currency_is_ever_listed(bytes3 currency) external {
        bool isBarred = currency == "CNY" || currency == "CNH";
        isTrue(registry.isBarred(currency) == isBarred && registry.isBarred("CNY"), "barred");
        bytes3[2] memory renminbi = [bytes3("CNY"), bytes3("CNH")];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IRegistry.CurrencyBarred.selector, renminbi[i]));
            _list(address(free), renminbi[i], AssetKind.Deposit);
        }
    }

    function test_an_asset_is_a_contract_with_a_currency_and_a_kind() external {
        address asset = address(free);
        vm.expectRevert(
            abi.encodeWithSelector(IRegistry.AssetMalformed.selector, alice, bytes3("HKD"), AssetKind.Deposit)
        );
        _list(alice, "HKD", AssetKind.Deposit);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.AssetMalformed.selector, asset, bytes3(0), AssetKind.EMoney));
        _list(asset, 0, AssetKind.EMoney);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.AssetMalformed.selector, asset, bytes3("HKD"), AssetKind.None));
        _list(asset, "HKD", AssetKind.None);
        _list(asset, "XBT", AssetKind.VirtualCurrency);
    }
}
