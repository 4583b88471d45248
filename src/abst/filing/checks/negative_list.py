"""Section C, with R-11: the negative list for every asset and every layer below it, and the major providers of cash."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from abst.errors import Refusal
from abst.filing.blocks import Assets, Layer
from abst.filing.blocks.assets import Provider
from abst.filing.checks.common import codes_of, known_ids, percent, plain_name
from abst.filing.dossier import Dossier
from abst.rulebook import Rulebook, refuse

Bar = tuple[str, str, str, str]  # rule, field, found, needed


def walk(layers: Iterable[Layer], where: str = "assets.layers") -> Iterator[tuple[str, Layer]]:
    """Every layer with its place, from the assets sold down to the last."""
    for n, layer in enumerate(layers):
        yield f"{where}[{n}]", layer
        yield from walk(layer.underlying, f"{where}[{n}].underlying")


def barred_layers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-14 to R-21: an asset on the list is barred, and so is every right over it, through all layers."""
    if dossier.assets is None:
        return
    for where, layer in walk(dossier.assets.layers):
        sold = ".underlying" not in where
        for rule, field, found, needed in bars(layer, rulebook):
            if sold:
                yield refuse(rule, "asset-barred", found=found, needed=needed, where=f"{where}.{field}")
            else:
                found = f"{layer.id} {field}: {found} ({rule})"
                yield refuse("R-21", "layer-barred", found=found, needed=f"{needed} in every layer", where=where)


def bars(layer: Layer, rulebook: Rulebook) -> Iterator[Bar]:
    """What puts one layer on the list: an answer, its debtor, its kind, the state of its building."""
    for n, answer in enumerate(layer.answers):
        if answer.answer != "clear" and answer.rule in rulebook.words("R-12", "items"):
            yield answer.rule, f"answers[{n}].answer", answer.answer, "clear"
    if layer.public_debt:
        yield "R-14", "public_debt", "debt of a local government", "none made or added to"
    elif layer.debtor in rulebook.words("R-14", "debtors"):
        yield "R-14", "debtor", layer.debtor, "another kind of debtor"
    for rule in ("R-16", "R-18"):
        if layer.type in rulebook.words(rule, "types"):
            yield rule, "type", layer.type, "a type off the list"
    state = layer.property
    if state is not None and not state.steady_income and (not state.completed or Decimal(state.occupancy) == 0):
        found = "unfinished" if not state.completed else "vacant"
        yield "R-17", "property", f"{found}, without steady income", "finished and let, or steady income"


def layer_answers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-14 to R-20: every item is answered once for every layer, by a reviewer whom the file knows (R-12)."""
    if dossier.assets is None:
        return
    items, known = rulebook.words("R-12", "items"), known_ids(dossier)
    for where, layer in walk(dossier.assets.layers):
        counts = Counter(answer.rule for answer in layer.answers)
        for rule in items:
            place = f"{where}.answers[{rule}]"
            if not counts[rule]:
                yield refuse(rule, "list-unanswered", found="no answer", needed="the answer clear", where=place)
            if counts[rule] > 1:
                yield refuse("R-33", "list-repeated", found=f"{counts[rule]} answers", needed="one", where=place)
        for n, answer in enumerate(layer.answers):
            place = f"{where}.answers[{n}]"
            if answer.rule not in items:
                needed = ", ".join(items)
                yield refuse("R-25", "list-item-unknown", found=answer.rule, needed=needed, where=f"{place}.rule")
            elif dossier.entity is not None and dossier.structure is not None and answer.reviewer not in known:
                found, needed = answer.reviewer, "a person of the register or a party"
                yield refuse(answer.rule, "reviewer-unknown", found=found, needed=needed, where=f"{place}.reviewer")


def layer_types(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-17, R-27: every layer is of a known type, and a building says its state."""
    if dossier.assets is None:
        return
    types, buildings = rulebook.words("R-27", "types"), rulebook.words("R-17", "types")
    for where, layer in walk(dossier.assets.layers):
        if layer.type not in types:
            needed = ", ".join(types)
            yield refuse("R-27", "asset-type", found=layer.type, needed=needed, where=f"{where}.type")
        if layer.type in buildings and layer.property is None:
            needed = "whether it is finished, let and has steady income"
            yield refuse("R-17", "property-state", found="nothing", needed=needed, where=f"{where}.property")


