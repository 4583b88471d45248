// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {Managed} from "./Managed.sol";
import {ClassSlots, Waterfall} from "./Waterfall.sol";
import {IDistribution, Payment} from "./interfaces/IDistribution.sol";
import {IRegistry} from "./interfaces/IRegistry.sol";
import {ISecurityToken} from "./interfaces/ISecurityToken.sol";
import {IServicing, Paid, Proof, Submission} from "./interfaces/IServicing.sol";
import {FilingRecord} from "./types/FilingRecord.sol";
import {Roles} from "./types/Roles.sol";
import {FilingId} from "./types/Types.sol";

/// @title Closes the periods of a deal
/// @dev Stored of a deal are hashes, one word of counts, and what is still to be paid. Assumed of the outside: registry,
/// tokens and distribution are ours. Nothing is assumed of an asset: the money passes through here within one call.
contract Servicing is IServicing, ReentrancyGuardTransient, Managed {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @notice One filing's servicing.
    /// @param closed periods closed
    /// @param submitted period of the last submission
    /// @param dues what is still to be brought for a tranche's holders
    struct Deal {
        bytes32 programHash;
        bytes32 stateHash;
        bytes32 inputsHash;
        bytes32 report;
        bytes32 result;
        address servicer;
        uint32 submitted;
        uint32 closed;
        bytes3 currency;
        mapping(uint32 period => uint128[32]) dues;
    }

    /// @notice One tranche while a period closes.
    /// @param owed of the token's face before the run
    /// @param lost of it, before the run
    struct Class {
        ISecurityToken token;
        ClassSlots slots;
        uint256 owed;
        uint256 lost;
    }

    /// @notice What one run came to.
    /// @param state what the next period begins with
    struct Outcome {
        Class[] classes;
        int256[] values;
        uint256[] state;
        Paid[] paid;
    }

    IRegistry private immutable _registry;
    IDistribution private immutable _distribution;

    mapping(FilingId => Deal) private _deals;

    constructor(address manager, address registry_, address distribution_) Managed(manager) {
        _registry = IRegistry(registry_);
        _distribution = IDistribution(distribution_);
    }

    // ------------------------------------------------------------------ opening

    /// @inheritdoc IServicing
    function open(FilingId filing, Proof calldata proof, bytes calldata program) external only(Roles.REPORTER) {
        Deal storage deal = _deals[filing];
        require(deal.programHash == 0, AlreadyOpened(filing));
        bytes32 programHash = keccak256(program);
        bytes32 given = _planHash(proof, programHash);
        bytes32 filed = _registry.planHashOf(filing);
        require(given == filed, PlanDiffers(filing, given, filed));
        FilingRecord record = FilingRecord.wrap(_registry.filingOf(filing));
        require(record.isComplete(), TranchesMissing(filing, record.made(), record.planned()));
        uint256 classes = Waterfall.classesOf(program).length;
        require(classes == record.planned(), ClassesDiffer(classes, record.planned()));

        uint256[] memory state = Waterfall.startOf(program);
        deal.programHash = programHash;
        deal.stateHash = keccak256(abi.encode(state));
        deal.currency = Waterfall.currencyOf(program);
        emit ServicingOpened(filing, programHash, deal.currency, state);
    }

    /// @dev As `TokenFactory.planHash` gives it; what is off chain there is, here, the deal and the dossier.
    function _planHash(Proof calldata proof, bytes32 programHash) private view returns (bytes32) {
        bytes32 deal = keccak256(abi.encode(proof.content, programHash));
        bytes32 offchain = keccak256(abi.encode(deal, proof.dossier));
        return keccak256(abi.encode(block.chainid, proof.codeHash, proof.termsHash, offchain));
    }

    // ------------------------------------------------------------------ closing a period

    /// @inheritdoc IServicing
    function submit(FilingId filing, uint32 period, bytes32 inputsHash, bytes32 report, bytes32 result)
        external
        only(Roles.REPORTER)
    {
        Deal storage deal = _next(filing, period);
        (deal.inputsHash, deal.report, deal.result) = (inputsHash, report, result);
        (deal.servicer, deal.submitted) = (msg.sender, period);
        emit PeriodSubmitted(filing, period, msg.sender, inputsHash, report, result);
    }

    /// @inheritdoc IServicing
    function confirm(
        FilingId filing,
        uint32 period,
        bytes32 report,
        bytes calldata program,
        uint256[] calldata inputs,
        uint256[] calldata state
    ) external only(Roles.TRUSTEE) {
        Deal storage deal = _next(filing, period);
        require(deal.submitted == period, NothingSubmitted(filing, period));
        require(deal.servicer != msg.sender, SubmittedBySender(msg.sender));
        require(report == deal.report, ReportDiffers(report, deal.report));
        _requireSame(deal, program, inputs, state);
        Outcome memory outcome = _run(filing, program, inputs, state);
        bytes32 result = keccak256(abi.encode(outcome.state, outcome.paid));
        require(result == deal.result, ResultDiffers(result, deal.result));
        _close(deal, filing, period, outcome);
    }

    function _next(FilingId filing, uint32 period) private view returns (Deal storage deal) {
        deal = _deals[filing];
        require(deal.programHash != 0, NotOpened(filing));
        require(period == deal.closed + 1, PeriodNotNext(filing, period, deal.closed + 1));
    }

    /// @dev The program that was filed, the inputs that were submitted, the state that was left last.
    function _requireSame(
        Deal storage deal,
        bytes calldata program,
        uint256[] calldata inputs,
        uint256[] calldata state
    ) private view {
        bytes32 given = keccak256(program);
        require(given == deal.programHash, ProgramDiffers(given, deal.programHash));
        given = keccak256(abi.encode(inputs));
        require(given == deal.inputsHash, InputsDiffer(given, deal.inputsHash));
        given = keccak256(abi.encode(state));
        require(given == deal.stateHash, StateDiffers(given, deal.stateHash));
    }

    function _run(FilingId filing, bytes calldata program, uint256[] calldata inputs, uint256[] calldata state)
        private
        view
        returns (Outcome memory outcome)
    {
        Class[] memory classes = _classesOf(filing, program);
        uint256 first = Waterfall.inputsOf(program);
        int256[] memory values = Waterfall.run(program, inputs, _asOwed(state, classes, first));
        outcome.classes = classes;
        outcome.values = values;
        outcome.state = _slice(values, first, state.length);
        outcome.paid = _paid(classes, values);
    }

    /// @dev The tokens are told last: they are ours, and call nobody back.
    function _close(Deal storage deal, FilingId filing, uint32 period, Outcome memory outcome) private {
        (deal.closed, deal.stateHash) = (period, keccak256(abi.encode(outcome.state)));
        emit PeriodClosed(filing, period, msg.sender, deal.inputsHash, deal.report, outcome.state, outcome.paid);
        for (uint256 i = 0; i < outcome.classes.length; ++i) {
            Paid memory paid = outcome.paid[i];
            if (paid.due != 0) deal.dues[period][i] = paid.due.toUint128();
            _record(uint8(i), outcome.classes[i], paid.principal, outcome.values);
        }
    }

    function _classesOf(FilingId filing, bytes calldata program) private view returns (Class[] memory classes) {
        ClassSlots[] memory slots = Waterfall.classesOf(program);
        classes = new Class[](slots.length);
        for (uint256 i = 0; i < slots.length; ++i) {
            ISecurityToken token = ISecurityToken(_registry.tokenOf(filing, uint8(i)));
            (uint256 owed,, uint256 lost) = token.amortisation();
            classes[i] = Class(token, slots[i], owed, lost);
        }
    }

    /// @dev The state with what is owed and lost as the tokens say it, which holders' redemptions may have lowered.
    /// @param inputs slots that come before those of the state
    function _asOwed(uint256[] calldata state, Class[] memory classes, uint256 inputs)
        private
        pure
        returns (uint256[] memory corrected)
    {
        corrected = state;
        for (uint256 i = 0; i < classes.length; ++i) {
            corrected[classes[i].slots.balance - inputs] = classes[i].owed;
            corrected[classes[i].slots.writtenDown - inputs] = classes[i].lost;
        }
    }

    function _paid(Class[] memory classes, int256[] memory values) private pure returns (Paid[] memory paid) {
        paid = new Paid[](classes.length);
        for (uint256 i = 0; i < classes.length; ++i) {
            ClassSlots memory slots = classes[i].slots;
            paid[i] = Paid({
                interest: _amount(values, slots.interest),
                principal: _amount(values, slots.principal),
                residual: _amount(values, slots.residual),
                due: _amount(values, slots.payable_)
            });
        }
    }

    /// @dev The token is told what was paid, lost and regained; then it says of itself what the program says of it.
    function _record(uint8 tranche, Class memory class, uint256 principal, int256[] memory values) private {
        uint256 lost = _amount(values, class.slots.writtenDown);
        if (principal != 0) class.token.amortisePrincipal(principal);
        if (lost > class.lost) class.token.writeDown((lost - class.lost).toUint96());
        if (lost < class.lost) class.token.reverseWriteDown(class.lost - lost);
        uint256 owed = class.owed + class.lost - principal - lost;
        uint256 found = _amount(values, class.slots.balance);
        require(found == owed, OwedDiffers(tranche, found, owed));
    }

    function _slice(int256[] memory values, uint256 from, uint256 count) private pure returns (uint256[] memory slice) {
        slice = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            slice[i] = uint256(values[from + i]);
        }
    }

    function _amount(int256[] memory values, uint256 slot) private pure returns (uint256) {
        int256 value = values[slot];
        require(value >= 0, Waterfall.SlotOutOfRange(slot, value));
        return uint256(value);
    }

    // ------------------------------------------------------------------ paying

    /// @inheritdoc IServicing
    function pay(FilingId filing, uint32 period, uint8 tranche, Payment calldata payment)
        external
        only(Roles.PAYER)
        nonReentrant
        returns (bytes32 id)
    {
        Deal storage deal = _deals[filing];
        uint256 due = deal.dues[period][tranche];
        require(due != 0, NothingToPay(filing, period, tranche));
        (bytes3 currency,) = _registry.assetOf(payment.asset);
        bool isRight = payment.token == _registry.tokenOf(filing, tranche) && payment.funded == due
            && payment.ref == refOf(filing, period, tranche) && currency == deal.currency;
        require(isRight, NotThePayment(filing, period, tranche));

        deal.dues[period][tranche] = 0;
        IERC20 asset = IERC20(payment.asset);
        asset.safeTransferFrom(msg.sender, address(this), due);
        asset.forceApprove(address(_distribution), due);
        id = _distribution.declare(payment);
        emit PeriodPaid(filing, period, tranche, id, due);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IServicing
    function run(bytes calldata program, uint256[] calldata inputs, uint256[] calldata state)
        external
        pure
        returns (int256[] memory values)
    {
        return Waterfall.run(program, inputs, state);
    }

    /// @inheritdoc IServicing
    function closedOf(FilingId filing) external view returns (uint32) {
        return _deals[filing].closed;
    }

    /// @inheritdoc IServicing
    function programHashOf(FilingId filing) external view returns (bytes32) {
        return _deals[filing].programHash;
    }

    /// @inheritdoc IServicing
    function stateHashOf(FilingId filing) external view returns (bytes32) {
        return _deals[filing].stateHash;
    }

    /// @inheritdoc IServicing
    function currencyOf(FilingId filing) external view returns (bytes3) {
        return _deals[filing].currency;
    }

    /// @inheritdoc IServicing
    function submissionOf(FilingId filing) external view returns (Submission memory) {
        Deal storage deal = _deals[filing];
        return Submission({
            period: deal.submitted,
            servicer: deal.servicer,
            inputsHash: deal.inputsHash,
            report: deal.report,
            result: deal.result
        });
    }

    /// @inheritdoc IServicing
    function payableOf(FilingId filing, uint32 period, uint8 tranche) external view returns (uint256) {
        return _deals[filing].dues[period][tranche];
    }

    /// @inheritdoc IServicing
    function resultOf(uint256[] calldata state, Paid[] calldata paid) external pure returns (bytes32) {
        return keccak256(abi.encode(state, paid));
    }

    /// @inheritdoc IServicing
    function refOf(FilingId filing, uint32 period, uint8 tranche) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), filing, period, tranche));
    }

    /// @inheritdoc IServicing
    function registry() external view returns (address) {
        return address(_registry);
    }

    /// @inheritdoc IServicing
    function distribution() external view returns (address) {
        return address(_distribution);
    }
}
