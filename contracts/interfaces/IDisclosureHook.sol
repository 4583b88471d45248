// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FilingId} from "../types/Types.sol";

/// @title What a subscriber to a filing's disclosures answers to
/// @notice The registry calls it after everything of the publication is written and said, with 100,000 gas, whoever
/// pays for the transaction. What it returns is not read; when it fails, the registry says `HookFailed` and goes on.
/// While it runs, no act of the registry that changes anything is possible.
interface IDisclosureHook {
    /// @param obligation the obligation closed by the document, or zero
    /// @param name name of the document series (ERC-1643), or zero
    /// @param kind kind of the document, numbered as the obligations are
    function onPublished(FilingId filing, uint16 obligation, bytes32 name, uint16 kind, bytes32 documentHash) external;
}
