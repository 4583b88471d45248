// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Approval as MintApproval, FilingStatus} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

/// @notice Does random acts of everybody on three tokens at once, and keeps a plain model beside them: a number for
/// each balance, and a copy of all of them for each record date. What a promise says of one act is checked in the act.
contract Handler is World {
    address[] public wallets;
    IToken[3] public tokens;

    mapping(IToken => mapping(address => uint256)) public balance;
    mapping(IToken => mapping(address => uint256)) public frozen;
    mapping(IToken => mapping(address => uint256)) public lockedUntil;
    mapping(IToken => uint256) public minted;
    mapping(IToken => uint256) public redeemed;
    // Of the free tranche alone, so that the others go on being minted.
    bool public isClosed;
    uint256 public outstanding;
    uint256 public principalPaid;
    uint256 public writtenDown;
    mapping(IToken => mapping(uint16 date => mapping(address => uint256))) public balanceAt;
    mapping(IToken => mapping(uint16 date => uint256)) public supplyAt;
    uint16 public dates;
    /// @notice What broke a promise about single acts, by the promise's number; empty while it holds.
    mapping(uint8 number => string) public broken;
    uint40 private _next;
    mapping(address => bool) private _isLost;
    uint256 private _made;
    uint256 private _acts;

    function setUp() public override {
        super.setUp();
        tokens = [free, limited, locked];
        string[6] memory names = ["erin", "finn", "gwen", "expired", "poor", "foreign"];
        for (uint256 i = 0; i < names.length; ++i) {
            wallets.push(named(names[i]));
        }
        for (uint256 i = 0; i < 3; ++i) {
            admit(wallets[i]);
        }
        admit(wallets[3], facts(1, RISK, START - 1, MATURITY));
        admit(wallets[4], facts(1, RISK - 1, MATURITY, MATURITY));
        admit(wallets[5], facts(4, RISK, MATURITY, MATURITY));
        address[4] memory known = [alice, bob, carol, dave];
        for (uint256 i = 0; i < known.length; ++i) {
            wallets.push(known[i]);
        }
        wallets.push(stranger);
        _furtherWallet(alice);
        _furtherWallet(alice);
        _furtherWallet(bob);
    }

    function walletsCount() external view returns (uint256) {
        return wallets.length;
    }

    // ------------------------------------------------------------------ acts of holders

    function transfer(uint256 t, uint256 a, uint256 b, uint256 seed) external dated {
        (IToken token, address from, address to) = _pick(t, a, b);
        uint256 amount = _amount(token, from, seed);
        Reason said = token.reasonAgainst(from, to, amount);
        Reason found = reasonOf(from, address(token), abi.encodeCall(IERC20.transfer, (to, amount)));
        _keep(6, found == said, "P6 the preview tells the truth");
        if (found == Reason.None) _moved(token, from, to, amount);
    }

    function transferFrom(uint256 t, uint256 a, uint256 b, uint256 c, uint256 seed) external dated {
        (IToken token, address from, address to) = _pick(t, a, b);
        address spender = wallets[_even(c) % wallets.length];
        uint256 amount = _amount(token, from, seed);
        vm.prank(from);
        token.approve(spender, amount);
        Reason said = token.reasonAgainst(from, to, amount);
        Reason found = reasonOf(spender, address(token), abi.encodeCall(IERC20.transferFrom, (from, to, amount)));
        if (found == Reason.SpenderBlocked) return;
        _keep(6, found == said, "P6 the preview tells the truth");
        if (found == Reason.None) _moved(token, from, to, amount);
    }

    function transferBatch(uint256 t, uint256 a, uint256 b, uint256 c, uint256 seed) external dated {
        (IToken token, address from, address first) = _pick(t, a, b);
        (address[] memory to, uint256[] memory amounts) = (new address[](2), new uint256[](2));
        (to[0], to[1]) = (first, wallets[_even(c) % wallets.length]);
        (amounts[0], amounts[1]) = (_amount(token, from, seed) / 2, _amount(token, from, seed >> 128) / 2);
        amounts[0] -= amounts[0] % LOT;
        Reason found = reasonOf(from, address(token), abi.encodeCall(ISecurityToken.transferBatch, (to, amounts)));
        if (found != Reason.None) return;
        _moved(token, from, to[0], amounts[0]);
        _moved(token, from, to[1], amounts[1]);
    }

    function redeem(uint256 t, uint256 a, uint256 seed) external dated {
        (IToken token, address from,) = _pick(t, a, 0);
        uint256 amount = _amount(token, from, seed);
        Reason found = reasonOf(from, address(token), abi.encodeCall(ISecurityToken.redeem, (amount)));
        if (found != Reason.None) return;
        _requireFree(token, from, amount);
        if (isClosed && address(token) == address(free) && amount != 0) _takeShare(amount);
        balance[token][from] -= amount;
        redeemed[token] += amount;
    }

    function _takeShare(uint256 amount) private {
        uint256 supply = minted[free] - redeemed[free];
        outstanding -= outstanding * amount / supply;
        writtenDown -= (writtenDown * amount + supply - 1) / supply;
    }

    // ------------------------------------------------------------------ acts of officers

    function mint(uint256 t, uint256 a, uint256 b, uint256 seed) external dated {
        (IToken token, address first, address second) = _pick(t, a, b);
        (address[] memory to, uint256[] memory amounts) = (new address[](2), new uint256[](2));
        (to[0], to[1]) = (first, second);
        (amounts[0], amounts[1]) = (within(_even(seed), 0, 60) * LOT, within(_even(seed), 0, 60) * LOT);
        // Now and then all that is left, which may be odd.
        if (_even(seed) % 16 == 0) amounts[1] = CAP - minted[token] - amounts[0] % (CAP - minted[token] + 1);
        Reason said = token.reasonAgainstMint(to[0], amounts[0]);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = signed(gatekeeperKey, digestOf(token, to, amounts, approval));
        bytes memory data = abi.encodeCall(ISecurityToken.mint, (to, amounts, approval, signature));
        Reason found = reasonOf(issuer, address(token), data);
        if (said != Reason.None) _keep(6, found == said, "P6 the preview tells the truth");
        bool isShut = isClosed && address(token) == address(free);
        _keep(3, !isShut || found != Reason.None, "P3 nothing is minted once principal was recorded");
        if (found != Reason.None) return;
        _tryAgain(token, to, amounts, approval);
        bool isEffective = uint8(registry.filingOf(FILING)) == uint8(FilingStatus.Effective);
        _keep(3, isEffective, "P3 nothing is minted while the filing is not effective");
        for (uint256 i = 0; i < 2; ++i) {
            _requireEligible(to[i]);
            balance[token][to[i]] += amounts[i];
            minted[token] += amounts[i];
            if (address(token) == address(locked) && amounts[i] != 0) {
                lockedUntil[token][to[i]] = block.timestamp + LOCK;
            }
        }
        for (uint256 i = 0; i < 2; ++i) {
            _requireWithinShare(token, to[i], amounts[i]);
        }
    }

    /// @dev The same operation signed again, for one unit less to the first; and a new one, sent by the wrong account
    /// or for another token.
    function _tryAgain(IToken token, address[] memory to, uint256[] memory amounts, MintApproval memory approval)
        private
    {
        uint256 first = amounts[0];
        if (first != 0) amounts[0] = first - 1;
        _keep(4, !_mints(issuer, token, token, to, amounts, approval), "P4 an operation is spent once");
        amounts[0] = first;
        approval.operation = nextOperation();
        IToken other = address(token) == address(free) ? limited : free;
        _keep(4, !_mints(issuer, token, other, to, amounts, approval), "P4 an approval serves its token alone");
        _keep(4, !_mints(gatekeeper, token, token, to, amounts, approval), "P4 no mint by the gatekeeper alone");
        approval.deadline = uint40(block.timestamp - 1);
        _keep(4, !_mints(issuer, token, token, to, amounts, approval), "P4 an approval serves its time alone");
        approval.deadline = uint40(block.timestamp + 1 days);
    }

    /// @param signedFor the token in whose domain the gatekeeper signs
    function _mints(
        address sender,
        IToken token,
        IToken signedFor,
        address[] memory to,
        uint256[] memory amounts,
        MintApproval memory approval
    ) private returns (bool isDone) {
        bytes memory signature = signed(gatekeeperKey, digestOf(signedFor, to, amounts, approval));
        vm.prank(sender);
        (isDone,) = address(token).call(abi.encodeCall(ISecurityToken.mint, (to, amounts, approval, signature)));
    }

    // ------------------------------------------------------------------ amortisation of the free tranche

    /// @dev Begins once half of the filed amount is minted; often all that is left is paid or written down.
    function amortise(uint256 seed) external dated {
        if (minted[free] < CAP / 2) return;
        seed = _even(seed);
        if (!isClosed) (isClosed, outstanding) = (true, minted[free] - redeemed[free]);
        uint256 amount = seed % 3 == 0 ? outstanding : within(seed >> 8, 0, outstanding);
        vm.prank(servicer);
        if (seed % 2 == 0) {
            free.amortisePrincipal(amount);
            principalPaid += amount;
        } else {
            free.writeDown(uint96(amount));
            writtenDown += amount;
        }
        outstanding -= amount;
    }

    function writeUp(uint256 seed) external dated {
        if (!isClosed || block.timestamp > MATURITY) return;
        uint256 amount = within(_even(seed), 0, writtenDown);
        vm.prank(servicer);
        free.reverseWriteDown(amount);
        writtenDown -= amount;
        outstanding += amount;
    }

    function retire(uint256 a) external dated {
        if (!isClosed || outstanding != 0 || (writtenDown != 0 && block.timestamp <= MATURITY)) return;
        address holder = wallets[_even(a) % wallets.length];
        vm.prank(agent);
        free.retireBalances(one(holder));
        if (balance[free][holder] == 0) return;
        redeemed[free] += balance[free][holder];
        (balance[free][holder], frozen[free][holder], lockedUntil[free][holder]) = (0, 0, 0);
    }

    function freezeSome(uint256 t, uint256 a, uint256 seed) external dated {
        (IToken token, address holder,) = _pick(t, a, 0);
        uint256 amount = _even(seed) % 2 == 0 ? 0 : within(_even(seed), 0, balance[token][holder] * 2);
        freeze(token, holder, amount);
        frozen[token][holder] = amount;
    }

    function force(uint256 t, uint256 a, uint256 b, uint256 seed) external dated {
        (IToken token, address from, address to) = _pick(t, a, b);
        uint256 amount = _amount(token, from, seed);
        bytes memory data = abi.encodeCall(IERC7943Fungible.forcedTransfer, (from, to, amount));
        if (reasonOf(enforcer, address(token), data) != Reason.None) return;
        isTrue(from != to, "never to itself");
        _requireEligible(to);
        uint256 held = balance[token][from];
        uint256 unfrozen = held > frozen[token][from] ? held - frozen[token][from] : 0;
        if (amount > unfrozen) frozen[token][from] -= amount - unfrozen;
        balance[token][from] -= amount;
        balance[token][to] += amount;
    }

    function lose(uint256 a) external dated {
        address lost = wallets[_even(a) % wallets.length];
        if (_investor(lost) == 0 || _isLost[lost] || wallets.length > 22) return;
        address successor = _furtherWallet(lost);
        recordSuccessor(lost, successor);
        _isLost[lost] = true;
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory data = abi.encodeCall(ISecurityToken.recover, (lost));
            if (reasonOf(enforcer, address(tokens[i]), data) != Reason.None) continue;
            _requireEligible(successor);
            _inherit(tokens[i], lost, successor);
        }
    }

    function _inherit(IToken token, address lost, address successor) private {
        balance[token][successor] += balance[token][lost];
        frozen[token][successor] += frozen[token][lost];
        if (lockedUntil[token][lost] > lockedUntil[token][successor]) {
            lockedUntil[token][successor] = lockedUntil[token][lost];
        }
        (balance[token][lost], frozen[token][lost], lockedUntil[token][lost]) = (0, 0, 0);
    }

    function block_(uint256 a) external dated {
        address wallet = wallets[_even(a) % wallets.length];
        if (_investor(wallet) != 0) blockOne(wallet);
    }

    /// @dev Of those who were good once: new facts, which may expire soon.
    function renewOne(uint256 a, uint256 seed) external dated {
        uint256 which = _even(a) % wallets.length;
        if (_investor(wallets[which]) == 0 || (which >= 3 && which <= 5)) return;
        uint40 until = uint40(block.timestamp + within(_even(seed), 0, 60 days));
        renew(wallets[which], facts(1, RISK, _even(seed) % 3 == 0 ? until : MATURITY, MATURITY));
    }

    function stop(uint256 seed) external dated {
        if (_even(seed) % 2 == 0) {
            vm.prank(agent);
            registry.pause(FILING, uint8(_even(seed) % 3));
        } else if (uint8(registry.filingOf(FILING)) == uint8(FilingStatus.Effective)) {
            vm.prank(regulator);
            registry.suspend(FILING, EVIDENCE);
        }
    }

    /// @dev Stops everything in one of three ways, looks at every pair of wallets, and sets it going again.
    function stopAndResume(uint256 seed) external dated {
        _resume();
        _publishAll();
        uint256 way = _even(seed) % 3;
        uint256 snapshot = vm.snapshotState();
        bytes32 before = _allReasons();
        Reason wanted = way == 0 ? Reason.FilingNotEffective : way == 1 ? Reason.TokenPaused : Reason.DisclosureOverdue;
        if (way == 0) {
            vm.prank(regulator);
            registry.suspend(FILING, EVIDENCE);
        } else if (way == 1) {
            vm.prank(agent);
            registry.pause(FILING, uint8(_even(seed) % 3));
        } else {
            vm.prank(discloser);
            registry.openObligation(FILING, 2, uint40(block.timestamp), 0, 0);
            vm.warp(block.timestamp + 1);
            before = 0;
        }
        bool areStopped = _areStopped(wanted);
        _resume();
        _publishAll();
        bool isAsBefore = before == 0 || before == _allReasons();
        vm.revertToState(snapshot);
        _keep(9, areStopped, "P9 what stops, stops at once");
        _keep(9, isAsBefore, "P9 what is resumed is as it was");
    }

    function _allReasons() private view returns (bytes32 sum) {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < wallets.length; ++j) {
                address to = wallets[(j + 1) % wallets.length];
                sum = keccak256(
                    abi.encode(sum, tokens[i].reasonAgainst(wallets[j], to, LOT), tokens[i].reasonAgainstMint(to, LOT))
                );
            }
        }
    }

    /// @dev Every transfer and mint of the tranche that was stopped; an overdue disclosure stops mints everywhere and
    /// transfers where the terms say so.
    function _areStopped(Reason wanted) private view returns (bool) {
        uint256 paused = uint32(registry.filingOf(FILING) >> 8);
        for (uint256 i = 0; i < 3; ++i) {
            if (wanted == Reason.TokenPaused && (paused >> i) & 1 == 0) continue;
            bool isSilent = wanted == Reason.DisclosureOverdue && i == 1;
            for (uint256 j = 0; j < wallets.length; ++j) {
                address to = wallets[(j + 1) % wallets.length];
                if (!isSilent && tokens[i].reasonAgainst(wallets[j], to, LOT) != wanted) return false;
                if (isSilent && tokens[i].reasonAgainst(wallets[j], to, LOT) == wanted) return false;
                if (tokens[i].reasonAgainstMint(to, LOT) != wanted) return false;
            }
        }
        return true;
    }

    function oblige(uint256 seed) external dated {
        if (registry.openObligations(FILING).length > 3) return;
        uint40 due = uint40(block.timestamp + within(_even(seed), 0, 20 days));
        vm.prank(discloser);
        registry.openObligation(FILING, 2, due, uint32(within(seed >> 16, 0, 5 days)), 0);
    }

    function announceDate(uint256 seed) external dated {
        if (_next != 0) return;
        _next = uint40(block.timestamp + within(seed, 1, 3 days));
        announce(_next);
    }

    function wait(uint256 seed) external dated {
        vm.warp(block.timestamp + within(seed, 1, 5 days));
    }

    // ------------------------------------------------------------------ the model

    /// @dev Before an act: a record date whose second has come is copied.
    modifier dated() {
        if (_next != 0 && block.timestamp >= _next) {
            ++dates;
            _next = 0;
            for (uint256 i = 0; i < 3; ++i) {
                supplyAt[tokens[i]][dates] = minted[tokens[i]] - redeemed[tokens[i]];
                for (uint256 j = 0; j < wallets.length; ++j) {
                    balanceAt[tokens[i]][dates][wallets[j]] = balance[tokens[i]][wallets[j]];
                }
            }
        }
        _;
    }

    function _moved(IToken token, address from, address to, uint256 amount) private {
        _requireEligible(to);
        _requireFree(token, from, amount);
        balance[token][from] -= amount;
        balance[token][to] += amount;
        if (_investor(from) != _investor(to)) _requireWithinShare(token, to, amount);
    }

    function _keep(uint8 number, bool holds, string memory words) private {
        if (!holds) broken[number] = words;
    }

    function _requireEligible(address wallet) private {
        uint256 record = registry.investorOf(wallet);
        bool isKnown = uint32(record) != 0;
        bool isBlocked = (record >> 200) & 5 != 0;
        bool isProven = block.timestamp <= uint40(record >> 120) && block.timestamp <= uint40(record >> 160);
        bool isFit = uint32(record >> 64) & 3 != 0 && uint8(record >> 96) >= RISK;
        _keep(2, isKnown && !isBlocked && isProven && isFit, "P2 nobody receives who may not");
    }

    function _requireFree(IToken token, address from, uint256 amount) private {
        _keep(5, block.timestamp >= lockedUntil[token][from], "P5 nothing locked leaves");
        bool isFree = amount == 0 || balance[token][from] >= amount + frozen[token][from];
        _keep(5, isFree, "P5 nothing frozen leaves");
    }

    function _requireWithinShare(IToken token, address wallet, uint256 amount) private {
        if (address(token) != address(limited) || amount == 0) return;
        uint256 held = 0;
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (_investor(wallets[i]) == _investor(wallet)) held += balance[token][wallets[i]];
        }
        _keep(3, held <= LARGEST, "P3 nobody receives more than the largest share");
    }

    function _investor(address wallet) private view returns (uint32) {
        return uint32(registry.investorOf(wallet));
    }

    function holdersOf(IToken token) external view returns (uint256 count) {
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (balance[token][wallets[i]] == 0) continue;
            bool isCounted = false;
            for (uint256 j = 0; j < i; ++j) {
                bool isSame = _investor(wallets[j]) == _investor(wallets[i]);
                if (isSame && balance[token][wallets[j]] != 0) isCounted = true;
            }
            if (!isCounted) ++count;
        }
    }

    /// @dev Forge likes extreme numbers; an even choice is wanted here.
    function _even(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_acts)));
    }

    /// @dev A token and two wallets; three times in four whatever an officer stopped is set going again first.
    function _pick(uint256 t, uint256 a, uint256 b) private returns (IToken token, address from, address to) {
        (from, to) = (wallets[_even(a) % wallets.length], wallets[_even(b) % wallets.length]);
        uint256 which = _even(t) % 3;
        token = tokens[which];
        if (_even(t) % 4 == 0) return (token, from, to);
        _resume();
        _publishAll();
        (from, to) = (_inUse(from), _inUse(to));
    }

    /// @dev The wallet, or the one that stands for it now, unblocked.
    function _inUse(address wallet) private returns (address) {
        if (_isLost[wallet]) wallet = registry.successorOf(wallet);
        _unblock(wallet);
        return wallet;
    }

    function _resume() private {
        if (uint8(registry.filingOf(FILING)) != uint8(FilingStatus.Effective)) {
            vm.prank(enforcer);
            registry.resume(FILING, EVIDENCE);
        }
        for (uint8 i = 0; i < 3; ++i) {
            vm.prank(enforcer);
            registry.unpause(FILING, i);
        }
    }

    function _publishAll() private {
        uint16[] memory open = registry.openObligations(FILING);
        for (uint256 i = 0; i < open.length; ++i) {
            vm.prank(discloser);
            registry.publish(FILING, open[i], 2, 0, EVIDENCE, "ipfs://x", 0);
        }
    }

    function _unblock(address wallet) private {
        uint256 record = registry.investorOf(wallet);
        if ((record >> 200) & 1 == 0) return;
        vm.prank(enforcer);
        registry.unblockInvestor(wallet, EVIDENCE);
    }

    /// @dev Mostly lots within the balance; sometimes all, nothing, an odd amount, or anything at all.
    function _amount(IToken token, address from, uint256 given) private returns (uint256) {
        uint256 held = balance[token][from];
        uint256 seed = _even(given);
        if (seed % 8 == 0) return held;
        if (seed % 8 == 1) return within(seed >> 8, 0, held + LOT);
        if (seed % 32 == 2) return given;
        return within(seed >> 8, 0, held / LOT) * LOT;
    }

    function _furtherWallet(address known) private returns (address wallet) {
        wallet = address(uint160(uint256(keccak256(abi.encode("wallet", ++_made)))));
        addWallet(known, wallet);
        wallets.push(wallet);
    }
}
