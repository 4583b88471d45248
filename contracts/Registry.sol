// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Disclosures} from "./Disclosures.sol";
import {Managed} from "./Managed.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {InvestorRecord, InvestorRecords} from "./types/InvestorRecord.sol";
import {ReasonWords} from "./types/ReasonWords.sol";
import {Roles} from "./types/Roles.sol";
import {Admission, AssetKind, FilingId} from "./types/Types.sol";
import {Words} from "./types/Words.sol";

/// @title Facts about filings (备案), investors, disclosures, settlement assets and successors
contract Registry is Disclosures {
    struct Asset {
        bytes3 currency;
        AssetKind kind;
    }

    uint256 private constant MOST_WALLETS = 16;

    uint32 private _walletCount;
    mapping(address wallet => InvestorRecord) private _investors;
    // By investor id, from the second wallet on: most investors have one, and pay for no list.
    mapping(uint32 investor => address[]) private _wallets;
    mapping(address lost => address) private _successors;
    mapping(address => Asset) private _assets;
    mapping(bytes3 currency => bool) private _barred;

    /// @param barred currencies that no settlement asset may stand for (R-65)
    constructor(address manager, bytes3[] memory barred) Managed(manager) {
        for (uint256 i = 0; i < barred.length; ++i) {
            _barred[barred[i]] = true;
        }
    }

    // ------------------------------------------------------------------ investors

    /// @inheritdoc IRegistry
    function admit(Admission[] calldata admissions) external by(Roles.ADMITTER) {
        uint32 number = _walletCount;
        for (uint256 i = 0; i < admissions.length; ++i) {
            Admission calldata admission = admissions[i];
            address wallet = admission.wallet;
            _requireFacts(wallet, admission.facts);
            if (_investors[wallet].isKnown()) revert AlreadyAdmitted(wallet);
            InvestorRecord record = InvestorRecords.firstWallet(admission.facts, ++number);
            _investors[wallet] = record;
            emit Admitted(wallet, InvestorRecord.unwrap(record), admission.commitment);
        }
        _walletCount = number;
    }

    /// @inheritdoc IRegistry
    function renew(Admission[] calldata renewals) external by(Roles.ADMITTER) {
        for (uint256 i = 0; i < renewals.length; ++i) {
            Admission calldata renewal = renewals[i];
            _requireFacts(renewal.wallet, renewal.facts);
            address[] memory wallets = _walletsOf(renewal.wallet, _knownInvestor(renewal.wallet));
            for (uint256 j = 0; j < wallets.length; ++j) {
                InvestorRecord record = _investors[wallets[j]].withFacts(renewal.facts);
                _investors[wallets[j]] = record;
                emit Renewed(wallets[j], InvestorRecord.unwrap(record), renewal.commitment);
            }
        }
    }

    /// @inheritdoc IRegistry
    function addWallet(address known, address wallet, bytes32 commitment) external by(Roles.ADMITTER) {
        InvestorRecord record = _knownInvestor(known);
        require(!_investors[wallet].isKnown() && wallet != address(0), AlreadyAdmitted(wallet));
        address[] storage wallets = _wallets[record.id()];
        if (!record.hasSeveral()) {
            record = record.withSeveral();
            _investors[known] = record;
            wallets.push(known);
        }
        require(wallets.length < MOST_WALLETS, TooManyWallets(wallet, MOST_WALLETS));
        wallets.push(wallet);
        InvestorRecord added = record.further(++_walletCount);
        _investors[wallet] = added;
        emit WalletAdded(wallet, InvestorRecord.unwrap(added), commitment);
    }

    /// @inheritdoc IRegistry
    function blockInvestors(address[] calldata wallets, bytes32 evidence) external by(Roles.ADMITTER) {
        for (uint256 i = 0; i < wallets.length; ++i) {
            _setBlocked(wallets[i], true, evidence);
        }
    }

    /// @inheritdoc IRegistry
    function unblockInvestor(address wallet, bytes32 evidence) external by(Roles.ENFORCER) {
        _setBlocked(wallet, false, evidence);
    }

    function _setBlocked(address wallet, bool isSet, bytes32 evidence) private {
        address[] memory wallets = _walletsOf(wallet, _knownInvestor(wallet));
        for (uint256 i = 0; i < wallets.length; ++i) {
            _investors[wallets[i]] = _investors[wallets[i]].withBlocked(isSet);
            emit BlockedSet(wallets[i], isSet, evidence);
        }
    }

    /// @inheritdoc IRegistry
    function recordSuccessor(address lost, address successor) external by(Roles.ENFORCER) {
        InvestorRecord lostRecord = _knownInvestor(lost);
        InvestorRecord record = _knownInvestor(successor);
        require(_successors[lost] == address(0), SuccessorExists(lost, _successors[lost]));
        bool isAnother = lost != successor && record.isSameInvestor(lostRecord);
        require(isAnother, NotTheSameInvestor(lost, successor));
        // So no chain of successors closes into a ring.
        require(!record.isLost(), WalletLost(successor));
        _investors[lost] = lostRecord.withLost();
        _successors[lost] = successor;
        emit SuccessorRecorded(lost, successor);
    }

    function _knownInvestor(address wallet) private view returns (InvestorRecord record) {
        record = _investors[wallet];
        require(record.isKnown(), WalletUnknown(wallet));
    }

    function _requireFacts(address wallet, uint256 stated) private pure {
        if (wallet == address(0) || !InvestorRecords.areFacts(stated)) revert FactsMalformed(wallet, stated);
    }

    // ------------------------------------------------------------------ settlement assets

    /// @inheritdoc IRegistry
    function listAsset(address asset, bytes3 currency, AssetKind kind, bytes32 evidence) external by(Roles.ENFORCER) {
        require(!_barred[currency], CurrencyBarred(currency));
        bool isFit = asset.code.length != 0 && currency != 0 && kind != AssetKind.None;
        require(isFit, AssetMalformed(asset, currency, kind));
        _assets[asset] = Asset(currency, kind);
        emit AssetListed(asset, currency, kind, evidence);
    }

    /// @inheritdoc IRegistry
    function delistAsset(address asset, bytes32 evidence) external by(Roles.TRANSFER_AGENT) {
        require(_assets[asset].kind != AssetKind.None, AssetNotListed(asset));
        delete _assets[asset];
        emit AssetDelisted(asset, evidence);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IRegistry
    function facts(FilingId filing, address spender, address from, address to)
        external
        view
        returns (uint256 filingRecord, uint256 spenderRecord, uint256 fromRecord, uint256 toRecord)
    {
        return (filingOf(filing), investorOf(spender), investorOf(from), investorOf(to));
    }

    /// @inheritdoc IRegistry
    /// @dev Assembly, as every movement of every token pays for it: `facts`, without checking that the arguments are
    /// clean. A word that is not an address is the key of no record.
    function recordsOfMovement(uint256 filing, uint256 spender, uint256 from, uint256 to)
        external
        view
        returns (uint256, uint256, uint256, uint256)
    {
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(0x20, _investors.slot)
            mstore(0, from)
            let fromRecord := sload(keccak256(0, 0x40))
            mstore(add(answer, 0x40), fromRecord)
            if xor(spender, from) {
                mstore(0, spender)
                fromRecord := sload(keccak256(0, 0x40))
            }
            mstore(add(answer, 0x20), fromRecord)
            mstore(0, to)
            mstore(add(answer, 0x60), sload(keccak256(0, 0x40)))
            mstore(0, filing)
            mstore(0x20, _filings.slot)
            mstore(answer, sload(keccak256(0, 0x40)))
            return(answer, 0x80)
        }
    }

    /// @inheritdoc IRegistry
    /// @dev Assembly, as above: the answer is written where it is returned from, once.
    function factsOfMany(FilingId filing, address from, address[] calldata to)
        external
        view
        returns (uint256, uint256, uint256[] memory)
    {
        (uint256 filingRecord, uint256 fromRecord) = (filingOf(filing), investorOf(from));
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, filingRecord)
            mstore(add(answer, 0x20), fromRecord)
            mstore(add(answer, 0x40), 0x60)
            mstore(add(answer, 0x60), to.length)
            let next := add(answer, 0x80)
            let end := add(next, shl(5, to.length))
            let wallet := to.offset
            mstore(0x20, _investors.slot)
            for {} lt(next, end) {} {
                mstore(0, calldataload(wallet))
                mstore(next, sload(keccak256(0, 0x40)))
                next := add(next, 0x20)
                wallet := add(wallet, 0x20)
            }
            return(answer, sub(end, answer))
        }
    }

    /// @inheritdoc IRegistry
    function investorOf(address wallet) public view returns (uint256) {
        return InvestorRecord.unwrap(_investors[wallet]);
    }

    /// @inheritdoc IRegistry
    function investorsOf(address[] calldata wallets) external view returns (uint256[] memory records) {
        records = new uint256[](wallets.length);
        for (uint256 i = 0; i < wallets.length; ++i) {
            records[i] = investorOf(wallets[i]);
        }
    }

    /// @inheritdoc IRegistry
    function walletsOf(address wallet) external view returns (address[] memory) {
        InvestorRecord record = _investors[wallet];
        return record.isKnown() ? _walletsOf(wallet, record) : new address[](0);
    }

    /// @inheritdoc IRegistry
    function walletCount() external view returns (uint32) {
        return _walletCount;
    }

    /// @inheritdoc IRegistry
    function assetOf(address asset) external view returns (bytes3, AssetKind) {
        return (_assets[asset].currency, _assets[asset].kind);
    }

    /// @inheritdoc IRegistry
    function isBarred(bytes3 currency) external view returns (bool) {
        return _barred[currency];
    }

    /// @inheritdoc IRegistry
    function reasonWords(uint8 code) external pure returns (string memory) {
        return Words.text(ReasonWords.wordsOf(code));
    }

    /// @inheritdoc IRegistry
    function successorOf(address lost) external view returns (address successor) {
        successor = _successors[lost];
        while (_investors[successor].isLost()) successor = _successors[successor];
    }

    function _walletsOf(address wallet, InvestorRecord record) private view returns (address[] memory wallets) {
        if (record.hasSeveral()) return _wallets[record.id()];
        wallets = new address[](1);
        wallets[0] = wallet;
    }
}