def one_class(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-19: one class in a pool, unless a reviewer says why others belong to it."""
    assets = dossier.assets
    if assets is None:
        return
    if assets.mixed is not None:
        known = dossier.entity is None or dossier.structure is None or assets.mixed.reviewer in known_ids(dossier)
        if not known:
            found, where = assets.mixed.reviewer, "assets.mixed.reviewer"
            needed = "a person of the register or a party"
            yield refuse("R-19", "reviewer-unknown", found=found, needed=needed, where=where)
        return
    for where, layer in walk(assets.layers):
        if layer.asset_class != assets.asset_class:
            needed = f"{assets.asset_class}, or a reviewed reason in assets.mixed"
            found = layer.asset_class
            yield refuse("R-19", "classes-mixed", found=found, needed=needed, where=f"{where}.asset_class")


def title(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-11, R-27: title to every layer is shown and undisputed, the law lets it be transferred, and burdens end."""
    if dossier.assets is None:
        return
    for where, layer in walk(dossier.assets.layers):
        if dossier.documents is not None and layer.title not in codes_of(dossier):
            needed = "the code of a document of this file"
            yield refuse("R-11", "title-not-shown", found=layer.title, needed=needed, where=f"{where}.title")
        if layer.disputed:
            yield refuse("R-11", "title-disputed", found="disputed", needed="undisputed", where=f"{where}.disputed")
        if not layer.transferable:
            place = f"{where}.transferable"
            yield refuse("R-11", "transfer-barred", found="barred", needed="transferable", where=place)
        if layer.encumbrance and not layer.release:
            needed = "how the burden ends when the issue closes"
            yield refuse("R-27", "encumbered", found=layer.encumbrance, needed=needed, where=f"{where}.release")


def cash_table(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-33: flows name providers of the table, and those after the base date sum to the total that is told."""
    assets = dossier.assets
    if assets is None:
        return
    ids = Counter(provider.id for provider in assets.providers)
    for name, count in ids.items():
        if count > 1:
            where = f"assets.providers[{name}]"
            yield refuse("R-33", "provider-repeated", found=f"{count} rows", needed="one", where=where)
    for n, flow in enumerate(assets.flows):
        if flow.provider not in ids:
            found, where = flow.provider, f"assets.flows[{n}].provider"
            yield refuse("R-33", "provider-unknown", found=found, needed="an id of assets.providers", where=where)
    total = sum(future_cash(assets).values())
    if total != assets.total_future_cash:
        found, needed = str(assets.total_future_cash), f"{total}, the flows after {assets.base_date}"
        yield refuse("R-33", "cash-table", found=found, needed=needed, where="assets.total_future_cash")


def future_cash(assets: Assets) -> dict[str, int]:
    """Unpaid contractual cash of each provider after the base date (R-15)."""
    cash: dict[str, int] = defaultdict(int)
    for flow in assets.flows:
        if flow.on > assets.base_date:
            cash[flow.provider] += flow.amount
    return cash


def major_providers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-15: no discredited provider owes more than the share of all future contractual cash at the base date."""
    assets = dossier.assets
    if assets is None:
        return
    cash = future_cash(assets)
    total, limit = sum(cash.values()), Fraction(rulebook.setting("R-15", "share"))
    together = rulebook.setting("R-15", "related") == "together"
    owed: dict[str, int] = defaultdict(int)
    for provider in assets.providers:
        if not provider.aggregate:
            owed[_same(provider, together)] += cash.get(provider.id, 0)
    seen: set[str] = set()
    for n, provider in enumerate(assets.providers):
        key = _same(provider, together)
        if provider.aggregate or not provider.discredited or key in seen or not total:
            continue
        seen.add(key)
        share = Fraction(owed[key], total)
        if share > limit:
            found = f"{owed[key]} of {total}, {percent(share)}, discredited"
            needed = f"at most {percent(limit)} of future cash, or a provider of good standing"
            yield refuse("R-15", "major-provider", found=found, needed=needed, where=f"assets.providers[{n}]")


def hidden_providers(dossier: Dossier, rulebook: Rulebook) -> Iterator[Refusal]:
    """R-15, R-33: an aggregate row hides neither a discredited provider nor a major one."""
    assets = dossier.assets
    if assets is None:
        return
    cash, limit = future_cash(assets), Fraction(rulebook.setting("R-15", "share"))
    total = sum(cash.values())
    for n, provider in enumerate(assets.providers):
        own, where = cash.get(provider.id, 0), f"assets.providers[{n}]"
        if not provider.aggregate or not own:
            continue
        if provider.discredited:
            needed = "a row of its own for each discredited provider"
            yield refuse("R-15", "provider-hidden", found="an aggregate row", needed=needed, where=where)
        if not 0 < provider.largest <= own:
            found, needed = str(provider.largest), f"the largest provider's cash, 1 to {own}"
            yield refuse("R-33", "aggregate-largest", found=found, needed=needed, where=f"{where}.largest")
        elif Fraction(provider.largest, total) > limit:
            found = f"{provider.largest} of {total}, {percent(Fraction(provider.largest, total))}"
            needed = f"a row of its own for each provider over {percent(limit)}"
            yield refuse("R-15", "provider-hidden", found=found, needed=needed, where=f"{where}.largest")


def _same(provider: Provider, together: bool) -> str:
    """What makes two rows one provider: the name, or the group where related providers count together."""
    return f"group {provider.group}" if together and provider.group else plain_name(provider.name)


CHECKS = (
    barred_layers,
    layer_answers,
    layer_types,
    one_class,
    title,
    cash_table,
    major_providers,
    hidden_providers,
)
