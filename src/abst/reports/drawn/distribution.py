"""The distribution report of one period as a paper (R-74): what came in, who was paid, what is left. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from abst.reports.drawn import scales
from abst.reports.drawn.charts import Chart, Series, Threshold
from abst.reports.drawn.figures import FX, UNIT, Distribution, Limit
from abst.reports.drawn.marks import BAD, CLASSES
from abst.reports.drawn.paper import Block, Card, Cards, Charts, Column, Facts, Note, Paper, Section, Table, Tone
from abst.reports.drawn.scales import Lang
from abst.reports.drawn.wording import Words

ARREARS = ("#f0c36d", "#dd8a3c", "#b3372f")
RATE = 12  # decimals of rates and factors


class _Writer:
    """The figures of one report with its words, and how its amounts are written."""

    def __init__(self, figures: Distribution, lang: Lang) -> None:
        self.figures, self.words = figures, Words(lang)
        self.code = figures.currency.code

    def money(self, amount: int) -> str:
        return scales.money(amount, self.figures.currency.decimals)

    def share(self, part: int, whole: int, shown: int = 2) -> str:
        return scales.percent(scales.ratio(part, whole), 6, shown) if whole else "-"

    def span(self, first: date, last: date) -> str:
        return self.words("to", first=first.isoformat(), last=last.isoformat())


def distribution(figures: Distribution, lang: Lang) -> Paper:
    """The report in one language; the same figures give the same paper."""
    figures = figures if lang == "zh" else _in_latin(figures)
    it = _Writer(figures, lang)
    words, dates = it.words, figures.dates
    parts: list[tuple[str, tuple[Block, ...]]] = [
        ("classes", tuple(_classes(it))),
        ("course", _course(it)),
        ("cash", (_cash(it),)),
        ("pool", (_pool(it), _arrears(it))),
        ("waterfall", (_steps(it),)),
        ("accounts", (_accounts(it), Note(words("notes", "conserved")))),
        ("tests", (_tests(it), Note(words("notes", "sticky"))) if figures.tests else ()),
        ("restated", (_restated(it),) if figures.restated else ()),
        ("proofs", (_proofs(it), Note(words("notes", "proof"))) if figures.proofs else ()),
    ]
    return Paper(
        lang=lang,
        kind=words("kind", "distribution"),
        title=figures.title.of(lang),
        subtitle=f"{words('of', n=figures.period, m=figures.payments)} · {words('amounts', code=it.code)}",
        corner=(
            (words("corner", "payment_date"), dates.payment.isoformat()),
            (words("corner", "record_date"), dates.record.isoformat()),
            (words("corner", "filing"), figures.filing),
            (words("corner", "reported"), figures.reported.strftime("%Y-%m-%d %H:%M UTC")),
        ),
        lead=(_cards(it), *_warnings(it), _facts(it)),
        sections=tuple(Section(words("sections", key), blocks) for key, blocks in parts if blocks),
        running=dates.payment.isoformat(),
        foot=words("foot"),
        page=words("page"),
        made=figures.reported,
    )


def _in_latin(figures: Distribution) -> Distribution:
    """For readers without Chinese: a class whose name is not in their letters goes by its key in the deal."""
    keys = {one.name: one.key for one in figures.classes if not one.name.isascii()}
    return replace(
        figures,
        classes=tuple(replace(one, name=keys.get(one.name, one.name)) for one in figures.classes),
        steps=tuple(
            replace(
                step,
                payee=", ".join(keys.get(name, name) for name in step.payee.split(", ")),
                parts=tuple((keys.get(name, name), paid) for name, paid in step.parts),
            )
            for step in figures.steps
        ),
    )


# ---- the head


def _cards(it: _Writer) -> Cards:
    figures, words = it.figures, it.words
    paid = sum(one.interest + one.principal + one.residual for one in figures.classes)
    left, face = sum(one.closing for one in figures.classes), sum(one.face for one in figures.classes)
    limit = figures.loss_limit
    lost = scales.ratio(figures.pool.losses, figures.pool.initial)
    loud: Tone = "bad" if limit is not None and lost * 10 ** (RATE - 6) > limit.share else "plain"
    note = words("cards", "collected_only")
    if figures.course[-1].expected:
        share = it.share(figures.cash.total, figures.course[-1].expected)
        note = words("cards", "collected_note", share=share)
    if figures.exchange is None:
        settled = words("cards", "distributed_only")
    else:
        code, decimals = figures.exchange.settlement.code, figures.exchange.settlement.decimals
        amount = scales.money(sum(one.payable or 0 for one in figures.classes), decimals)
        settled = words("cards", "distributed_note", amount=amount, code=code)
    return Cards(
        (
            Card(words("cards", "collected"), it.money(figures.cash.total), note),
            Card(words("cards", "distributed"), it.money(paid), settled),
            Card(
                words("cards", "outstanding"),
                it.money(left),
                words("cards", "outstanding_note", share=it.share(left, face)),
            ),
            Card(words("cards", "losses"), scales.percent(lost, 6, 3), words("cards", "losses_note"), loud),
        )
    )


def _warnings(it: _Writer) -> Iterator[Note]:
    """What a holder must not overlook."""
    figures, words = it.figures, it.words
    if figures.mode != "normal":
        yield Note(words("notes", figures.mode), "bad")
    for one in figures.classes:
        if one.short:
            yield Note(words("notes", "short", amount=it.money(one.short), code=it.code, name=one.name), "bad")
    if figures.late:
        yield Note(words("notes", "late", day=figures.dates.determination.isoformat()), "warn")


def _facts(it: _Writer) -> Facts:
    figures, words, dates = it.figures, it.words, it.figures.dates
    rows = [
        ("dates", it.span(dates.collection_from, dates.collection_to)),
        ("accrual", it.span(dates.accrual_from, dates.accrual_to)),
        ("determination", dates.determination.isoformat()),
        ("mode", words("mode", figures.mode)),
        ("currency", it.code),
        ("settlement", figures.exchange.settlement.code if figures.exchange else it.code),
    ]
    return Facts(tuple((words("facts", key), text) for key, text in rows))


# ---- the course


def _course(it: _Writer) -> tuple[Block, ...]:
    return (Charts((_balances(it), _collections(it))), Charts((_losses(it), _delinquency(it))))


def _day(day: date) -> str:
    return day.strftime("%Y-%m")


def spoken(name: str) -> str:
    """A name of the deal as people read it."""
    return name.replace("_", " ")


def _balances(it: _Writer) -> Chart:
    """Areas by class, the most senior one lowest, with what is projected behind today."""
    figures, words = it.figures, it.words
    course = [*figures.course, *figures.ahead]
    while len(course) > len(figures.course) and not any(course[-2].balances):
        course.pop()
    unit = scales.large([sum(one.balances) for one in course], it.code, figures.currency.decimals, words.lang)
    return Chart(
        title=words("charts", "balances"),
        unit=f"{unit.words} · {words('notes', 'ahead')}" if figures.ahead else unit.words,
        labels=tuple(_day(one.payment) for one in course),
        label=unit.label,
        least=unit.divisor,
        areas=tuple(
            Series(one.name, CLASSES[n % len(CLASSES)], tuple(period.balances[n] for period in course))
            for n, one in enumerate(figures.classes)
        ),
        solid=len(figures.course),
        now=words("charts", "now"),
    )


def _collections(it: _Writer) -> Chart:
    figures, words = it.figures, it.words
    course = [one for one in figures.course if one.number]
    expected = tuple(one.expected for one in course)
    unit = scales.large(
        [max(one.collected, one.expected or 0) for one in course], it.code, figures.currency.decimals, words.lang
    )
    line = tuple(value for value in expected if value is not None)
    return Chart(
        title=words("charts", "cash"),
        unit=unit.words,
        labels=tuple(_day(one.payment) for one in course),
        label=unit.label,
        least=unit.divisor,
        bars=(Series(words("charts", "collected"), CLASSES[1], tuple(one.collected for one in course)),),
        lines=(Series(words("charts", "expected"), CLASSES[2], line),) if len(line) == len(course) else (),
    )


def _losses(it: _Writer) -> Chart:
    figures, words = it.figures, it.words
    values = tuple(scales.ratio(one.losses, figures.pool.initial) for one in figures.course)
    return Chart(
        title=words("charts", "losses"),
        unit=words("charts", "of_initial"),
        labels=tuple(_day(one.payment) for one in figures.course),
        label=scales.percent_label,
        least=scales.PPM // 100,
        lines=(Series(words("charts", "net_loss"), BAD, values),),
        thresholds=_limit(it, figures.loss_limit),
    )


def _delinquency(it: _Writer) -> Chart:
    figures, words = it.figures, it.words
    course = [one for one in figures.course if one.number]
    return Chart(
        title=words("charts", "arrears"),
        unit=words("charts", "of_pool"),
        labels=tuple(_day(one.payment) for one in course),
        label=scales.percent_label,
        least=scales.PPM // 100,
        bars=tuple(
            Series(words("buckets", key), color, tuple(scales.ratio(one.arrears[n], one.pool) for one in course))
            for n, (key, color) in enumerate(zip(("days_30", "days_60", "days_90"), ARREARS, strict=True))
        ),
        thresholds=_limit(it, figures.arrears_limit),
    )


def _limit(it: _Writer, limit: Limit | None) -> tuple[Threshold, ...]:
    if limit is None:
        return ()
    value = limit.share // 10 ** (RATE - 6)
    name = it.words("charts", "limit", name=spoken(limit.trigger), value=scales.percent_label(value))
    return (Threshold(name, value),)


# ---- the tables


def _columns(it: _Writer, *keys: str, text: tuple[str, ...] = (), **weights: float) -> tuple[Column, ...]:
    """Columns by key: numbers but for those in `text`; of weight 1 but for those given."""
    return tuple(Column(it.words("columns", key), weights.get(key, 1), key not in text) for key in keys)


def _classes(it: _Writer) -> Iterator[Block]:
    """Balances and principal of each class, then interest, factor and what is payable."""
    figures, words = it.figures, it.words
    keys = ("class", "opening", "principal", "written_down", "closing", "factor")
    rows = [
        (
            one.name,
            it.money(one.opening),
            it.money(one.principal),
            it.money(one.written_down),
            it.money(one.closing),
            scales.decimal(one.factor, RATE, RATE),
        )
        for one in figures.classes
    ]
    sums = [sum(getattr(one, key) for one in figures.classes) for key in ("opening", "principal", "written_down")]
    left, face = sum(one.closing for one in figures.classes), sum(one.face for one in figures.classes)
    total = (
        words("total"),
        *map(it.money, (*sums, left)),
        scales.decimal(left * UNIT // face if face else 0, RATE, RATE),
    )
    yield Table(_columns(it, *keys, text=("class",), **{"class": 2.0}), (*rows, total), total=True)
    yield _interest(it)
    if figures.exchange is not None:
        rate = scales.money(figures.exchange.rate, FX)
        told = {"rate": rate, "to": figures.exchange.settlement.code, "of": it.code, "source": figures.exchange.source}
        yield Note(words("notes", "converted", **told))


def _interest(it: _Writer) -> Table:
    """Interest and residual of each class, and what its holders get; of one that is no token only where no money is
    converted."""
    figures, words = it.figures, it.words
    tokens = any(one.symbol for one in figures.classes)
    keys = ("class", *(["token"] if tokens else []), "rate", "interest_due", "interest", "residual")
    settled = figures.exchange.settlement if figures.exchange else figures.currency
    payable = Column(words("columns", "payable", code=settled.code), number=True)
    columns = (*_columns(it, *keys, text=("class", "token"), **{"class": 2.0}), payable)
    rows: list[tuple[str, ...]] = []
    total = 0
    for one in figures.classes:
        due = one.payable if figures.exchange else one.interest + one.principal + one.residual
        total += due or 0
        names = (one.name, one.symbol) if tokens else (one.name,)
        amounts = [it.money(value) for value in (one.interest_due, one.interest, one.residual)]
        rows.append(
            (
                *names,
                scales.percent(one.rate, RATE, 4),
                *amounts,
                "-" if due is None else scales.money(due, settled.decimals),
            )
        )
    sums = [sum(getattr(one, key) for one in figures.classes) for key in ("interest_due", "interest", "residual")]
    names = (words("total"), "") if tokens else (words("total"),)
    rows.append((*names, "", *map(it.money, sums), scales.money(total, settled.decimals)))
    return Table(columns, tuple(rows), total=True)


def _cash(it: _Writer) -> Table:
    """By source as far as it is projected so, the period's total, and the total since the cut-off date."""
    figures, words = it.figures, it.words
    rows: list[tuple[str, ...]] = []
    for key in ("principal", "interest", "recoveries", "other"):
        plan = getattr(figures.expected, key) if figures.expected else None
        rows.append((words("sources", key), *_compared(it, getattr(figures.cash, key), plan)))
    rows.append((words("period_total"), *_compared(it, figures.cash.total, figures.course[-1].expected)))
    course = [one for one in figures.course if one.number]
    planned = [one.expected for one in course if one.expected is not None]
    so_far = sum(planned) if len(planned) == len(course) else None
    rows.append((words("since"), *_compared(it, sum(one.collected for one in course), so_far)))
    keys = ("source", "actual", "expected", "difference", "share")
    return Table(_columns(it, *keys, text=("source",), source=1.4), tuple(rows), total=True)


