// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Role ids in the AccessManager. No account holds both ISSUER and GATEKEEPER.
library Roles {
    uint64 internal constant ADMIN = 0; //          the administration timelock alone
    uint64 internal constant REGISTRAR = 1; //      records the authority's acts on filings
    uint64 internal constant ADMITTER = 2; //       admits and blocks investors
    uint64 internal constant GATEKEEPER = 3; //     signs approvals of mints
    uint64 internal constant ISSUER = 4; //         creates tranches, sends mints; the settlement contract too
    uint64 internal constant TRANSFER_AGENT = 5; // announces record dates, pauses tranches, retires what is repaid
    uint64 internal constant DISCLOSER = 6; //      opens obligations, publishes, subscribes hooks
    uint64 internal constant REGULATOR = 7; //      suspends a filing
    uint64 internal constant ENFORCER = 8; //       the enforcement timelock alone
    uint64 internal constant FACTORY = 9; //        the token factory alone
    uint64 internal constant SERVICER = 10; //      records principal and losses: the enforcement timelock and Servicing alone
    uint64 internal constant PAYER = 11; //         declares payments to holders, with its own money; Servicing too
    uint64 internal constant BANK = 12; //          issues deposits of the local cash leg
    uint64 internal constant REPORTER = 13; //      opens a deal's servicing, submits its periods: the servicer's key
    uint64 internal constant TRUSTEE = 14; //       confirms what another submitted, and so closes the period
}
