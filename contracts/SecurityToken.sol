// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Allowances} from "./Allowances.sol";
import {Managed} from "./Managed.sol";
import {Tranche} from "./Tranche.sol";
import {
    Act,
    FORCED_TRANSFER,
    NEXT_MINT,
    NEXT_TRANSFER,
    RECEIVING,
    RECOVER,
    REDEEM,
    SENDING,
    TRANSFER,
    TransferRules,
    minting
} from "./TransferRules.sol";
import {IERC1404} from "./interfaces/IERC1404.sol";
import {IERC1643} from "./interfaces/IERC1643.sol";
import {IERC7943Fungible} from "./interfaces/IERC7943Fungible.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {Approvals} from "./types/Approvals.sol";
import {Crossing, Crossings} from "./types/Crossing.sol";
import {Facts, FactsFields} from "./types/Facts.sol";
import {FilingRecord} from "./types/FilingRecord.sol";
import {Holding} from "./types/Holding.sol";
import {Principal} from "./types/Principal.sol";
import {Reason} from "./types/Reason.sol";
import {Record, Records} from "./types/Record.sol";
import {Roles} from "./types/Roles.sol";
import {Supply} from "./types/Supply.sol";
import {Approval as MintApproval, FilingId, Terms} from "./types/Types.sol";
import {Words} from "./types/Words.sol";

