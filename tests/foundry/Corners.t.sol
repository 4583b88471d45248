// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {FilingId, Terms} from "../../contracts/types/Types.sol";
import {Vm} from "./Vm.sol";
import {IToken, World} from "./World.sol";

/// @notice Small truths that random acts seldom meet: the mutants found them untold.
contract CornersTest is World {
    /// @dev The words of ERC-1404, code by code; wallets show them to people.
    function test_each_reason_has_its_own_words() external view {
        string[25] memory words = [
            "no restriction",
            "filing is not effective",
            "token is paused",
            "a disclosure is overdue",
            "tranches of the plan are unmade",
            "token has matured",
            "sender is not known",
            "sender is blocked",
            "spender is blocked",
            "receiver is not known",
            "receiver is blocked",
            "receiver's evidence has expired",
            "suitability has expired",
            "receiver's regime not accepted",
            "risk above receiver's capacity",
            "amount is not a multiple of lot",
            "too many holders",
            "receiver's share is too large",
            "filed amount is exceeded",
            "not the same investor",
            "sender is the receiver",
            "tokens are locked",
            "tokens are frozen",
            "balance is too small",
            "issue is closed"
        ];
        same(uint8(type(Reason).max), words.length - 1, "codes");
        for (uint8 code_ = 0; code_ < words.length; ++code_) {
            string memory found = free.messageForTransferRestriction(code_);
            same(keccak256(bytes(found)), keccak256(bytes(words[code_])), words[code_]);
        }
        string memory other = free.messageForTransferRestriction(25);
        same(keccak256(bytes(other)), keccak256("unknown restriction"), "a code of nobody's");
    }

    /// @dev One unit frozen is carried over like many, and where nothing is frozen nothing is said of it.
    function test_P5_one_frozen_unit_is_carried_over() external {
        mint(free, alice, 100);
        freeze(free, alice, 1);
        address successor = named("alice's successor");
        addWallet(alice, successor);
        recordSuccessor(alice, successor);
        vm.prank(enforcer);
        free.recover(alice);
        same(free.getFrozenTokens(successor), 1, "frozen");

        mint(locked, bob, 100);
        successor = named("bob's successor");
        addWallet(bob, successor);
        recordSuccessor(bob, successor);
        vm.recordLogs();
        vm.prank(enforcer);
        locked.recover(bob);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            isTrue(logs[i].topics[0] != IERC7943Fungible.Frozen.selector, "nothing was frozen");
        }
        same(logs.length, 3, "lock, movement, recovery");
        same(logs[2].topics[0], ISecurityToken.Recovered.selector, "recovery");
    }

    /// @dev Where readers of the filing's word find the number of documents and of subscribers (`IRegistry`).
    function test_the_filings_word_counts_documents_and_subscribers() external {
        vm.startPrank(discloser);
        registry.publish(FILING, 0, 5, "prospectus", EVIDENCE, "", 0);
        registry.publish(FILING, 0, 5, "report", EVIDENCE, "", 0);
        registry.publish(FILING, 0, 5, "rating", EVIDENCE, "", 0);
        registry.subscribe(FILING, address(free));
        registry.subscribe(FILING, address(limited));
        vm.stopPrank();
        uint256 word = registry.filingOf(FILING);
        same((word >> 177) & 0xffff, 3, "documents");
        same((word >> 193) & 15, 2, "subscribers");
        same(word >> 197, 0, "nothing above");
    }

    /// @dev A document that fulfils no obligation has no next due second.
    function test_only_an_obligation_is_due_again() external {
        vm.expectRevert(
            abi.encodeWithSelector(IRegistry.NextDueWrong.selector, FILING, uint16(0), START + 5, uint40(0), uint40(0))
        );
        vm.prank(discloser);
        registry.publish(FILING, 0, 5, "report", EVIDENCE, "", START + 5);
    }

    /// @dev 40 % of 10,005 is 4,002: rounded down, and to the unit where the lot is one (R-57).
    function test_the_largest_share_is_counted_to_the_unit() external {
        FilingId filing = FilingId.wrap(9);
        Terms[] memory list = terms();
        list[1].lot = 1;
        list[1].maxHolders = 0;
        _file(filing, list);
        create(filing, list, 3);
        IToken token = IToken(registry.tokenOf(filing, 1));
        same(uint8(token.reasonAgainstMint(alice, LARGEST)), uint8(Reason.None), "all that one may hold");
        same(uint8(token.reasonAgainstMint(alice, LARGEST + 1)), uint8(Reason.ShareLimit), "a unit more");
    }

    /// @dev An obligation that is not open is unknown, though another one is open.
    function test_an_unknown_obligation_says_nothing() external {
        vm.prank(discloser);
        registry.openObligation(FILING, 2, START + 10 days, 0, 0);
        (uint16 kind,,,) = registry.obligationOf(FILING, 1);
        same(kind, 2, "kind");
        uint16[] memory open = registry.openObligations(FILING);
        isTrue(open.length == 1 && open[0] == 1, "the one that is open");
        vm.expectRevert(abi.encodeWithSelector(IRegistry.ObligationUnknown.selector, FILING, uint16(2)));
        registry.obligationOf(FILING, 2);
    }
}
