// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {IDistribution} from "../../contracts/interfaces/IDistribution.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Admission, Approval as MintApproval, FilingId, FilingStatus} from "../../contracts/types/Types.sol";
import {Paying} from "./Paying.sol";
import {Test} from "./Vm.sol";
import {IToken} from "./World.sol";

/// @notice Each officer, a holder and a stranger, none with another's help, call anything with anything. What two
/// persons must do together, the two timelocks and the holders themselves, is nobody's here.
contract KeysHandler is Paying {
    FilingId private constant STOPPED = FilingId.wrap(8);

    address[] private _keys;
    uint256[] private _words;
    bytes4[] private _ofRegistry;
    bytes4[] private _ofToken;
    bytes4[] private _ofManager;
    bytes32 public asLeft;

    /// @dev Alice and Bob hold, some of it frozen; Dave is blocked, a tranche paused, another filing suspended.
    function setUp() public override {
        super.setUp();
        mint(free, alice, 500);
        mint(limited, alice, 400);
        mint(locked, bob, 300);
        mint(free, bob, 200);
        freeze(free, bob, 150);
        blockOne(dave);
        vm.prank(agent);
        registry.pause(FILING, 1);
        _file(STOPPED, terms());
        vm.prank(regulator);
        registry.suspend(STOPPED, EVIDENCE);
        _keys = [registrar, admitter, issuer, agent, discloser, regulator, payer, bank, gatekeeper, carol, stranger];
        _words = [0, 1, LOT, MATURITY, type(uint256).max];
        // Twice who is worth attacking.
        address[8] memory known = [alice, alice, bob, bob, dave, dave, named("fresh"), address(free)];
        for (uint256 i = 0; i < known.length; ++i) {
            _words.push(uint160(known[i]));
        }
        _words.push(FilingId.unwrap(FILING));
        _listFunctions();
        asLeft = state();
    }

    function _listFunctions() private {
        _ofRegistry = [IRegistry.recordFiling.selector, IRegistry.recordStatus.selector];
        _ofRegistry.push(IRegistry.makeEffective.selector);
        _ofRegistry.push(IRegistry.suspend.selector);
        _ofRegistry.push(IRegistry.resume.selector);
        _ofRegistry.push(IRegistry.pause.selector);
        _ofRegistry.push(IRegistry.unpause.selector);
        _ofRegistry.push(IRegistry.attach.selector);
        _ofRegistry.push(IRegistry.noteIssue.selector);
        _ofRegistry.push(IRegistry.addWallet.selector);
        _ofRegistry.push(IRegistry.unblockInvestor.selector);
        _ofRegistry.push(IRegistry.recordSuccessor.selector);
        _ofRegistry.push(IRegistry.openObligation.selector);
        _ofRegistry.push(IRegistry.announceRecordDate.selector);
        _ofRegistry.push(IRegistry.listAsset.selector);
        _ofRegistry.push(IRegistry.delistAsset.selector);
        _ofToken = [IERC20.transfer.selector, IERC20.transferFrom.selector, ISecurityToken.redeem.selector];
        _ofToken.push(IERC7943Fungible.setFrozenTokens.selector);
        _ofToken.push(IERC7943Fungible.forcedTransfer.selector);
        _ofToken.push(ISecurityToken.recover.selector);
        _ofToken.push(ISecurityToken.amortisePrincipal.selector);
        _ofToken.push(ISecurityToken.writeDown.selector);
        _ofToken.push(ISecurityToken.reverseWriteDown.selector);
        _ofToken.push(IERC20Permit.permit.selector);
        _ofManager = [IAccessManager.grantRole.selector, IAccessManager.revokeRole.selector];
        _ofManager.push(IAccessManager.setRoleAdmin.selector);
        _ofManager.push(IAccessManager.setRoleGuardian.selector);
        _ofManager.push(IAccessManager.setGrantDelay.selector);
        _ofManager.push(IAccessManager.setTargetClosed.selector);
        _ofManager.push(IAccessManager.setTargetAdminDelay.selector);
        _ofManager.push(IAccessManager.updateAuthority.selector);
    }

    // ------------------------------------------------------------------ acts

    function ofRegistry(uint256 who, uint256 which, uint256 seed) external {
        _call(
            who,
            address(registry),
            abi.encodePacked(_ofRegistry[which % _ofRegistry.length], _filing(seed), _arguments(seed))
        );
    }

    function ofToken(uint256 who, uint256 which, uint256 seed) external {
        _call(who, _token(seed), abi.encodePacked(_ofToken[which % _ofToken.length], _arguments(seed)));
    }

    function ofManager(uint256 who, uint256 which, uint256 seed) external {
        _call(who, address(manager), abi.encodePacked(_ofManager[which % _ofManager.length], _arguments(seed)));
    }

    function ofMoney(uint256 who, uint256 which, uint256 seed) external {
        bytes4[4] memory of_ = [
            IDistribution.recordOffChain.selector,
            IDepositToken.setAccount.selector,
            IDepositToken.deposit.selector,
            IERC20.transferFrom.selector
        ];
        address target = which % 4 == 0 ? address(distribution) : address(cash);
        _call(who, target, abi.encodePacked(of_[which % 4], _arguments(seed)));
    }

    /// @dev The gatekeeper signs for himself alone; anybody else signs with a key that is nobody's.
    function mintAlone(uint256 who, uint256 seed) external {
        address sender = _keys[who % _keys.length];
        IToken token = IToken(_token(seed));
        MintApproval memory approval = approvalOf(nextOperation());
        if (sender != gatekeeper && seed % 2 == 0) approval.gatekeeper = sender;
        bytes32 digest = digestOf(token, one(alice), one(uint256(LOT)), approval);
        uint256 key = sender == gatekeeper ? gatekeeperKey : uint256(keccak256("nobody's"));
        bytes memory data =
            abi.encodeCall(ISecurityToken.mint, (one(alice), one(uint256(LOT)), approval, signed(key, digest)));
        _call(who, address(token), data);
    }

    function ofMany(uint256 who, uint256 which, uint256 seed) external {
        address[] memory wallets = one(address(uint160(_word(seed))));
        uint256[] memory amounts = one(_word(seed >> 32));
        Admission[] memory rows = new Admission[](1);
        rows[0] = Admission(wallets[0], facts(3, 9, MATURITY, MATURITY), EVIDENCE);
        bytes[6] memory calls = [
            abi.encodeCall(IRegistry.admit, (rows)),
            abi.encodeCall(IRegistry.renew, (rows)),
            abi.encodeCall(IRegistry.blockInvestors, (wallets, EVIDENCE)),
            abi.encodeCall(ISecurityToken.freezeBatch, (wallets, amounts)),
            abi.encodeCall(ISecurityToken.retireBalances, (wallets)),
            abi.encodeCall(ISecurityToken.transferBatch, (wallets, amounts))
        ];
        _call(who, which % 6 < 3 ? address(registry) : _token(seed), calls[which % 6]);
    }

    function _call(uint256 who, address target, bytes memory data) private {
        vm.prank(_keys[who % _keys.length]);
        (bool isDone,) = target.call(data);
        isDone; // whatever came of it: the invariant looks at what it changed
    }

    function _token(uint256 seed) private view returns (address) {
        address[3] memory tokens = [address(free), address(limited), address(locked)];
        return tokens[seed % 3];
    }

    /// @dev Most acts on the registry begin with a filing; or with any word.
    function _filing(uint256 seed) private view returns (uint256) {
        uint256[3] memory first = [uint256(FilingId.unwrap(FILING)), FilingId.unwrap(STOPPED), _word(seed >> 224)];
        return first[(seed >> 200) % 3];
    }

    /// @dev Seven words that mean something here.
    function _arguments(uint256 seed) private view returns (bytes memory data) {
        for (uint256 i = 0; i < 7; ++i) {
            data = abi.encodePacked(data, _word(seed >> (i * 32)));
        }
    }

    function _word(uint256 seed) private view returns (uint256) {
        return _words[uint32(seed) % _words.length];
    }

    // ------------------------------------------------------------------ what must not change

    /// @dev Holdings, sums and debts, and who holds which role.
    function state() public view returns (bytes32 sum) {
        IToken[3] memory tokens = [free, limited, locked];
        for (uint256 i = 0; i < 3; ++i) {
            (uint256 owed, uint256 paid, uint256 lost) = tokens[i].amortisation();
            sum = keccak256(
                abi.encode(
                    sum,
                    tokens[i].holdingOf(alice),
                    tokens[i].holdingOf(bob),
                    tokens[i].totalSupply(),
                    tokens[i].minted(),
                    abi.encode(owed, paid, lost)
                )
            );
        }
        for (uint64 role = Roles.ADMIN; role <= Roles.BANK; ++role) {
            for (uint256 i = 0; i < _keys.length; ++i) {
                (bool isMember, uint32 delay) = manager.hasRole(role, _keys[i]);
                sum = keccak256(abi.encode(sum, isMember, delay, manager.getRoleAdmin(role)));
            }
        }
    }

    /// @dev What was stopped: the suspended filing, the paused tranche, the blocked investor.
    function isStillStopped() external view returns (bool) {
        bool isEffective = uint8(registry.filingOf(STOPPED)) == uint8(FilingStatus.Effective);
        bool isPaused = (registry.filingOf(FILING) >> 9) & 1 == 1;
        bool isBlocked = (registry.investorOf(dave) >> 200) & 1 == 1;
        return !isEffective && isPaused && isBlocked;
    }
}

/// @notice P10 over random sequences of what single keys can try.
contract KeysTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    KeysHandler private handler;

    function setUp() external {
        handler = new KeysHandler();
        handler.setUp();
    }

    /// @dev Read by forge: acts, and nothing else of the handler.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](6);
        acts[0] = KeysHandler.ofRegistry.selector;
        acts[1] = KeysHandler.ofToken.selector;
        acts[2] = KeysHandler.ofManager.selector;
        acts[3] = KeysHandler.ofMoney.selector;
        acts[4] = KeysHandler.mintAlone.selector;
        acts[5] = KeysHandler.ofMany.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_P10_no_single_key_moves_mints_grants_or_resumes() external view {
        same(handler.state(), handler.asLeft(), "P10 holdings, sums, debts and roles");
        isTrue(handler.isStillStopped(), "P10 what was stopped");
    }
}
