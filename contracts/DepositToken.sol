// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {Managed} from "./Managed.sol";
import {IDepositToken} from "./interfaces/IDepositToken.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {InvestorRecord} from "./types/InvestorRecord.sol";
import {Roles} from "./types/Roles.sol";

/// @title A bank's tokenised deposit: the cash leg on the local chain
/// @dev OpenZeppelin's ERC-20, with one rule at its one door, `_update`.
contract DepositToken is ERC20Permit, IDepositToken, Managed {
    IRegistry private immutable _registry;
    bytes3 private immutable _currency;
    uint8 private immutable _decimals;

    mapping(address account => bool) private _isOpen;
    mapping(bytes32 operation => bool) private _spent;

    constructor(
        address manager,
        address registry_,
        string memory name_,
        string memory symbol_,
        bytes3 currency_,
        uint8 decimals_
    ) ERC20(name_, symbol_) ERC20Permit(name_) Managed(manager) {
        require(bytes(name_).length != 0 && bytes(symbol_).length != 0 && _isCode(currency_), TermsMalformed());
        _registry = IRegistry(registry_);
        _currency = currency_;
        _decimals = decimals_;
    }

    function _isCode(bytes3 word) private pure returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            if (word[i] < "A" || word[i] > "Z") return false;
        }
        return true;
    }

    // ------------------------------------------------------------------ the bank

    /// @inheritdoc IDepositToken
    function setAccount(address account, bool isOpen) external only(Roles.BANK) {
        if (isOpen) require(!_recordOf(account).isKnown(), InvestorAccount(account));
        _isOpen[account] = isOpen;
        emit AccountSet(account, isOpen);
    }

    /// @inheritdoc IDepositToken
    function deposit(address to, uint256 amount, bytes32 operation) external only(Roles.BANK) {
        require(!_spent[operation], AlreadyDone(operation));
        _spent[operation] = true;
        _mint(to, amount);
        emit Deposited(operation, to, amount);
    }

    // ------------------------------------------------------------------ the holder

    /// @inheritdoc IDepositToken
    function withdraw(uint256 amount, bytes32 ref) external {
        _burn(msg.sender, amount);
        emit Withdrawn(msg.sender, amount, ref);
    }

    /// @dev The one door. What is minted comes from nobody, and what is burned goes to nobody. Of a sender the bank is
    /// asked first, who has opened the accounts that pay many; of a receiver the registry, which has just been asked.
    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0)) require(_isOpen[from] || _isGood(from), MayNotHold(from));
        if (to != address(0)) require(_isGood(to) || _isOpen[to], MayNotHold(to));
        super._update(from, to, amount);
    }

    function _isGood(address wallet) private view returns (bool) {
        InvestorRecord record = _recordOf(wallet);
        return record.isKnown() && !record.isBlocked();
    }

    function _recordOf(address wallet) private view returns (InvestorRecord) {
        return InvestorRecord.wrap(_registry.investorOf(wallet));
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IDepositToken
    function mayHold(address account) external view returns (bool) {
        return _isOpen[account] || _isGood(account);
    }

    /// @inheritdoc IDepositToken
    function spent(bytes32 operation) external view returns (bool) {
        return _spent[operation];
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc IDepositToken
    function currency() external view returns (bytes3) {
        return _currency;
    }

    /// @inheritdoc IDepositToken
    function registry() external view returns (address) {
        return address(_registry);
    }
}
