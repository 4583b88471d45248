// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {IERC1643} from "./interfaces/IERC1643.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {Conditions, ConditionsFields, Product, Products} from "./types/Product.sol";
import {FilingId, Terms} from "./types/Types.sol";
import {Words} from "./types/Words.sol";

/// @title What was filed of one tranche, in the code of its token; and what the registry says of its filing
abstract contract Tranche is ISecurityToken, IERC20Metadata, IERC1643 {
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

    // ------------------------------------------------------------------ documents

    /// @inheritdoc IERC1643
    function getDocument(bytes32 name_) external view returns (string memory, bytes32, uint256) {
        _answerOfRegistry(abi.encodeCall(IRegistry.documentOf, (_filing, name_)));
    }

    /// @inheritdoc IERC1643
    function getAllDocuments() external view returns (bytes32[] memory) {
        _answerOfRegistry(abi.encodeCall(IRegistry.documentsOf, (_filing)));
    }

    /// @dev Ends the call with the registry's own answer. Assembly, because decoding and encoding it again is code that
    /// every tranche would carry.
    function _answerOfRegistry(bytes memory question) internal view {
        address source = address(_registry);
        assembly ("memory-safe") {
            let isDone := staticcall(gas(), source, add(question, 0x20), mload(question), 0, 0)
            let answer := mload(0x40)
            returndatacopy(answer, 0, returndatasize())
            if iszero(isDone) { revert(answer, returndatasize()) }
            return(answer, returndatasize())
        }
    }
}
