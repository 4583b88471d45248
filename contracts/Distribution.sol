// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Managed} from "./Managed.sol";
import {IDistribution, Payment, Progress, Unpaid} from "./interfaces/IDistribution.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {FactsFields} from "./types/Facts.sol";
import {Holding} from "./types/Holding.sol";
import {InvestorRecord} from "./types/InvestorRecord.sol";
import {PaymentState, PaymentStates} from "./types/PaymentState.sol";
import {Roles} from "./types/Roles.sol";
import {Tranches} from "./types/Tranches.sol";
import {AssetKind, FilingId} from "./types/Types.sol";

/// @title Pays the holders of a record date
/// @dev Terms come with each call and are known by their hash; stored is one word for each payment, and one bit for
/// each holder who is paid. Assumed of the outside: the registry is ours. Nothing is assumed of the asset: it harms
/// the payments made in it alone. A tranche that counts wrong harms its own payments alone.
contract Distribution is IDistribution, ReentrancyGuardTransient, Managed {
    using SafeERC20 for IERC20;
    using Tranches for IRegistry;

    /// @notice One payment while a call works on it: what the loop needs of the terms, and the words that are read once
    /// and written once.
    /// @param pot units of the asset that the holders share
    /// @param place which 256 wallets, by wallet number, `marks` are about
    /// @param marks a bit for each of them that is paid
    struct Work {
        bytes32 id;
        ISecurityToken token;
        uint16 recordDate;
        bool needsEvidence;
        IERC20 asset;
        uint256 pot;
        uint256 supply;
        PaymentState state;
        uint256 place;
        uint256 marks;
    }

    uint256 private constant NOWHERE = type(uint256).max;

    IRegistry private immutable _registry;

    mapping(bytes32 id => PaymentState) private _states;
    mapping(bytes32 id => mapping(uint256 place => uint256)) private _marks;
    mapping(address token => mapping(address asset => uint40)) private _carried;
    mapping(address token => mapping(bytes32 ref => bool)) private _recorded;

    constructor(address manager, address registry_) Managed(manager) {
        _registry = IRegistry(registry_);
    }

    // ------------------------------------------------------------------ declaring

    /// @inheritdoc IDistribution
    function declare(Payment calldata payment) external only(Roles.PAYER) nonReentrant returns (bytes32 id) {
        id = idOf(payment);
        require(!_states[id].isDeclared(), AlreadyDeclared(id));
        uint256 supply = _supplyAt(payment.token, payment.recordDate);
        require(payment.supply == supply, SupplyDiffers(payment.supply, supply));
        (, AssetKind kind) = _registry.assetOf(payment.asset);
        require(kind != AssetKind.None, AssetNotListed(payment.asset));
        require(payment.funded != 0, PaymentEmpty());

        uint40 carried = _carried[payment.token][payment.asset];
        if (carried != 0) _carried[payment.token][payment.asset] = 0;
        _states[id] = PaymentStates.declared(carried);
        emit Declared(id, payment.token, payment.ref, payment, carried);
        _fund(IERC20(payment.asset), payment.funded);
    }

    /// @dev Exactly as much arrives as is declared: an asset that keeps a fee pays nobody.
    function _fund(IERC20 asset, uint256 funded) private {
        uint256 before = asset.balanceOf(address(this));
        asset.safeTransferFrom(msg.sender, address(this), funded);
        uint256 received = Math.saturatingSub(asset.balanceOf(address(this)), before);
        require(received == funded, FundingDiffers(received, funded));
    }

    /// @inheritdoc IDistribution
    function recordOffChain(address token, uint16 recordDate, bytes3 currency, uint256 amount, bytes32 ref)
        external
        only(Roles.PAYER)
    {
        require(!_recorded[token][ref], AlreadyRecorded(ref));
        _supplyAt(token, recordDate);
        require(amount != 0, PaymentEmpty());
        _recorded[token][ref] = true;
        emit PaidOffChain(token, recordDate, ref, currency, amount);
    }

    /// @dev What is paid on: somebody's tokens, of a tranche of ours, at a record date that was taken.
    function _supplyAt(address token, uint16 recordDate) private view returns (uint256 supply) {
        require(_registry.isTranche(token), NotATranche(token));
        supply = ISecurityToken(token).totalSupplyAt(recordDate);
        require(supply != 0, PaymentEmpty());
    }

    // ------------------------------------------------------------------ paying

    /// @inheritdoc IDistribution
    function claim(Payment calldata payment, address holder) external nonReentrant returns (uint256 amount) {
        Work memory work = _begin(payment);
        Unpaid why;
        (why, amount) = _pay(work, holder, _recordOf(holder));
        if (why.isSome()) revert NotPaid(work.id, holder, why);
        _finish(work);
    }

    /// @inheritdoc IDistribution
    function push(Payment calldata payment, address[] calldata holders) external nonReentrant returns (uint256 count) {
        Work memory work = _begin(payment);
        // The records of all in one call; what else it answers is not asked for.
        (, uint256[] memory records) = FactsFields.askMany(_registry, FilingId.wrap(0), address(0), holders);
        for (uint256 i = 0; i < holders.length; ++i) {
            (Unpaid why,) = _pay(work, holders[i], InvestorRecord.wrap(records[i]));
            if (why.isSome()) emit Waits(work.id, holders[i], why);
            else ++count;
        }
        // So a payment is completed once: when its last holder is paid.
        if (count != 0) _finish(work);
    }

    /// @inheritdoc IDistribution
    function payElsewhere(Payment calldata payment, address holder, address account, bytes32 ref)
        external
        only(Roles.ENFORCER)
        nonReentrant
    {
        Work memory work = _begin(payment);
        InvestorRecord record = _recordOf(holder);
        uint256 held = _heldBy(work, holder);
        _turn(work, record);
        uint256 amount;
        Unpaid why = _reasonAgainstShare(work, record, held);
        if (!why.isSome()) (why, amount) = _move(work, record, held, account);
        if (why.isSome()) revert NotPaid(work.id, holder, why);
        emit PaidElsewhere(work.id, holder, account, amount, ref);
        _finish(work);
    }

    /// @dev One holder is paid, or there is a reason, and no trace.
    function _pay(Work memory work, address holder, InvestorRecord record)
        private
        returns (Unpaid why, uint256 amount)
    {
        uint256 held = _heldBy(work, holder);
        _turn(work, record);
        address payee;
        (why, payee) = _judge(work, holder, record, held);
        if (why.isSome()) return (why, 0);
        (why, amount) = _move(work, record, held, payee);
        if (!why.isSome()) emit Paid(work.id, holder, payee, amount);
    }

    /// @dev The one door for money. A share of no unit is paid by nothing. Whatever the asset answers, one word is
    /// read.
    function _move(Work memory work, InvestorRecord record, uint256 held, address payee)
        private
        returns (Unpaid why, uint256 amount)
    {
        // A tranche that counts more than its supply must not be paid with the money of others.
        uint256 settled = work.state.settled() + held;
        require(settled <= work.supply, SupplyDiffers(work.supply, settled));
        amount = _share(work, held);
        if (amount != 0 && !work.asset.trySafeTransfer(payee, amount)) return (Unpaid.AssetFailed, 0);
        work.state = work.state.plus(held, amount);
        work.marks |= _bit(record);
    }

    // ------------------------------------------------------------------ who is paid, and how much

    /// @dev Acts and preview both come here. The payee is named where there is one.
    function _judge(Work memory work, address holder, InvestorRecord record, uint256 held)
        private
        view
        returns (Unpaid why, address payee)
    {
        why = _reasonAgainstShare(work, record, held);
        payee = holder;
        if (record.isLost()) {
            payee = _registry.successorOf(holder);
            record = _recordOf(payee);
        }
        if (!why.isSome()) why = _reasonAgainstPayee(work, payee, record);
    }

    /// @dev Whether something is due still.
    function _reasonAgainstShare(Work memory work, InvestorRecord record, uint256 held) private pure returns (Unpaid) {
        if (held == 0) return Unpaid.NothingHeld;
        return work.marks & _bit(record) == 0 ? Unpaid.None : Unpaid.AlreadyPaid;
    }

    /// @dev By what the registry says of the payee now.
    function _reasonAgainstPayee(Work memory work, address payee, InvestorRecord record) private view returns (Unpaid) {
        if (payee == address(0)) return Unpaid.NoSuccessor;
        if (!record.isKnown()) return Unpaid.PayeeUnknown;
        if (record.isBlocked()) return Unpaid.PayeeBlocked;
        if (!work.needsEvidence) return Unpaid.None;
        bool isProven = block.timestamp <= record.evidenceUntil() && block.timestamp <= record.suitableUntil();
        return isProven ? Unpaid.None : Unpaid.EvidenceExpired;
    }

    /// @dev Below 2^96 x 2^113: no overflow.
    function _share(Work memory work, uint256 held) private pure returns (uint256) {
        unchecked {
            return held * work.pot / work.supply;
        }
    }

    /// @dev A holding that has not changed since the record date says it all, in one cheap word. That the date
    /// was taken, `declare` has seen.
    function _heldBy(Work memory work, address holder) private view returns (uint256) {
        Holding holding = Holding.wrap(work.token.holdingOf(holder));
        if (work.recordDate > holding.changedAt()) return holding.balance();
        return work.token.balanceOfAt(holder, work.recordDate);
    }

    function _recordOf(address wallet) private view returns (InvestorRecord) {
        return InvestorRecord.wrap(_registry.investorOf(wallet));
    }

    // ------------------------------------------------------------------ the work of one call

    function _begin(Payment calldata payment) private view returns (Work memory work) {
        bytes32 id = idOf(payment);
        PaymentState state = _states[id];
        require(state.isDeclared(), PaymentUnknown(id));
        work.id = id;
        work.token = ISecurityToken(payment.token);
        work.recordDate = payment.recordDate;
        work.needsEvidence = payment.needsEvidence;
        work.asset = IERC20(payment.asset);
        work.pot = uint256(payment.funded) + state.carried();
        work.supply = payment.supply;
        work.state = state;
        work.place = NOWHERE;
    }

    /// @dev To the marks of a wallet and its neighbours.
    function _turn(Work memory work, InvestorRecord record) private {
        uint256 place = record.number() >> 8;
        if (place == work.place) return;
        if (work.place != NOWHERE) _marks[work.id][work.place] = work.marks;
        work.place = place;
        work.marks = _marks[work.id][place];
    }

    function _finish(Work memory work) private {
        _marks[work.id][work.place] = work.marks;
        _states[work.id] = work.state;
        if (work.state.settled() != work.supply) return;
        uint256 dust = work.pot - work.state.paid();
        // Less than a unit for each holder, of whom there are fewer than 2^32.
        _carried[address(work.token)][address(work.asset)] += SafeCast.toUint40(dust);
        emit Completed(work.id, dust);
    }

    function _bit(InvestorRecord record) private pure returns (uint256) {
        return uint256(1) << (record.number() & 0xff);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IDistribution
    /// @dev Assembly, as every payee pays for it: keccak256(abi.encode(payment)), without checking that the words are
    /// clean. `declare` has read them all, so words that are not are no payment's.
    function idOf(Payment calldata payment) public pure returns (bytes32 id) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, payment, 0xe0)
            id := keccak256(start, 0xe0)
        }
    }

    /// @inheritdoc IDistribution
    function progressOf(Payment calldata payment) external view nonReentrantView returns (Progress memory progress) {
        PaymentState state = _states[idOf(payment)];
        if (!state.isDeclared()) return progress;
        progress = Progress(true, state.carried(), state.paid(), state.settled(), 0);
        if (progress.settled == payment.supply) progress.dust = payment.funded + progress.carried - progress.paid;
    }

    /// @inheritdoc IDistribution
    function shareOf(Payment calldata payment, address holder) external view returns (uint256) {
        Work memory work = _begin(payment);
        return _share(work, _heldBy(work, holder));
    }

    /// @inheritdoc IDistribution
    function reasonAgainst(Payment calldata payment, address holder)
        external
        view
        nonReentrantView
        returns (Unpaid why, address payee)
    {
        Work memory work = _begin(payment);
        InvestorRecord record = _recordOf(holder);
        work.marks = _marks[work.id][record.number() >> 8];
        return _judge(work, holder, record, _heldBy(work, holder));
    }

    /// @inheritdoc IDistribution
    function carriedOf(address token, address asset) external view nonReentrantView returns (uint40) {
        return _carried[token][asset];
    }

    /// @inheritdoc IDistribution
    function isRecorded(address token, bytes32 ref) external view returns (bool) {
        return _recorded[token][ref];
    }

    /// @inheritdoc IDistribution
    function registry() external view returns (address) {
        return address(_registry);
    }
}
