// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {ISettlement, Order, Permit, Trade} from "../../contracts/interfaces/ISettlement.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {FilingId} from "../../contracts/types/Types.sol";
import {Market} from "./Market.sol";
import {Vm} from "./Vm.sol";
import {CrookedCash} from "./hostile/CrookedCash.sol";

interface ChainVm {
    function chainId(uint256 chain) external;
}

/// @notice Says of itself that it is the first tranche of the filing.
contract Pretender {
    function filing() external pure returns (FilingId) {
        return FilingId.wrap(7);
    }

    function tranche() external pure returns (uint8) {
        return 0;
    }
}

/// @notice Bilateral trades: what both signed happens, once and whole, under the token's rules; nothing else does.
contract SettlementTest is Market {
    function setUp() public override {
        super.setUp();
        ready(free, sam, 500, bea, RICH);
    }

    function _trade() private returns (Trade memory) {
        return tradeOf(free, sam, bea, 100, 9_900);
    }

    function _expect(bytes memory refusal) private {
        vm.expectRevert(refusal);
    }

    function _nothingMoved() private view {
        has(free, sam, 500, 0, "seller");
        has(free, bea, 0, RICH, "buyer");
    }

    // ------------------------------------------------------------------ both legs

    function test_P12_a_trade_moves_both_legs_and_says_so() external {
        Trade memory trade = _trade();
        isTrue(!desk.isSettled(sam, bea, trade.id), "not yet");
        vm.recordLogs();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        vm.prank(stranger);
        desk.settle(trade, seller, buyer, none(), none());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        has(free, sam, 400, 9_900, "seller");
        has(free, bea, 100, RICH - 9_900, "buyer");
        has(free, address(desk), 0, 0, "contract");
        isTrue(desk.isSettled(sam, bea, trade.id), "settled");
        isTrue(!desk.isSettled(bea, sam, trade.id), "not the other way round");
        same(logs[0].emitter, address(desk), "emitter");
        same(logs[0].topics[0], ISettlement.Traded.selector, "event");
        same(logs[0].topics[1], trade.id, "id");
        same(logs[0].topics[2], bytes32(uint256(uint160(sam))), "seller");
        same(logs[0].topics[3], bytes32(uint256(uint160(bea))), "buyer");
        bytes memory data = abi.encode(trade.token, trade.amount, trade.asset, trade.price);
        same(keccak256(logs[0].data), keccak256(data), "data");
    }

    function test_P12_no_money_no_tokens() external {
        Trade memory trade = tradeOf(free, sam, bea, 100, RICH + 1);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bea, RICH, RICH + 1));
        desk.settle(trade, seller, buyer, none(), none());
        _nothingMoved();
        isTrue(!desk.isSettled(sam, bea, trade.id), "the id is kept");
        fund(bea, 1);
        settle(trade);
        has(free, sam, 400, RICH + 1, "later");
    }

    function test_P12_no_tokens_no_money() external {
        Trade memory trade = tradeOf(free, sam, bea, 510, 9_900);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, sam, 500, 510));
        desk.settle(trade, seller, buyer, none(), none());
        _nothingMoved();
    }

    function test_P12_both_allow_the_contract() external {
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        allow(address(free), sam, 99);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, desk, 99, 100));
        desk.settle(trade, seller, buyer, none(), none());
        allow(address(free), sam, 100);
        allow(address(cash), bea, 9_899);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, desk, 9_899, 9_900));
        desk.settle(trade, seller, buyer, none(), none());
        _nothingMoved();
        same(free.allowance(sam, address(desk)), 100, "the token's allowance is kept");
    }

    function test_P12_neither_leg_is_empty() external {
        _refuseOneSided(0, 9_900);
        _refuseOneSided(100, 0);
    }

    function _refuseOneSided(uint256 amount, uint256 price) private {
        Trade memory trade = tradeOf(free, sam, bea, amount, price);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(ISettlement.OneSided.selector, amount, price));
        desk.settle(trade, seller, buyer, none(), none());
    }

    function test_P12_nobody_trades_with_himself() external {
        Trade memory trade = tradeOf(free, sam, sam, 100, 9_900);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(ISettlement.SameParty.selector, sam));
        desk.settle(trade, seller, buyer, none(), none());
    }

    // ------------------------------------------------------------------ the token's rules, the lists

    /// @dev Blocked, expired, frozen, paused, suspended, overdue, odd: refused with the reason that the preview gives.
    function testFuzz_P12_a_trade_is_refused_as_the_preview_says(uint8 what, uint256 amount) external {
        amount = within(amount, 1, 600);
        if (what % 4 != 0) amount = within(amount, 1, 60) * LOT;
        if (what % 9 == 0) blockOne(sam);
        if (what % 9 == 1) blockOne(bea);
        if (what % 9 == 2) renew(bea, facts(1, RISK, START - 1, MATURITY));
        if (what % 9 == 3) renew(bea, facts(4, RISK, MATURITY, MATURITY));
        if (what % 9 == 4) freeze(free, sam, 300);
        if (what % 9 == 5) {
            vm.prank(agent);
            registry.pause(FILING, 0);
        }
        if (what % 9 == 6) {
            vm.prank(regulator);
            registry.suspend(FILING, EVIDENCE);
        }
        if (what % 9 == 7) vm.warp(block.timestamp + COMPLETION + 1);
        Trade memory trade = tradeOf(free, sam, bea, amount, 9_900);
        Reason said = free.reasonAgainst(sam, bea, amount);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        bytes memory data = abi.encodeCall(ISettlement.settle, (trade, seller, buyer, none(), none()));
        same(uint256(reasonOf(stranger, address(desk), data)), uint256(said), "reason");
        if (said != Reason.None) return _nothingMoved();
        has(free, sam, 500 - amount, 9_900, "seller");
        has(free, bea, amount, RICH - 9_900, "buyer");
    }

    function test_P12_only_tranches_of_the_registry() external {
        Trade memory trade = _trade();
        address[5] memory others = [address(0), stranger, address(cash), address(registry), address(new Pretender())];
        for (uint256 i = 0; i < others.length; ++i) {
            trade.token = others[i];
            (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
            _expect(abi.encodeWithSelector(ISettlement.NotATranche.selector, others[i]));
            desk.settle(trade, seller, buyer, none(), none());
        }
    }

    function test_P12_only_listed_assets() external {
        CrookedCash other = new CrookedCash();
        Trade memory trade = _trade();
        trade.asset = address(other);
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(ISettlement.AssetNotListed.selector, other));
        desk.settle(trade, seller, buyer, none(), none());
        trade = _trade();
        (seller, buyer) = signaturesOf(trade);
        delist(address(cash));
        _expect(abi.encodeWithSelector(ISettlement.AssetNotListed.selector, cash));
        desk.settle(trade, seller, buyer, none(), none());
        _nothingMoved();
    }

    function test_P12_the_deadline_is_the_last_good_second() external {
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        vm.warp(uint256(trade.deadline) + 1);
        _expect(abi.encodeWithSelector(ISettlement.Expired.selector, trade.deadline, block.timestamp));
        desk.settle(trade, seller, buyer, none(), none());
        vm.warp(trade.deadline);
        desk.settle(trade, seller, buyer, none(), none());
        has(free, bea, 100, RICH - 9_900, "buyer");
    }

    // ------------------------------------------------------------------ signatures

    function test_P12_the_digests_are_those_of_EIP_712() external {
        Trade memory trade = _trade();
        same(desk.tradeHash(trade), digestOf(trade), "trade");
        Order memory order = orderOf(free, bea, 100, 9_900);
        same(desk.orderHash(order), digestOf(order), "order");
        (, string memory name, string memory version, uint256 chain, address contract_,,) = desk.eip712Domain();
        same(keccak256(bytes(name)), keccak256("ABST Settlement"), "name");
        same(keccak256(bytes(version)), keccak256("1"), "version");
        same(chain, block.chainid, "chain");
        same(contract_, address(desk), "contract");
        same(desk.registry(), address(registry), "registry");
    }

    function test_P12_both_sign() external {
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _refuseSigned(trade, buyer, buyer, sam);
        _refuseSigned(trade, seller, seller, bea);
        _refuseSigned(trade, buyer, seller, sam);
        _refuseSigned(trade, "", buyer, sam);
        _refuseSigned(trade, seller, "", bea);
        bytes memory another = signed(gatekeeperKey, digestOf(trade));
        _refuseSigned(trade, another, buyer, sam);
        _refuseSigned(trade, seller, another, bea);
        _nothingMoved();
        desk.settle(trade, seller, buyer, none(), none());
    }

    function _refuseSigned(Trade memory trade, bytes memory seller, bytes memory buyer, address bad) private {
        _expect(abi.encodeWithSelector(ISettlement.BadSignature.selector, bad));
        desk.settle(trade, seller, buyer, none(), none());
    }

    /// @dev Whatever is changed after signing, nobody has signed it.
    function testFuzz_P12_a_changed_trade_is_not_signed(uint8 what, uint256 to) external {
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        what %= 8;
        address bad = sam;
        if (what == 0) trade.token = address(limited);
        if (what == 1) {
            trade.asset = address(new CrookedCash());
            list(trade.asset);
        }
        if (what == 2) trade.seller = bad = dave;
        if (what == 3) trade.buyer = dave;
        if (what == 4) trade.amount = to == 100 || to == 0 ? 1 : to;
        if (what == 5) trade.price = to == 9_900 || to == 0 ? 1 : to;
        if (what == 6) trade.deadline += uint40(within(to, 1, 1_000_000));
        if (what == 7) trade.id = bytes32(within(to, uint256(trade.id) + 1, type(uint256).max - 1));
        _refuseSigned(trade, seller, buyer, bad);
        _nothingMoved();
    }

    function test_P12_a_signature_is_for_this_contract_on_this_chain() external {
        Trade memory trade = _trade();
        _refuseDomain(trade, domainOf(address(free), block.chainid));
        _refuseDomain(trade, domainOf(address(desk), block.chainid + 1));
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        ChainVm(address(vm)).chainId(block.chainid + 1);
        _refuseSigned(trade, seller, buyer, sam);
    }

    function _refuseDomain(Trade memory trade, bytes32 domain) private {
        bytes32 digest = digestOf(trade, domain);
        _refuseSigned(trade, signed(keyOf[sam], digest), signed(keyOf[bea], digest), sam);
    }

    function test_P12_a_signature_has_one_form() external {
        Trade memory trade = _trade();
        (, bytes memory buyer) = signaturesOf(trade);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[sam], digestOf(trade));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _refuseSigned(trade, twin, buyer, sam);
    }

    function test_P12_an_order_is_no_trade() external {
        Trade memory trade = _trade();
        Order memory order = orderOf(free, bea, trade.amount, trade.price);
        (order.deadline, order.id) = (trade.deadline, trade.id);
        (bytes memory seller,) = signaturesOf(trade);
        _refuseSigned(trade, seller, signed(keyOf[bea], digestOf(order)), bea);
    }

    // ------------------------------------------------------------------ once

    function test_P12_an_id_is_spent_whatever_is_signed_again() external {
        Trade memory trade = _trade();
        settle(trade);
        _refuseSpent(trade);
        (trade.token, trade.amount, trade.price) = (address(limited), 10, 1);
        trade.deadline += 1;
        _refuseSpent(trade);
        vm.warp(uint256(trade.deadline) + 1);
        _refuseSpent(trade);
        has(free, bea, 100, RICH - 9_900, "once");
    }

    function _refuseSpent(Trade memory trade) private {
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        _expect(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, trade.id));
        desk.settle(trade, seller, buyer, none(), none());
    }

    /// @dev The same id the other way round, or between others, is another trade.
    function test_P12_an_id_is_spent_between_two() external {
        Trade memory trade = _trade();
        settle(trade);
        (trade.seller, trade.buyer, trade.price) = (bea, sam, 100);
        allow(address(free), bea, 100);
        allow(address(cash), sam, 100);
        settle(trade);
        address uma = person("uma");
        ready(free, uma, 0, uma, RICH);
        (trade.seller, trade.buyer) = (sam, uma);
        settle(trade);
        has(free, sam, 400, 9_900, "sam");
        has(free, uma, 100, RICH - 100, "uma");
    }

    function testFuzz_P12_ids_are_apart(uint256 first, uint256 second) external {
        if (second % 2 == 0) second = first ^ (1 << ((second >> 8) % 256));
        Trade memory trade = _trade();
        trade.id = bytes32(first);
        settle(trade);
        same(desk.isSettled(sam, bea, bytes32(second)) ? 1 : 0, first == second ? 1 : 0, "the other");
        trade.id = bytes32(second);
        if (first == second) return _refuseSpent(trade);
        settle(trade);
        has(free, bea, 200, RICH - 19_800, "both");
    }

    // ------------------------------------------------------------------ cancelling

    function test_P12_either_party_cancels_and_nobody_else() external {
        Trade memory trade = _trade();
        for (uint256 i = 0; i < 2; ++i) {
            address by = i == 0 ? sam : bea;
            trade.id = nextId();
            _expect(abi.encodeWithSelector(ISettlement.NotAParty.selector, stranger));
            vm.prank(stranger);
            desk.cancelTrade(sam, bea, trade.id);
            vm.recordLogs();
            vm.prank(by);
            desk.cancelTrade(sam, bea, trade.id);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            same(logs[0].topics[0], ISettlement.TradeCancelled.selector, "event");
            same(logs[0].topics[1], trade.id, "id");
            same(logs[0].topics[2], bytes32(uint256(uint160(sam))), "seller");
            same(logs[0].topics[3], bytes32(uint256(uint160(bea))), "buyer");
            same(keccak256(logs[0].data), keccak256(abi.encode(by)), "by");
            isTrue(desk.isSettled(sam, bea, trade.id), "spent");
            isTrue(!desk.isSettled(bea, sam, trade.id), "this way round alone");
            _refuseSpent(trade);
            _expect(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, trade.id));
            vm.prank(by);
            desk.cancelTrade(sam, bea, trade.id);
        }
        _nothingMoved();
    }

    function test_P12_a_settled_trade_is_not_cancelled() external {
        Trade memory trade = _trade();
        settle(trade);
        _expect(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, trade.id));
        vm.prank(sam);
        desk.cancelTrade(sam, bea, trade.id);
    }

    // ------------------------------------------------------------------ permits

    function test_P12_permits_stand_for_allowances() external {
        allow(address(free), sam, 0);
        allow(address(cash), bea, 0);
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        Permit memory forToken = permitOf(address(free), sam, 100);
        Permit memory forCash = permitOf(address(cash), bea, 9_900);
        desk.settle(trade, seller, buyer, forToken, forCash);
        has(free, sam, 400, 9_900, "seller");
        has(free, bea, 100, RICH - 9_900, "buyer");
        same(free.allowance(sam, address(desk)), 0, "nothing is left");
        same(cash.allowance(bea, address(desk)), 0, "nothing is left");
    }

    function test_P12_a_permit_used_by_somebody_else_is_no_error() external {
        allow(address(free), sam, 0);
        allow(address(cash), bea, 0);
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        Permit memory a = permitOf(address(free), sam, 100);
        Permit memory b = permitOf(address(cash), bea, 9_900);
        vm.prank(stranger);
        free.permit(sam, address(desk), a.value, a.deadline, a.v, a.r, a.s);
        vm.prank(stranger);
        cash.permit(bea, address(desk), b.value, b.deadline, b.v, b.r, b.s);
        desk.settle(trade, seller, buyer, a, b);
        has(free, bea, 100, RICH - 9_900, "buyer");
    }

    function test_P12_a_permit_that_is_no_good_leaves_the_allowance_to_decide() external {
        Trade memory trade = _trade();
        (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
        Permit memory forToken = permitOf(address(free), bea, 100); // not the seller's
        Permit memory forCash = permitOf(address(cash), bea, 1);
        forCash.deadline = block.timestamp - 1;
        allow(address(free), sam, 0);
        _expect(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, desk, 0, 100));
        desk.settle(trade, seller, buyer, forToken, forCash);
        allow(address(free), sam, 100);
        desk.settle(trade, seller, buyer, forToken, forCash);
        has(free, bea, 100, RICH - 9_900, "buyer");
    }

    function test_P12_no_permit_is_tried_without_a_deadline() external {
        CrookedCash other = new CrookedCash();
        list(address(other));
        other.print(bea, RICH);
        vm.prank(bea);
        other.approve(address(desk), RICH);
        Permit memory permit;
        for (uint256 i = 0; i < 2; ++i) {
            Trade memory trade = _trade();
            trade.asset = address(other);
            (bytes memory seller, bytes memory buyer) = signaturesOf(trade);
            permit.deadline = i;
            desk.settle(trade, seller, buyer, none(), permit);
            same(other.permits(), i, "permits tried");
        }
    }
}
