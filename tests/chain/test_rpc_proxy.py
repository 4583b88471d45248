"""The tests' own proxy does to a node's traffic what it says, else the tests behind it prove nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import requests

from rpc_proxy import (
    BROKEN,
    DROP_ANSWER,
    DROP_REQUEST,
    FORGETS,
    HALF,
    TRUNCATED,
    TWICE,
    Proxy,
    error,
    http,
    late,
    proxied,
)

MINE = "evm_mine"


@pytest.fixture
def proxy(anvil_url: str) -> Iterator[Proxy]:
    with proxied(anvil_url) as one:
        yield one


def ask(proxy: Proxy, *methods: str) -> requests.Response:
    """Methods without parameters: one alone, or several in a batch."""
    each = [{"jsonrpc": "2.0", "id": place, "method": one, "params": []} for place, one in enumerate(methods)]
    return requests.post(proxy.url, json=each if len(each) > 1 else each[0], timeout=5)


def height(proxy: Proxy) -> int:
    return int(proxy.ask("eth_blockNumber"), 16)


@pytest.mark.parametrize(
    ("fault", "done"), [(DROP_REQUEST, 0), (DROP_ANSWER, 2), (HALF, 1), (BROKEN, 2), (TRUNCATED, 2), (FORGETS, 2)]
)
def test_a_fault_does_so_much_and_tells_nothing(proxy: Proxy, fault: object, done: int) -> None:
    """Once; the next request is well again."""
    proxy.script(fault, MINE)
    before = height(proxy)
    with pytest.raises((requests.RequestException, ValueError, TypeError)):
        len(ask(proxy, MINE, MINE).json())
    assert height(proxy) == before + done
    assert len(ask(proxy, MINE, MINE).json()) == 2
    assert height(proxy) == before + done + 2


def test_what_is_asked_twice_is_done_twice(proxy: Proxy) -> None:
    proxy.script(TWICE, MINE)
    before = height(proxy)
    assert "result" in ask(proxy, MINE).json()
    assert height(proxy) == before + 2


def test_an_error_meets_its_own_request_of_a_batch(proxy: Proxy) -> None:
    proxy.script(error("disk full"), MINE, after=1)
    before = height(proxy)
    answers = {one["id"]: one for one in ask(proxy, MINE, MINE, "eth_chainId").json()}
    assert answers[1]["error"]["message"] == "disk full"
    assert "result" in answers[0]
    assert "result" in answers[2]
    assert height(proxy) == before + 1


def test_a_web_server_s_no_and_a_late_answer(proxy: Proxy) -> None:
    proxy.script(http(429, "slow down", Retry_After="2"))
    refused = ask(proxy, "eth_chainId")
    assert (refused.status_code, refused.headers["Retry-After"], refused.text) == (429, "2", "slow down")
    proxy.script(late(0.1))
    assert ask(proxy, "eth_chainId").elapsed.total_seconds() >= 0.1


def test_a_frozen_head_and_another_chain(proxy: Proxy) -> None:
    frozen = proxy.freeze()
    ask(proxy, MINE)
    assert int(ask(proxy, "eth_blockNumber").json()["result"], 16) == frozen == height(proxy) - 1
    proxy.chain_id = 7
    assert ask(proxy, "eth_chainId").json()["result"] == "0x7"
    proxy.clear()
    assert int(ask(proxy, "eth_blockNumber").json()["result"], 16) == height(proxy)


def test_gone_and_back_on_the_same_port(proxy: Proxy) -> None:
    with proxy.gone(), pytest.raises(requests.ConnectionError):
        ask(proxy, "eth_chainId")
    assert ask(proxy, "eth_chainId").ok


def test_a_storm_is_the_same_by_its_seed(anvil_url: str) -> None:
    """Random faults, drawn anew from the same seed, come at the same requests."""

    def weather(seed: int) -> list[str]:
        with proxied(anvil_url) as proxy:
            proxy.storm(seed, 0.5, [error("no"), http(500)])
            return ["met" if "result" not in _told(lambda: ask(proxy, "eth_chainId")) else "" for _ in range(20)]

    assert weather(3) == weather(3) != weather(4)


def _told(request: Callable[[], requests.Response]) -> str:
    return request().text
