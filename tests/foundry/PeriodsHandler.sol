// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServicing, Paid} from "../../contracts/interfaces/IServicing.sol";
import {Payment} from "../../contracts/interfaces/IDistribution.sol";
import {Closing} from "./Closing.sol";
import {IToken} from "./World.sol";

/// @notice Servicers submit, trustees confirm, payers pay, holders redeem, in any order, rightly and wrongly; what each
/// act must come to is computed beside, without the machine.
contract PeriodsHandler is Closing {
    uint32 public periods;
    uint256[CLASSES] public principal; // paid of each class, ever
    mapping(uint32 period => uint256[CLASSES]) private _owing; // still to be paid
    uint256 public brought; // by payers
    uint256 public collected; // of cash, ever
    uint256 public left; // to classes, ever
    // What was submitted for the next period, and by whom; nobody: nothing was.
    uint256[] private _submitted;
    address private _submitter;
    uint16 private _date;
    uint256 private _acts;

    function setUp() public override {
        super.setUp();
        mint(classToken(0), alice, 9_990);
        mint(classToken(1), alice, 4_000);
        mint(classToken(1), bob, 4_000);
        mint(classToken(2), carol, 8_000);
        open();
        vm.warp(block.timestamp + LOCK);
        _date = takeDealDate();
    }

    // ------------------------------------------------------------------ acts

    function submitOne(uint256 seed) external {
        uint256[] memory inputs = _anyInputs(seed);
        (uint256[] memory next, Paid[] memory paid) = expected(inputs);
        _submitter = _even(seed) % 2 == 0 ? reporter : otherReporter;
        vm.prank(_submitter);
        servicing.submit(DEAL, periods + 1, keccak256(abi.encode(inputs)), REPORT, keccak256(abi.encode(next, paid)));
        _submitted = inputs;
    }

    /// @dev A holder may have redeemed since: then the chain comes to something else than was submitted.
    function confirmOne(uint256 seed) external {
        if (_submitter == address(0)) {
            vm.expectRevert(abi.encodeWithSelector(IServicing.NothingSubmitted.selector, DEAL, periods + 1));
            confirm(periods + 1, _anyInputs(seed));
            return;
        }
        uint256[] memory inputs = _submitted;
        (uint256[] memory next, Paid[] memory paid) = expected(inputs);
        bytes32 wanted = servicing.submissionOf(DEAL).result;
        bytes32 found = keccak256(abi.encode(next, paid));
        bool isSame = found == wanted;
        if (!isSame) vm.expectRevert(abi.encodeWithSelector(IServicing.ResultDiffers.selector, found, wanted));
        confirm(periods + 1, inputs);
        if (isSame) _follow(inputs, next, paid);
    }

    /// @dev One key, or other figures: nothing happens.
    function confirmWrongly(uint256 seed) external {
        uint256[] memory inputs = _submitter == address(0) ? _anyInputs(seed) : _submitted;
        uint256[] memory before = state;
        uint256 kind = _even(seed) % 4;
        address sender = kind == 0 ? reporter : kind == 1 ? payer : trustee;
        if (kind == 2) inputs[2] += 1;
        if (kind == 3) before[0] += 1;
        vm.prank(sender);
        try servicing.confirm(DEAL, periods + 1, REPORT, program, inputs, before) {
            revert NotSo("P13 a period closed that nobody may close");
        } catch {}
    }

    function payOne(uint256 p, uint256 c) external {
        if (periods == 0) return;
        uint32 period = uint32(within(_even(p), 1, periods));
        uint8 class = uint8(_even(c) % CLASSES);
        uint256 due = _owing[period][class];
        Payment memory payment = paymentOf(period, class, _date, uint112(due));
        if (due == 0) vm.expectRevert(abi.encodeWithSelector(IServicing.NothingToPay.selector, DEAL, period, class));
        pay(period, class, payment);
        _owing[period][class] = 0;
        brought += due;
    }

    function redeemSome(uint256 c, uint256 amount) external {
        uint256 class = _even(c) % CLASSES;
        IToken token = classToken(class);
        address holder = class == 0 ? alice : class == 1 ? bob : carol;
        uint256 lots = token.balanceOf(holder) / 10;
        if (lots < 2) return;
        vm.prank(holder);
        token.redeem(within(_even(amount), 1, lots / 2) * 10);
    }

    // ------------------------------------------------------------------ the model

    function _follow(uint256[] memory inputs, uint256[] memory next, Paid[] memory paid) private {
        periods += 1;
        state = next;
        _submitter = address(0);
        collected += inputs[0];
        for (uint256 i = 0; i < CLASSES; ++i) {
            principal[i] += paid[i].principal;
            _owing[periods][i] = paid[i].due;
            left += paid[i].interest + paid[i].principal + paid[i].residual;
        }
    }

    /// @dev Much is collected seldom, so that many periods pass before all is repaid.
    function _anyInputs(uint256 seed) private returns (uint256[] memory) {
        uint256 money = within(_even(seed), 0, _even(seed) % 8 == 0 ? 3_000 : 250);
        uint256 lost = _even(seed) % 3 == 0 ? within(_even(seed), 0, 400) : 0;
        return inputsOf(money, lost, _even(seed) % 3 == 0 ? within(_even(seed), 0, 300) : 0);
    }

    /// @dev Forge likes small and large numbers: an even spread, another each time.
    function _even(uint256 seed) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++_acts)));
    }

    // ------------------------------------------------------------------ what the invariants read

    function theServicing() external view returns (IServicing) {
        return servicing;
    }

    function dueOf(uint32 period, uint8 class) external view returns (uint256) {
        return _owing[period][class];
    }

    function stateNow() external view returns (uint256[] memory) {
        return state;
    }

    function tokenOf(uint256 class) external view returns (IToken) {
        return classToken(class);
    }

    function cashOf(address account) external view returns (uint256) {
        return cash.balanceOf(account);
    }

    function theDistribution() external view returns (address) {
        return address(distribution);
    }

    function filing() external pure returns (uint64) {
        return 8;
    }
}