def _compared(it: _Writer, actual: int, plan: int | None) -> tuple[str, str, str, str]:
    """Collected, projected, their difference and share; a projection there may not be."""
    if plan is None:
        return it.money(actual), "", "", ""
    return it.money(actual), it.money(plan), it.money(actual - plan), it.share(actual, plan)


def _pool(it: _Writer) -> Facts:
    words, pool = it.words, it.figures.pool
    rows = [
        ("initial", it.money(pool.initial)),
        ("opening", it.money(pool.opening)),
        ("closing", f"{it.money(pool.closing)} ({it.share(pool.closing, pool.initial)})"),
        ("defaults", it.money(pool.defaults)),
        ("recoveries", it.money(pool.recoveries)),
        ("losses", f"{it.money(pool.losses)} ({it.share(pool.losses, pool.initial, 3)})"),
    ]
    if pool.loans is not None:
        rows.append(("loans", f"{pool.loans:,}"))
    return Facts(tuple((words("facts", key), text) for key, text in rows))


def _arrears(it: _Writer) -> Table:
    figures, words, arrears = it.figures, it.words, it.figures.arrears
    keys = ["bucket", "balance", "of_pool", *(["count"] if arrears.counts else [])]
    rows: list[tuple[str, ...]] = []
    amounts = (arrears.days_30, arrears.days_60, arrears.days_90, arrears.total)
    counts = (*arrears.counts, sum(arrears.counts)) if arrears.counts else ()
    for n, (key, amount) in enumerate(zip(("days_30", "days_60", "days_90", "total"), amounts, strict=True)):
        name = words("total") if key == "total" else words("buckets", key)
        row = (name, it.money(amount), it.share(amount, figures.pool.closing, 3))
        rows.append((*row, f"{counts[n]:,}") if counts else row)
    return Table(_columns(it, *keys, text=("bucket",)), tuple(rows), total=True)


