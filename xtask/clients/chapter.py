"""What a chapter's server offers, used by the official Python client.

    python chapter.py legacy|auto URL CHAPTER

Prints `ok NAME` or `not ok NAME: reason` per check, as python.py does.
"""

import json
import sys

from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from checks import run


async def story(mode: str, url: str, chapter: int, passed) -> None:
    """Runs the checks in order; an exception fails the one that is due."""
    async with Client(streamable_http_client(url), mode=mode, cache=None) as client:
        passed("connects")
        tools = (await client.list_tools()).tools
        assert any(tool.name == "calculate" for tool in tools), tools
        passed("lists the tools")
        answer = await client.call_tool("calculate", {"a": 100, "b": 50, "op": "add"})
        assert answer.content[0].text == "100 add 50 = 150", answer
        passed("calculates")
        if chapter >= 3:
            read = await client.read_resource("calculator://history")
            history = json.loads(read.contents[0].text)
            assert [line["result"] for line in history] == [150], history
            passed("reads the history")
    passed("says goodbye")


mode, url, chapter = sys.argv[1:]
due = ["connects", "lists the tools", "calculates", "says goodbye"]
if int(chapter) >= 3:
    due.insert(3, "reads the history")
sys.exit(run(due, lambda passed: story(mode, url, int(chapter), passed)))
