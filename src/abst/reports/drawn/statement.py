"""An investor's statement as a paper: what is held, what was paid with the tax withheld, and the factors. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from abst.reports.drawn import scales
from abst.reports.drawn.charts import Chart, Series
from abst.reports.drawn.figures import Currency, PaidFigures, Statement
from abst.reports.drawn.marks import CLASSES
from abst.reports.drawn.paper import Block, Card, Cards, Charts, Column, Facts, Note, Paper, Section, Table, Tone
from abst.reports.drawn.scales import Lang
from abst.reports.drawn.wording import Words

RATE = 12
SHOWN = 24  # days of factors in the table: the latest


def statement(figures: Statement, lang: Lang) -> Paper:
    """The statement in one language; the same figures give the same paper."""
    words = Words(lang)
    waiting = [one for one in figures.payments if one.state == "waiting"]
    notes = [Note(words("notes", "waiting", n=len(waiting)), "warn")] if waiting else []
    pictures = [chart for chart in (_owed(figures, words), _received(figures, words)) if chart]
    blocks: list[tuple[str, tuple[Block, ...]]] = [
        ("holdings", _holdings(figures, words)),
        ("pictures", (Charts(tuple(pictures)),) if pictures else ()),
        ("payments", tuple(_payments(figures, words))),
        ("factors", tuple(_factors(figures, words)) if figures.factors else ()),
    ]
    return Paper(
        lang=lang,
        kind=words("kind", "statement"),
        title=f"{words('corner', 'investor')} {figures.investor}",
        subtitle=f"{words('corner', 'at')} {figures.at.isoformat()}",
        corner=(
            (words("corner", "registry"), figures.registry),
            (words("corner", "reported"), figures.made.strftime("%Y-%m-%d %H:%M UTC")),
        ),
        lead=(*_cards(figures, words), *notes, _facts(figures, words)),
        sections=tuple(Section(words("sections", key), section) for key, section in blocks if section),
        running=figures.at.isoformat(),
        foot=words("foot"),
        page=words("page"),
        made=figures.made,
    )


def _by_currency(figures: Statement) -> dict[Currency, list[PaidFigures]]:
    found: dict[Currency, list[PaidFigures]] = {}
    for one in figures.payments:
        found.setdefault(one.asset, []).append(one)
    return found


def _cards(figures: Statement, words: Words) -> Iterator[Cards]:
    """Face held and what is outstanding of it, in each currency; what was paid, in each asset; four in a row."""
    cards: list[Card] = []
    currencies = dict.fromkeys(one.currency for one in figures.holdings)
    for currency in currencies:
        held = [one for one in figures.holdings if one.currency == currency]
        units, owed = sum(one.units for one in held), sum(one.outstanding for one in held)
        share = scales.percent(scales.ratio(owed, units), 6) if units else "-"
        face = f"{scales.money(units, currency.decimals)} {currency.code}"
        left = f"{scales.money(owed, currency.decimals)} {currency.code}"
        cards.append(Card(words("cards", "holding"), face, words("cards", "holding_note", n=len(held))))
        cards.append(Card(words("cards", "owed"), left, words("cards", "owed_note", share=share)))
    for asset, payments in _by_currency(figures).items():
        gross, paid = (
            sum(one.gross for one in payments),
            [one for one in payments if one.state in ("paid", "elsewhere")],
        )
        tax = scales.money(sum(one.tax for one in paid), asset.decimals)
        net = f"{scales.money(sum(one.net for one in paid), asset.decimals)} {asset.code}"
        note = words("cards", "net_note", tax=tax, code=asset.code)
        gross_words = words("cards", "gross_note", n=len(payments))
        cards.append(Card(words("cards", "gross"), f"{scales.money(gross, asset.decimals)} {asset.code}", gross_words))
        cards.append(Card(words("cards", "net"), net, note, "good"))
    for start in range(0, len(cards), 4):
        yield Cards(tuple(cards[start : start + 4]))


def _facts(figures: Statement, words: Words) -> Facts:
    rows = [(words("facts", "at"), figures.at.isoformat())]
    if figures.name:
        rows.append((words("facts", "name"), figures.name))
    rows += [(words("facts", "wallets") if n == 0 else "", wallet) for n, wallet in enumerate(figures.wallets)]
    return Facts(tuple(rows))


def _holdings(figures: Statement, words: Words) -> tuple[Block, ...]:
    if not figures.holdings:
        return (Note(words("none")),)
    rows = [
        (
            one.token,
            one.name,
            scales.money(one.units, one.currency.decimals),
            scales.money(max(one.locked, one.frozen), one.currency.decimals),
            scales.decimal(one.factor, RATE, RATE),
            scales.money(one.outstanding, one.currency.decimals),
            one.currency.code,
        )
        for one in figures.holdings
    ]
    keys = ("token", "name", "units", "held", "factor", "outstanding", "currency")
    table = Table(_columns(words, keys, ("token", "name", "currency"), {"name": 5.0}), tuple(rows))
    return table, Note(words("notes", "factor"))


def _columns(
    words: Words, keys: tuple[str, ...], text: tuple[str, ...], weights: dict[str, float]
) -> tuple[Column, ...]:
    return tuple(Column(words("columns", key), weights.get(key, 1), key not in text) for key in keys)


def _owed(figures: Statement, words: Words) -> Chart | None:
    """What was outstanding to him at each day, by token; of one currency."""
    if len({one.currency for one in figures.holdings}) != 1 or len(figures.factors) < 2:
        return None
    currency = figures.holdings[0].currency
    sums = [sum(one.outstanding) for one in figures.factors]
    unit = scales.large(sums, currency.code, currency.decimals, words.lang)
    return Chart(
        title=words("charts", "owed"),
        unit=unit.words,
        labels=tuple(one.day.strftime("%Y-%m") for one in figures.factors),
        label=unit.label,
        areas=tuple(
            Series(holding.token, CLASSES[n % len(CLASSES)], tuple(one.outstanding[n] for one in figures.factors))
            for n, holding in enumerate(figures.holdings)
        ),
    )


def _received(figures: Statement, words: Words) -> Chart | None:
    """Net payments by record date and token; of one asset."""
    if len(_by_currency(figures)) != 1:
        return None
    asset = figures.payments[0].asset
    days = sorted({one.record for one in figures.payments})
    tokens = list(dict.fromkeys([one.token for one in figures.holdings] + [one.token for one in figures.payments]))
    sums = {
        token: tuple(sum(p.net for p in figures.payments if (p.record, p.token) == (day, token)) for day in days)
        for token in tokens
    }
    unit = scales.large(
        [sum(column) for column in zip(*sums.values(), strict=True)], asset.code, asset.decimals, words.lang
    )
    return Chart(
        title=words("charts", "received"),
        unit=unit.words,
        labels=tuple(day.strftime("%Y-%m") for day in days),
        label=unit.label,
        bars=tuple(Series(token, CLASSES[n % len(CLASSES)], values) for n, (token, values) in enumerate(sums.items())),
    )


def _payments(figures: Statement, words: Words) -> list[Block]:
    """Every payment, the latest first, with a sum for each asset."""
    keys = ("number", "record", "token", "day", "state", "gross", "tax", "net", "currency")
    text = ("number", "record", "token", "day", "state", "currency")
    columns = _columns(words, keys, text, {"number": 0.0, "state": 3.0})
    blocks: list[Block] = []
    for asset, payments in _by_currency(figures).items():
        rows: list[tuple[str, ...]] = []
        tones: list[tuple[int, Tone]] = []
        for one in sorted(payments, key=lambda one: (one.record, one.number), reverse=True):
            if one.state == "waiting":
                tones.append((len(rows), "warn"))
            state = f"{words('states', one.state)}: {one.why.of(words.lang)}" if one.why else words("states", one.state)
            day = one.paid.isoformat() if one.paid else "-"
            amounts = (scales.money(value, asset.decimals) for value in (one.gross, one.tax, one.net))
            rows.append((str(one.number), one.record.isoformat(), one.token, day, state, *amounts, asset.code))
        sums = (sum(getattr(one, key) for one in payments) for key in ("gross", "tax", "net"))
        rows.append(
            ("", words("total"), "", "", "", *(scales.money(value, asset.decimals) for value in sums), asset.code)
        )
        blocks.append(Table(columns, tuple(rows), total=True, tones=tuple(tones)))
    return [*blocks, Note(words("notes", "taxes"))] if blocks else [Note(words("none"))]


def _factors(figures: Statement, words: Words) -> Iterator[Table]:
    """Factor and outstanding part by day, the latest first; three tokens beside each other."""
    for start in range(0, len(figures.holdings), 3):
        held = figures.holdings[start : start + 3]
        columns = [Column(words("columns", "date"))]
        for one in held:
            columns.append(Column(f"{one.token} · {words('columns', 'factor')}", number=True))
            columns.append(Column(words("columns", "outstanding"), number=True))
        rows: list[tuple[str, ...]] = []
        for day in list(reversed(figures.factors))[:SHOWN]:
            row = [day.day.isoformat()]
            for place, one in enumerate(held, start):
                row.append(scales.decimal(day.factors[place], RATE, RATE))
                row.append(scales.money(day.outstanding[place], one.currency.decimals))
            rows.append(tuple(row))
        yield Table(tuple(columns), tuple(rows))
