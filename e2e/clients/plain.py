"""A plain client in Python's `websockets`, with its defaults: python3 plain.py URL

Prints what it sees, one JSON object a line, and takes orders the same way.
"""

import asyncio
import json
import sys

import websockets


def tell(callback, **fields):
    print(json.dumps({"callback": callback, **fields}), flush=True)


async def orders(socket):
    lines = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        order = json.loads(line)
        if "push" in order:
            await socket.send(json.dumps(order["push"]))
        if order.get("ping"):
            await (await socket.ping())
            tell("pong")
        if order.get("close"):
            await socket.close()


async def main(url):
    async with websockets.connect(url) as socket:
        tell("open", protocol=socket.subprotocol, version=websockets.__version__)
        taking = asyncio.create_task(orders(socket))
        try:
            async for text in socket:
                tell("message", message=json.loads(text))
        except websockets.ConnectionClosed:
            pass
        taking.cancel()
        tell("close", code=socket.close_code, reason=socket.close_reason)


asyncio.run(main(sys.argv[1]))
