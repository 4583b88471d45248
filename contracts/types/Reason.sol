// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Why a movement may not happen. The numbers are the ERC-1404 codes and never change.
enum Reason {
    None, //                0
    FilingNotEffective, //  1  R-03
    TokenPaused, //         2  R-62
    DisclosureOverdue, //   3  R-81
    PlanIncomplete, //      4  R-29
    Matured, //             5  R-42
    SenderUnknown, //       6  R-60
    SenderBlocked, //       7  R-53, R-62
    SpenderBlocked, //      8  R-53, R-62
    ReceiverUnknown, //     9  R-60
    ReceiverBlocked, //    10  R-53, R-62
    EvidenceExpired, //    11  R-56
    SuitabilityExpired, // 12  R-47
    RegimeNotAccepted, //  13  R-43, R-45, R-54
    RiskAboveCapacity, //  14  R-47
    NotALot, //            15  R-57
    HolderLimit, //        16  R-57
    ShareLimit, //         17  R-57
    CapExceeded, //        18  R-59
    NotSameInvestor, //    19  R-62
    ToItself, //           20  R-62
    Locked, //             21  R-54
    Frozen, //             22  R-62
    InsufficientBalance, // 23
    IssueClosed //        24  R-59: principal was paid or written down, nothing more is minted
}

using {isSome} for Reason global;

/// @dev Assembly, as every movement asks: comparing an enum pays for a check of its range.
function isSome(Reason reason) pure returns (bool isSo) {
    assembly ("memory-safe") {
        isSo := iszero(iszero(reason))
    }
}
