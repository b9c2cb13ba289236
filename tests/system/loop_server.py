# SPDX-License-Identifier: ISC
"""A loopback server whose connections stay open, as a real server's do: one thread runs an event loop for all."""
import asyncio
import threading


class LoopServer:
    """Its answer(head, writer) is given each request's head and says whether the connection stays open."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.connections = set()
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512))
        self.port = server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    async def serve(self, reader, writer):
        self.connections.add(writer)
        try:
            while await self.answer(await reader.readuntil(b"\r\n\r\n"), writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the daemon, or an outage, closed it
        finally:
            self.connections.discard(writer)
            writer.close()

    def call(self, function):
        """Runs it in the server's thread and waits."""
        async def run():
            return function()
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result()

    def close(self):
        async def end():
            tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
