// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC1404} from "../../contracts/interfaces/IERC1404.sol";
import {IERC7943Fungible} from "../../contracts/interfaces/IERC7943Fungible.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {World} from "./World.sol";

/// @notice ERC-20, 165, 1404, 2612, 5267, 7943.
contract StandardsTest is World {
    function test_interface_ids() external view {
        same(bytes32(type(IERC7943Fungible).interfaceId), bytes32(bytes4(0x3edbb4c4)), "ERC-7943, final");
        isTrue(free.supportsInterface(0x3edbb4c4), "ERC-7943");
        isTrue(free.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        isTrue(free.supportsInterface(type(IERC20).interfaceId), "ERC-20");
        isTrue(free.supportsInterface(type(IERC1404).interfaceId), "ERC-1404");
        isTrue(free.supportsInterface(type(IERC5267).interfaceId), "ERC-5267");
        isTrue(!free.supportsInterface(0xffffffff), "none");
    }

    function test_an_allowance_is_spent_and_an_endless_one_is_not() external {
        mint(free, alice, 1_000);
        vm.prank(alice);
        free.approve(bob, 300);
        vm.prank(bob);
        free.transferFrom(alice, carol, 200);
        same(free.allowance(alice, bob), 100, "left");
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, bob, 100, 110));
        vm.prank(bob);
        free.transferFrom(alice, carol, 110);
        vm.prank(alice);
        free.approve(bob, type(uint256).max);
        vm.prank(bob);
        free.transferFrom(alice, carol, 500);
        same(free.allowance(alice, bob), type(uint256).max, "endless");
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        vm.prank(alice);
        free.approve(address(0), 1);
    }

    function test_a_permit_serves_once() external {
        uint256 key = uint256(keccak256("permit"));
        address owner = vm.addr(key);
        admit(owner);
        mint(free, owner, 100);
        bytes32 permitType =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 deadline = block.timestamp;
        bytes32 content = keccak256(abi.encode(permitType, owner, bob, 60, 0, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", free.DOMAIN_SEPARATOR(), content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        free.permit(owner, bob, 60, deadline, v, r, s);
        same(free.allowance(owner, bob), 60, "allowance");
        same(free.nonces(owner), 1, "nonce");
        vm.expectRevert();
        free.permit(owner, bob, 60, deadline, v, r, s);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(bytes4(keccak256("ERC2612ExpiredSignature(uint256)")), deadline));
        free.permit(owner, bob, 60, deadline, v, r, s);
    }

    function test_the_domain_is_the_tokens_own() external view {
        (, string memory name, string memory version, uint256 chainId, address where,,) = free.eip712Domain();
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 wanted = keccak256(
            abi.encode(domainType, keccak256(bytes(name)), keccak256(bytes(version)), chainId, address(free))
        );
        same(free.DOMAIN_SEPARATOR(), wanted, "separator");
        same(where, address(free), "contract");
        same(keccak256(bytes(version)), keccak256("1"), "version");
    }

    /// @dev Bytes after the arguments, such as an operation id, change nothing.
    function test_an_operation_id_may_follow_the_arguments() external {
        mint(free, alice, 100);
        bytes memory data = abi.encodePacked(abi.encodeCall(IERC20.transfer, (bob, 40)), keccak256("operation"));
        same(uint256(reasonOf(alice, address(free), data)), 0, "done");
        same(free.balanceOf(bob), 40, "balance");
    }

    function testFuzz_P6_previews_never_revert(address from, address to, uint256 amount, uint256 seed) external {
        mint(limited, alice, 1_000);
        if (seed % 2 == 0) from = alice;
        if (seed % 3 == 0) to = bob;
        if (seed % 5 == 0) freeze(limited, alice, amount);
        Reason reason = limited.reasonAgainst(from, to, amount);
        same(limited.detectTransferRestriction(from, to, amount), uint256(reason), "ERC-1404");
        bool isAllowed = reason == Reason.None || reason == Reason.InsufficientBalance;
        isTrue(limited.canTransfer(from, to, amount) == isAllowed, "ERC-7943");
        if (isAllowed) isTrue(limited.canSend(from) && limited.canReceive(to), "parties");
        limited.reasonAgainstMint(to, amount);
    }
}