/// @title One tranche of a filed asset-backed security (资产支持证券代币)
/// @dev Every act gathers the facts of a movement, asks `TransferRules`, and passes the one door, `_move`. Assumed of
/// the outside: the registry is ours, answers truly and calls nobody back.
contract SecurityToken is Tranche, Allowances, Managed, IERC165, IERC1404, IERC7943Fungible {
    using Records for mapping(uint256 => Record);

    struct Account {
        Holding holding;
        mapping(uint256 => Record) records;
    }

    Supply private _supply;
    mapping(address holder => Account) private _accounts;
    mapping(uint256 => Record) private _supplyRecords;
    mapping(bytes32 operation => bool) private _spent;
    Principal private _principal;
    uint256 private _writtenDown;

    constructor(address manager, address registry_, FilingId filing_, uint8 tranche_, Terms memory filed)
        Managed(manager)
        Tranche(registry_, filing_, tranche_, filed)
        EIP712(Words.text(filed.name), "1")
    {}

    // ------------------------------------------------------------------ minting

    /// @inheritdoc ISecurityToken
    function mint(
        address[] calldata to,
        uint256[] calldata amounts,
        MintApproval calldata approval,
        bytes calldata signature
    ) external only(Roles.ISSUER) {
        require(to.length == amounts.length, LengthsDiffer(to.length, amounts.length));
        require(to.length != 0, NothingToMint());
        require(!_spent[approval.operation], AlreadyDone(approval.operation));
        _requireApproval(to, amounts, approval, signature);
        _spent[approval.operation] = true;

        (uint256 total, bool isFirst) = _mint(to, amounts);
        emit Minted(approval.operation, approval.decision, approval.gatekeeper, total);
        if (isFirst) _registry.noteIssue(_filing);
    }

    /// @dev All or nothing. The sum passes the cap with each receiver and so cannot overflow.
    /// @return total the sum
    /// @return isFirst whether it is the first of the filing
    function _mint(address[] calldata to, uint256[] calldata amounts) private returns (uint256 total, bool isFirst) {
        (Facts facts, uint256[] memory receivers) = FactsFields.askMany(_registry, _filing, address(0), to);
        uint256 date = facts.filing().datesTaken(block.timestamp);
        Supply supply = _recordedSupply(_supply, date);
        Act act = minting(supply);
        for (uint256 i = 0; i < to.length; ++i) {
            uint256 amount = amounts[i];
            facts.setReceiver(receivers[i]);
            supply = _mintOne(act, facts, to[i], amount, supply, date);
            act = NEXT_MINT;
            unchecked {
                total += amount;
            }
        }
        _supply = supply;
        isFirst = total != 0 && !facts.filing().issueBegun();
    }

    function _mintOne(Act act, Facts facts, address to, uint256 amount, Supply supply, uint256 date)
        private
        returns (Supply)
    {
        Account storage target = _accounts[to];
        Holding holding = target.holding;
        (Reason reason, Crossing crossing) = _judgeMint(act, facts, to, amount, supply, holding);
        if (reason.isSome()) _refuse(reason, address(0), to, amount, holding);
        emit Transfer(address(0), to, amount);
        if (amount == 0) return supply;
        if (_conditions.lockSeconds() != 0) holding = _locked(to, holding);
        _give(target, holding, amount, date);
        return supply.plusMinted(amount, crossing.enters());
    }

    /// @dev The compliance period starts anew with each mint, for all that the wallet holds (R-54).
    function _locked(address holder, Holding holding) private returns (Holding) {
        holding = holding.withLock(block.timestamp + _conditions.lockSeconds());
        emit LockedUntil(holder, holding.lockedUntil());
        return holding;
    }

    /// @dev The second of the two keys. The operation is spent, not the signature: signing again mints nothing again.
    function _requireApproval(
        address[] calldata to,
        uint256[] calldata amounts,
        MintApproval calldata approval,
        bytes calldata signature
    ) private view {
        address gatekeeper = approval.gatekeeper;
        require(block.timestamp <= approval.deadline, ApprovalExpired(approval.deadline, block.timestamp));
        require(gatekeeper != msg.sender, GatekeeperIsSender(gatekeeper));
        require(_holds(Roles.GATEKEEPER, gatekeeper), NotAGatekeeper(gatekeeper));
        bytes32 digest = _hashTypedDataV4(Approvals.hashOf(to, amounts, approval));
        bool isSigned = SignatureChecker.isValidSignatureNowCalldata(gatekeeper, digest, signature);
        require(isSigned, BadApproval(gatekeeper));
    }

    // ------------------------------------------------------------------ transfers

    /// @inheritdoc IERC20
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(TRANSFER, FactsFields.ask(_registry, _filing, msg.sender, msg.sender, to), msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IERC20
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spendAllowance(from, amount);
        _move(TRANSFER, FactsFields.ask(_registry, _filing, msg.sender, from, to), from, to, amount);
        return true;
    }

    /// @inheritdoc ISecurityToken
    function transferBatch(address[] calldata to, uint256[] calldata amounts) external returns (bool) {
        require(to.length == amounts.length, LengthsDiffer(to.length, amounts.length));
        (Facts facts, uint256[] memory receivers) = FactsFields.askMany(_registry, _filing, msg.sender, to);
        Act act = TRANSFER;
        for (uint256 i = 0; i < to.length; ++i) {
            facts.setReceiver(receivers[i]);
            _move(act, facts, msg.sender, to[i], amounts[i]);
            act = NEXT_TRANSFER;
        }
        return true;
    }

    // ------------------------------------------------------------------ redeeming

    /// @inheritdoc ISecurityToken
    function redeem(uint256 amount) external {
        Facts facts = FactsFields.ask(_registry, _filing, msg.sender, msg.sender, address(0));
        Account storage source = _accounts[msg.sender];
        Holding holding = source.holding;
        Holding none;
        (Reason reason, Crossing crossing) = _judge(REDEEM, facts, msg.sender, address(0), amount, holding, none);
        if (reason.isSome()) _refuse(reason, msg.sender, address(0), amount, holding);
        if (amount != 0) {
            uint256 date = facts.filing().datesTaken(block.timestamp);
            _take(source, holding, amount, date);
            Supply supply = _recordedSupply(_supply, date);
            if (supply.isClosed()) _takeShare(amount, supply.supply());
            _supply = supply.minusBurned(amount, crossing.leaves());
        }
        emit Transfer(msg.sender, address(0), amount);
        emit Redeemed(msg.sender, amount);
    }

    /// @dev Who redeems gives up his share of what is outstanding, rounded down, and of what may yet be written up,
    /// rounded up: together they never exceed the face that is left.
    function _takeShare(uint256 amount, uint256 supply) private {
        uint256 owed = _principal.outstanding() * amount / supply;
        uint256 lost = Math.ceilDiv(_writtenDown * amount, supply);
        _setPrincipal(_principal.minus(owed), _writtenDown - lost);
    }

    // ------------------------------------------------------------------ enforcement

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external only(Roles.ENFORCER) returns (bool) {
        _setFrozen(account, amount);
        return true;
    }

    /// @inheritdoc ISecurityToken
    function freezeBatch(address[] calldata accounts, uint256[] calldata amounts) external only(Roles.ENFORCER) {
        require(accounts.length == amounts.length, LengthsDiffer(accounts.length, amounts.length));
        for (uint256 i = 0; i < accounts.length; ++i) {
            _setFrozen(accounts[i], amounts[i]);
        }
    }

    function _setFrozen(address account, uint256 amount) private {
        Holding holding = _accounts[account].holding.withFrozen(amount);
        _accounts[account].holding = holding;
        emit Frozen(account, holding.frozen());
    }

    /// @inheritdoc IERC7943Fungible
    function forcedTransfer(address from, address to, uint256 amount) external only(Roles.ENFORCER) returns (bool) {
        _unfreezeFor(from, amount);
        _move(FORCED_TRANSFER, FactsFields.ask(_registry, _filing, from, from, to), from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    /// @dev Only as much as the free balance falls short; more than is held is refused at the door.
    function _unfreezeFor(address from, uint256 amount) private {
        Holding holding = _accounts[from].holding;
        uint256 unfrozen = holding.unfrozen();
        if (amount <= unfrozen || amount > holding.balance()) return;
        _setFrozen(from, holding.frozen() - (amount - unfrozen));
    }

    /// @inheritdoc ISecurityToken
    function recover(address lost) external only(Roles.ENFORCER) {
        address successor = _registry.successorOf(lost);
        require(successor != address(0), NoSuccessor(lost));
        uint256 amount = _accounts[lost].holding.balance();
        _carryOver(lost, successor);
        _move(RECOVER, FactsFields.ask(_registry, _filing, lost, lost, successor), lost, successor, amount);
        emit Recovered(lost, successor, amount);
    }

    /// @dev What was frozen stays frozen and what was locked stays locked, in the hands of the successor.
    function _carryOver(address lost, address successor) private {
        Holding from = _accounts[lost].holding;
        if (!from.isBurdened()) return;
        Holding to = _accounts[successor].holding;
        (uint256 frozen, uint32 lockedUntil) = (from.frozen(), from.lockedUntil());
        if (frozen != 0) {
            to = to.withFrozen(to.frozen() + frozen);
            emit Frozen(lost, 0);
            emit Frozen(successor, to.frozen());
        }
        if (lockedUntil > to.lockedUntil()) {
            to = to.withLock(lockedUntil);
            emit LockedUntil(successor, lockedUntil);
        }
        _accounts[lost].holding = from.unburdened();
        _accounts[successor].holding = to;
    }

    // ------------------------------------------------------------------ amortisation and closing

    /// @inheritdoc ISecurityToken
    function amortisePrincipal(uint256 amount) external only(Roles.SERVICER) {
        _setPrincipal(_lowered(amount).plusPaid(amount), _writtenDown);
    }

    /// @inheritdoc ISecurityToken
    function writeDown(uint96 amount) external only(Roles.SERVICER) {
        _setPrincipal(_lowered(amount), _writtenDown + amount);
    }

    /// @inheritdoc ISecurityToken
    function reverseWriteDown(uint256 amount) external only(Roles.SERVICER) {
        require(amount <= _writtenDown, AboveWrittenDown(amount, _writtenDown));
        require(!_isMatured(), AfterMaturity(_conditions.maturity()));
        _setPrincipal(_principal.plus(amount), _writtenDown - amount);
    }

    /// @dev From the first record on, nothing more is minted, so what is outstanding no longer follows the supply.
    function _lowered(uint256 amount) private returns (Principal principal) {
        principal = _principalNow();
        require(amount <= principal.outstanding(), AboveOutstanding(amount, principal.outstanding()));
        if (!_supply.isClosed()) _supply = _supply.closed();
        return principal.minus(amount);
    }

    function _setPrincipal(Principal principal, uint256 writtenDown) private {
        (_principal, _writtenDown) = (principal, writtenDown);
        emit Amortised(principal.outstanding(), principal.paid(), writtenDown);
    }

    function _principalNow() private view returns (Principal) {
        return _supply.isClosed() ? _principal : Principal.wrap(_supply.supply());
    }

    function _isMatured() private view returns (bool) {
        return block.timestamp > _conditions.maturity();
    }

    /// @inheritdoc ISecurityToken
    function retireBalances(address[] calldata holders_) external only(Roles.TRANSFER_AGENT) {
        uint256 outstanding = _principalNow().outstanding();
        bool isOver = outstanding == 0 && (_writtenDown == 0 || _isMatured());
        require(isOver, StillOutstanding(outstanding, _writtenDown));
        uint256 date = FilingRecord.wrap(_registry.filingOf(_filing)).datesTaken(block.timestamp);
        Supply supply = _recordedSupply(_supply, date);
        for (uint256 i = 0; i < holders_.length; ++i) {
            supply = _retire(holders_[i], supply, date);
        }
        _supply = supply;
    }

    function _retire(address holder, Supply supply, uint256 date) private returns (Supply) {
        Account storage source = _accounts[holder];
        Holding holding = source.holding;
        uint256 amount = holding.balance();
        if (amount == 0) return supply;
        if (holding.frozen() != 0) emit Frozen(holder, 0);
        _take(source, holding.unburdened(), amount, date);
        emit Transfer(holder, address(0), amount);
        emit Retired(holder, amount);
        return supply.minusBurned(amount, _heldElsewhere(holder) == 0);
    }

    // ------------------------------------------------------------------ the rules and the door

    /// @dev Asks the rules. Acts and previews both come here.
    function _judge(
        Act act,
        Facts facts,
        address from,
        address to,
        uint256 amount,
        Holding fromHolding,
        Holding toHolding
    ) private view returns (Reason reason, Crossing crossing) {
        reason = TransferRules.againstParties(act, facts, block.timestamp, _product, _conditions);
        if (reason.isSome()) return (reason, crossing);
        Supply supply;
        uint256 held = toHolding.balance();
        if (facts.receiver().hasSeveral()) held = _heldInAll(to, held);
        crossing = Crossings.standing(held);
        if (Crossings.isPossible(fromHolding.balance(), held, amount)) {
            crossing = _crossing(facts, from, fromHolding.balance(), held, amount);
            if (crossing.enters() && _conditions.maxHolders() != 0) supply = _supply;
        }
        reason = TransferRules.againstAmount(
            act, facts, amount, fromHolding, crossing, supply, block.timestamp, _product, _conditions
        );
    }

    function _judgeMint(Act act, Facts facts, address to, uint256 amount, Supply supply, Holding holding)
        private
        view
        returns (Reason reason, Crossing crossing)
    {
        reason = TransferRules.againstParties(act, facts, block.timestamp, _product, _conditions);
        if (reason.isSome()) return (reason, crossing);
        Holding none;
        uint256 held = holding.balance();
        if (facts.receiver().hasSeveral()) held = _heldInAll(to, held);
        crossing = amount == 0 ? Crossings.standing(held) : Crossings.moving(held, false);
        reason = TransferRules.againstAmount(
            act, facts, amount, none, crossing, supply, block.timestamp, _product, _conditions
        );
    }

    /// @dev Who becomes a holder and who ceases to be one, by investor.
    function _crossing(Facts facts, address from, uint256 senderHas, uint256 receiverHolds, uint256 amount)
        private
        view
        returns (Crossing)
    {
        if (amount == 0 || facts.sender().isSameInvestor(facts.receiver())) {
            return Crossings.standing(receiverHolds);
        }
        bool leaves = amount == senderHas;
        if (leaves && facts.sender().hasSeveral()) leaves = _heldElsewhere(from) == 0;
        return Crossings.moving(receiverHolds, leaves);
    }

    /// @dev Sibling wallets are looked up only where the answer depends on them: the investor may be a new holder, or
    /// shares are limited.
    function _heldInAll(address wallet, uint256 held) private view returns (uint256) {
        return held == 0 || _product.maxShareBps() != 0 ? held + _heldElsewhere(wallet) : held;
    }

    /// @dev What the wallet's investor holds in other wallets: at most 16 are looked at.
    function _heldElsewhere(address wallet) private view returns (uint256 held) {
        address[] memory wallets = _registry.walletsOf(wallet);
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (wallets[i] != wallet) held += _accounts[wallets[i]].holding.balance();
        }
    }

    function _reasonAgainst(Act act, address account) private view returns (Reason) {
        Facts facts = FactsFields.ask(_registry, _filing, account, account, account);
        return TransferRules.againstParties(act, facts, block.timestamp, _product, _conditions);
    }

    function _refuse(Reason reason, address from, address to, uint256 amount, Holding holding) private pure {
        if (reason == Reason.Frozen) revert ERC7943InsufficientUnfrozenBalance(from, amount, holding.unfrozen());
        if (reason == Reason.InsufficientBalance) revert ERC20InsufficientBalance(from, holding.balance(), amount);
        revert TransferRefused(reason, from, to, amount);
    }

    /// @dev The one door for movements between wallets. Nothing is written when nothing moves.
    function _move(Act act, Facts facts, address from, address to, uint256 amount) private {
        Account storage source = _accounts[from];
        Account storage target = _accounts[to];
        Holding holding = source.holding;
        Holding toHolding = target.holding;
        (Reason reason, Crossing crossing) = _judge(act, facts, from, to, amount, holding, toHolding);
        if (reason.isSome()) _refuse(reason, from, to, amount, holding);
        emit Transfer(from, to, amount);
        if (!_isMoving(from, to, amount)) return;
        if (crossing.changesCount()) _supply = _supply.recounted(crossing.enters());
        uint256 date = facts.filing().datesTaken(block.timestamp);
        _take(source, holding, amount, date);
        _give(target, toHolding, amount, date);
    }

    /// @dev Assembly for one branch instead of two.
    function _isMoving(address from, address to, uint256 amount) private pure returns (bool isSo) {
        assembly ("memory-safe") {
            isSo := and(iszero(iszero(amount)), iszero(eq(from, to)))
        }
    }

    function _take(Account storage source, Holding holding, uint256 amount, uint256 date) private {
        if (holding.changedAt() != date) holding = _recorded(source, holding, date);
        source.holding = holding.minus(amount);
    }

    function _give(Account storage target, Holding holding, uint256 amount, uint256 date) private {
        if (holding.changedAt() != date) holding = _recorded(target, holding, date);
        target.holding = holding.plus(amount);
    }

    /// @dev At the first change after a record date, what was held until then is recorded.
    function _recorded(Account storage account, Holding holding, uint256 date) private returns (Holding) {
        uint256 count = account.records.close(holding.records(), holding.changedAt(), date, holding.balance());
        return holding.withRecords(date, count);
    }

    function _recordedSupply(Supply supply, uint256 date) private returns (Supply) {
        if (supply.changedAt() == date) return supply;
        uint256 count = _supplyRecords.close(supply.records(), supply.changedAt(), date, supply.supply());
        return supply.withRecords(date, count);
    }

    // ------------------------------------------------------------------ previews

    /// @inheritdoc ISecurityToken
    function reasonAgainst(address from, address to, uint256 amount) public view returns (Reason) {
        (Holding fromHolding, Holding toHolding) = (_accounts[from].holding, _accounts[to].holding);
        Facts facts = FactsFields.ask(_registry, _filing, from, from, to);
        (Reason reason,) = _judge(TRANSFER, facts, from, to, amount, fromHolding, toHolding);
        return reason;
    }

    /// @inheritdoc ISecurityToken
    function reasonAgainstMint(address to, uint256 amount) external view returns (Reason) {
        Facts facts = FactsFields.ask(_registry, _filing, address(0), address(0), to);
        Supply supply = _supply;
        (Reason reason,) = _judgeMint(minting(supply), facts, to, amount, supply, _accounts[to].holding);
        return reason;
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        // ERC-7943 leaves a lack of balance to ERC-20.
        Reason reason = reasonAgainst(from, to, amount);
        return reason == Reason.None || reason == Reason.InsufficientBalance;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) external view returns (bool) {
        return _reasonAgainst(SENDING, account) == Reason.None;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) external view returns (bool) {
        return _reasonAgainst(RECEIVING, account) == Reason.None;
    }

    /// @inheritdoc IERC1404
    function detectTransferRestriction(address from, address to, uint256 amount) external view returns (uint8) {
        return uint8(reasonAgainst(from, to, amount));
    }

    /// @inheritdoc IERC1404
    function messageForTransferRestriction(uint8 code) external view returns (string memory) {
        _answerOfRegistry(abi.encodeCall(IRegistry.reasonWords, (code)));
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IERC20
    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].holding.balance();
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _accounts[account].holding.frozen();
    }

    /// @inheritdoc ISecurityToken
    function holdingOf(address account) external view returns (uint256) {
        return Holding.unwrap(_accounts[account].holding);
    }

    /// @inheritdoc ISecurityToken
    function balanceOfAt(address account, uint16 recordDate) external view returns (uint256) {
        _requireTaken(recordDate);
        Holding holding = _accounts[account].holding;
        if (recordDate > holding.changedAt()) return holding.balance();
        return _accounts[account].records.amountAt(holding.records(), recordDate);
    }

    /// @inheritdoc ISecurityToken
    function totalSupplyAt(uint16 recordDate) external view returns (uint256) {
        _requireTaken(recordDate);
        if (recordDate > _supply.changedAt()) return _supply.supply();
        return _supplyRecords.amountAt(_supply.records(), recordDate);
    }

    function _requireTaken(uint16 recordDate) private view {
        uint256 taken = FilingRecord.wrap(_registry.filingOf(_filing)).datesTaken(block.timestamp);
        // Fits: the registry counts no further than 16 bits.
        require(recordDate != 0 && recordDate <= taken, RecordDateNotTaken(recordDate, uint16(taken)));
    }

    /// @inheritdoc IERC20
    function totalSupply() external view returns (uint256) {
        return _supply.supply();
    }

    /// @inheritdoc ISecurityToken
    function minted() external view returns (uint256) {
        return _supply.minted();
    }

    /// @inheritdoc ISecurityToken
    function holders() external view returns (uint256) {
        return _supply.holders();
    }

    /// @inheritdoc ISecurityToken
    function spent(bytes32 operation) external view returns (bool) {
        return _spent[operation];
    }

    /// @inheritdoc ISecurityToken
    function amortisation() external view returns (uint256 outstanding, uint256 principalPaid, uint256 writtenDown) {
        Principal principal = _principalNow();
        return (principal.outstanding(), principal.paid(), _writtenDown);
    }

    /// @inheritdoc ISecurityToken
    function outstandingOf(address account) external view returns (uint256) {
        uint256 supply = _supply.supply();
        return supply == 0 ? 0 : _accounts[account].holding.balance() * _principalNow().outstanding() / supply;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) external pure returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IERC20).interfaceId
            || id == type(IERC20Metadata).interfaceId || id == type(IERC20Permit).interfaceId
            || id == type(IERC5267).interfaceId || id == type(IERC1404).interfaceId || id == type(IERC1643).interfaceId
            || id == type(IERC7943Fungible).interfaceId || id == type(ISecurityToken).interfaceId;
    }
}
