// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Admission, AssetKind, FilingId, FilingStatus} from "../types/Types.sol";

/// @title Facts about filings (备案), investors, disclosures and successors
/// @notice Decides no movement. Each word below is one storage word, packed from the lowest bit up:
///
/// FilingRecord: status 8 | paused tranches 32 | earliest last-good second of open obligations 40 (all ones when
/// none) | record dates counted 16 | next announced record date 40 (zero when none) | tranches planned 8 |
/// tranches made 8 | open obligations 8 | last obligation id 16 | issue begun 1 | documents by name 16 |
/// subscribers 4
///
/// InvestorRecord, per wallet: investor id 32 (the wallet number of the investor's first wallet) | wallet number 32
/// (dense, from 1) | regimes 32 | risk capacity 8 | jurisdiction 16 (two letters, ISO 3166-1) | evidence good
/// until 40 | suitability good until 40 | flags 8 (bit 0 blocked, bit 1 several wallets, bit 2 lost)
interface IRegistry {
    event FilingRecorded(FilingId indexed filing, bytes32 planHash, uint8 tranches);
    event FilingStatusChanged(FilingId indexed filing, FilingStatus from, FilingStatus to, bytes32 evidence);
    event PausedSet(FilingId indexed filing, uint8 indexed tranche, bool paused);
    event TrancheAttached(FilingId indexed filing, uint8 indexed tranche, address token);
    event Admitted(address indexed wallet, uint256 record, bytes32 commitment);
    event Renewed(address indexed wallet, uint256 record, bytes32 commitment);
    event WalletAdded(address indexed wallet, uint256 record, bytes32 commitment);
    event BlockedSet(address indexed wallet, bool isBlocked, bytes32 evidence);
    event SuccessorRecorded(address indexed lost, address indexed successor);
    event ObligationOpened(
        FilingId indexed filing, uint16 indexed obligation, uint16 kind, uint40 due, uint32 grace, uint32 recurrence
    );
    /// @param version how many documents of that name were published, this one included; zero without a name
    event Published(
        FilingId indexed filing,
        uint16 indexed obligation,
        bytes32 indexed name,
        uint16 kind,
        uint32 version,
        bytes32 documentHash,
        string uri
    );
    event DocumentsLocated(FilingId indexed filing, string base);
    event HookSet(FilingId indexed filing, address indexed hook, bool isSet);
    event HookFailed(FilingId indexed filing, address indexed hook);
    event RecordDateAnnounced(FilingId indexed filing, uint16 indexed number, uint40 second);
    event AssetListed(address indexed asset, bytes3 currency, AssetKind kind, bytes32 evidence);
    event AssetDelisted(address indexed asset, bytes32 evidence);

    error FilingExists(FilingId filing);
    error FilingUnknown(FilingId filing);
    error WrongStatus(FilingId filing, FilingStatus found, FilingStatus wanted);
    /// @notice A filing under which tokens were issued does not lapse.
    error IssueBegun(FilingId filing);
    error PlanEmpty();
    error TooManyTranches(FilingId filing, uint8 tranches, uint8 limit);
    error TrancheUnknown(FilingId filing, uint8 tranche);
    error NotATrancheOf(FilingId filing, address caller);
    error TrancheOutOfOrder(FilingId filing, uint8 asked, uint8 next);
    error AlreadyAdmitted(address wallet);
    error WalletUnknown(address wallet);
    error FactsMalformed(address wallet, uint256 facts);
    error TooManyWallets(address wallet, uint256 limit);
    error WalletLost(address wallet);
    error SuccessorExists(address lost, address successor);
    error NotTheSameInvestor(address lost, address successor);
    error TooManyObligations(FilingId filing, uint256 limit);
    error ObligationUnknown(FilingId filing, uint16 obligation);
    error NextDueWrong(FilingId filing, uint16 obligation, uint40 nextDue, uint40 earliest, uint40 latest);
    error DueInThePast(FilingId filing, uint40 due, uint40 time);
    error DueTooFar(FilingId filing, uint40 due, uint40 latest);
    error DocumentEmpty(FilingId filing, bytes32 name);
    /// @notice Not a contract, subscribed already, or, to unsubscribe, not subscribed.
    error HookMalformed(address hook);
    error TooManyHooks(FilingId filing, uint256 limit);
    error GasTooLow(uint256 left, uint256 needed);
    /// @notice A subscriber called the registry back.
    error CalledBack();
    error CurrencyBarred(bytes3 currency);
    error AssetMalformed(address asset, bytes3 currency, AssetKind kind);
    error AssetNotListed(address asset);
    error RecordDateInThePast(FilingId filing, uint40 second, uint40 time);
    error RecordDatePending(FilingId filing, uint40 second);

