"""A few processes that work through a list: an item that crashes or hangs costs itself and no more."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

AHEAD = 4  # items that are handed over before their turn, so that no worker waits for its next one
CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


# What asks a program to end; the system ends it at once where it does not say otherwise.
ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def end_in_order() -> None:
    """End as by an exception where the program is asked to end: files are closed, and workers stopped."""

    def stop(number: int, frame: object) -> None:
        sys.exit(128 + number)

    for number in ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:  # `nohup` lets it be ignored
            signal.signal(number, stop)


class Crashed(NamedTuple):
    """The process ended before it answered; `code` is its exit code, negative for a signal."""

    code: int | None


class Late(NamedTuple):
    """No answer within the time allowed."""

    seconds: float


class Worker:
    """A process and the pipe to it; `items` are the numbers of what was handed over: it works on the first."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_serve, args=(work, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.items: deque[int] = deque()
        self.since = 0.0

    def hand_over(self, number: int, item: Any) -> None:
        """One more item, which is small: the pipe holds several of them."""
        if not self.items:
            self.since = time.monotonic()
        self.pipe.send(item)
        self.items.append(number)

    def answered(self) -> int:
        """The number of the item that the next answer is to; the worker is at the one behind it."""
        self.since = time.monotonic()
        return self.items.popleft()

    def end(self) -> None:
        """Stop at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    """The life of a worker: an item, its result, the next item, until the parent stops it or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while True:
            item = pipe.recv()
            pipe.send(work(item))


def _end_with_the_parent() -> None:
    """A parent that was killed cannot stop its workers: its end of a pipe closes, whatever a worker is at."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_all(
    work: Callable[[Any], Any],
    items: Sequence[Any],
    jobs: int,
    timeout: float | None,
    spent: Callable[[Any], bool] = lambda result: False,
) -> Iterator[tuple[int, Any]]:
    """(number of the item, its result or Crashed or Late), as they come.  `work` must not raise.

    A process whose result says that it is `spent` is replaced, as one that crashed.
    """
    waiting = list(range(len(items)))[::-1]
    workers = [Worker(work) for _ in range(min(jobs, len(items)))]
    try:
        while waiting or any(worker.items for worker in workers):
            for n, worker in enumerate(workers):
                while waiting and len(worker.items) <= min(AHEAD, len(waiting) // (AHEAD * jobs)):
                    number = waiting.pop()
                    try:
                        worker.hand_over(number, items[number])
                    except OSError:  # it died; what it was at is seen when its answer is missing
                        waiting.append(number)
                        if worker.items:
                            break
                        worker.end()
                        worker = workers[n] = Worker(work)
            yield from _answers(work, workers, waiting, timeout, spent)
    finally:
        for worker in workers:
            worker.end()


def _answers(
    work: Callable[[Any], Any],
    workers: list[Worker],
    waiting: list[int],
    timeout: float | None,
    spent: Callable[[Any], bool],
) -> Iterator[tuple[int, Any]]:
    """What the busy workers have to say, waiting for the first of them or for the first deadline.

    What a worker that crashed, was late or is spent had not begun is put back to `waiting`.
    """
    busy = [worker for worker in workers if worker.items]
    patience = None if timeout is None else max(0.0, min(w.since for w in busy) + timeout - time.monotonic())
    pipes = [worker.pipe for worker in busy]
    ready = pipes if patience is None and len(pipes) == 1 else wait(pipes, patience)
    now = time.monotonic()
    for n, worker in enumerate(workers):
        result: Any = None
        if worker.pipe in ready:
            try:
                result = worker.pipe.recv()
            except (EOFError, OSError):
                worker.process.join()
                result = Crashed(worker.process.exitcode)
        elif timeout is not None and worker.items and now - worker.since >= timeout:
            result = Late(timeout)
        else:
            continue
        number = worker.answered()
        if isinstance(result, Crashed | Late) or spent(result):
            waiting.extend(reversed(worker.items))
            worker.end()
            workers[n] = Worker(work)
        yield number, result
