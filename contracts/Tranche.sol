// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {Conditions, ConditionsFields, Product, Products} from "./types/Product.sol";
import {FilingId, Terms} from "./types/Types.sol";
import {Words} from "./types/Words.sol";

/// @title What was filed of one tranche, in the code of its token
abstract contract Tranche is ISecurityToken, IERC20Metadata {
    IRegistry internal immutable _registry;
    FilingId internal immutable _filing;
    Product internal immutable _product;
    Conditions internal immutable _conditions;
    bytes32 private immutable _name;
    bytes32 private immutable _symbol;
    bytes3 private immutable _currency;
    uint8 private immutable _decimals;

    constructor(address registry_, FilingId filing_, uint8 tranche_, Terms memory filed) {
        require(filed.lot != 0 && Words.isText(filed.name) && Words.isText(filed.symbol), TermsMalformed());
        _registry = IRegistry(registry_);
        _filing = filing_;
        _product = Products.pack(filed);
        _conditions = ConditionsFields.pack(filed, tranche_);
        _name = filed.name;
        _symbol = filed.symbol;
        _currency = filed.currency;
        _decimals = filed.decimals;
    }

    /// @inheritdoc IERC20Metadata
    function name() external view returns (string memory) {
        return Words.text(_name);
    }

    /// @inheritdoc IERC20Metadata
    function symbol() external view returns (string memory) {
        return Words.text(_symbol);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() external view returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc ISecurityToken
    function terms() external view returns (Terms memory) {
        return Terms({
            name: _name,
            symbol: _symbol,
            currency: _currency,
            decimals: _decimals,
            risk: _product.risk(),
            overdueStopsTransfers: _product.overdueStopsTransfers(),
            cap: _product.cap(),
            lot: _product.lot(),
            regimes: _product.regimes(),
            maxHolders: _conditions.maxHolders(),
            maxShareBps: _product.maxShareBps(),
            lockSeconds: _conditions.lockSeconds(),
            maturity: _conditions.maturity()
        });
    }

    /// @inheritdoc ISecurityToken
    function filing() external view returns (FilingId) {
        return _filing;
    }

    /// @inheritdoc ISecurityToken
    function tranche() external view returns (uint8) {
        return uint8(_conditions.tranche());
    }

    /// @inheritdoc ISecurityToken
    function registry() external view returns (address) {
        return address(_registry);
    }
}