    // ---- filings: REGISTRAR records; ENFORCER alone makes effective and resumes; REGULATOR suspends (one key)

    /// @notice The authority has received the file: its state is Submitted. Drafts stay off chain.
    /// @param tranches number of tranches of the plan, at most 32; they count from 0
    /// @param completionWithin seconds after the first mint within which issue completion is due (R-71)
    function recordFiling(FilingId filing, bytes32 planHash, uint8 tranches, uint32 completionWithin) external;
    /// @notice Submitted <-> Consultation; either -> SupplementRequested; all three -> Refused, Withdrawn;
    /// Effective, Suspended -> Lapsed while nothing is issued. `WrongStatus` names the state found and the state asked for.
    function recordStatus(FilingId filing, FilingStatus to, bytes32 evidence) external;
    /// @notice SupplementRequested -> Submitted; the answer may change the plan, which is not yet effective (R-38).
    function recordSupplement(FilingId filing, bytes32 planHash, uint8 tranches, bytes32 evidence) external;
    /// @notice Submitted -> Effective.
    function makeEffective(FilingId filing, bytes32 evidence) external;
    /// @notice Effective -> Suspended.
    function suspend(FilingId filing, bytes32 evidence) external;
    /// @notice Suspended -> Effective.
    function resume(FilingId filing, bytes32 evidence) external;

    // ---- tranches: TRANSFER_AGENT pauses (one key), ENFORCER unpauses; the factory attaches; tokens report

    function pause(FilingId filing, uint8 tranche) external;
    function unpause(FilingId filing, uint8 tranche) external;
    /// @notice FACTORY; tranches are attached in order.
    function attach(FilingId filing, uint8 tranche, address token) external;
    /// @notice The first mint of a filing opens the issue-completion obligation by itself (R-71). Tokens only; does
    /// nothing the second time. Its kind is `ISSUE_COMPLETION`.
    function noteIssue(FilingId filing) external;

    // ---- investors: ADMITTER admits, renews, adds wallets, blocks; ENFORCER unblocks and records successors

    function admit(Admission[] calldata admissions) external;
    /// @notice Rewrites the facts of all wallets of the investor of each named wallet.
    function renew(Admission[] calldata renewals) external;
    /// @notice `wallet` becomes a further wallet of the investor of `known`, at most 16, with the same facts and block.
    function addWallet(address known, address wallet, bytes32 commitment) external;
    /// @notice Blocks all wallets of the investor of each named wallet.
    function blockInvestors(address[] calldata wallets, bytes32 evidence) external;
    /// @notice Unblocks all wallets of the investor but the lost ones.
    function unblockInvestor(address wallet, bytes32 evidence) external;
    /// @notice `lost` is blocked for good; `successor` is another wallet of the same investor; once per lost wallet.
    function recordSuccessor(address lost, address successor) external;

    // ---- disclosure and its subscribers: DISCLOSER; record dates: TRANSFER_AGENT

