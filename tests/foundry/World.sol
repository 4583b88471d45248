// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC1404} from "../../contracts/interfaces/IERC1404.sol";
import {IERC1643} from "../../contracts/interfaces/IERC1643.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {ITokenFactory} from "../../contracts/interfaces/ITokenFactory.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Admission, Approval as MintApproval, FilingId, Terms} from "../../contracts/types/Types.sol";
import {Test} from "./Vm.sol";

interface IToken is
    ISecurityToken,
    IERC20Metadata,
    IERC20Permit,
    IERC20Errors,
    IERC165,
    IERC1404,
    IERC1643,
    IERC7943Fungible,
    IERC5267
{}

/// @notice A small world: officers, investors, and one effective filing of three tranches, made by artifact name so
/// that a change of a contract recompiles that contract alone.
abstract contract World is Test {
    FilingId internal constant FILING = FilingId.wrap(7);
    bytes32 internal constant EVIDENCE = keccak256("evidence");
    bytes32 internal constant OFFCHAIN = keccak256("deal and dossier");
    uint256 internal constant CAP = 10_005;
    uint256 internal constant LOT = 10;
    uint256 internal constant LARGEST = 4_002; // 40 % of the cap, rounded down
    uint32 internal constant MOST_HOLDERS = 3;
    uint32 internal constant LOCK = 40 days;
    uint32 internal constant COMPLETION = 90 days;
    uint40 internal constant START = 1_800_000_000;
    uint40 internal constant MATURITY = START + 1_000 days;
    uint8 internal constant RISK = 2;

    IAccessManager internal manager;
    IRegistry internal registry;
    ITokenFactory internal factory;
    IToken internal free; //    tranche 0: lots, and no limits
    IToken internal limited; // tranche 1: at most three holders, 40 % each; overdue stops mints alone
    IToken internal locked; //  tranche 2: every mint locks for 40 days
    bytes internal code;

    address internal registrar = named("registrar");
    address internal admitter = named("admitter");
    address internal issuer = named("issuer");
    address internal agent = named("agent");
    address internal discloser = named("discloser");
    address internal regulator = named("regulator");
    address internal enforcer = named("enforcer");
    address internal servicer = named("servicer");
    address internal payer = named("payer");
    address internal bank = named("bank");
    uint256 internal gatekeeperKey = uint256(keccak256("gatekeeper"));
    address internal gatekeeper = vm.addr(gatekeeperKey);

    address internal alice = named("alice");
    address internal bob = named("bob");
    address internal carol = named("carol");
    address internal dave = named("dave");
    address internal stranger = named("stranger");

    uint256 private _operations;

    function setUp() public virtual {
        vm.warp(START);
        manager = IAccessManager(deploy("AccessManager", abi.encode(address(this))));
        registry = IRegistry(deploy("Registry", abi.encode(manager, barred())));
        factory = ITokenFactory(deploy("TokenFactory", abi.encode(manager, registry)));
        code = codeOf("SecurityToken");
        _grantRoles();
        _file(FILING, terms());
        create(FILING, terms(), 3);
        free = IToken(registry.tokenOf(FILING, 0));
        limited = IToken(registry.tokenOf(FILING, 1));
        locked = IToken(registry.tokenOf(FILING, 2));
        admit(alice);
        admit(bob);
        admit(carol);
        admit(dave);
    }

    // ------------------------------------------------------------------ set-up

    function terms() internal pure returns (Terms[] memory list) {
        list = new Terms[](3);
        for (uint256 i = 0; i < 3; ++i) {
            list[i].name = bytes32("Ji Shi Dai 2022-3 senior");
            list[i].symbol = bytes32("JSD-A");
            list[i].currency = "CNY";
            list[i].decimals = 2;
            list[i].risk = RISK;
            list[i].cap = uint96(CAP);
            list[i].lot = uint96(LOT);
            list[i].regimes = 3;
            list[i].maturity = MATURITY;
            list[i].overdueStopsTransfers = i != 1;
        }
        list[1].maxHolders = MOST_HOLDERS;
        list[1].maxShareBps = 4_000;
        list[2].lockSeconds = LOCK;
    }

    /// @dev Currencies that no settlement asset may stand for.
    function barred() internal pure returns (bytes3[] memory list) {
        list = new bytes3[](2);
        (list[0], list[1]) = ("CNY", "CNH");
    }

    function _grantRoles() private {
        manager.grantRole(Roles.REGISTRAR, registrar, 0);
        manager.grantRole(Roles.ADMITTER, admitter, 0);
        manager.grantRole(Roles.GATEKEEPER, gatekeeper, 0);
        manager.grantRole(Roles.ISSUER, issuer, 0);
        manager.grantRole(Roles.TRANSFER_AGENT, agent, 0);
        manager.grantRole(Roles.DISCLOSER, discloser, 0);
        manager.grantRole(Roles.REGULATOR, regulator, 0);
        manager.grantRole(Roles.ENFORCER, enforcer, 0);
        manager.grantRole(Roles.FACTORY, address(factory), 0);
        manager.grantRole(Roles.SERVICER, servicer, 0);
        manager.grantRole(Roles.PAYER, payer, 0);
        manager.grantRole(Roles.BANK, bank, 0);
    }

    function _file(FilingId filing, Terms[] memory list) internal {
        bytes32 planHash = factory.planHash(code, list, OFFCHAIN);
        vm.prank(registrar);
        registry.recordFiling(filing, planHash, uint8(list.length), COMPLETION);
        vm.prank(enforcer);
        registry.makeEffective(filing, EVIDENCE);
    }

    function create(FilingId filing, Terms[] memory list, uint256 upTo) internal returns (address[] memory) {
        vm.prank(issuer);
        return factory.create(filing, code, list, OFFCHAIN, upTo);
    }

    // ------------------------------------------------------------------ investors

    /// @dev regimes 32 at 64 | capacity 8 at 96 | jurisdiction 16 at 104 | evidence 40 at 120 | suitability 40 at 160
    function facts(uint32 regimes, uint8 capacity, uint40 evidence, uint40 suitable) internal pure returns (uint256) {
        uint256 word = (uint256(regimes) << 64) | (uint256(capacity) << 96) | (uint256(0x484b) << 104);
        return word | (uint256(evidence) << 120) | (uint256(suitable) << 160);
    }

    function good() internal pure returns (uint256) {
        return facts(1, RISK, MATURITY, MATURITY);
    }

    function admit(address wallet) internal {
        admit(wallet, good());
    }

    function admit(address wallet, uint256 stated) internal {
        Admission[] memory rows = new Admission[](1);
        rows[0] = Admission(wallet, stated, keccak256("record"));
        vm.prank(admitter);
        registry.admit(rows);
    }

    function renew(address wallet, uint256 stated) internal {
        Admission[] memory rows = new Admission[](1);
        rows[0] = Admission(wallet, stated, keccak256("record again"));
        vm.prank(admitter);
        registry.renew(rows);
    }

    function addWallet(address known, address wallet) internal {
        vm.prank(admitter);
        registry.addWallet(known, wallet, keccak256("wallet"));
    }

    function blockOne(address wallet) internal {
        address[] memory list = new address[](1);
        list[0] = wallet;
        vm.prank(admitter);
        registry.blockInvestors(list, EVIDENCE);
    }

    function recordSuccessor(address lost, address successor) internal {
        vm.prank(enforcer);
        registry.recordSuccessor(lost, successor);
    }

    // ------------------------------------------------------------------ acts on a token

    function nextOperation() internal returns (bytes32) {
        return keccak256(abi.encode("operation", ++_operations));
    }

    function approvalOf(bytes32 operation) internal view returns (MintApproval memory) {
        return MintApproval(operation, keccak256("decision"), uint40(block.timestamp + 1 days), gatekeeper);
    }

    function digestOf(IToken token, address[] memory to, uint256[] memory amounts, MintApproval memory approval)
        internal
        view
        returns (bytes32)
    {
        bytes32 mintType = keccak256(
            "Mint(address[] to,uint256[] amounts,bytes32 operation,bytes32 decision,uint40 deadline,address gatekeeper)"
        );
        bytes32 content = keccak256(
            abi.encode(
                mintType,
                keccak256(abi.encodePacked(to)),
                keccak256(abi.encodePacked(amounts)),
                approval.operation,
                approval.decision,
                approval.deadline,
                approval.gatekeeper
            )
        );
        return keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), content));
    }

    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function one(address item) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = item;
    }

    function one(uint256 item) internal pure returns (uint256[] memory list) {
        list = new uint256[](1);
        list[0] = item;
    }

    function mint(IToken token, address to, uint256 amount) internal {
        mint(token, one(to), one(amount));
    }

    function mint(IToken token, address[] memory to, uint256[] memory amounts) internal {
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = signed(gatekeeperKey, digestOf(token, to, amounts, approval));
        vm.prank(issuer);
        token.mint(to, amounts, approval, signature);
    }

    function transfer(IToken token, address from, address to, uint256 amount) internal {
        vm.prank(from);
        token.transfer(to, amount);
    }

    function freeze(IToken token, address holder, uint256 amount) internal {
        vm.prank(enforcer);
        token.setFrozenTokens(holder, amount);
    }

    function announce(uint40 second) internal returns (uint16) {
        vm.prank(agent);
        return registry.announceRecordDate(FILING, second);
    }

    /// @dev A record date taken now.
    function takeRecordDate() internal returns (uint16 number) {
        number = announce(uint40(block.timestamp + 1));
        vm.warp(block.timestamp + 1);
    }

    // ------------------------------------------------------------------ refusals

    function expectRefusal(Reason reason, address from, address to, uint256 amount) internal {
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.TransferRefused.selector, reason, from, to, amount));
    }

    /// @dev The reason in the data of a revert; reverts itself when the data hold none.
    function reasonIn(bytes memory data) internal pure returns (Reason) {
        bytes4 selector = bytes4(data);
        if (selector == IERC7943Fungible.ERC7943InsufficientUnfrozenBalance.selector) return Reason.Frozen;
        if (selector == IERC20Errors.ERC20InsufficientBalance.selector) return Reason.InsufficientBalance;
        isTrue(selector == ISecurityToken.TransferRefused.selector, "a revert without a reason");
        uint256 word;
        assembly ("memory-safe") {
            word := mload(add(data, 0x24))
        }
        return Reason(word);
    }

    /// @dev Acts as `sender`; gives the reason of a refusal, or None.
    function reasonOf(address sender, address target, bytes memory data) internal returns (Reason) {
        vm.prank(sender);
        (bool isDone, bytes memory answer) = target.call(data);
        return isDone ? Reason.None : reasonIn(answer);
    }
}
