// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A bank's tokenised deposit: the cash leg on the local chain
/// @notice ERC-20, 2612, 6093. Held by investors that the registry knows and has not blocked, and by accounts that the
/// bank has opened (payers, proceeds accounts, contracts). One unit is the currency's smallest unit.
interface IDepositToken {
    event AccountSet(address indexed account, bool isOpen);
    event Deposited(bytes32 indexed operation, address indexed to, uint256 amount);
    event Withdrawn(address indexed from, uint256 amount, bytes32 ref);

    error MayNotHold(address account);
    error AlreadyDone(bytes32 operation);
    error TermsMalformed();
    /// @notice The registry alone says whether an investor may hold.
    error InvestorAccount(address account);

    /// @notice BANK; an account of its own customers, besides the registry's investors. Warning: an open account that
    /// the registry admits later answers to the bank still, until the bank closes it.
    function setAccount(address account, bool isOpen) external;
    /// @notice BANK; an operation id is spent once.
    function deposit(address to, uint256 amount, bytes32 operation) external;
    /// @notice The holder; the bank pays out as `ref` says.
    function withdraw(uint256 amount, bytes32 ref) external;

    /// @notice Whether an account may receive and send.
    function mayHold(address account) external view returns (bool);
    function spent(bytes32 operation) external view returns (bool);
    /// @notice ISO 4217 code, three letters.
    function currency() external view returns (bytes3);
    function registry() external view returns (address);
}