    /// @notice At most 32 are open at once; one place is kept for issue completion until the issue has begun.
    /// @param due second from which it is due, not before now
    /// @param grace seconds after `due` that are still good
    /// @param recurrence most seconds from one due second to the next; zero when due once
    function openObligation(FilingId filing, uint16 kind, uint40 due, uint32 grace, uint32 recurrence)
        external
        returns (uint16 obligation);
    /// @notice A document of a name is read from the tokens (ERC-1643); earlier versions stand in the events, numbered.
    /// Subscribers are called afterwards.
    /// @param obligation the obligation this closes, or zero for a publication that closes none
    /// @param name name of the document series (ERC-1643), or zero
    /// @param documentHash not zero where a name is given
    /// @param uri where the document stands; empty for the filing's base followed by the hash in hexadecimal, which
    /// costs no storage
    /// @param nextDue next due second of a recurring obligation, in (due, due + recurrence]; zero otherwise
    function publish(
        FilingId filing,
        uint16 obligation,
        uint16 kind,
        bytes32 name,
        bytes32 documentHash,
        string calldata uri,
        uint40 nextDue
    ) external;
    /// @notice Where the documents stand that are published without a `uri`.
    function locateDocuments(FilingId filing, string calldata base) external;
    /// @notice At most 8, each a contract; see `IDisclosureHook`.
    function subscribe(FilingId filing, address hook) external;
    function unsubscribe(FilingId filing, address hook) external;
    /// @notice One date waits at a time; announcing again is possible from its second.
    function announceRecordDate(FilingId filing, uint40 second) external returns (uint16 number);

    // ---- settlement assets (R-65): ENFORCER lists, TRANSFER_AGENT takes off the list (one key)

    /// @notice What tokens may be paid and paid for with. Currencies barred at deployment are refused always.
    /// @param currency ISO 4217 code of what the asset stands for; letters of its own for a virtual currency
    function listAsset(address asset, bytes3 currency, AssetKind kind, bytes32 evidence) external;
    function delistAsset(address asset, bytes32 evidence) external;

    // ---- views

    function filingOf(FilingId filing) external view returns (uint256 filingRecord);
    function planHashOf(FilingId filing) external view returns (bytes32);
    function tokenOf(FilingId filing, uint8 tranche) external view returns (address);
    function investorOf(address wallet) external view returns (uint256 investorRecord);
    function investorsOf(address[] calldata wallets) external view returns (uint256[] memory investorRecords);
    /// @notice All wallets of the wallet's investor; empty when the wallet is not known.
    function walletsOf(address wallet) external view returns (address[] memory);
    function walletCount() external view returns (uint32);
    /// @notice The wallet that stands for a lost one today, over later losses too; zero when there is none.
    function successorOf(address lost) external view returns (address);
    /// @notice Everything one movement needs, in one call; `spender` may equal `from`.
    function facts(FilingId filing, address spender, address from, address to)
        external
        view
        returns (uint256 filingRecord, uint256 spenderRecord, uint256 fromRecord, uint256 toRecord);
    /// @notice The same as `facts`, for tokens: each argument a bare word, cheaper to read; the selector comes first.
    function recordsOfMovement(uint256 filing, uint256 spender, uint256 from, uint256 to)
        external
        view
        returns (uint256 filingRecord, uint256 spenderRecord, uint256 fromRecord, uint256 toRecord);
    function factsOfMany(FilingId filing, address from, address[] calldata to)
        external
        view
        returns (uint256 filingRecord, uint256 fromRecord, uint256[] memory toRecords);
    /// @notice An open obligation; those fulfilled for good stand in the events alone.
    function obligationOf(FilingId filing, uint16 obligation)
        external
        view
        returns (uint16 kind, uint40 due, uint32 grace, uint32 recurrence);
    function openObligations(FilingId filing) external view returns (uint16[] memory);
    /// @notice The document of a name as published last, as ERC-1643 answers.
    function documentOf(FilingId filing, bytes32 name)
        external
        view
        returns (string memory uri, bytes32 documentHash, uint256 lastModified);
    /// @notice How many documents of a name were published, and the kind of the last.
    function versionOf(FilingId filing, bytes32 name) external view returns (uint32 version, uint16 kind);
    /// @notice Names of the documents, in the order of their first publication.
    function documentsOf(FilingId filing) external view returns (bytes32[] memory names);
    function subscribersOf(FilingId filing) external view returns (address[] memory);
    /// @notice Kind `None`: not listed.
    function assetOf(address asset) external view returns (bytes3 currency, AssetKind kind);
    function isBarred(bytes3 currency) external view returns (bool);
    /// @notice An ERC-1404 code in plain words, for all tokens.
    function reasonWords(uint8 code) external pure returns (string memory);
    /// @notice The second of the record date announced last; it has been taken once that second is reached. Zero for
    /// any other number: earlier seconds stand in the events.
    function recordDateAt(FilingId filing, uint16 number) external view returns (uint40);
}
