// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval, FilingId} from "../types/Types.sol";

/// @notice Tokens against money between two holders; both sign it (EIP-712).
/// @param token the tranche
/// @param asset settlement asset, listed
/// @param amount token units
/// @param price units of the asset for all of them
/// @param deadline last second at which it may be settled
/// @param id chosen by the parties; spent once between this seller and this buyer, by settling or by cancelling. Ids
/// that count up share a storage word, 256 to each, and cost less
struct Trade {
    address token;
    address asset;
    address seller;
    address buyer;
    uint256 amount;
    uint256 price;
    uint40 deadline;
    bytes32 id;
}

/// @notice An investor's order for newly issued tokens; the investor signs it (EIP-712).
/// @param amount token units
/// @param price units of the asset for all of them, to the filing's proceeds account
/// @param deadline last second at which it may be filled
/// @param id chosen by the investor; spent once, by filling or by cancelling. Ids that count up cost less, as above
struct Order {
    address token;
    address asset;
    address buyer;
    uint256 amount;
    uint256 price;
    uint40 deadline;
    bytes32 id;
}

/// @notice An ERC-2612 permit for the settlement contract, used if it is still good; a deadline of zero means none.
struct Permit {
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
}

/// @title Delivery versus payment
/// @notice Both legs or neither, under the token's own rules. Signatures are ECDSA or ERC-1271, in the EIP-712 domain
/// "ABST Settlement", version "1". What holders allow this contract, it moves only as they signed: a trade by both
/// parties, an order by the investor.
///
/// Assumed of a listed asset: it takes from the payer what it is asked to take, and tells balances truly. One that
/// does not harms only payments in it.
interface ISettlement {
    event Traded(
        bytes32 indexed id,
        address indexed seller,
        address indexed buyer,
        address token,
        uint256 amount,
        address asset,
        uint256 price
    );
    event Allotted(
        bytes32 indexed operation,
        address indexed buyer,
        bytes32 indexed order,
        address token,
        uint256 amount,
        address asset,
        uint256 price
    );
    event TradeCancelled(bytes32 indexed id, address indexed seller, address indexed buyer, address by);
    event OrderCancelled(bytes32 indexed id, address indexed buyer);
    event ProceedsAccountSet(FilingId indexed filing, address account);

    /// @notice Not a tranche that the registry knows under the filing and number that the token tells of itself.
    error NotATranche(address token);
    error AssetNotListed(address asset);
    error Expired(uint40 deadline, uint256 time);
    /// @notice Nothing is delivered or nothing is paid: a gift is a transfer, an allotment for nothing is a mint.
    error OneSided(uint256 amount, uint256 price);
    /// @notice The id is spent: settled, filled or cancelled.
    error AlreadySettled(bytes32 id);
    error BadSignature(address signer);
    error SameParty(address party);
    error NotAParty(address caller);
    error GatekeeperIsSender(address account);
    error NoProceedsAccount(FilingId filing);
    error OrderOfAnotherToken(address found, address wanted);
    error NothingToAllot();
    /// @param others signatures, or permits where there are as many signatures as orders
    error LengthsDiffer(uint256 orders, uint256 others);
    /// @notice The seller, or the proceeds account, did not receive exactly the price.
    error PriceNotReceived(uint256 received, uint256 price);

    /// @notice Anyone; both have signed. The seller has allowed this contract the tokens, the buyer the money, before
    /// or by a permit given here; a permit that somebody has used before is no error. What the token refuses is
    /// refused with the token's own error: the reason is that of `ISecurityToken.reasonAgainst`.
    function settle(
        Trade calldata trade,
        bytes calldata sellerSignature,
        bytes calldata buyerSignature,
        Permit calldata tokenPermit,
        Permit calldata assetPermit
    ) external;
    /// @notice ISSUER, who is not the gatekeeper; every order filled and paid, or none. The approval is the one that
    /// `ISecurityToken.mint` asks for, over the orders' buyers and amounts in their order.
    /// Warning: an approval says nothing of payment; who holds ISSUER may use it in a mint that nobody pays for.
    function allot(
        Order[] calldata orders,
        bytes[] calldata signatures,
        Permit[] calldata assetPermits,
        Approval calldata approval,
        bytes calldata gatekeeperSignature
    ) external;
    /// @notice Either party of a trade, before it is settled; its id is spent.
    function cancelTrade(address seller, address buyer, bytes32 id) external;
    /// @notice The investor, before the order is filled; its id is spent.
    function cancelOrder(bytes32 id) external;
    /// @notice ENFORCER; the account that receives what a filing's tokens are sold for (R-99). Zero: none, and nothing
    /// is allotted.
    function setProceedsAccount(FilingId filing, address account) external;

    function proceedsAccountOf(FilingId filing) external view returns (address);
    /// @notice Whether the id is spent between the two: settled or cancelled.
    function isSettled(address seller, address buyer, bytes32 id) external view returns (bool);
    /// @notice Whether the investor's id is spent: filled or cancelled.
    function isFilled(address buyer, bytes32 id) external view returns (bool);
    /// @notice The EIP-712 digest that seller and buyer sign.
    function tradeHash(Trade calldata trade) external view returns (bytes32);
    /// @notice The EIP-712 digest that the investor signs.
    function orderHash(Order calldata order) external view returns (bytes32);
    function registry() external view returns (address);
}
