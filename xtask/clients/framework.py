"""FastMCP's client: what a program that was written for the framework sees.

    python framework.py URL-OF-NODE-A URL-OF-NODE-B

It negotiates the stateless era by itself. So it keeps its history on a tape, writes
`null` for an optional argument that it does not need, and continues on the second
node with a connection of its own. Prints `ok NAME` or `not ok NAME: reason` per
check; `cargo xtask clients` counts those lines.
"""

import json
import sys

from fastmcp import Client

from checks import run


async def operations(client: Client, tape: str) -> list:
    """The operations that the tape remembers, the oldest first."""
    read = await client.read_resource(f"calculator://tapes/{tape}/history")
    return [entry["operation"] for entry in json.loads(read[0].text)]


async def story(node_a: str, node_b: str, passed) -> None:
    """Runs the checks in order; an exception fails the one that is due."""
    async with Client(node_a) as client:
        passed("connects")
        tools = [tool.name for tool in await client.list_tools()]
        assert {"calculate", "open_tape"} <= set(tools), tools
        passed("lists the tools")
        answer = await client.call_tool("calculate", {"a": 1, "b": 2, "op": "add"})
        assert answer.content[0].text == "1 add 2 = 3", answer
        passed("calculates without a tape")
        opened = await client.call_tool("open_tape", {})
        tape = opened.structured_content["tape_id"]
        sums = [{"a": 20, "b": 22, "op": "add"}, {"a": 1, "b": 0, "op": "divide"}]
        await client.call_tool(
            "batch_calculate", {"calculations": sums, "tape_id": tape}
        )
        root = {"operation": "sqrt", "value": 9, "base": None, "tape_id": tape}
        answer = await client.call_tool("advanced_calculate", root)
        assert answer.structured_content["result"] == 3, answer
        passed("writes null for what it does not need")
        assert await operations(client, tape) == ["add", "sqrt"]
        passed("reads the history of its tape")
    async with Client(node_b) as client:
        assert await operations(client, tape) == ["add", "sqrt"]
        passed("continues on the second node")
        await client.call_tool("close_tape", {"tape_id": tape})
        passed("closes its tape")

DUE = [
    "connects",
    "lists the tools",
    "calculates without a tape",
    "writes null for what it does not need",
    "reads the history of its tape",
    "continues on the second node",
    "closes its tape",
]

node_a, node_b = sys.argv[1:]
sys.exit(run(DUE, lambda passed: story(node_a, node_b, passed)))
