// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reason} from "../types/Reason.sol";
import {Approval, FilingId, Terms} from "../types/Types.sol";

/// @title One tranche of a filed asset-backed security (资产支持证券代币)
/// @notice ERC-20, 2612, 165, 5267, 7943, 1404 besides what stands here. One token unit is the smallest unit.
///
/// Holding, one word per wallet, from the lowest bit up: balance 96 | frozen 96 | locked until 32 |
/// last change's record date 16 | number of records 16.
///
/// Roles are asked of the AccessManager directly and must be held without delay: tokens are made after deployment, so
/// the manager holds no table of their functions.
interface ISecurityToken {
    event Minted(bytes32 indexed operation, bytes32 indexed decision, address indexed gatekeeper, uint256 total);
    event Redeemed(address indexed holder, uint256 amount);
    event LockedUntil(address indexed holder, uint32 until);
    event Recovered(address indexed lost, address indexed successor, uint256 amount);

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
    /// @notice ENFORCER; moves balance, frozen amount and lock of a lost wallet to its recorded successor.
    function recover(address lost) external;

    /// @notice Why `from` may not transfer `amount` to `to` now. Previews never revert.
    function reasonAgainst(address from, address to, uint256 amount) external view returns (Reason);
    /// @notice Why `amount` may not be minted to `to` now, approval and operation apart.
    function reasonAgainstMint(address to, uint256 amount) external view returns (Reason);
    function holdingOf(address account) external view returns (uint256 holding);
    /// @param recordDate number of a record date that was taken, from 1
    function balanceOfAt(address account, uint16 recordDate) external view returns (uint256);
    /// @param recordDate number of a record date that was taken, from 1
    function totalSupplyAt(uint16 recordDate) external view returns (uint256);
    /// @notice Minted, ever; redemptions do not lower it.
    function minted() external view returns (uint256);
    /// @notice Investors, not wallets, that hold something.
    function holders() external view returns (uint256);
    function spent(bytes32 operation) external view returns (bool);
    function terms() external view returns (Terms memory);
    function filing() external view returns (FilingId);
    function tranche() external view returns (uint8);
    function registry() external view returns (address);
}
