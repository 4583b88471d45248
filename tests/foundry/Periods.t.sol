// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServicing} from "../../contracts/interfaces/IServicing.sol";
import {FilingId} from "../../contracts/types/Types.sol";
import {PeriodsHandler} from "./PeriodsHandler.sol";
import {Test} from "./Vm.sol";

/// @notice P13 over random sequences: what is outstanding, written down and due is what the filed waterfall made of the
/// inputs that two keys agreed on, whatever else anybody tried in between.
contract PeriodsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    PeriodsHandler private handler;
    IServicing private servicing;

    function setUp() external {
        handler = new PeriodsHandler();
        handler.setUp();
        servicing = handler.theServicing();
    }

    /// @dev Read by forge: acts, and nothing else of the handler.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](8);
        acts[0] = acts[1] = PeriodsHandler.submitOne.selector;
        acts[2] = acts[3] = PeriodsHandler.confirmOne.selector;
        acts[4] = PeriodsHandler.confirmWrongly.selector;
        acts[5] = acts[6] = PeriodsHandler.payOne.selector;
        acts[7] = PeriodsHandler.redeemSome.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// forge-config: default.invariant.check-interval = 6
    function invariant_P13_periods_close_as_two_keys_and_the_filed_waterfall_say() external view {
        FilingId filing = FilingId.wrap(handler.filing());
        uint32 periods = handler.periods();
        uint256[] memory state = handler.stateNow();
        same(servicing.closedOf(filing), periods, "P13 in order, each once");
        same(servicing.stateHashOf(filing), keccak256(abi.encode(state)), "P13 the state as the waterfall left it");
        same(handler.collected() + 5, handler.left() + state[0], "P13 cash in is cash out and cash left");
        for (uint256 i = 0; i < 3; ++i) {
            (, uint256 paid, uint256 lost) = handler.tokenOf(i).amortisation();
            same(paid, handler.principal(i), "P13 principal paid");
            isTrue(lost <= state[2 + 2 * i], "P13 no loss but what the waterfall allotted");
        }
        _checkDues(filing, periods);
        same(handler.cashOf(address(servicing)), 0, "P13 no money stays in between");
        same(handler.cashOf(handler.theDistribution()), handler.brought(), "P13 what was due was brought");
    }

    /// @dev Of the latest periods; those before were looked at earlier.
    function _checkDues(FilingId filing, uint32 periods) private view {
        for (uint32 period = periods > 8 ? periods - 8 : 1; period <= periods; ++period) {
            for (uint8 i = 0; i < 3; ++i) {
                same(servicing.payableOf(filing, period, i), handler.dueOf(period, i), "P13 what is still due");
            }
        }
    }
}