def _steps(it: _Writer) -> Table:
    """Every step in its order, with its payees; one that got less than it is owed stands out."""
    words = it.words
    rows: list[tuple[str, ...]] = []
    tones: list[tuple[int, Tone]] = []
    for number, step in enumerate(it.figures.steps, 1):
        if step.short:
            tones.append((len(rows), "bad" if step.kind == "interest" else "warn"))
        names = [words.known("roles", name) for name, _ in step.parts] or [words.known("roles", step.payee)]
        payee = "" if len(names) > 1 and step.paid else ", ".join(names)
        amounts = (it.money(step.due), it.money(step.paid), "" if step.short is None else it.money(step.short))
        rows.append((str(number), step.words or spoken(step.step), words.known("steps", step.kind), payee, *amounts))
        rows += [("", "", "", words.known("roles", name), "", it.money(paid), "") for name, paid in step.parts if paid]
    keys = ("number", "step", "kind", "payee", "due", "paid", "short")
    weights = {"number": 0.0, "step": 3.0, "kind": 1.0, "payee": 1.0, "due": 0.5, "paid": 0.5, "short": 0.5}
    columns = _columns(it, *keys, text=("number", "step", "kind", "payee"), **weights)
    return Table(columns, tuple(rows), tones=tuple(tones))


