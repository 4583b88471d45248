// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {Payment} from "../../contracts/interfaces/IDistribution.sol";
import {Paying} from "./Paying.sol";
import {Test} from "./Vm.sol";
import {CrookedCash, Trick} from "./hostile/CrookedCash.sol";
import {BombingHook, BurningHook, CallingHook, GoodHook, RevertingHook} from "./hostile/Hooks.sol";

/// @notice Subscribers that revert, burn, bomb and call back, and an asset of many tricks, between acts of honest people
/// who must always succeed. Beside them a plain model of what everybody has.
contract HostileHandler is Paying {
    address[] private _hooks;
    CrookedCash private _crooked;
    Payment[] private _crookedPayments;
    mapping(address => uint256) public tokens;
    mapping(address => uint256) public money;
    address[2] public holders;
    uint256 public funded;
    uint256 public published;
    GoodHook public listener;

    function setUp() public override {
        super.setUp();
        holders = [alice, bob];
        mint(free, alice, 5_000);
        mint(free, bob, 5_000);
        (tokens[alice], tokens[bob]) = (5_000, 5_000);
        _crooked = new CrookedCash();
        list(address(_crooked));
        allow(IERC20(address(_crooked)));
        listener = new GoodHook();
        _hooks =
            [address(listener), address(new RevertingHook()), address(new BurningHook()), address(new BombingHook())];
        _hooks.push(address(new CallingHook(address(registry), abi.encodeCall(IRegistry.pause, (FILING, 0)))));
        _hooks.push(address(new CallingHook(address(free), abi.encodeCall(IERC20.transfer, (bob, 10)))));
        _hooks.push(address(new CallingHook(address(free), abi.encodeCall(IERC20.transferFrom, (alice, bob, 10)))));
        vm.prank(discloser);
        registry.subscribe(FILING, address(listener));
    }

    // ------------------------------------------------------------------ the hostile

    /// @dev One subscriber more, or one less; the good one stays.
    function subscribe(uint256 which) external {
        address hook = _hooks[1 + which % (_hooks.length - 1)];
        vm.prank(discloser);
        try registry.subscribe(FILING, hook) {}
        catch {
            vm.prank(discloser);
            registry.unsubscribe(FILING, hook);
        }
    }

    function trick(uint256 which) external {
        _crooked.play(Trick(which % 10));
    }

    function payCrooked(uint256 seed) external {
        uint112 amount = uint112(within(seed, 1, 1e12));
        _crooked.print(payer, amount);
        Payment memory payment = paymentOf(free, takeRecordDate(), address(_crooked), amount);
        vm.prank(payer);
        try distribution.declare{gas: 1_000_000}(payment) {
            _crookedPayments.push(payment);
        } catch {}
    }

    function claimCrooked(uint256 which, uint256 who) external {
        if (_crookedPayments.length == 0) return;
        Payment memory payment = _crookedPayments[which % _crookedPayments.length];
        // It harms nobody else, whatever comes of it.
        try distribution.claim{gas: 1_000_000}(payment, holders[who % 2]) {} catch {}
    }

    // ------------------------------------------------------------------ the honest

    /// @dev Never stopped by a subscriber.
    function publish(uint256 seed) external {
        vm.prank(discloser);
        registry.publish(FILING, 0, 5, "report", bytes32(seed | 1), "", 0);
        ++published;
    }

    function transfer(uint256 who, uint256 seed) external {
        (address from, address to) = who % 2 == 0 ? (alice, bob) : (bob, alice);
        uint256 amount = within(seed, 0, tokens[from] / LOT) * LOT;
        transfer(free, from, to, amount);
        tokens[from] -= amount;
        tokens[to] += amount;
    }

    /// @dev A payment in an honest asset reaches everybody in the same block.
    function payHonest(uint256 seed) external {
        uint112 amount = uint112(within(seed, 1, 1e9));
        give(payer, amount);
        Payment memory payment = declareNow(amount);
        funded += amount;
        push(payment, alice, bob);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 share = distribution.shareOf(payment, holders[i]);
            money[holders[i]] += share;
        }
    }

    function balancesAreTheModels() external view {
        for (uint256 i = 0; i < 2; ++i) {
            same(free.balanceOf(holders[i]), tokens[holders[i]], "P11 tokens");
            same(cash.balanceOf(holders[i]), money[holders[i]], "P11 money");
        }
        same(free.totalSupply(), 10_000, "P11 supply");
        same(cash.balanceOf(address(distribution)), funded - money[alice] - money[bob], "P11 what is not paid out");
        same(listener.calls(), published, "P11 the good subscriber heard everything");
    }
}

/// @notice P11 over random sequences of the hostile and the honest.
contract HostileTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    HostileHandler private handler;

    function setUp() external {
        handler = new HostileHandler();
        handler.setUp();
    }

    /// @dev Read by forge: acts, and nothing else of the handler.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](8);
        acts[0] = HostileHandler.subscribe.selector;
        acts[1] = HostileHandler.trick.selector;
        acts[2] = HostileHandler.payCrooked.selector;
        acts[3] = HostileHandler.claimCrooked.selector;
        acts[4] = HostileHandler.publish.selector;
        acts[5] = acts[6] = HostileHandler.transfer.selector;
        acts[7] = HostileHandler.payHonest.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_P11_the_hostile_change_no_balance_and_block_nobody() external view {
        handler.balancesAreTheModels();
    }
}
