// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {IRegistry} from "../../contracts/interfaces/IRegistry.sol";
import {ITokenFactory} from "../../contracts/interfaces/ITokenFactory.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {FilingId, Terms} from "../../contracts/types/Types.sol";
import {IToken, World} from "./World.sol";

/// @notice What was filed is what exists.
contract FactoryTest is World {
    FilingId private constant OTHER = FilingId.wrap(8);

    function test_P3_a_changed_plan_is_refused() external {
        Terms[] memory list = terms();
        _file(OTHER, list);
        bytes32 filed = registry.planHashOf(OTHER);
        list[2].cap += 1;
        bytes32 given = factory.planHash(code, list, OFFCHAIN);
        vm.expectRevert(abi.encodeWithSelector(ITokenFactory.PlanDiffers.selector, OTHER, given, filed));
        create(OTHER, list, 1);
        list[2].cap -= 1;
        vm.expectRevert();
        vm.prank(issuer);
        factory.create(OTHER, bytes.concat(code, hex"00"), list, OFFCHAIN, 1);
        vm.expectRevert();
        vm.prank(issuer);
        factory.create(OTHER, code, list, keccak256("another deal"), 1);
        create(OTHER, list, 3);
    }

    function test_P3_tranches_are_made_in_order_and_none_mints_before_the_last() external {
        Terms[] memory list = terms();
        _file(OTHER, list);
        address[] memory first = create(OTHER, list, 1);
        IToken token = IToken(first[0]);
        same(uint256(token.reasonAgainstMint(alice, 100)), uint256(Reason.PlanIncomplete), "one of three");
        address[] memory rest = create(OTHER, list, 3);
        same(rest.length, 2, "the rest");
        same(uint256(token.reasonAgainstMint(alice, 100)), 0, "complete");
        vm.expectRevert(abi.encodeWithSelector(ITokenFactory.NothingToCreate.selector, OTHER, 3, 3));
        create(OTHER, list, 3);
        same(IToken(rest[1]).tranche(), 2, "number");
    }

    function test_P3_addresses_follow_from_the_plan_whoever_sends() external view {
        Terms[] memory list = terms();
        for (uint8 i = 0; i < 3; ++i) {
            same(factory.addressOf(FILING, i, code, list[i]), registry.tokenOf(FILING, i), "address");
        }
        isTrue(factory.addressOf(OTHER, 0, code, list[0]) != address(free), "another filing");
        isTrue(factory.addressOf(FILING, 1, code, list[0]) != address(free), "another place");
    }

    function test_P3_the_token_says_what_was_filed() external view {
        Terms[] memory list = terms();
        same(keccak256(abi.encode(free.terms())), keccak256(abi.encode(list[0])), "terms");
        same(keccak256(abi.encode(limited.terms())), keccak256(abi.encode(list[1])), "terms");
        same(keccak256(abi.encode(locked.terms())), keccak256(abi.encode(list[2])), "terms");
        same(keccak256(bytes(free.name())), keccak256("Ji Shi Dai 2022-3 senior"), "name");
        same(keccak256(bytes(free.symbol())), keccak256("JSD-A"), "symbol");
        same(free.decimals(), 2, "decimals");
        same(FilingId.unwrap(free.filing()), FilingId.unwrap(FILING), "filing");
        same(free.registry(), address(registry), "registry");
    }

    function test_P3_only_an_effective_filing() external {
        vm.prank(registrar);
        registry.recordFiling(OTHER, keccak256("plan"), 3, 0);
        vm.expectRevert(abi.encodeWithSelector(ITokenFactory.FilingNotEffective.selector, OTHER));
        create(OTHER, terms(), 3);
    }

    function test_P3_as_many_tranches_as_were_recorded() external {
        Terms[] memory list = terms();
        bytes32 planHash = factory.planHash(code, list, OFFCHAIN);
        vm.prank(registrar);
        registry.recordFiling(OTHER, planHash, 2, 0);
        vm.prank(enforcer);
        registry.makeEffective(OTHER, EVIDENCE);
        vm.expectRevert(abi.encodeWithSelector(ITokenFactory.TrancheCountDiffers.selector, OTHER, 3, 2));
        create(OTHER, list, 3);
    }

    function test_P3_terms_without_a_lot_or_a_name_make_no_token() external {
        for (uint256 i = 0; i < 3; ++i) {
            FilingId filing = FilingId.wrap(uint64(20 + i));
            Terms[] memory list = terms();
            if (i == 0) list[0].lot = 0;
            if (i == 1) list[0].name = bytes32(type(uint256).max);
            if (i == 2) list[0].symbol = 0;
            _file(filing, list);
            vm.expectRevert();
            create(filing, list, 1);
        }
    }

    function test_P10_the_factory_alone_attaches() external {
        vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, issuer, Roles.FACTORY));
        vm.prank(issuer);
        registry.attach(FILING, 3, alice);
        vm.expectRevert(abi.encodeWithSelector(IRegistry.TrancheOutOfOrder.selector, FILING, 3, 3));
        vm.prank(address(factory));
        registry.attach(FILING, 3, alice);
    }

    function test_P10_nobody_puts_another_manager_in_place() external {
        address[3] memory managed = [address(registry), address(factory), address(free)];
        for (uint256 i = 0; i < 3; ++i) {
            same(IManaged(managed[i]).authority(), address(manager), "authority");
            vm.expectRevert();
            manager.updateAuthority(managed[i], address(manager));
        }
    }

    function test_size_leaves_room_for_what_follows() external view {
        isTrue(address(free).code.length <= 17_500, "runtime size");
    }

    function test_codes_have_words(uint8 reason) external view {
        bytes memory words = bytes(free.messageForTransferRestriction(reason));
        isTrue(words.length != 0 && words.length < 32, "words");
        bool isUnknown = keccak256(words) == keccak256("unknown restriction");
        isTrue(isUnknown == (reason > uint8(type(Reason).max)), "known codes");
    }
}

