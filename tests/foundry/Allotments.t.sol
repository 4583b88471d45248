// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IDepositToken} from "../../contracts/interfaces/IDepositToken.sol";
import {IManaged} from "../../contracts/interfaces/IManaged.sol";
import {ISecurityToken} from "../../contracts/interfaces/ISecurityToken.sol";
import {ISettlement, Order, Permit, Trade} from "../../contracts/interfaces/ISettlement.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Roles} from "../../contracts/types/Roles.sol";
import {Approval as MintApproval} from "../../contracts/types/Types.sol";
import {Market} from "./Market.sol";
import {IToken} from "./World.sol";
import {Vm} from "./Vm.sol";
import {CrookedCash} from "./hostile/CrookedCash.sol";

/// @notice Allotment against payment: two keys mint, the investors' orders pay, and all of it happens or none.
contract AllotmentsTest is Market {
    address private uma;

    function setUp() public override {
        super.setUp();
        uma = person("uma");
        ready(free, sam, 0, bea, RICH);
        ready(free, sam, 0, uma, RICH);
    }

    /// @dev bea orders 100 for 9,900, uma 50 for 5,000.
    function _orders() private returns (Order[] memory orders) {
        orders = new Order[](2);
        orders[0] = orderOf(free, bea, 100, 9_900);
        orders[1] = orderOf(free, uma, 50, 5_000);
    }

    function _refuse(bytes memory refusal, Order[] memory orders) private {
        _refuse(refusal, orders, signaturesOf(orders), approvalOf(nextOperation()));
    }

    function _refuse(
        bytes memory refusal,
        Order[] memory orders,
        bytes[] memory signatures,
        MintApproval memory approval
    ) private {
        bytes memory signature = approve(free, orders, approval);
        vm.expectRevert(refusal);
        vm.prank(issuer);
        desk.allot(orders, signatures, new Permit[](orders.length), approval, signature);
        _nothingMoved();
    }

    function _nothingMoved() private view {
        has(free, bea, 0, RICH, "bea");
        has(free, uma, 0, RICH, "uma");
        has(free, proceeds, 0, 0, "proceeds");
        same(free.totalSupply(), 0, "supply");
    }

    // ------------------------------------------------------------------ all of it

    function test_P12_an_allotment_is_paid_and_says_so() external {
        Order[] memory orders = _orders();
        MintApproval memory approval = approvalOf(nextOperation());
        isTrue(!desk.isFilled(bea, orders[0].id), "not yet");
        vm.recordLogs();
        allot(free, orders, signaturesOf(orders), approval);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        has(free, bea, 100, RICH - 9_900, "bea");
        has(free, uma, 50, RICH - 5_000, "uma");
        has(free, proceeds, 0, 14_900, "proceeds");
        has(free, address(desk), 0, 0, "contract");
        isTrue(free.spent(approval.operation), "the operation is spent");
        isTrue(desk.isFilled(bea, orders[0].id) && desk.isFilled(uma, orders[1].id), "so are the orders");
        isTrue(!desk.isFilled(uma, orders[0].id), "each to its investor");
        uint256 found = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(desk)) continue;
            Order memory order = orders[found++];
            same(logs[i].topics[0], ISettlement.Allotted.selector, "event");
            same(logs[i].topics[1], approval.operation, "operation");
            same(logs[i].topics[2], bytes32(uint256(uint160(order.buyer))), "buyer");
            same(logs[i].topics[3], order.id, "order");
            bytes memory data = abi.encode(order.token, order.amount, order.asset, order.price);
            same(keccak256(logs[i].data), keccak256(data), "data");
        }
        same(found, 2, "events");
    }

    function test_P12_one_investor_orders_twice_and_in_two_assets() external {
        CrookedCash other = new CrookedCash();
        list(address(other));
        other.print(bea, 70);
        vm.prank(bea);
        other.approve(address(desk), 70);
        Order[] memory orders = new Order[](2);
        orders[0] = orderOf(free, bea, 100, 9_900);
        orders[1] = orderOf(free, bea, 50, 70);
        orders[1].asset = address(other);
        allot(free, orders);
        has(free, bea, 150, RICH - 9_900, "bea");
        same(other.balanceOf(proceeds), 70, "the other asset");
    }

    function test_P12_an_order_may_bring_its_permit() external {
        allow(address(cash), bea, 0);
        allow(address(cash), uma, 0);
        Order[] memory orders = _orders();
        Permit[] memory permits = new Permit[](2);
        permits[0] = permitOf(address(cash), bea, 9_900);
        permits[1] = permitOf(address(cash), uma, 5_000);
        Permit memory used = permits[1];
        vm.prank(stranger);
        cash.permit(uma, address(desk), used.value, used.deadline, used.v, used.r, used.s);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        bytes[] memory signatures = signaturesOf(orders);
        vm.prank(issuer);
        desk.allot(orders, signatures, permits, approval, signature);
        has(free, proceeds, 0, 14_900, "proceeds");
        same(cash.allowance(bea, address(desk)), 0, "nothing is left");
    }

    // ------------------------------------------------------------------ or none of it

    function test_P12_one_order_unpaid_and_none_is_filled() external {
        Order[] memory orders = _orders();
        orders[1].price = RICH + 1;
        _refuse(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, uma, RICH, RICH + 1), orders);
        isTrue(!desk.isFilled(bea, orders[0].id), "the order is kept");
        orders = _orders();
        allow(address(cash), uma, 4_999);
        bytes4 tooLittle = IERC20Errors.ERC20InsufficientAllowance.selector;
        _refuse(abi.encodeWithSelector(tooLittle, desk, 4_999, 5_000), orders);
    }

    function test_P12_one_order_against_the_rules_and_none_is_filled() external {
        Order[] memory orders = _orders();
        orders[1].amount = 55;
        _refuse(_refusal(Reason.NotALot, uma, 55), orders);
        orders = _orders();
        orders[0].amount = CAP + 5;
        _refuse(_refusal(Reason.CapExceeded, bea, CAP + 5), orders);
        renew(uma, facts(4, RISK, MATURITY, MATURITY));
        orders = _orders();
        _refuse(_refusal(Reason.RegimeNotAccepted, uma, 50), orders);
        blockOne(bea);
        orders = _orders();
        _refuse(abi.encodeWithSelector(IDepositToken.MayNotHold.selector, bea), orders);
    }

    function _refusal(Reason reason, address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ISecurityToken.TransferRefused.selector, reason, address(0), to, amount);
    }

    function test_P12_every_investor_signs_exactly_his_order() external {
        Order[] memory orders = _orders();
        bytes[] memory signatures = signaturesOf(orders);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory wrong = abi.encodeWithSelector(ISettlement.BadSignature.selector, uma);
        orders[1].price += 1;
        _refuse(wrong, orders, signatures, approval);
        orders[1].price -= 1;
        orders[1].amount += LOT;
        _refuse(wrong, orders, signatures, approval);
        orders[1].amount -= LOT;
        signatures[1] = signatures[0];
        _refuse(wrong, orders, signatures, approval);
        signatures[1] = signed(keyOf[bea], digestOf(orders[1]));
        _refuse(wrong, orders, signatures, approval);
        Trade memory trade = tradeOf(free, address(desk), uma, 50, 5_000);
        (trade.deadline, trade.id) = (orders[1].deadline, orders[1].id);
        signatures[1] = signed(keyOf[uma], digestOf(trade));
        _refuse(wrong, orders, signatures, approval);
    }

    function test_P12_an_order_is_filled_once() external {
        Order[] memory orders = _orders();
        orders[1] = orders[0];
        _refuse(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, orders[0].id), orders);
        orders = _orders();
        allot(free, orders);
        Order[] memory again = new Order[](1);
        again[0] = orders[0];
        (again[0].amount, again[0].price) = (10, 1);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, again, approval);
        bytes[] memory signatures = signaturesOf(again);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, again[0].id));
        vm.prank(issuer);
        desk.allot(again, signatures, new Permit[](1), approval, signature);
        has(free, bea, 100, RICH - 9_900, "once");
    }

    function test_P12_the_investor_cancels_his_order_and_nobody_elses() external {
        Order[] memory orders = _orders();
        vm.recordLogs();
        vm.prank(stranger);
        desk.cancelOrder(orders[0].id);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs[0].topics[0], ISettlement.OrderCancelled.selector, "event");
        same(logs[0].topics[1], orders[0].id, "id");
        same(logs[0].topics[2], bytes32(uint256(uint160(stranger))), "buyer");
        isTrue(desk.isFilled(stranger, orders[0].id) && !desk.isFilled(bea, orders[0].id), "his own id alone");
        vm.prank(uma);
        desk.cancelOrder(orders[1].id);
        _refuse(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, orders[1].id), orders);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, orders[1].id));
        vm.prank(uma);
        desk.cancelOrder(orders[1].id);
        orders[1].id = nextId();
        allot(free, orders);
    }

    function test_P12_an_order_has_a_deadline_two_sides_and_a_listed_asset() external {
        Order[] memory orders = _orders();
        orders[1].price = 0;
        _refuse(abi.encodeWithSelector(ISettlement.OneSided.selector, 50, 0), orders);
        (orders[1].price, orders[1].amount) = (5_000, 0);
        _refuse(abi.encodeWithSelector(ISettlement.OneSided.selector, 0, 5_000), orders);
        orders[1].amount = 50;
        orders[1].asset = address(free);
        _refuse(abi.encodeWithSelector(ISettlement.AssetNotListed.selector, free), orders);
        orders[1].asset = address(cash);
        orders[1].deadline = uint40(block.timestamp - 1);
        _refuse(abi.encodeWithSelector(ISettlement.Expired.selector, block.timestamp - 1, block.timestamp), orders);
        orders[1].deadline = uint40(block.timestamp);
        allot(free, orders);
    }

    function test_P12_orders_are_of_one_token_and_it_is_ours() external {
        Order[] memory orders = _orders();
        orders[1].token = address(limited);
        _refuse(abi.encodeWithSelector(ISettlement.OrderOfAnotherToken.selector, limited, free), orders);
        orders[0].token = orders[1].token = address(cash);
        _refuse(abi.encodeWithSelector(ISettlement.NotATranche.selector, cash), orders);
    }

    function test_P12_there_are_orders_and_one_signature_and_permit_each() external {
        _refuse(abi.encodeWithSelector(ISettlement.NothingToAllot.selector), new Order[](0));
        Order[] memory orders = _orders();
        MintApproval memory approval = approvalOf(nextOperation());
        _refuse(abi.encodeWithSelector(ISettlement.LengthsDiffer.selector, 2, 1), orders, new bytes[](1), approval);
        bytes[] memory signatures = signaturesOf(orders);
        for (uint256 i = 1; i < 4; i += 2) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.LengthsDiffer.selector, 2, i));
            vm.prank(issuer);
            desk.allot(orders, signatures, new Permit[](i), approval, "");
        }
    }

    // ------------------------------------------------------------------ two keys, and whose account it goes to

    function test_P4_allot_needs_an_issuer() external {
        Order[] memory orders = _orders();
        bytes[] memory signatures = signaturesOf(orders);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        address[3] memory others = [bea, gatekeeper, enforcer];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, others[i], Roles.ISSUER));
            vm.prank(others[i]);
            desk.allot(orders, signatures, new Permit[](2), approval, signature);
        }
        _nothingMoved();
    }

    function test_P4_allot_needs_two_accounts() external {
        manager.grantRole(Roles.ISSUER, gatekeeper, 0);
        Order[] memory orders = _orders();
        bytes[] memory signatures = signaturesOf(orders);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.GatekeeperIsSender.selector, gatekeeper));
        vm.prank(gatekeeper);
        desk.allot(orders, signatures, new Permit[](2), approval, signature);
        _nothingMoved();
    }

    function test_P4_allot_needs_the_gatekeepers_signature_over_these_rows() external {
        Order[] memory orders = _orders();
        bytes[] memory signatures = signaturesOf(orders);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory forAnother = approve(limited, orders, approval);
        (orders[0].amount, orders[1].amount) = (50, 100);
        bytes memory forOthers = approve(free, orders, approval);
        (orders[0].amount, orders[1].amount) = (100, 50);
        bytes[3] memory bad = [forAnother, forOthers, signed(keyOf[sam], keccak256("anything"))];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISecurityToken.BadApproval.selector, gatekeeper));
            vm.prank(issuer);
            desk.allot(orders, signatures, new Permit[](2), approval, bad[i]);
        }
        approval.gatekeeper = sam;
        bytes memory notAGatekeepers = abi.encodeWithSelector(ISecurityToken.NotAGatekeeper.selector, sam);
        _refuse(notAGatekeepers, orders, signatures, approval);
        manager.revokeRole(Roles.ISSUER, address(desk));
        _refuse(abi.encodeWithSelector(IManaged.RoleNeeded.selector, desk, Roles.ISSUER), orders);
    }

    function test_P4_allot_spends_the_operation_of_the_approval() external {
        Order[] memory orders = _orders();
        MintApproval memory approval = approvalOf(nextOperation());
        allot(free, orders, signaturesOf(orders), approval);
        (orders[0].id, orders[1].id) = (nextId(), nextId());
        bytes[] memory signatures = signaturesOf(orders);
        bytes memory signature = approve(free, orders, approval);
        vm.expectRevert(abi.encodeWithSelector(ISecurityToken.AlreadyDone.selector, approval.operation));
        vm.prank(issuer);
        desk.allot(orders, signatures, new Permit[](2), approval, signature);
        has(free, proceeds, 0, 14_900, "once");
    }

    function test_P10_two_officers_say_where_the_proceeds_go() external {
        same(desk.proceedsAccountOf(FILING), proceeds, "account");
        address[3] memory others = [issuer, agent, address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IManaged.RoleNeeded.selector, others[i], Roles.ENFORCER));
            vm.prank(others[i]);
            desk.setProceedsAccount(FILING, others[i]);
        }
        vm.recordLogs();
        vm.prank(enforcer);
        desk.setProceedsAccount(FILING, address(0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        same(logs[0].topics[0], ISettlement.ProceedsAccountSet.selector, "event");
        same(logs[0].topics[1], bytes32(uint256(7)), "filing");
        same(keccak256(logs[0].data), keccak256(abi.encode(address(0))), "account");
        _refuse(abi.encodeWithSelector(ISettlement.NoProceedsAccount.selector, FILING), _orders());
    }

    /// @dev Money that stays where it is, is no payment.
    function test_P12_the_proceeds_account_buys_nothing() external {
        vm.prank(enforcer);
        desk.setProceedsAccount(FILING, bea);
        _refuse(abi.encodeWithSelector(ISettlement.PriceNotReceived.selector, 0, 9_900), _orders());
    }

    // ------------------------------------------------------------------ many

    event Gas(string what, uint256 used);

    /// @dev Far below a block of 30 million, and below the most that one transaction may use (EIP-7825).
    function test_P12_an_allotment_of_100_fits_a_block() external {
        uint256 single = _gasOf(1);
        uint256 hundred = _gasOf(100);
        emit Gas("one order", single);
        emit Gas("100 orders", hundred);
        isTrue(single < 350_000, "one");
        isTrue(hundred < 1 << 24, "a hundred");
        same(free.holders(), 100, "holders");
    }

    function _gasOf(uint256 count) private returns (uint256 used) {
        Order[] memory orders = new Order[](count);
        for (uint256 i = 0; i < count; ++i) {
            address buyer = signer(string.concat("buyer ", string(abi.encodePacked(uint8(i)))));
            if (registry.investorOf(buyer) == 0) {
                admit(buyer);
                fund(buyer, RICH);
                allow(address(cash), buyer, RICH);
            }
            orders[i] = orderOf(free, buyer, 10, 1_000);
            orders[i].id = bytes32(uint256(keccak256(abi.encode(count, i))));
        }
        bytes[] memory signatures = signaturesOf(orders);
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(free, orders, approval);
        bytes memory data =
            abi.encodeCall(ISettlement.allot, (orders, signatures, new Permit[](count), approval, signature));
        vm.prank(issuer);
        uint256 before = gasleft();
        (bool isDone,) = address(desk).call(data);
        used = before - gasleft() + 21_000;
        isTrue(isDone, "allotted");
        for (uint256 i = 0; i < data.length; ++i) {
            used += data[i] == 0 ? 4 : 16;
        }
    }
}
