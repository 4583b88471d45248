// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One payment to the holders of a record date. Its id is the hash of this.
/// @param token the tranche
/// @param recordDate number of a record date that was taken: who held then is paid
/// @param needsEvidence whether a payee's evidence and suitability must be unexpired; expired ones are paid otherwise
/// @param asset settlement asset, listed when the payment is declared
/// @param funded units of the asset that the payer brings
/// @param supply the token's supply at the record date
/// @param ref the payer's reference: the operation id, which makes the payment one of its kind. Nothing here depends on
/// when it is declared, so the same operation decided again is the same payment
struct Payment {
    address token;
    uint16 recordDate;
    bool needsEvidence;
    address asset;
    uint112 funded;
    uint96 supply;
    bytes32 ref;
}

/// @notice What has been paid of a payment.
/// @param isDeclared whether there is such a payment
/// @param carried dust of earlier payments of the token in the asset, which this payment took over when declared
/// @param paid units of the asset paid out
/// @param settled units of the token whose holders have been paid
/// @param dust what no holder's share contains, once all are settled: it goes to the next payment
struct Progress {
    bool isDeclared;
    uint256 carried;
    uint256 paid;
    uint256 settled;
    uint256 dust;
}

/// @notice Why a payee is not paid now.
enum Unpaid {
    None, //             0  is paid
    NothingHeld, //      1  held nothing at the record date
    AlreadyPaid, //      2
    PayeeUnknown, //     3  R-60
    PayeeBlocked, //     4  R-53, R-62: the money waits
    EvidenceExpired, //  5  R-56, where the payment asks for it
    NoSuccessor, //      6  R-62: the wallet is lost, and no successor stands for it
    AssetFailed //       7  the settlement asset did not move the money
}

using {isSome} for Unpaid global;

/// @dev Assembly, as every payee asks: comparing an enum pays for a check of its range.
function isSome(Unpaid why) pure returns (bool isSo) {
    assembly ("memory-safe") {
        isSo := iszero(iszero(why))
    }
}

/// @title Pays the holders of a record date
/// @notice A payment is declared with its money, once. Each holder's share is floor(balance at the record date x
/// (funded + carried) / supply at the record date). Anyone may have a holder paid: the money goes to the holder, or to
/// the successor of a lost wallet, and nowhere else. Shares that cannot be paid wait here. While a call moves money,
/// the views of what was paid revert, as its numbers are still those of before.
interface IDistribution {
    event Declared(bytes32 indexed id, address indexed token, bytes32 indexed ref, Payment payment, uint40 carried);
    /// @param holder the wallet that held; `payee` is its successor when it is lost
    event Paid(bytes32 indexed id, address indexed holder, address payee, uint256 amount);
    event Waits(bytes32 indexed id, address indexed holder, Unpaid why);
    event PaidElsewhere(bytes32 indexed id, address indexed holder, address account, uint256 amount, bytes32 ref);
    event Completed(bytes32 indexed id, uint256 dust);
    /// @param currency ISO 4217 code of what was paid
    /// @param amount in the currency's smallest unit
    event PaidOffChain(
        address indexed token, uint16 indexed recordDate, bytes32 indexed ref, bytes3 currency, uint256 amount
    );

    error NotATranche(address token);
    error AssetNotListed(address asset);
    error PaymentEmpty();
    error SupplyDiffers(uint256 given, uint256 found);
    error AlreadyDeclared(bytes32 id);
    error AlreadyRecorded(bytes32 ref);
    error PaymentUnknown(bytes32 id);
    error FundingDiffers(uint256 received, uint256 funded);
    error NotPaid(bytes32 id, address holder, Unpaid why);

    /// @notice PAYER; brings `funded` units of the asset, which it has allowed this contract to take. The dust of
    /// payments completed before goes with it.
    function declare(Payment calldata payment) external returns (bytes32 id);
    /// @notice PAYER; a payment made outside the chain, by its reference; once per token and reference.
    function recordOffChain(address token, uint16 recordDate, bytes3 currency, uint256 amount, bytes32 ref) external;
    /// @notice Pays one holder. Reverts with `NotPaid` when he cannot be paid now.
    function claim(Payment calldata payment, address holder) external returns (uint256 amount);
    /// @notice Pays many; those who cannot be paid now are passed over, each with an event.
    /// @return count holders paid
    function push(Payment calldata payment, address[] calldata holders) external returns (uint256 count);
    /// @notice ENFORCER; the share of a holder who cannot be paid here goes to an account, as `ref` orders.
    function payElsewhere(Payment calldata payment, address holder, address account, bytes32 ref) external;

    function idOf(Payment calldata payment) external pure returns (bytes32);
    function progressOf(Payment calldata payment) external view returns (Progress memory);
    /// @notice Units of the asset due to a holder of a declared payment, paid or not.
    function shareOf(Payment calldata payment, address holder) external view returns (uint256);
    /// @notice Why the holder is not paid now, `AssetFailed` apart; and who would be.
    function reasonAgainst(Payment calldata payment, address holder) external view returns (Unpaid why, address payee);
    /// @notice Dust that the next payment of the token in the asset takes over.
    function carriedOf(address token, address asset) external view returns (uint40);
    function isRecorded(address token, bytes32 ref) external view returns (bool);
    function registry() external view returns (address);
}
