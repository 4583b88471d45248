// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {ISettlement, Order, Permit, Trade} from "../../contracts/interfaces/ISettlement.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Approval as MintApproval, AssetKind} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

interface ICash is IERC20, IERC20Permit, IDepositToken {}

interface IDesk is ISettlement, IERC5267 {}

/// @notice The small world with a market: a settlement contract that may issue, a bank's deposits as money, and people
/// who sign. Digests are worked out here by themselves, so that the contract's are held against them.
abstract contract Market is World {
    bytes32 internal constant TRADE_TYPE = keccak256(
        "Trade(address token,address asset,address seller,address buyer,"
        "uint256 amount,uint256 price,uint40 deadline,bytes32 id)"
    );
    bytes32 internal constant ORDER_TYPE = keccak256(
        "Order(address token,address asset,address buyer,uint256 amount,uint256 price,uint40 deadline,bytes32 id)"
    );
    bytes32 internal constant PERMIT_TYPE =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 internal constant RICH = 1_000_000;

    IDesk internal desk;
    ICash internal cash;
    address internal proceeds = named("proceeds");
    address internal sam;
    address internal bea;
    mapping(address => uint256) internal keyOf;
    uint256 private _ids;

    function setUp() public virtual override {
        super.setUp();
        desk = IDesk(deploy("Settlement", abi.encode(manager, registry)));
        bytes memory terms_ = abi.encode(manager, registry, "HKD deposit", "dHKD", bytes3("HKD"), uint8(2));
        cash = ICash(deploy("DepositToken", terms_));
        manager.grantRole(Roles.ISSUER, address(desk), 0);
        list(address(cash));
        vm.prank(bank);
        cash.setAccount(proceeds, true);
        vm.prank(enforcer);
        desk.setProceedsAccount(FILING, proceeds);
        sam = person("sam");
        bea = person("bea");
    }

    // ------------------------------------------------------------------ people and money

    /// @dev Somebody who can sign, and may hold.
    function signer(string memory name) internal returns (address wallet) {
        uint256 key = uint256(keccak256(bytes(name)));
        wallet = vm.addr(key);
        keyOf[wallet] = key;
    }

    /// @dev A signer who is an investor.
    function person(string memory name) internal returns (address wallet) {
        wallet = signer(name);
        admit(wallet);
    }

    function list(address asset) internal {
        vm.prank(enforcer);
        registry.listAsset(asset, "HKD", AssetKind.Deposit, EVIDENCE);
    }

    function delist(address asset) internal {
        vm.prank(agent);
        registry.delistAsset(asset, EVIDENCE);
    }

    function fund(address wallet, uint256 amount) internal {
        bytes32 operation = nextOperation();
        vm.prank(bank);
        cash.deposit(wallet, amount, operation);
    }

    function allow(address token, address owner, uint256 amount) internal {
        vm.prank(owner);
        IERC20(token).approve(address(desk), amount);
    }

    /// @dev A seller with tokens and a buyer with money, both allowing the contract everything.
    function ready(IToken token, address seller, uint256 amount, address buyer, uint256 money) internal {
        if (amount != 0) mint(token, seller, amount);
        allow(address(token), seller, type(uint256).max);
        if (money != 0) fund(buyer, money);
        allow(address(cash), buyer, type(uint256).max);
    }

    // ------------------------------------------------------------------ trades and orders

    function nextId() internal returns (bytes32) {
        return bytes32(++_ids);
    }

    function tradeOf(IToken token, address seller, address buyer, uint256 amount, uint256 price)
        internal
        returns (Trade memory)
    {
        uint40 deadline = uint40(block.timestamp + 1 days);
        return Trade(address(token), address(cash), seller, buyer, amount, price, deadline, nextId());
    }

    function orderOf(IToken token, address buyer, uint256 amount, uint256 price) internal returns (Order memory) {
        uint40 deadline = uint40(block.timestamp + 1 days);
        return Order(address(token), address(cash), buyer, amount, price, deadline, nextId());
    }

    function domainOf(address contract_, uint256 chain) internal pure returns (bytes32) {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 name = keccak256("ABST Settlement");
        return keccak256(abi.encode(domainType, name, keccak256("1"), chain, contract_));
    }

    function digestOf(Trade memory trade) internal view returns (bytes32) {
        return digestOf(trade, domainOf(address(desk), block.chainid));
    }

    function digestOf(Trade memory trade, bytes32 domain) internal pure returns (bytes32) {
        bytes32 content = keccak256(
            abi.encode(
                TRADE_TYPE,
                trade.token,
                trade.asset,
                trade.seller,
                trade.buyer,
                trade.amount,
                trade.price,
                trade.deadline,
                trade.id
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function digestOf(Order memory order) internal view returns (bytes32) {
        bytes32 content = keccak256(
            abi.encode(
                ORDER_TYPE, order.token, order.asset, order.buyer, order.amount, order.price, order.deadline, order.id
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domainOf(address(desk), block.chainid), content));
    }

    function none() internal pure returns (Permit memory) {}

    function permitOf(address token, address owner, uint256 value) internal view returns (Permit memory permit) {
        permit.value = value;
        permit.deadline = block.timestamp + 1 hours;
        uint256 nonce = IERC20Permit(token).nonces(owner);
        bytes32 content = keccak256(abi.encode(PERMIT_TYPE, owner, address(desk), value, nonce, permit.deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", IERC20Permit(token).DOMAIN_SEPARATOR(), content));
        (permit.v, permit.r, permit.s) = vm.sign(keyOf[owner], digest);
    }

    /// @dev Signed by both, sent by anyone.
    function settle(Trade memory trade) internal {
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        desk.settle(trade, seller, buyer, none(), none());
    }

    function signaturesOf(Trade memory trade) internal view returns (bytes memory seller, bytes memory buyer) {
        bytes32 digest = digestOf(trade);
        return (signed(keyOf[trade.seller], digest), signed(keyOf[trade.buyer], digest));
    }

    function signaturesOf(Order[] memory orders) internal view returns (bytes[] memory signatures) {
        signatures = new bytes[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            signatures[i] = signed(keyOf[orders[i].buyer], digestOf(orders[i]));
        }
    }

    /// @dev The gatekeeper's signature over the orders' buyers and amounts.
    function approve(IToken token, Order[] memory orders, MintApproval memory approval)
        internal
        view
        returns (bytes memory)
    {
        address[] memory to = new address[](orders.length);
        uint256[] memory amounts = new uint256[](orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            (to[i], amounts[i]) = (orders[i].buyer, orders[i].amount);
        }
        return signed(gatekeeperKey, digestOf(token, to, amounts, approval));
    }

    /// @dev Signed by all, approved and sent by those who must.
    function allot(IToken token, Order[] memory orders) internal {
        allot(token, orders, signaturesOf(orders), approvalOf(nextOperation()));
    }

    function allot(IToken token, Order[] memory orders, bytes[] memory signatures, MintApproval memory approval)
        internal
    {
        bytes memory signature = approve(token, orders, approval);
        vm.prank(issuer);
        desk.allot(orders, signatures, new Permit[](orders.length), approval, signature);
    }

    // ------------------------------------------------------------------ what was found

    /// @dev What token and money a wallet has.
    function has(IToken token, address wallet, uint256 tokens, uint256 money, string memory who) internal view {
        same(token.balanceOf(wallet), tokens, string.concat(who, " token"));
        same(cash.balanceOf(wallet), money, string.concat(who, " money"));
    }
}
