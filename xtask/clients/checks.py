"""Counts the checks of a story, so that the one that failed can be named."""

import asyncio

# For one story, in seconds.
PATIENCE = 60


def run(due: list, story) -> int:
    """Runs `story(passed)`, which reports each check of `due` in order.

    Prints `ok NAME` or `not ok NAME: reason` per check, and returns the exit code.
    """
    due = list(due)

    def passed(name: str) -> None:
        assert due.pop(0) == name
        print(f"ok {name}", flush=True)

    try:
        asyncio.run(asyncio.wait_for(story(passed), PATIENCE))
        assert not due, f"not reached: {due}"
    except BaseException as error:  # noqa: BLE001, the report is the point
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        print(f"not ok {due[0]}: {type(error).__name__}: {error}")
        return 1
    return 0
