// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FilingId} from "../types/Types.sol";
import {Payment} from "./IDistribution.sol";

/// @notice What a filed plan hash was made of, besides the chain and the program: so the program is known as filed.
/// @param codeHash keccak256 of the token's creation code
/// @param termsHash keccak256(abi.encode(Terms[]))
/// @param content digest of the deal file's canonical content
/// @param dossier digest of the dossier
struct Proof {
    bytes32 codeHash;
    bytes32 termsHash;
    bytes32 content;
    bytes32 dossier;
}

/// @notice What the servicer says a period comes to, until the trustee confirms it.
/// @param period its number, from 1; zero before the first
/// @param servicer who submitted it
/// @param inputsHash keccak256(abi.encode(uint256[])) of what the waterfall takes in
/// @param report hash of the servicer's report, from which the inputs were taken
/// @param result `resultOf` what the waterfall gives
struct Submission {
    uint32 period;
    address servicer;
    bytes32 inputsHash;
    bytes32 report;
    bytes32 result;
}

/// @notice What a period brings one tranche: interest, principal and residual in the smallest unit of the deal's
/// currency; `due` is what the payer brings for the holders, in the smallest unit of the settlement currency.
struct Paid {
    uint256 interest;
    uint256 principal;
    uint256 residual;
    uint256 due;
}

/// @title Closes the periods of a deal: from the servicer's figures, by the filed waterfall, to what holders are paid
/// @notice Two keys close a period: a servicer submits, a trustee confirms. The chain then runs the very program that
/// was filed with the plan (R-29), on the inputs that both signed for and the state that the last period left, and must
/// come to the servicer's result to the unit; else nothing happens. What is outstanding and written down is the tokens'
/// word: it replaces the state's before the run, and afterwards both must agree (R-90).
///
/// The program and the state come with each call and are known by their hashes; the last state stands in the last event.
interface IServicing {
    /// @param state what the first period begins with
    event ServicingOpened(FilingId indexed filing, bytes32 programHash, bytes3 currency, uint256[] state);
    event PeriodSubmitted(
        FilingId indexed filing,
        uint32 indexed period,
        address indexed servicer,
        bytes32 inputsHash,
        bytes32 report,
        bytes32 result
    );
    /// @param state what the next period begins with
    /// @param paid by tranche
    event PeriodClosed(
        FilingId indexed filing,
        uint32 indexed period,
        address indexed trustee,
        bytes32 inputsHash,
        bytes32 report,
        uint256[] state,
        Paid[] paid
    );
    /// @param payment its id at the distribution
    event PeriodPaid(
        FilingId indexed filing, uint32 indexed period, uint8 indexed tranche, bytes32 payment, uint256 amount
    );

    error AlreadyOpened(FilingId filing);
    error NotOpened(FilingId filing);
    /// @notice Not the plan that was filed, or not every tranche of it is made.
    error PlanDiffers(FilingId filing, bytes32 given, bytes32 filed);
    error TranchesMissing(FilingId filing, uint8 made, uint8 planned);
    /// @notice The program has as many classes as the plan has tranches.
    error ClassesDiffer(uint256 classes, uint8 tranches);
    /// @notice Periods close in order, each once.
    error PeriodNotNext(FilingId filing, uint32 period, uint32 next);
    error NothingSubmitted(FilingId filing, uint32 period);
    /// @notice Who submitted a period does not confirm it.
    error SubmittedBySender(address account);
    error ProgramDiffers(bytes32 given, bytes32 filed);
    error StateDiffers(bytes32 given, bytes32 last);
    error InputsDiffer(bytes32 given, bytes32 submitted);
    error ReportDiffers(bytes32 given, bytes32 submitted);
    /// @notice The chain came to something else than the servicer.
    error ResultDiffers(bytes32 found, bytes32 submitted);
    /// @notice The program says that something else is owed of a tranche than what its token would say.
    error OwedDiffers(uint8 tranche, uint256 found, uint256 needed);
    /// @notice Nothing was to be paid, or it was.
    error NothingToPay(FilingId filing, uint32 period, uint8 tranche);
    /// @notice Not of this tranche, this amount, this reference, or not in the settlement currency.
    error NotThePayment(FilingId filing, uint32 period, uint8 tranche);

    /// @notice REPORTER; once, when every tranche is made. Anybody's word would do: only the filed program passes.
    function open(FilingId filing, Proof calldata proof, bytes calldata program) external;
    /// @notice REPORTER; again and again until the period is confirmed, each time an event; the last one counts.
    function submit(FilingId filing, uint32 period, bytes32 inputsHash, bytes32 report, bytes32 result) external;
    /// @notice TRUSTEE, who did not submit: the period as submitted, from this report, closes.
    function confirm(
        FilingId filing,
        uint32 period,
        bytes32 report,
        bytes calldata program,
        uint256[] calldata inputs,
        uint256[] calldata state
    ) external;
    /// @notice PAYER; brings what a closed period owes the holders of a tranche and declares it at the distribution,
    /// once. The sender has allowed this contract the money; `payment` names this tranche, amount and `refOf`, an asset
    /// of the settlement currency, and a record date of the sender's choice.
    /// @return id of the payment
    function pay(FilingId filing, uint32 period, uint8 tranche, Payment calldata payment) external returns (bytes32 id);

    /// @notice Values of all slots after a program ran. Reverts where it refuses the numbers.
    function run(bytes calldata program, uint256[] calldata inputs, uint256[] calldata state)
        external
        pure
        returns (int256[] memory values);
    /// @notice Periods closed; they count from 1.
    function closedOf(FilingId filing) external view returns (uint32);
    /// @notice Zero before the servicing of the filing is opened.
    function programHashOf(FilingId filing) external view returns (bytes32);
    /// @notice keccak256(abi.encode(uint256[])) of what the next period begins with.
    function stateHashOf(FilingId filing) external view returns (bytes32);
    /// @notice ISO 4217 code of the currency in which holders are paid.
    function currencyOf(FilingId filing) external view returns (bytes3);
    /// @notice The submission made last, confirmed or not.
    function submissionOf(FilingId filing) external view returns (Submission memory);
    /// @notice What is still to be brought for the holders of a tranche.
    function payableOf(FilingId filing, uint32 period, uint8 tranche) external view returns (uint256);
    /// @notice keccak256(abi.encode(following state, paid)).
    function resultOf(uint256[] calldata state, Paid[] calldata paid) external pure returns (bytes32);
    /// @notice Reference of the one payment of a period's tranche: keccak256(abi.encode(this contract, filing, period,
    /// tranche)).
    function refOf(FilingId filing, uint32 period, uint8 tranche) external view returns (bytes32);
    function registry() external view returns (address);
    function distribution() external view returns (address);
}
