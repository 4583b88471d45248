// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {Managed} from "./Managed.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {ISettlement, Order, Permit, Trade} from "./interfaces/ISettlement.sol";
import {Orders} from "./types/Orders.sol";
import {Roles} from "./types/Roles.sol";
import {Tranches} from "./types/Tranches.sol";
import {Approval, AssetKind, FilingId} from "./types/Types.sol";

/// @title Delivery versus payment
/// @dev Holds nothing, ever: tokens and money pass from party to party. Outside calls come last, under one guard:
/// wallets are asked for signatures by static calls before, and cancelling needs no guard, since it calls nobody.
contract Settlement is ISettlement, EIP712, ReentrancyGuardTransient, Managed {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IERC20;
    using Tranches for IRegistry;

    IRegistry private immutable _registry;

    mapping(address seller => mapping(address buyer => BitMaps.BitMap)) private _settled;
    mapping(address buyer => BitMaps.BitMap) private _filled;
    mapping(FilingId => address) private _proceedsAccounts;

    constructor(address manager, address registry_) Managed(manager) EIP712("ABST Settlement", "1") {
        _registry = IRegistry(registry_);
    }

    // ------------------------------------------------------------------ trades

    /// @inheritdoc ISettlement
    function settle(
        Trade calldata trade,
        bytes calldata sellerSignature,
        bytes calldata buyerSignature,
        Permit calldata tokenPermit,
        Permit calldata assetPermit
    ) external nonReentrant {
        require(trade.seller != trade.buyer, SameParty(trade.seller));
        _spend(_settled[trade.seller][trade.buyer], trade.id);
        require(_registry.isTranche(trade.token), NotATranche(trade.token));
        _requireTerms(trade.asset, trade.amount, trade.price, trade.deadline);
        bytes32 digest = tradeHash(trade);
        _requireSigned(trade.seller, digest, sellerSignature);
        _requireSigned(trade.buyer, digest, buyerSignature);
        emit Traded(trade.id, trade.seller, trade.buyer, trade.token, trade.amount, trade.asset, trade.price);

        _tryPermit(trade.token, trade.seller, tokenPermit);
        _tryPermit(trade.asset, trade.buyer, assetPermit);
        IERC20(trade.token).safeTransferFrom(trade.seller, trade.buyer, trade.amount);
        _pay(trade.asset, trade.buyer, trade.seller, trade.price);
    }

    /// @inheritdoc ISettlement
    function cancelTrade(address seller, address buyer, bytes32 id) external {
        require(msg.sender == seller || msg.sender == buyer, NotAParty(msg.sender));
        _spend(_settled[seller][buyer], id);
        emit TradeCancelled(id, seller, buyer, msg.sender);
    }

    // ------------------------------------------------------------------ allotments

    /// @inheritdoc ISettlement
    function allot(
        Order[] calldata orders,
        bytes[] calldata signatures,
        Permit[] calldata assetPermits,
        Approval calldata approval,
        bytes calldata gatekeeperSignature
    ) external only(Roles.ISSUER) nonReentrant {
        // To the token this contract is the sender, so it holds the two keys apart here.
        require(approval.gatekeeper != msg.sender, GatekeeperIsSender(msg.sender));
        uint256 count = orders.length;
        require(count != 0, NothingToAllot());
        require(signatures.length == count, LengthsDiffer(count, signatures.length));
        require(assetPermits.length == count, LengthsDiffer(count, assetPermits.length));
        address token = orders[0].token;
        address account = _proceedsAccountFor(token);

        address[] memory to = new address[](count);
        uint256[] memory amounts = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            Order calldata order = orders[i];
            require(order.token == token, OrderOfAnotherToken(order.token, token));
            _fill(order, signatures[i], assetPermits[i], account, approval.operation);
            (to[i], amounts[i]) = (order.buyer, order.amount);
        }
        ISecurityToken(token).mint(to, amounts, approval, gatekeeperSignature);
    }

    /// @dev Takes the money; the tokens come for all orders at once.
    function _fill(
        Order calldata order,
        bytes calldata signature,
        Permit calldata permit,
        address account,
        bytes32 operation
    ) private {
        _spend(_filled[order.buyer], order.id);
        _requireTerms(order.asset, order.amount, order.price, order.deadline);
        _requireSigned(order.buyer, orderHash(order), signature);
        emit Allotted(operation, order.buyer, order.id, order.token, order.amount, order.asset, order.price);

        _tryPermit(order.asset, order.buyer, permit);
        _pay(order.asset, order.buyer, account, order.price);
    }

    /// @inheritdoc ISettlement
    function cancelOrder(bytes32 id) external {
        _spend(_filled[msg.sender], id);
        emit OrderCancelled(id, msg.sender);
    }

    /// @inheritdoc ISettlement
    function setProceedsAccount(FilingId filing, address account) external only(Roles.ENFORCER) {
        _proceedsAccounts[filing] = account;
        emit ProceedsAccountSet(filing, account);
    }

    function _proceedsAccountFor(address token) private view returns (address account) {
        require(_registry.isTranche(token), NotATranche(token));
        FilingId filing = ISecurityToken(token).filing();
        account = _proceedsAccounts[filing];
        require(account != address(0), NoProceedsAccount(filing));
    }

    // ------------------------------------------------------------------ what both have in common

    function _spend(BitMaps.BitMap storage spent, bytes32 id) private {
        require(!spent.get(uint256(id)), AlreadySettled(id));
        spent.set(uint256(id));
    }

    function _requireTerms(address asset, uint256 amount, uint256 price, uint40 deadline) private view {
        require(block.timestamp <= deadline, Expired(deadline, block.timestamp));
        require(amount != 0 && price != 0, OneSided(amount, price));
        (, AssetKind kind) = _registry.assetOf(asset);
        require(kind != AssetKind.None, AssetNotListed(asset));
    }

    function _requireSigned(address signer, bytes32 digest, bytes calldata signature) private view {
        bool isSigned = SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature);
        require(isSigned, BadSignature(signer));
    }

    /// @dev Failing is no error: somebody may have used the permit before, and then the allowance stands.
    function _tryPermit(address asset, address owner, Permit calldata permit) private {
        if (permit.deadline == 0) return;
        try IERC20Permit(asset)
            .permit(owner, address(this), permit.value, permit.deadline, permit.v, permit.r, permit.s) {}
            catch {}
    }

    /// @dev An asset that keeps a fee, or says that it paid and did not, is refused.
    function _pay(address asset, address from, address to, uint256 price) private {
        uint256 before = IERC20(asset).balanceOf(to);
        IERC20(asset).safeTransferFrom(from, to, price);
        uint256 received = Math.saturatingSub(IERC20(asset).balanceOf(to), before);
        require(received == price, PriceNotReceived(received, price));
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ISettlement
    function proceedsAccountOf(FilingId filing) external view returns (address) {
        return _proceedsAccounts[filing];
    }

    /// @inheritdoc ISettlement
    function isSettled(address seller, address buyer, bytes32 id) external view returns (bool) {
        return _settled[seller][buyer].get(uint256(id));
    }

    /// @inheritdoc ISettlement
    function isFilled(address buyer, bytes32 id) external view returns (bool) {
        return _filled[buyer].get(uint256(id));
    }

    /// @inheritdoc ISettlement
    function tradeHash(Trade calldata trade) public view returns (bytes32) {
        return _hashTypedDataV4(Orders.hashOf(trade));
    }

    /// @inheritdoc ISettlement
    function orderHash(Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(Orders.hashOf(order));
    }

    /// @inheritdoc ISettlement
    function registry() external view returns (address) {
        return address(_registry);
    }
}
