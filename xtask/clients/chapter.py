"""What a chapter's server offers, used by the official Python client.

    python chapter.py legacy|auto URL CHAPTER

Prints `ok NAME` or `not ok NAME: reason` per check, as python.py does.
"""

import asyncio
import json
import sys

from mcp import Client
from mcp.client.streamable_http import streamable_http_client


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


def main() -> int:
    """Counts down the checks, so that the one that failed can be named."""
    mode, url, chapter = sys.argv[1:]
    due = ["connects", "lists the tools", "calculates", "says goodbye"]
    if int(chapter) >= 3:
        due.insert(3, "reads the history")

    def passed(name: str) -> None:
        assert due.pop(0) == name
        print(f"ok {name}", flush=True)

    try:
        work = story(mode, url, int(chapter), passed)
        asyncio.run(asyncio.wait_for(work, 60))
    except BaseException as error:  # noqa: BLE001, the report is the point
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        print(f"not ok {due[0]}: {type(error).__name__}: {error}")
        return 1
    return 0


sys.exit(main())
