"""The same story, told by the official Python client.

    python python.py legacy|auto|2026-07-28 URL-OF-NODE-A URL-OF-NODE-B

Prints `ok NAME` or `not ok NAME: reason` per check; `cargo xtask clients`
counts those lines.
"""

import asyncio
import json
import sys
import warnings
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx2
import mcp_types as types
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from checks import run

MODERN = "2026-07-28"
PATIENCE = 10


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


class Story:
    """What the client is asked, what it hears, and where its history is."""

    def __init__(self, mode: str) -> None:
        self.is_modern = mode != "legacy"
        self.asked = 0
        self.changes = asyncio.Queue()
        self.tape = {}

    async def answer(self, _context, params) -> types.ElicitResult:
        """Says yes to whatever is asked."""
        self.asked += 1
        assert "confirm" in params.requested_schema["properties"], params
        return types.ElicitResult(action="accept", content={"confirm": True})

    async def hear(self, message) -> None:
        """Notes which resource has changed, in a session."""
        if isinstance(message, types.ResourceUpdatedNotification):
            self.changes.put_nowait(str(message.params.uri))

    def history_uri(self) -> str:
        """In a session the session's; without one it is on a tape."""
        if self.tape:
            return f"calculator://tapes/{self.tape['tape_id']}/history"
        return "calculator://history"

    async def results(self, client: Client) -> list:
        """The results of the calculations that are remembered."""
        read = await client.read_resource(self.history_uri())
        return [one["result"] for one in json.loads(read.contents[0].text)]

    async def add(self, client: Client, a: int, b: int) -> str:
        """Calculates, and returns the text of the result."""
        arguments = {"a": a, "b": b, "op": "add", **self.tape}
        return (await client.call_tool("calculate", arguments)).content[0].text

    async def subscribe(self, client: Client, streams: AsyncExitStack) -> None:
        """Hears of changes of the history from now on."""
        uri = self.history_uri()
        if not self.is_modern:
            await client.subscribe_resource(uri)
            return
        opened = await streams.enter_async_context(
            client.listen(resource_subscriptions=[uri])
        )
        assert opened.honored.resource_subscriptions == [uri], opened.honored

        async def read() -> None:
            async for event in opened:
                self.changes.put_nowait(str(event.uri))

        reader = asyncio.create_task(read())
        streams.callback(reader.cancel)


async def story(mode: str, node_a: str, node_b: str, passed) -> None:
    """Runs the checks in order; an exception fails the one that is due."""
    balancer = Balancer(node_a)
    told = Story(mode)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx2.AsyncClient(transport=balancer, timeout=30)
        )
        client = await stack.enter_async_context(
            Client(
                streamable_http_client(node_a, http_client=http),
                mode=mode,
                cache=None,
                elicitation_callback=told.answer,
                message_handler=told.hear,
            )
        )
        version = MODERN if told.is_modern else "2025-11-25"
        assert client.protocol_version == version, client.protocol_version
        passed("connects")
        tools = (await client.list_tools()).tools
        assert any(tool.name == "calculate" for tool in tools), tools
        passed("lists the tools")
        if told.is_modern:
            opened = await client.call_tool("open_tape", {})
            told.tape = {"tape_id": opened.structured_content["tape_id"]}
        text = await told.add(client, 100, 50)
        assert text == "100 add 50 = 150", text
        passed("calculates")
        # Exactly the sum of this story, and nobody else's.
        assert await told.results(client) == [150]
        passed("reads the history")

        steps = []

        async def progress(step, _total, _message) -> None:
            steps.append(step)

        await client.call_tool(
            "demo_progress", {"steps": 3}, progress_callback=progress
        )
        assert steps == [1, 2, 3], steps
        passed("is told of progress")
        streams = await stack.enter_async_context(AsyncExitStack())
        await told.subscribe(client, streams)
        passed("subscribes")
        balancer.node = node_b
        assert await told.results(client) == [150]
        passed("continues on the second node")
        # What is done on the second node is heard on the stream of the first.
        await told.add(client, 1, 1)
        change = await asyncio.wait_for(told.changes.get(), PATIENCE)
        assert change == told.history_uri(), change
        passed("hears of changes")
        await client.call_tool("confirm_clear", told.tape)
        assert told.asked == 1, told.asked
        assert await told.results(client) == []
        passed("answers a question")
    # Leaving the block ends the session, if there is one.
    ended = (None,) if told.is_modern else (200, 204)
    assert balancer.delete_status in ended, balancer.delete_status
    passed("says goodbye")


DUE = [
    "connects",
    "lists the tools",
    "calculates",
    "reads the history",
    "is told of progress",
    "subscribes",
    "continues on the second node",
    "hears of changes",
    "answers a question",
    "says goodbye",
]

warnings.simplefilter("ignore")  # The older era's methods are deprecated.
mode, node_a, node_b = sys.argv[1:]
sys.exit(run(DUE, lambda passed: story(mode, node_a, node_b, passed)))
