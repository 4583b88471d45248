// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";
import {Test} from "./Vm.sol";
import {IToken} from "./World.sol";

/// @notice Promises over random sequences of everybody's acts. P2, P3, P4, P5, P6 and P9 speak of single acts: `Handler`
/// looks at each act and remembers what broke one. The others are compared with its model here.
contract PromisesTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
    }

    /// @dev Read by forge: acts, and nothing else of the handler. Movements come more often than the rest.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory acts = new bytes4[](23);
        acts[0] = acts[1] = acts[2] = Handler.transfer.selector;
        acts[3] = acts[4] = acts[5] = Handler.mint.selector;
        acts[6] = Handler.transferFrom.selector;
        acts[7] = acts[8] = Handler.transferBatch.selector;
        acts[9] = Handler.redeem.selector;
        acts[10] = Handler.freezeSome.selector;
        acts[11] = Handler.force.selector;
        acts[12] = Handler.lose.selector;
        acts[13] = Handler.block_.selector;
        acts[14] = Handler.renewOne.selector;
        acts[15] = Handler.stop.selector;
        acts[16] = Handler.oblige.selector;
        acts[17] = Handler.announceDate.selector;
        acts[18] = Handler.wait.selector;
        acts[19] = Handler.amortise.selector;
        acts[20] = Handler.writeUp.selector;
        acts[21] = Handler.retire.selector;
        acts[22] = Handler.stopAndResume.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), acts);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @notice One campaign for all of them: forge would run one for each function of this kind.
    function invariant_P1_P2_P3_P4_P5_P6_P7_P9_hold_whatever_everybody_does() external view {
        _supplyIsTheSumOfBalances();
        _whatIsOwedIsWithinTheSupply();
        _holdersAreInvestors();
        _frozenAndLockedAreTheModels();
        if (handler.dates() != 0) _checkDate(handler.dates());
        uint8[6] memory ofActs = [2, 3, 4, 5, 6, 9];
        for (uint256 i = 0; i < ofActs.length; ++i) {
            string memory words = handler.broken(ofActs[i]);
            if (bytes(words).length != 0) revert NotSo(words);
        }
    }

    /// @dev P1: supply = sum of balances = minted less redeemed and retired, and never more is minted than was filed.
    function _supplyIsTheSumOfBalances() private view {
        for (uint256 i = 0; i < 3; ++i) {
            IToken token = handler.tokens(i);
            uint256 sum = 0;
            for (uint256 j = 0; j < handler.walletsCount(); ++j) {
                address wallet = handler.wallets(j);
                uint256 held = token.balanceOf(wallet);
                same(held, handler.balance(token, wallet), "P1 balance");
                sum += held;
            }
            same(token.totalSupply(), sum, "P1 sum");
            same(token.totalSupply(), handler.minted(token) - handler.redeemed(token), "P1 minted less redeemed");
            isTrue(token.minted() == handler.minted(token) && token.minted() <= 10_005, "P1 cap");
        }
    }

    /// @dev P1: what is owed, paid and written down is the model's, and within the face left.
    function _whatIsOwedIsWithinTheSupply() private view {
        if (!handler.isClosed()) return;
        (uint256 outstanding, uint256 paid, uint256 writtenDown) = handler.tokens(0).amortisation();
        same(outstanding, handler.outstanding(), "P1 outstanding");
        same(paid, handler.principalPaid(), "P1 principal paid");
        same(writtenDown, handler.writtenDown(), "P1 written down");
        isTrue(outstanding + writtenDown <= handler.tokens(0).totalSupply(), "P1 owed");
    }

    /// @dev The number of holders is the number of investors that hold something.
    function _holdersAreInvestors() private view {
        for (uint256 i = 0; i < 3; ++i) {
            IToken token = handler.tokens(i);
            same(token.holders(), handler.holdersOf(token), "holders");
        }
    }

    /// @dev P5, the state behind it: frozen amounts and locks are the model's.
    function _frozenAndLockedAreTheModels() private view {
        for (uint256 i = 0; i < 3; ++i) {
            IToken token = handler.tokens(i);
            for (uint256 j = 0; j < handler.walletsCount(); ++j) {
                address wallet = handler.wallets(j);
                uint256 holding = token.holdingOf(wallet);
                same(uint96(holding >> 96), handler.frozen(token, wallet), "P5 frozen");
                same(uint32(holding >> 192), handler.lockedUntil(token, wallet), "P5 locked");
            }
        }
    }

    /// @dev P7: what was held at a record date is what was held when its second began. Every date, once a sequence has
    /// ended; the last one, always.
    function afterInvariant() external view {
        for (uint16 date = 1; date <= handler.dates(); ++date) {
            _checkDate(date);
        }
    }

    function _checkDate(uint16 date) private view {
        for (uint256 i = 0; i < 3; ++i) {
            IToken token = handler.tokens(i);
            same(token.totalSupplyAt(date), handler.supplyAt(token, date), "P7 supply");
            for (uint256 j = 0; j < handler.walletsCount(); ++j) {
                address wallet = handler.wallets(j);
                same(token.balanceOfAt(wallet, date), handler.balanceAt(token, date, wallet), "P7 balance");
            }
        }
    }
}
