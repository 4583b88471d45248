// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement, Order, Permit, Trade} from "../../contracts/interfaces/ISettlement.sol";
import {Reason} from "../../contracts/types/Reason.sol";
import {Approval as MintApproval, FilingStatus} from "../../contracts/types/Types.sol";
import {ICash, IDesk, Market} from "./Market.sol";
import {IToken} from "./World.sol";

/// @notice What is wrong with a trade or an order; most have nothing wrong with them.
enum Fault {
    None,
    SellerDidNotSign,
    BuyerDidNotSign,
    Changed, //        after signing
    Expired,
    Spent, //          settled, filled or cancelled before
    NoTranche,
    AssetNotListed,
    NothingDelivered,
    NothingPaid,
    SameParty,
    TokenNotAllowed,
    MoneyNotAllowed
}

/// @notice Does random trades and allotments between good and bad parties, and keeps a plain model beside them: a
/// number for each balance. Before each act it says whether the act must happen; then it must, whole, or not at all.
contract SettlementHandler is Market {
    error Dry();

    address[] public wallets;
    IToken[3] public tokens;
    mapping(IToken => mapping(address => uint256)) public balance;
    mapping(address => uint256) public money;
    /// @dev Every id that was ever spent, with its parties; the seller of an order is nobody.
    Trade[] private _spent;
    uint256 public settled;
    uint256 public refused;
    uint256 private _dice;
    uint256 private _acts;

    modifier thrown(uint256 seed) {
        _dice = uint256(keccak256(abi.encode(seed, ++_acts)));
        _;
    }

    function setUp() public override {
        super.setUp();
        tokens = [free, limited, locked];
        wallets = [sam, bea, person("uma"), person("vic"), signer("expired"), signer("foreign"), signer("nobody")];
        admit(wallets[4], facts(1, RISK, START - 1, MATURITY));
        admit(wallets[5], facts(4, RISK, MATURITY, MATURITY));
        for (uint256 i = 0; i < 4; ++i) {
            _deposit(wallets[i], 100_000);
            for (uint256 t = 0; t < 2; ++t) {
                if (i != 3 || t == 0) _mint(tokens[t], wallets[i], 500);
            }
        }
        _mint(locked, wallets[0], 500);
        wallets.push(proceeds);
    }

    // ------------------------------------------------------------------ trades

    function trade(uint256 seed) external thrown(seed) {
        (address seller, address buyer) = (_pickSigner(), _pickSigner());
        if (seller == buyer) return;
        IToken token = _pickToken();
        if (balance[token][seller] == 0) token = free;
        Fault fault = _pickFault();
        Trade memory given = tradeOf(token, seller, buyer, _amountOf(token, seller), _roll(10_000) + 1);
        _spoil(given, fault);
        (bytes memory bySeller, bytes memory byBuyer) = _signaturesOf(given, fault);
        (Permit memory forToken, Permit memory forMoney) = _allowances(given, fault);
        if (fault == Fault.AssetNotListed) delist(address(cash));
        bool isDue = fault == Fault.None && _isPayable(buyer, seller, given.price)
            && token.reasonAgainst(seller, buyer, given.amount) == Reason.None;
        bytes memory data = abi.encodeCall(ISettlement.settle, (given, bySeller, byBuyer, forToken, forMoney));
        vm.prank(wallets[_roll(wallets.length)]);
        (bool isDone,) = address(desk).call(data);
        if (fault == Fault.AssetNotListed) list(address(cash));
        isTrue(isDone == isDue, "P12 a trade happens exactly when it must");
        if (isDone) _settled(token, given);
        else ++refused;
        _requireModel(token, seller, buyer);
    }

    function _settled(IToken token, Trade memory given) private {
        balance[token][given.seller] -= given.amount;
        balance[token][given.buyer] += given.amount;
        money[given.buyer] -= given.price;
        money[given.seller] += given.price;
        _spent.push(given);
        ++settled;
    }

    function _spoil(Trade memory given, Fault fault) private {
        if (fault == Fault.Expired) given.deadline = uint40(block.timestamp - 1 - _roll(100));
        if (fault == Fault.NoTranche) given.token = _roll(2) == 0 ? address(cash) : address(registry);
        if (fault == Fault.NothingDelivered) given.amount = 0;
        if (fault == Fault.NothingPaid) given.price = 0;
        if (fault == Fault.SameParty) given.buyer = given.seller;
        if (fault == Fault.Spent) {
            vm.prank(_roll(2) == 0 ? given.seller : given.buyer);
            desk.cancelTrade(given.seller, given.buyer, given.id);
            _spent.push(given);
        }
    }

    /// @dev Signed by both but for the fault; a changed trade is changed here, after signing.
    function _signaturesOf(Trade memory given, Fault fault)
        private
        returns (bytes memory bySeller, bytes memory byBuyer)
    {
        (bySeller, byBuyer) = signaturesOf(given);
        if (fault == Fault.SellerDidNotSign) bySeller = _roll(2) == 0 ? byBuyer : bytes("");
        if (fault == Fault.BuyerDidNotSign) byBuyer = _roll(2) == 0 ? bySeller : bytes("");
        if (fault != Fault.Changed) return (bySeller, byBuyer);
        uint256 which = _roll(4);
        if (which == 0) given.amount += LOT;
        if (which == 1) given.price = given.price / 2 + 1 == given.price ? 7 : given.price / 2 + 1;
        if (which == 2) given.deadline += 1;
        if (which == 3) given.id = nextId();
    }

    /// @dev Exactly what is needed, or one less for the fault; by a permit now and then.
    function _allowances(Trade memory given, Fault fault)
        private
        returns (Permit memory forToken, Permit memory forMoney)
    {
        if (fault == Fault.NoTranche) return (forToken, forMoney);
        uint256 amount = fault == Fault.TokenNotAllowed ? given.amount - 1 : given.amount;
        uint256 price = fault == Fault.MoneyNotAllowed ? given.price - 1 : given.price;
        allow(given.token, given.seller, _roll(3) == 0 ? 0 : amount);
        allow(given.asset, given.buyer, _roll(3) == 0 ? 0 : price);
        if (IToken(given.token).allowance(given.seller, address(desk)) != amount) {
            forToken = _permit(given.token, given.seller, amount);
        }
        if (cash.allowance(given.buyer, address(desk)) != price) forMoney = _permit(given.asset, given.buyer, price);
    }

    /// @dev Used by somebody else before, now and then.
    function _permit(address token, address owner, uint256 value) private returns (Permit memory permit) {
        permit = permitOf(token, owner, value);
        if (_roll(3) != 0) return permit;
        IToken(token).permit(owner, address(desk), value, permit.deadline, permit.v, permit.r, permit.s);
    }

    /// @dev Whatever was spent stays spent, signed again or not, before or after its deadline.
    function replay(uint256 seed) external thrown(seed) {
        if (_spent.length == 0) return;
        Trade memory old = _spent[_roll(_spent.length)];
        if (old.seller == address(0)) return;
        if (_roll(2) == 0) (old.price, old.deadline) = (1, uint40(block.timestamp));
        (bytes memory bySeller, bytes memory byBuyer) = signaturesOf(old);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, old.id));
        desk.settle(old, bySeller, byBuyer, none(), none());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, old.id));
        vm.prank(old.buyer);
        desk.cancelTrade(old.seller, old.buyer, old.id);
    }

    // ------------------------------------------------------------------ allotments

    function allotSome(uint256 seed) external thrown(seed) {
        IToken token = _pickToken();
        Order[] memory orders = new Order[](_roll(3) + 1);
        for (uint256 i = 0; i < orders.length; ++i) {
            address buyer = _pickSigner();
            orders[i] = orderOf(token, buyer, (_roll(30) + 1) * LOT, _roll(10_000) + 1);
            allow(address(cash), buyer, type(uint256).max);
        }
        Fault fault = _pickFault();
        bool isSpoilt = _spoil(orders[_roll(orders.length)], fault);
        bytes[] memory signatures = signaturesOf(orders);
        if (fault == Fault.BuyerDidNotSign) signatures[_roll(orders.length)] = "";
        if (fault == Fault.AssetNotListed) delist(address(cash));
        MintApproval memory approval = approvalOf(nextOperation());
        bytes memory signature = approve(token, orders, approval);
        bool isDue = !isSpoilt && _isPayable(orders) && _isMintable(token, orders, approval, signature);
        bytes memory data =
            abi.encodeCall(ISettlement.allot, (orders, signatures, new Permit[](orders.length), approval, signature));
        vm.prank(issuer);
        (bool isDone,) = address(desk).call(data);
        if (fault == Fault.AssetNotListed) list(address(cash));
        isTrue(isDone == isDue, "P12 an allotment happens exactly when it must");
        if (isDone) _allotted(token, orders);
        else ++refused;
        for (uint256 i = 0; i < orders.length; ++i) {
            _requireModel(token, orders[i].buyer, proceeds);
        }
    }

    function _spoil(Order memory order, Fault fault) private returns (bool) {
        if (fault == Fault.Expired) order.deadline = uint40(block.timestamp - 1);
        if (fault == Fault.NoTranche) order.token = address(cash);
        if (fault == Fault.NothingDelivered) order.amount = 0;
        if (fault == Fault.NothingPaid) order.price = 0;
        if (fault == Fault.MoneyNotAllowed) allow(address(cash), order.buyer, order.price - 1);
        if (fault == Fault.Spent) {
            vm.prank(order.buyer);
            desk.cancelOrder(order.id);
            _filled(order);
        }
        bool isOfTrades = fault == Fault.SellerDidNotSign || fault == Fault.Changed || fault == Fault.SameParty
            || fault == Fault.TokenNotAllowed;
        return fault != Fault.None && !isOfTrades;
    }

    function _filled(Order memory order) private {
        Trade memory spent;
        (spent.buyer, spent.id) = (order.buyer, order.id);
        _spent.push(spent);
    }

    function _allotted(IToken token, Order[] memory orders) private {
        for (uint256 i = 0; i < orders.length; ++i) {
            balance[token][orders[i].buyer] += orders[i].amount;
            money[orders[i].buyer] -= orders[i].price;
            money[proceeds] += orders[i].price;
            _filled(orders[i]);
        }
        ++settled;
    }

    /// @dev Whether the issuer could mint the same by himself, tried and undone.
    function _isMintable(IToken token, Order[] memory orders, MintApproval memory approval, bytes memory signature)
        private
        returns (bool)
    {
        (address[] memory to, uint256[] memory amounts) = (new address[](orders.length), new uint256[](orders.length));
        for (uint256 i = 0; i < orders.length; ++i) {
            (to[i], amounts[i]) = (orders[i].buyer, orders[i].amount);
        }
        (, bytes memory answer) =
            address(this).call(abi.encodeCall(this.dryMint, (token, to, amounts, approval, signature)));
        return bytes4(answer) == Dry.selector;
    }

    /// @dev Always reverts, with `Dry` where the mint went well.
    function dryMint(
        IToken token,
        address[] calldata to,
        uint256[] calldata amounts,
        MintApproval calldata approval,
        bytes calldata signature
    ) external {
        vm.prank(issuer);
        token.mint(to, amounts, approval, signature);
        revert Dry();
    }

    // ------------------------------------------------------------------ everybody else's acts

    function cancelOther(uint256 seed) external thrown(seed) {
        (address seller, address buyer, address other) = (_pickSigner(), _pickSigner(), _pickSigner());
        if (other == seller || other == buyer) return;
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotAParty.selector, other));
        vm.prank(other);
        desk.cancelTrade(seller, buyer, nextId());
    }

    function officers(uint256 seed) external thrown(seed) {
        address wallet = wallets[_roll(6)];
        uint256 what = _roll(8);
        if (what == 0) blockOne(wallet);
        if (what == 1) freeze(tokens[_roll(3)], wallet, _roll(600));
        if (what == 2) _deposit(wallets[_roll(4)], _roll(50_000));
        if (what == 3) renew(wallets[_roll(4)], facts(1, RISK, uint40(block.timestamp + _roll(60 days)), MATURITY));
        if (what == 4) {
            vm.prank(agent);
            registry.pause(FILING, uint8(_roll(3)));
        }
        if (what == 5 && _isEffective()) {
            vm.prank(regulator);
            registry.suspend(FILING, EVIDENCE);
        }
        if (what == 6 && registry.openObligations(FILING).length < 4) {
            vm.prank(discloser);
            registry.openObligation(FILING, 2, uint40(block.timestamp + _roll(10 days)), 0, 0);
        }
        if (what == 7) {
            for (uint256 i = 0; i < 4; ++i) {
                renew(wallets[i], good());
            }
        }
    }

    function wait(uint256 seed) external thrown(seed) {
        vm.warp(block.timestamp + _roll(5 days) + 1);
    }

    // ------------------------------------------------------------------ the model

    function desk_() external view returns (IDesk) {
        return desk;
    }

    function cash_() external view returns (ICash) {
        return cash;
    }

    function walletsCount() external view returns (uint256) {
        return wallets.length;
    }

    function spentCount() external view returns (uint256) {
        return _spent.length;
    }

    function spentAt(uint256 i) external view returns (address seller, address buyer, bytes32 id) {
        return (_spent[i].seller, _spent[i].buyer, _spent[i].id);
    }

    function _requireModel(IToken token, address one_, address other) private view {
        has(token, one_, balance[token][one_], money[one_], "P12");
        has(token, other, balance[token][other], money[other], "P12");
    }

    function _isPayable(address from, address to, uint256 price) private view returns (bool) {
        return money[from] >= price && cash.mayHold(from) && cash.mayHold(to);
    }

    function _isPayable(Order[] memory orders) private view returns (bool) {
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 sum = 0;
            for (uint256 j = 0; j < orders.length; ++j) {
                if (orders[j].buyer == orders[i].buyer) sum += orders[j].price;
            }
            if (!_isPayable(orders[i].buyer, proceeds, sum)) return false;
        }
        return true;
    }

    function _mint(IToken token, address to, uint256 amount) private {
        mint(token, to, amount);
        balance[token][to] += amount;
    }

    function _deposit(address to, uint256 amount) private {
        if (!cash.mayHold(to)) return;
        fund(to, amount);
        money[to] += amount;
    }

    function _roll(uint256 below) private returns (uint256) {
        _dice = uint256(keccak256(abi.encode(_dice)));
        return _dice % below;
    }

    /// @dev Two in three trades and orders have nothing wrong with them.
    function _pickFault() private returns (Fault) {
        return _roll(3) != 0 ? Fault.None : Fault(_roll(uint256(type(Fault).max) + 1));
    }

    /// @dev Three times in four whatever an officer stopped is set going again first.
    function _pickToken() private returns (IToken) {
        if (_roll(4) != 0) _resume();
        return tokens[_roll(3)];
    }

    /// @dev Mostly one of the four good ones, unblocked.
    function _pickSigner() private returns (address wallet) {
        if (_roll(8) == 0) return wallets[4 + _roll(3)];
        wallet = wallets[_roll(4)];
        if (_roll(4) == 0 || cash.mayHold(wallet)) return wallet;
        vm.prank(enforcer);
        registry.unblockInvestor(wallet, EVIDENCE);
    }

    /// @dev Mostly lots within the balance; sometimes all, or anything up to a bit more.
    function _amountOf(IToken token, address from) private returns (uint256) {
        uint256 held = balance[token][from];
        uint256 what = _roll(8);
        if (what == 0) return held == 0 ? LOT : held;
        if (what == 1) return _roll(held + LOT) + 1;
        return (_roll(held / LOT / 4 + 1) + 1) * LOT;
    }

    function _isEffective() private view returns (bool) {
        return uint8(registry.filingOf(FILING)) == uint8(FilingStatus.Effective);
    }

    function _resume() private {
        if (!_isEffective()) {
            vm.prank(enforcer);
            registry.resume(FILING, EVIDENCE);
        }
        for (uint8 i = 0; i < 3; ++i) {
            vm.prank(enforcer);
            registry.unpause(FILING, i);
        }
        uint16[] memory open = registry.openObligations(FILING);
        for (uint256 i = 0; i < open.length; ++i) {
            vm.prank(discloser);
            registry.publish(FILING, open[i], 2, 0, EVIDENCE, "ipfs://x", 0);
        }
    }
}
