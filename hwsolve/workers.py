"""A few processes that work through a list: an item that crashes or hangs costs itself and no more."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


class Crashed(NamedTuple):
    """The process ended before it answered; `code` is its exit code, negative for a signal."""

    code: int | None


class Late(NamedTuple):
    """No answer within the time allowed."""

    seconds: float


class Worker:
    """A process and the pipe to it; `item` is the number of what it works on, None while it waits."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(work, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.item: int | None = None
        self.since = 0.0

    def begin(self, number: int, item: Any) -> None:
        """Hand over an item."""
        self.item, self.since = number, time.monotonic()
        self.pipe.send(item)

    def end(self) -> None:
        """Stop at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    """The life of a worker: an item, its result, the next item."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        pipe.send(work(item))


def run_all(
    work: Callable[[Any], Any], items: Sequence[Any], jobs: int, timeout: float | None
) -> Iterator[tuple[int, Any]]:
    """(number of the item, its result or Crashed or Late), as they come.  `work` must not raise."""
    waiting = list(range(len(items)))[::-1]
    workers = [Worker(work) for _ in range(min(jobs, len(items)))]
    try:
        while waiting or any(worker.item is not None for worker in workers):
            for n, worker in enumerate(workers):
                if worker.item is None and waiting:
                    number = waiting.pop()
                    try:
                        worker.begin(number, items[number])
                    except OSError:  # it died while it waited
                        worker.end()
                        workers[n] = Worker(work)
                        workers[n].begin(number, items[number])
            yield from _answers(work, workers, timeout)
    finally:
        for worker in workers:
            worker.end()


def _answers(work: Callable[[Any], Any], workers: list[Worker], timeout: float | None) -> Iterator[tuple[int, Any]]:
    """What the busy workers have to say, waiting for the first of them or for the first deadline."""
    busy = [worker for worker in workers if worker.item is not None]
    patience = None if timeout is None else max(0.0, min(w.since for w in busy) + timeout - time.monotonic())
    ready = wait([worker.pipe for worker in busy], patience)
    now = time.monotonic()
    for n, worker in enumerate(workers):
        number = worker.item
        if number is None:
            continue
        if worker.pipe in ready:
            try:
                result = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                result = Crashed(worker.process.exitcode)
        elif timeout is not None and now - worker.since >= timeout:
            result = Late(timeout)
        else:
            continue
        worker.item = None
        if isinstance(result, Crashed | Late):
            worker.end()
            workers[n] = Worker(work)
        yield number, result
