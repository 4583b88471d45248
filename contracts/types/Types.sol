// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Number of a filing (备案) in the registry: chosen by the registrar, never used twice.
type FilingId is uint64;

// Kind of the obligation that a filing's first mint opens by itself (R-71).
uint16 constant ISSUE_COMPLETION = 1;

/// @notice States of a filing, as the authority's acts make them (rulebook section E).
enum FilingStatus {
    None,
    Draft,
    Submitted,
    SupplementRequested,
    Consultation,
    Effective,
    Refused,
    Withdrawn,
    Suspended,
    Lapsed
}

/// @notice Kinds of settlement assets (R-65).
enum AssetKind {
    None,
    Deposit, //          a bank's tokenised deposit
    EMoney, //           regulated electronic money, stablecoins included
    VirtualCurrency //   listed only where two officers say so, as for every asset
}

/// @notice One tranche exactly as filed; part of the plan hash, immutable in the token.
/// @param name at most 31 bytes of UTF-8, left-aligned, zero-padded
/// @param symbol at most 31 bytes of UTF-8, left-aligned, zero-padded
/// @param currency ISO 4217 code of the face, three letters
/// @param decimals decimals shown; one token unit is 10^-decimals of the currency's unit of face
/// @param risk product risk class; an investor needs at least this capacity (R-47)
/// @param overdueStopsTransfers whether an overdue disclosure stops transfers too, not only mints (R-81)
/// @param cap filed amount in token units: minted, ever, at most this (R-59); below 2^96
/// @param lot transfers and mints are multiples of it, but for the last mint and an emptied wallet (R-57); at least 1
/// @param regimes bits of the legal grounds on which a person may hold (R-43 to R-55)
/// @param maxHolders most investors, zero for no limit (R-57)
/// @param maxShareBps most of the filed amount one investor may hold, in 1/10,000; zero for no limit (R-57)
/// @param lockSeconds distribution-compliance period of each mint, in seconds (R-54)
/// @param maturity last second at which tokens may be minted
struct Terms {
    bytes32 name;
    bytes32 symbol;
    bytes3 currency;
    uint8 decimals;
    uint8 risk;
    bool overdueStopsTransfers;
    uint96 cap;
    uint96 lot;
    uint32 regimes;
    uint32 maxHolders;
    uint16 maxShareBps;
    uint32 lockSeconds;
    uint40 maturity;
}

/// @notice What the gatekeeper signs for, besides the allocations (EIP-712, in the token's domain).
/// @param operation operation id, spent once whatever is signed again
/// @param decision hash of the stored decision that allows these allocations
/// @param deadline last second at which the approval serves
/// @param gatekeeper the account whose signature it is (ECDSA or ERC-1271)
struct Approval {
    bytes32 operation;
    bytes32 decision;
    uint40 deadline;
    address gatekeeper;
}

/// @notice One wallet to admit, or one investor's facts to renew.
/// @param wallet the wallet
/// @param facts an InvestorRecord whose investor id, wallet number and flags are zero
/// @param commitment salted commitment to the private record; never personal data
struct Admission {
    address wallet;
    uint256 facts;
    bytes32 commitment;
}