def _accounts(it: _Writer) -> Table:
    rows = [
        (it.words.known("accounts", one.name), *map(it.money, (one.opening, one.received, one.paid, one.closing)))
        for one in it.figures.accounts
    ]
    keys = ("account", "opening", "received", "spent", "closing")
    return Table(_columns(it, *keys, text=("account",), account=2.0), tuple(rows))


def _tests(it: _Writer) -> Table:
    words = it.words
    rows: list[tuple[str, ...]] = []
    tones: list[tuple[int, Tone]] = []
    for n, one in enumerate(it.figures.tests):
        state = words("tests", f"{one.kind}-{'yes' if one.met else 'no'}")
        since = one.since.isoformat() if one.since else "-"
        name = f"{spoken(one.name)}: {one.words}"
        rows.append((name, words("tests", one.kind), one.value, one.threshold, state, since))
        if one.met and one.kind == "trigger":
            tones.append((n, "bad"))
    keys = ("test", "kind", "value", "threshold", "state", "since")
    columns = _columns(it, *keys, text=("test", "kind", "state", "since"), test=4.0)
    return Table(columns, tuple(rows), tones=tuple(tones))


def _restated(it: _Writer) -> Table:
    rows = [(it.words.known("sources", one.field), it.money(one.amount)) for one in it.figures.restated]
    return Table(_columns(it, "field", "difference", text=("field",)), tuple(rows))


def _proofs(it: _Writer) -> Table:
    rows = [(it.words.known("proofs", name), value) for name, value in it.figures.proofs]
    return Table(_columns(it, "what", "hash", text=("what", "hash"), hash=4.0), tuple(rows))
