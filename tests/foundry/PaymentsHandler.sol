// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IDistribution, Payment, Progress, Unpaid} from "../../contracts/interfaces/IDistribution.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Admission} from "../../contracts/types/Types.sol";
import {Paying} from "./Paying.sol";
import {IToken} from "./World.sol";
import {Coin} from "./hostile/Coins.sol";

/// @notice Declares and pays at random on two tokens in two assets, while officers block and wallets are lost, and
/// keeps a plain model beside: what each held at each record date, and what each has received.
contract PaymentsHandler is Paying {
    /// @notice A payment in plain numbers.
    struct Told {
        uint256 pot;
        uint256 paid;
        uint256 settled;
    }

    uint256 private constant MOST_OPEN = 12;
    uint256 private constant MOST_WALLETS = 20;

    address[] public wallets;
    IToken[2] public tokens;
    IERC20[2] public assets;
    uint16 public dates;
    Told[] private _told;
    Payment[] private _payments;
    // Those before are paid to the last.
    uint256 private _first;

    mapping(IToken => mapping(uint16 date => mapping(address => uint256))) private _heldAt;
    mapping(uint256 payment => mapping(address holder => bool)) private _isPaid;
    mapping(address lost => address) private _successor;
    mapping(IERC20 => mapping(address => uint256)) public received;
    mapping(IERC20 => uint256) public brought;
    mapping(IERC20 => uint256) public paidOut;
    mapping(IToken => mapping(IERC20 => uint256)) public carried;
    uint256 private _made;
    uint256 private _acts;

    function setUp() public override {
        super.setUp();
        Coin coin = new Coin();
        coin.mint(payer, 1e15);
        list(address(coin));
        allow(IERC20(address(coin)));
        tokens = [free, limited];
        assets = [IERC20(address(cash)), IERC20(address(coin))];
        _fill();
        address[7] memory people = [alice, bob, carol, dave, named("erin"), named("finn"), named("gwen")];
        for (uint256 i = 0; i < people.length; ++i) {
            if (i > 3) admit(people[i]);
            wallets.push(people[i]);
        }
        wallets.push(stranger);
        _furtherWallet(alice);
        for (uint256 i = 0; i < 3; ++i) {
            mint(free, wallets[i * 2], 1_000 + i * 370);
            mint(limited, wallets[i * 2 + 1], 770 + i * 1_000);
        }
    }

    /// @dev So many wallets are known that those in use have their marks in two words.
    function _fill() private {
        Admission[] memory rows = new Admission[](250);
        for (uint256 i = 0; i < rows.length; ++i) {
            rows[i] = Admission(address(uint160(0x10000 + i)), good(), EVIDENCE);
        }
        vm.prank(admitter);
        registry.admit(rows);
    }

    // ------------------------------------------------------------------ payments

    function declareOne(uint256 t, uint256 a, uint256 seed) external {
        if (_payments.length == _first + MOST_OPEN) settleAll();
        if (dates == 0 || _even(seed) % 2 == 0) takeDate();
        IToken token = tokens[_even(t) % 2];
        IERC20 asset = assets[_even(a) % 2];
        uint16 date = uint16(within(_even(seed), 1, dates));
        uint112 funded = uint112(within(_even(seed), 1, 10 ** within(_even(seed), 1, 9)));
        Payment memory payment = paymentOf(token, date, address(asset), funded);
        payment.needsEvidence = _even(seed) % 3 == 0;
        if (payment.supply == 0) return;
        declare(payment);
        _payments.push(payment);
        _told.push(Told(funded + carried[token][asset], 0, 0));
        carried[token][asset] = 0;
        brought[asset] += funded;
    }

    function claimOne(uint256 p, uint256 w) external {
        if (_payments.length == 0) return;
        (uint256 which, address holder) = (_which(p), _any(w));
        Payment memory payment = _payments[which];
        (Unpaid wanted, address payee) = _expected(which, holder);
        (Unpaid said, address named_) = distribution.reasonAgainst(payment, holder);
        same(uint256(said), uint256(wanted), "P8 the preview tells the truth");
        if (wanted != Unpaid.None) expectNotPaid(payment, holder, wanted);
        vm.prank(_any(w));
        uint256 amount = distribution.claim(payment, holder);
        if (wanted != Unpaid.None) return;
        same(named_, payee, "P8 the payee");
        same(amount, _shareOf(which, holder), "P8 the share");
        same(distribution.shareOf(payment, holder), amount, "P8 the share as told");
        _settle(which, holder, payee);
    }

    /// @dev Some of the wallets in any order, some of them twice.
    function pushSome(uint256 p, uint256 seed) external {
        if (_payments.length == 0) return;
        uint256 which = _which(p);
        address[] memory holders = new address[](within(_even(seed), 0, 12));
        uint256 wanted = 0;
        for (uint256 i = 0; i < holders.length; ++i) {
            holders[i] = _any(seed);
            (Unpaid why, address payee) = _expected(which, holders[i]);
            if (why != Unpaid.None) continue;
            ++wanted;
            _settle(which, holders[i], payee);
        }
        same(distribution.push(_payments[which], holders), wanted, "P8 all who can be paid, once");
    }

    function payOneElsewhere(uint256 p, uint256 w) external {
        if (_payments.length == 0) return;
        (uint256 which, address holder) = (_which(p), _any(w));
        bool isDue = _held(which, holder) != 0 && !_isPaid[which][holder];
        bytes memory data =
            abi.encodeCall(IDistribution.payElsewhere, (_payments[which], holder, address(bank), EVIDENCE));
        setAccount(bank, true);
        vm.prank(enforcer);
        (bool isDone,) = address(distribution).call(data);
        isTrue(isDone == isDue, "P8 elsewhere what is due, and once");
        if (isDue) _settle(which, holder, bank);
    }

    // ------------------------------------------------------------------ everything else

    function takeDate() public {
        dates = takeRecordDate();
        for (uint256 i = 0; i < 2; ++i) {
            for (uint256 j = 0; j < wallets.length; ++j) {
                _heldAt[tokens[i]][dates][wallets[j]] = tokens[i].balanceOf(wallets[j]);
            }
        }
    }

    function move(uint256 t, uint256 a, uint256 b, uint256 seed) external {
        (IToken token, address from, address to) = (tokens[_even(t) % 2], _any(a), _any(b));
        uint256 held = token.balanceOf(from);
        uint256 amount = _even(seed) % 3 == 0 ? held : within(_even(seed), 0, held / LOT) * LOT;
        reasonOf(from, address(token), abi.encodeCall(IERC20.transfer, (to, amount)));
    }

    function mintOrRedeem(uint256 t, uint256 a, uint256 seed) external {
        (IToken token, address wallet) = (tokens[_even(t) % 2], _any(a));
        uint256 amount = within(_even(seed), 1, 50) * LOT;
        if (_even(seed) % 2 == 0) reasonOf(wallet, address(token), abi.encodeCall(ISecurityToken.redeem, (amount)));
        else if (token.reasonAgainstMint(wallet, amount) == Reason.None) mint(token, wallet, amount);
    }

    function blockOrUnblock(uint256 w) external {
        address wallet = _any(w);
        if (wallet == stranger) return;
        if (_even(w) % 2 == 0) blockOne(wallet);
        else unblock(wallet);
    }

    /// @dev Evidence that ends soon, or holds.
    function renewOne(uint256 w, uint256 seed) external {
        address wallet = _any(w);
        if (wallet == stranger) return;
        uint40 until = uint40(block.timestamp + within(_even(seed), 0, 5 days));
        bool holds = _even(seed) % 2 == 0;
        renew(wallet, facts(1, RISK, holds ? MATURITY : until, _even(seed) % 2 == 0 ? MATURITY : until));
    }

    function lose(uint256 w) external {
        address lost = _any(w);
        if (lost == stranger || _successor[lost] != address(0) || wallets.length == MOST_WALLETS) return;
        address successor = _furtherWallet(lost);
        recordSuccessor(lost, successor);
        _successor[lost] = successor;
        for (uint256 i = 0; i < 2; ++i) {
            if (_even(w) % 2 == 0) {
                reasonOf(enforcer, address(tokens[i]), abi.encodeCall(ISecurityToken.recover, (lost)));
            }
        }
    }

    function wait(uint256 seed) external {
        vm.warp(block.timestamp + within(seed, 1, 3 days));
    }

    /// @dev Whoever waits is let go, and everybody is paid: nothing but dust stays of the payments so far.
    function settleAll() public {
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (wallets[i] == stranger) continue;
            unblock(wallets[i]);
            renew(wallets[i], good());
        }
        for (; _first < _payments.length; ++_first) {
            for (uint256 i = 0; i < wallets.length; ++i) {
                (Unpaid why, address payee) = _expected(_first, wallets[i]);
                if (why == Unpaid.None) _settle(_first, wallets[i], payee);
            }
            distribution.push(_payments[_first], wallets);
            Progress memory found = distribution.progressOf(_payments[_first]);
            same(found.settled, _payments[_first].supply, "P8 all are settled");
            same(found.paid + found.dust, _told[_first].pot, "P8 paid and dust");
        }
    }

    // ------------------------------------------------------------------ the model

    /// @notice Payments that somebody may wait for still, completed ones among them.
    function payments() external view returns (uint256 first, uint256 end) {
        return (_first, _payments.length);
    }

    function walletsCount() external view returns (uint256) {
        return wallets.length;
    }

    function paymentAt(uint256 which) external view returns (Payment memory, Told memory) {
        return (_payments[which], _told[which]);
    }

    /// @notice The shares of all who have not been paid.
    function unclaimed(uint256 which) external view returns (uint256 sum) {
        for (uint256 i = 0; i < wallets.length; ++i) {
            if (!_isPaid[which][wallets[i]]) sum += _shareOf(which, wallets[i]);
        }
    }

    function heldInAll(uint256 which) external view returns (uint256 sum) {
        for (uint256 i = 0; i < wallets.length; ++i) {
            sum += _held(which, wallets[i]);
        }
    }

    function theDistribution() external view returns (IDistribution) {
        return distribution;
    }

    function theBank() external view returns (address) {
        return bank;
    }

    function _expected(uint256 which, address holder) private view returns (Unpaid, address payee) {
        payee = holder;
        while (_successor[payee] != address(0)) payee = _successor[payee];
        if (_held(which, holder) == 0) return (Unpaid.NothingHeld, payee);
        if (_isPaid[which][holder]) return (Unpaid.AlreadyPaid, payee);
        uint256 record = registry.investorOf(payee);
        if ((record >> 200) & 1 != 0) return (Unpaid.PayeeBlocked, payee);
        bool isProven = block.timestamp <= uint40(record >> 120) && block.timestamp <= uint40(record >> 160);
        if (_payments[which].needsEvidence && !isProven) return (Unpaid.EvidenceExpired, payee);
        return (Unpaid.None, payee);
    }

    function _held(uint256 which, address holder) private view returns (uint256) {
        return _heldAt[IToken(_payments[which].token)][_payments[which].recordDate][holder];
    }

    function _shareOf(uint256 which, address holder) private view returns (uint256) {
        return _held(which, holder) * _told[which].pot / _payments[which].supply;
    }

    function _settle(uint256 which, address holder, address payee) private {
        Told storage told = _told[which];
        IERC20 asset = IERC20(_payments[which].asset);
        uint256 amount = _shareOf(which, holder);
        _isPaid[which][holder] = true;
        told.paid += amount;
        told.settled += _held(which, holder);
        received[asset][payee] += amount;
        paidOut[asset] += amount;
        if (told.settled == _payments[which].supply) {
            carried[IToken(_payments[which].token)][asset] += told.pot - told.paid;
        }
    }

    /// @dev Mostly one of those not paid to the last.
    function _which(uint256 seed) private returns (uint256) {
        uint256 from = _even(seed) % 8 == 0 || _first == _payments.length ? 0 : _first;
        return within(_even(seed), from, _payments.length - 1);
    }

    /// @dev Forge likes extreme numbers; an even choice is wanted here.
    function _even(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_acts)));
    }

    function _any(uint256 seed) private returns (address) {
        return wallets[_even(seed) % wallets.length];
    }

    function _furtherWallet(address known) private returns (address wallet) {
        wallet = address(uint160(uint256(keccak256(abi.encode("further", ++_made)))));
        addWallet(known, wallet);
        wallets.push(wallet);
    }
}
