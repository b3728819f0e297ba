"""A calculator that speaks MCP over HTTP, in Python's standard library.

It can do what chapter 01 can do, and nothing of chapter 03: the ladder is climbed
by servers in any language, and says what they lack.

    cargo xtask check 01 --cmd "python3 tests/servers/hello.py"
    cargo xtask check 03 --cmd "python3 tests/servers/hello.py"
"""

import json
import math
import operator
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OPERATIONS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
}

TOOL = {
    "name": "calculate",
    "title": "Calculate",
    "description": "Adds, subtracts, multiplies or divides two numbers.",
    "inputSchema": {
        "type": "object",
        "properties": {
            "a": {"type": "number"},
            "b": {"type": "number"},
            "op": {"enum": list(OPERATIONS)},
        },
        "required": ["a", "b", "op"],
        "additionalProperties": False,
    },
}


class RpcError(Exception):
    """A JSON-RPC error."""

    def __init__(self, code, message):
        super().__init__(message)
        self.error = {"code": code, "message": message}


def number(value):
    """Writes 150.0 as 150."""
    return str(int(value)) if value == int(value) else repr(value)


def is_number(value):
    """True is a number to Python, and to nobody else."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def calculate(arguments):
    """The text of the result; a ValueError says what is wrong."""
    if set(arguments) != {"a", "b", "op"}:
        raise ValueError("a, b and op are required, and nothing else")
    a, b, op = arguments["a"], arguments["b"], arguments["op"]
    if not (is_number(a) and is_number(b) and op in OPERATIONS):
        raise ValueError("a and b must be numbers, op one of " + ", ".join(OPERATIONS))
    if op == "divide" and b == 0:
        raise ValueError("b must not be 0 when op is divide")
    result = OPERATIONS[op](float(a), float(b))
    if not math.isfinite(result):
        raise ValueError("a and b must have a finite result")
    return f"{number(a)} {op} {number(b)} = {number(result)}"


def call_tool(params):
    """`tools/call`"""
    if params.get("name") != "calculate":
        raise RpcError(-32602, "unknown tool")
    try:
        text, is_error = calculate(params.get("arguments", {})), False
    except ValueError as error:
        text, is_error = str(error), True
    return {"content": [{"type": "text", "text": text}], "isError": is_error}


def dispatch(method, params):
    """The method table."""
    if method == "initialize":
        return {
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "hello-python", "version": "1.0.0"},
        }
    if method == "ping":
        return {}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        return call_tool(params)
    raise RpcError(-32601, "method not found")


def read(body):
    """One JSON-RPC message."""
    try:
        message = json.loads(body)
    except ValueError:
        raise RpcError(-32700, "not JSON") from None
    fits = (
        isinstance(message, dict)
        and message.get("jsonrpc") == "2.0"
        and isinstance(message.get("method"), str)
        and isinstance(message.get("id", 0), (str, int))
    )
    if not fits:
        raise RpcError(-32600, "not a JSON-RPC 2.0 message")
    return message


class Handler(BaseHTTPRequestHandler):
    """The endpoint. Methods other than POST are refused."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            message = read(body)
        except RpcError as refused:
            return self.answer(400, {"jsonrpc": "2.0", "error": refused.error})
        if "id" not in message:
            return self.answer(202)
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        try:
            params = message.get("params") or {}
            answer["result"] = dispatch(message["method"], params)
        except RpcError as refused:
            answer["error"] = refused.error
        return self.answer(200, answer)

    def do_GET(self):
        self.answer(405)

    do_DELETE = do_GET

    def answer(self, status, message=None):
        body = b"" if message is None else json.dumps(message).encode()
        self.send_response(status)
        if body:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "1453")))
    with ThreadingHTTPServer(address, Handler) as server:
        print(f"listening on http://{address[0]}:{address[1]}/mcp", flush=True)
        server.serve_forever()
