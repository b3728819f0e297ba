"""The same story, told by the official Python client.

    python python.py legacy|auto URL-OF-NODE-A URL-OF-NODE-B

Prints `ok NAME` or `not ok NAME: reason` per check; `cargo xtask clients`
counts those lines.
"""

import asyncio
import re
import sys
from urllib.parse import urlsplit

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


class Balancer(httpx2.AsyncHTTPTransport):
    """Sends every request to the node that `self.node` names.

    The client believes in one address, as it would behind a load balancer
    without sticky sessions.
    """

    def __init__(self, node: str) -> None:
        super().__init__()
        self.node = node
        self.delete_status = None

    async def handle_async_request(self, request):
        request.url = request.url.copy_with(port=urlsplit(self.node).port)
        request.headers["host"] = urlsplit(self.node).netloc
        response = await super().handle_async_request(request)
        if request.method == "DELETE":
            self.delete_status = response.status_code
        return response


async def history(client: Client) -> str:
    """The calculations that the session remembers, as JSON text."""
    read = await client.read_resource("calculator://history")
    return read.contents[0].text


def assert_one_calculation(text: str) -> None:
    """Exactly the sum of this story, and nobody else's."""
    assert re.findall(r'"result":\s*(\d+)', text) == ["150"], text


async def story(mode: str, node_a: str, node_b: str, passed) -> None:
    """Runs the checks in order; an exception fails the one that is due."""
    balancer = Balancer(node_a)
    async with httpx2.AsyncClient(transport=balancer, timeout=30) as http:
        transport = streamable_http_client(node_a, http_client=http)
        async with Client(transport, mode=mode, cache=None) as client:
            passed("connects")
            tools = (await client.list_tools()).tools
            assert any(tool.name == "calculate" for tool in tools), tools
            passed("lists the tools")
            answer = await client.call_tool(
                "calculate", {"a": 100, "b": 50, "op": "add"}
            )
            text = answer.content[0].text
            assert text == "100 add 50 = 150", text
            passed("calculates")
            assert_one_calculation(await history(client))
            passed("reads the history")
            balancer.node = node_b
            assert_one_calculation(await history(client))
            passed("continues on the second node")
    # Leaving the block ends the session.
    assert balancer.delete_status in (200, 204), balancer.delete_status
    passed("ends the session")


def main() -> int:
    """Counts down the checks, so that the one that failed can be named."""
    mode, node_a, node_b = sys.argv[1:]
    due = [
        "connects",
        "lists the tools",
        "calculates",
        "reads the history",
        "continues on the second node",
        "ends the session",
    ]

    def passed(name: str) -> None:
        assert due.pop(0) == name
        print(f"ok {name}", flush=True)

    try:
        asyncio.run(asyncio.wait_for(story(mode, node_a, node_b, passed), 60))
    except BaseException as error:  # noqa: BLE001, the report is the point
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        print(f"not ok {due[0]}: {type(error).__name__}: {error}")
        return 1
    return 0


sys.exit(main())
