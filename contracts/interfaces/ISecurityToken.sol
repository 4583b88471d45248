// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reason.sol";
import {Approval, FilingId, Terms} from "../types/Types.sol";

/// @title One tranche of a filed asset-backed security (资产支持证券代币)
/// @notice ERC-20, 2612, 165, 5267, 7943, 1404, 1643 (reading) besides what stands here. One token unit is the smallest unit.
///
/// Holding, one word per wallet, from the lowest bit up: balance 96 | frozen 96 | locked until 32 |
/// last change's record date 16 | number of records 16.
///
/// Documents (ERC-1643) and plain words (ERC-1404) are the registry's, read through here.
interface ISecurityToken {
    event Minted(bytes32 indexed operation, bytes32 indexed decision, address indexed gatekeeper, uint256 total);
    event Redeemed(address indexed holder, uint256 amount);
    event LockedUntil(address indexed holder, uint32 until);
    event Recovered(address indexed lost, address indexed successor, uint256 amount);
    /// @notice What stands after principal was paid, written down, or written up again.
    event Amortised(uint256 outstanding, uint256 principalPaid, uint256 writtenDown);
    event Retired(address indexed holder, uint256 amount);

    /// @notice A movement that the rules forbid; the same reason as the previews give.
    error TransferRefused(Reason reason, address from, address to, uint256 amount);
    error AlreadyDone(bytes32 operation);
    error ApprovalExpired(uint40 deadline, uint256 time);
    error NotAGatekeeper(address account);
    error GatekeeperIsSender(address account);
    error BadApproval(address gatekeeper);
    error LengthsDiffer(uint256 receivers, uint256 amounts);
    error NoSuccessor(address lost);
    error TermsMalformed();
    error RecordDateNotTaken(uint16 number, uint16 taken);
    error NothingToMint();
    error AboveOutstanding(uint256 amount, uint256 outstanding);
    error AboveWrittenDown(uint256 amount, uint256 writtenDown);
    error AfterMaturity(uint40 maturity);
    /// @notice Tokens are retired once nothing is outstanding; what was written down may come back until maturity.
    error StillOutstanding(uint256 outstanding, uint256 writtenDown);

    /// @notice ISSUER sends, a GATEKEEPER other than the sender has signed; all or nothing.
    function mint(
        address[] calldata to,
        uint256[] calldata amounts,
        Approval calldata approval,
        bytes calldata signature
    ) external;
    function transferBatch(address[] calldata to, uint256[] calldata amounts) external returns (bool);
    /// @notice The holder gives tokens back; their face is settled outside the chain.
    function redeem(uint256 amount) external;
    /// @notice ENFORCER; `setFrozenTokens` for many.
    function freezeBatch(address[] calldata accounts, uint256[] calldata amounts) external;
    /// @notice ENFORCER; moves balance, frozen amount and lock of a lost wallet to its recorded successor.
    function recover(address lost) external;

    // ---- amortisation: SERVICER records; balances keep their face, what is outstanding falls. From the first record
    // on, nothing more is minted.

    /// @notice Principal paid to holders, in token units. Never taken back.
    function amortisePrincipal(uint256 amount) external;
    /// @notice A loss allocated to this tranche.
    function writeDown(uint96 amount) external;
    /// @notice A loss taken back, where the deal says so.
    function reverseWriteDown(uint256 amount) external;
    /// @notice TRANSFER_AGENT; burns what the holders have once nothing is outstanding, whatever the rules say.
    function retireBalances(address[] calldata holders) external;

    /// @notice Why `from` may not transfer `amount` to `to` now. Previews never revert.
    function reasonAgainst(address from, address to, uint256 amount) external view returns (Reason);
    /// @notice Why `amount` may not be minted to `to` now, approval and operation apart.
    function reasonAgainstMint(address to, uint256 amount) external view returns (Reason);
    function holdingOf(address account) external view returns (uint256 holding);
    /// @param recordDate number of a record date that was taken, from 1
    function balanceOfAt(address account, uint16 recordDate) external view returns (uint256);
    /// @param recordDate number of a record date that was taken, from 1
    function totalSupplyAt(uint16 recordDate) external view returns (uint256);
    /// @notice Minted, ever; redemptions and retirements do not lower it.
    function minted() external view returns (uint256);
    /// @notice Investors, not wallets, that hold something.
    function holders() external view returns (uint256);
    function spent(bytes32 operation) external view returns (bool);
    /// @notice What is still owed of the face, what was paid of it, and what was written down, in token units. A
    /// holder who redeems takes his share of what is outstanding with him.
    function amortisation() external view returns (uint256 outstanding, uint256 principalPaid, uint256 writtenDown);
    /// @notice floor(balance x outstanding / supply).
    function outstandingOf(address account) external view returns (uint256);
    function terms() external view returns (Terms memory);
    function filing() external view returns (FilingId);
    function tranche() external view returns (uint8);
    function registry() external view returns (address);
}
