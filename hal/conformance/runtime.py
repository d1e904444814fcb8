"""What every runtime must do, as named checks.

``check_runtime(make)`` runs them all; with pytest, parametrise over ``CHECKS`` to see each by its name. No
check depends on exact times: what must never happen is put an hour away, order is made with events, and
where a timeout must not strike before others have begun, they have ``_LONG_ENOUGH``.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn, Protocol, TypeVar

from hal.runtime import HOUR, MILLISECOND, MINUTE, Event, Runtime, Task, TaskGroup

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


class RunnableRuntime(Runtime, Protocol):
    """A runtime that can be started."""

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return its result."""

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str = "") -> Task[T]:
        """Start a task that lives until ``run`` ends."""

    def current_task_name(self) -> str:
        """Name the task that runs now."""


Make = Callable[[], RunnableRuntime]
Check = Callable[[Make], None]
Body = Callable[[Runtime], Coroutine[Any, Any, None]]
Main = Callable[[RunnableRuntime], Coroutine[Any, Any, None]]

_LONG_ENOUGH = 100 * MILLISECOND

_CHECKS: dict[str, Check] = {}
CHECKS: Mapping[str, Check] = _CHECKS
"""The checks by name. Each takes a maker of fresh runtimes and raises ``AssertionError`` if one errs."""


def check_runtime(make: Make) -> None:
    """Run every check.

    Args:
        make: Makes a fresh runtime; called at least once a check.

    Raises:
        AssertionError: The runtime breaks a rule of ``hal.runtime.protocol``.
    """
    for check in CHECKS.values():
        check(make)


def _outside(check: Check) -> Check:
    """Register a check that makes and runs runtimes itself."""
    _CHECKS[check.__name__.strip("_")] = check
    return check


def _inside(body: Main) -> None:
    """Register a check that is the main task of a run."""
    _register(body.__name__.strip("_"), body)


def _register(name: str, body: Main) -> None:
    def check(make: Make) -> None:
        runtime = make()

        async def guarded() -> None:
            async with runtime.timeout(MINUTE):
                await body(runtime)

        try:
            runtime.run(guarded())
        except AssertionError:
            raise
        except BaseException as error:
            raise AssertionError(f"{name}: {error!r} left the check") from error

    _CHECKS[name] = check


# -- tools of the checks ---------------------------------------------------------------------------


def _expect(condition: bool, rule: str) -> None:
    if not condition:
        raise AssertionError(rule)


def _same(seen: object, wanted: object, rule: str) -> None:
    if seen != wanted:
        raise AssertionError(f"{rule}: saw {seen!r} instead of {wanted!r}")


async def _raised(kind: type[E], work: Coroutine[Any, Any, object], rule: str) -> E:
    try:
        await work
    except kind as error:
        return error
    raise AssertionError(rule)


def _failed(kind: type[E], run: Callable[[], object], rule: str) -> E:
    try:
        run()
    except kind as error:
        return error
    except BaseException as error:
        raise AssertionError(f"{rule}, not {error!r}") from error
    raise AssertionError(rule)


def _leaves(group: BaseExceptionGroup[Any]) -> list[str]:
    return [repr(error) for error in group.exceptions]


async def _let_others_run(runtime: Runtime) -> None:
    """Let everybody go on until all of them wait for something that takes time."""
    for _ in range(20):
        await runtime.sleep(0)


async def _fail(error: BaseException) -> NoReturn:
    raise error


class _Track:
    """Who did what, in order."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.seen: list[str] = []

    def add(self, what: str) -> None:
        self.seen.append(what)

    async def sleeper(self, name: str, duration: int = HOUR) -> None:
        """Sleep; note the end and, apart from it, a cancellation."""
        await self.around(name, self.runtime.sleep(duration))

    async def waiter(self, name: str, event: Event) -> None:
        await self.around(name, event.wait())

    async def around(self, name: str, work: Any) -> None:
        try:
            await work
        except CancelledError:
            self.add(f"{name} cancelled")
            raise
        self.add(name)


# -- time ------------------------------------------------------------------------------------------


@_inside
async def _now_is_an_integer_and_never_goes_back(runtime: RunnableRuntime) -> None:
    times = []
    for duration in (0, 1, 500, MILLISECOND):
        times.append(runtime.now())
        await runtime.sleep(duration)
    _expect(all(type(time) is int for time in times), "now() is an int")
    _same(times, sorted(times), "now() never goes back")


@_inside
async def _sleep_lasts_at_least_its_duration(runtime: RunnableRuntime) -> None:
    for duration in (1, 10, 333, MILLISECOND, 3 * MILLISECOND):
        before = runtime.now()
        await runtime.sleep(duration)
        _expect(runtime.now() >= before + duration, f"a sleep of {duration} ended early by now()")


@_inside
async def _compute_returns_and_raises(runtime: RunnableRuntime) -> None:
    _same(await runtime.compute(lambda: 42), 42, "compute returns what the function returns")

    def fail() -> NoReturn:
        raise ValueError("the function's own")

    await _raised(ValueError, runtime.compute(fail), "compute raises what the function raises")


@_inside
async def _compute_is_never_left_half_done(runtime: RunnableRuntime) -> None:
    done: list[str] = []

    async def work() -> None:
        await runtime.sleep(0)
        await runtime.compute(lambda: done.append("computed"))
        done.append("went on")
        await runtime.sleep(HOUR)

    async with runtime.task_group() as group:
        task = group.start(work())
        await runtime.sleep(0)
        await runtime.sleep(0)
        task.cancel()
    _expect(done[:1] in ([], ["computed"]), "a computation that has begun is done when its task has ended")


@_inside
async def _durations_are_integers(runtime: RunnableRuntime) -> None:
    wrong: Any = 0.5

    async def sleep() -> None:
        await runtime.sleep(wrong)

    async def timeout() -> None:
        async with runtime.timeout(wrong):
            pass

    await _raised(TypeError, sleep(), "a sleep of half a microsecond is refused")
    await _raised(TypeError, timeout(), "a timeout of half a microsecond is refused")


@_inside
async def _sleep_of_zero_or_less_lets_the_others_run_once(runtime: RunnableRuntime) -> None:
    seen = []

    async def count(name: str, duration: int) -> None:
        for number in range(3):
            seen.append(f"{name}{number}")
            await runtime.sleep(duration)

    async with runtime.task_group() as group:
        group.start(count("a", 0))
        group.start(count("b", -HOUR))
    _same(seen, ["a0", "b0", "a1", "b1", "a2", "b2"], "tasks that sleep for nothing take turns")


@_inside
async def _sleepers_of_one_instant_wake_in_order(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    names = [str(number) for number in range(10)]
    async with runtime.task_group() as group:
        for name in names:
            group.start(track.sleeper(name, MILLISECOND))
    _same(track.seen, names, "sleepers that end together wake in the order in which they went to sleep")


@_inside
async def _the_shorter_sleep_ends_first(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    async with runtime.task_group() as group:
        group.start(track.sleeper("long", _LONG_ENOUGH))
        group.start(track.sleeper("short", MILLISECOND))
    _same(track.seen, ["short", "long"], "the shorter sleep ends first")


# -- events ----------------------------------------------------------------------------------------


@_inside
async def _event_wakes_all_in_order(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()
    async with runtime.task_group() as group:
        for name in "abcd":
            group.start(track.waiter(name, event))
        await _let_others_run(runtime)
        _same(track.seen, [], "an event that is not set wakes nobody")
        event.set()
    _same(track.seen, list("abcd"), "an event wakes its waiters in the order in which they began to wait")


@_inside
async def _event_that_is_set_lets_pass_at_once(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()
    event.set()
    _expect(event.is_set(), "a set event says so")
    async with runtime.task_group() as group:
        group.start(track.sleeper("other", 0))
        await event.wait()
        track.add("main")
    _same(track.seen, ["main", "other"], "waiting for a set event lets nobody else run")


@_inside
async def _event_cleared_at_once_still_wakes(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()
    async with runtime.task_group() as group:
        group.start(track.waiter("early", event))
        await _let_others_run(runtime)
        event.set()
        event.clear()
        _expect(not event.is_set(), "a cleared event says so")
        late = group.start(track.waiter("late", event))
        await _let_others_run(runtime)
        _same(track.seen, ["early"], "set() wakes those who wait, though clear() follows; others must wait")
        late.cancel()


@_inside
async def _event_forgets_a_cancelled_waiter(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()
    async with runtime.task_group() as group:
        tasks = [group.start(track.waiter(name, event)) for name in "abc"]
        await _let_others_run(runtime)
        tasks[1].cancel()
        event.set()
    _same(sorted(track.seen), ["a", "b cancelled", "c"], "a cancelled waiter is left out, the others wake")
    _expect(track.seen.index("a") < track.seen.index("c"), "the others keep their order")


# -- queues ----------------------------------------------------------------------------------------


@_inside
async def _queue_keeps_the_order_of_items(runtime: RunnableRuntime) -> None:
    queue = runtime.queue()
    for item in (1, None, 3):
        queue.put(item)
    _same(len(queue), 3, "len() counts the items")
    _same([await queue.get() for _ in range(3)], [1, None, 3], "items come out in the order they went in")
    _same(len(queue), 0, "an emptied queue is empty")


async def _get(track: _Track, name: str, queue: Any) -> None:
    track.add(f"{name}{await queue.get()}")


@_inside
async def _queue_serves_getters_in_order(runtime: RunnableRuntime) -> None:
    track, queue = _Track(runtime), runtime.queue()
    async with runtime.task_group() as group:
        for name in "abc":
            group.start(_get(track, name, queue))
        await _let_others_run(runtime)
        for item in (1, 2, 3):
            queue.put(item)
    _same(track.seen, ["a1", "b2", "c3"], "getters are served in the order in which they began to wait")


@_inside
async def _queue_lets_no_late_getter_overtake(runtime: RunnableRuntime) -> None:
    track, queue = _Track(runtime), runtime.queue()
    async with runtime.task_group() as group:
        group.start(_get(track, "early", queue))
        await _let_others_run(runtime)
        queue.put(1)
        late = group.start(_get(track, "late", queue))
        await _let_others_run(runtime)
        _same(track.seen, ["early1"], "an item belongs to the getter that waited for it")
        _expect(not late.done(), "a late getter waits for the next item")
        queue.put(2)
    _same(track.seen, ["early1", "late2"], "a late getter gets the next item")


@_inside
async def _queue_loses_no_item_to_a_cancelled_getter(runtime: RunnableRuntime) -> None:
    track, queue = _Track(runtime), runtime.queue()
    async with runtime.task_group() as group:
        getter = group.start(_get(track, "gone", queue))
        await _let_others_run(runtime)
        getter.cancel()
        queue.put(1)  # the getter is cancelled, but has not run since
        await _let_others_run(runtime)
        _same(len(queue), 1, "an item put after a getter was cancelled stays in the queue")
        _same(await queue.get(), 1, "the next getter gets it")


@_inside
async def _queue_takes_back_what_a_cancelled_getter_was_handed(runtime: RunnableRuntime) -> None:
    track, queue = _Track(runtime), runtime.queue()
    async with runtime.task_group() as group:
        getter = group.start(_get(track, "gone", queue))
        await _let_others_run(runtime)
        queue.put(1)  # the getter is to wake with it
        queue.put(2)
        getter.cancel()
        await _let_others_run(runtime)
        _same([await queue.get(), await queue.get()], [1, 2], "nothing is lost and the order is kept")
    _same(track.seen, [], "the cancelled getter got nothing")


@_inside
async def _queue_hands_on_what_a_cancelled_getter_was_handed(runtime: RunnableRuntime) -> None:
    track, queue = _Track(runtime), runtime.queue()
    async with runtime.task_group() as group:
        getter = group.start(_get(track, "gone", queue))
        group.start(_get(track, "next", queue))
        await _let_others_run(runtime)
        queue.put(1)
        getter.cancel()
    _same(track.seen, ["next1"], "the item of a cancelled getter goes to the next who waits")


# -- locks -----------------------------------------------------------------------------------------


async def _hold(track: _Track, name: str, lock: Any, rounds: int = 2) -> None:
    async with lock:
        track.add(f"{name} in")
        for _ in range(rounds):
            await track.runtime.sleep(0)
        track.add(f"{name} out")


@_inside
async def _lock_admits_one_at_a_time_in_order(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()
    _expect(not lock.locked(), "a new lock is free")
    async with runtime.task_group() as group:
        for name in "abc":
            group.start(_hold(track, name, lock))
        await runtime.sleep(0)
        _expect(lock.locked(), "a held lock says so")
    wanted = [f"{name} {step}" for name in "abc" for step in ("in", "out")]
    _same(track.seen, wanted, "a lock admits one at a time, in the order of arrival")
    _expect(not lock.locked(), "a lock that all have left is free")


@_inside
async def _lock_lets_nobody_overtake(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()
    async with runtime.task_group() as group:
        async with lock:
            group.start(_hold(track, "waiter", lock))
            await _let_others_run(runtime)
        _expect(lock.locked(), "a lock that somebody waits for goes straight to them")
        async with lock:
            track.add("again")
    _same(track.seen, ["waiter in", "waiter out", "again"], "who waits is before who comes back")


@_inside
async def _lock_can_be_acquired_and_released(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()
    async with runtime.task_group() as group:
        await lock.acquire()
        group.start(_hold(track, "waiter", lock))
        await _let_others_run(runtime)
        _same(track.seen, [], "an acquired lock is held")
        lock.release()
        _expect(lock.locked(), "a released lock passes to the first who waits")
        await lock.acquire()
        track.add("again")
        lock.release()
    _same(track.seen, ["waiter in", "waiter out", "again"], "to acquire a lock is to stand in its line")
    _expect(not lock.locked(), "a released lock is free when nobody waits")


@_inside
async def _lock_is_released_on_error(runtime: RunnableRuntime) -> None:
    lock = runtime.lock()

    async def fail() -> None:
        async with lock:
            raise ValueError("inside")

    await _raised(ValueError, fail(), "an error inside of a lock passes through")
    _expect(not lock.locked(), "an error releases the lock")


@_inside
async def _lock_is_released_on_cancellation(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()

    async def hold() -> None:
        async with lock:
            await runtime.sleep(HOUR)

    async with runtime.task_group() as group:
        holder = group.start(hold())
        group.start(_hold(track, "next", lock))
        await _let_others_run(runtime)
        holder.cancel()
    _same(track.seen, ["next in", "next out"], "a cancelled holder leaves the lock to the next")
    _expect(not lock.locked(), "and the lock is free in the end")


@_inside
async def _lock_is_not_lost_by_a_cancelled_waiter(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()
    async with runtime.task_group() as group, lock:
        waiter = group.start(_hold(track, "gone", lock))
        group.start(_hold(track, "next", lock))
        await _let_others_run(runtime)
        waiter.cancel()
    _same(track.seen, ["next in", "next out"], "a waiter cancelled before the release is passed over")
    _expect(not lock.locked(), "and the lock is free in the end")


@_inside
async def _lock_is_not_lost_by_a_waiter_cancelled_on_release(runtime: RunnableRuntime) -> None:
    track, lock = _Track(runtime), runtime.lock()
    async with runtime.task_group() as group:
        async with lock:
            waiter = group.start(_hold(track, "gone", lock))
            group.start(_hold(track, "next", lock))
            await _let_others_run(runtime)
        waiter.cancel()  # it owns the lock by now, but has not run since
    _same(track.seen, ["next in", "next out"], "a waiter cancelled after the release passes the lock on")
    _expect(not lock.locked(), "and the lock is free in the end")


# -- tasks -----------------------------------------------------------------------------------------


@_inside
async def _task_gives_its_result_to_all_who_wait(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()

    async def work() -> int:
        await event.wait()
        return 7

    async def wait(name: str, task: Task[int]) -> None:
        track.add(f"{name}{await task.wait()}")

    async with runtime.task_group() as group:
        task = group.start(work(), "worker")
        for name in "abc":
            group.start(wait(name, task))
        await _let_others_run(runtime)
        _expect(not task.done(), "a task that waits is not done")
        event.set()
    _same(track.seen, ["a7", "b7", "c7"], "those who wait for a task get its result in their order")
    _expect(task.done(), "a task that has ended is done")
    _same(await task.wait(), 7, "an ended task still gives its result")
    task.cancel()
    _same(await task.wait(), 7, "cancelling an ended task does nothing")


@_inside
async def _task_has_a_name(runtime: RunnableRuntime) -> None:
    async def tell() -> str:
        return runtime.current_task_name()

    async with runtime.task_group() as group:
        task = group.start(tell(), "printer 5")
        nameless = group.start(tell())
    _same((task.name, await task.wait()), ("printer 5", "printer 5"), "a task bears the name it was given")
    _expect(bool(nameless.name), "a task without a name is given one")
    _same(nameless.name, await nameless.wait(), "and it is the same from inside")


@_inside
async def _task_gives_its_error_to_all_who_wait(runtime: RunnableRuntime) -> None:
    tasks: list[Task[None]] = []

    async def main() -> None:
        async with runtime.task_group() as group:
            tasks.append(group.start(_fail(ValueError("mine"))))

    await _raised(ExceptionGroup, main(), "an error of a task leaves its group")
    for _ in range(2):
        error = await _raised(ValueError, tasks[0].wait(), "an ended task raises its error at wait()")
        _same(error.args, ("mine",), "wait() raises the task's own error")


@_inside
async def _task_outlives_a_cancelled_waiter(runtime: RunnableRuntime) -> None:
    event = runtime.event()

    async def work() -> int:
        await event.wait()
        return 7

    async with runtime.task_group() as group:
        task = group.start(work())
        waiter = group.start(task.wait())
        await _let_others_run(runtime)
        waiter.cancel()
        await _raised(CancelledError, waiter.wait(), "the waiter is cancelled")
        _expect(not task.done(), "cancelling who waits for a task leaves the task alone")
        event.set()
        _same(await task.wait(), 7, "and it ends with its result")


@_inside
async def _task_cannot_wait_for_itself(runtime: RunnableRuntime) -> None:
    tasks: list[Task[None]] = []

    async def narcissus() -> None:
        await _raised(RuntimeError, tasks[0].wait(), "a task that waits for itself is told so")

    async with runtime.task_group() as group:
        tasks.append(group.start(narcissus()))


# -- cancellation ----------------------------------------------------------------------------------


async def _wait_in_sleep(runtime: Runtime) -> None:
    await runtime.sleep(HOUR)


async def _wait_in_event(runtime: Runtime) -> None:
    await runtime.event().wait()


async def _wait_in_queue(runtime: Runtime) -> None:
    await runtime.queue().get()


async def _wait_in_lock(runtime: Runtime) -> None:
    lock = runtime.lock()
    async with lock, lock:
        pass


async def _wait_in_task(runtime: Runtime) -> None:
    async with runtime.task_group() as group:
        await group.start(runtime.event().wait()).wait()


async def _wait_in_group_body(runtime: Runtime) -> None:
    async with runtime.task_group() as group:
        group.start(_wait_in_event(runtime))
        await runtime.sleep(HOUR)


async def _wait_in_group_exit(runtime: Runtime) -> None:
    async with runtime.task_group() as group:
        group.start(_wait_in_event(runtime))
        group.start(_wait_in_sleep(runtime))


async def _wait_in_timeout(runtime: Runtime) -> None:
    async with runtime.timeout(HOUR), runtime.timeout(2 * HOUR), runtime.timeout(None):
        await runtime.sleep(HOUR)


_WAITS: Mapping[str, Body] = {
    "a sleep": _wait_in_sleep,
    "an event": _wait_in_event,
    "a queue": _wait_in_queue,
    "a lock": _wait_in_lock,
    "a task": _wait_in_task,
    "the body of a group": _wait_in_group_body,
    "the end of a group": _wait_in_group_exit,
    "a timeout": _wait_in_timeout,
}


def _register_wait(kind: str, wait: Body) -> None:
    async def cancelled(runtime: RunnableRuntime) -> None:
        track = _Track(runtime)

        async def work() -> None:
            try:
                await track.around("wait", wait(runtime))
            finally:
                await runtime.sleep(0)  # unwinding may wait too
                track.add("unwound")

        async with runtime.task_group() as group:
            task = group.start(work())
            await _let_others_run(runtime)
            _expect(not task.done(), f"a task waits in {kind}")
            task.cancel()
            _same(track.seen, [], "cancel() itself runs nothing of the task")
            await _raised(CancelledError, task.wait(), "wait() for a cancelled task raises CancelledError")
        _same(track.seen, ["wait cancelled", "unwound"], f"cancellation comes up in {kind}, then unwinds")

    async def cancelled_by_itself(runtime: RunnableRuntime) -> None:
        track = _Track(runtime)
        tasks: list[Task[None]] = []

        async def work() -> None:
            tasks[0].cancel()
            track.add("after cancel")
            await track.around("wait", wait(runtime))

        async with runtime.task_group() as group:
            tasks.append(group.start(work()))
        _same(
            track.seen, ["after cancel", "wait cancelled"], "a task that cancels itself stops when it waits"
        )

    place = kind.replace(" ", "_")
    _register(f"cancelled_in_{place}", cancelled)
    _register(f"cancelled_by_itself_in_{place}", cancelled_by_itself)


def _register_wait_in_scopes(kind: str, wait: Body) -> None:
    async def timed_out(runtime: RunnableRuntime) -> None:
        track = _Track(runtime)

        async def work() -> None:
            async with runtime.timeout(MILLISECOND):
                await track.around("wait", wait(runtime))

        await _raised(TimeoutError, work(), f"a deadline ends {kind}")
        _same(track.seen, ["wait cancelled"], f"a deadline comes up in {kind} as cancellation")

    async def sibling_failed(runtime: RunnableRuntime) -> None:
        track, event = _Track(runtime), runtime.event()

        async def fail() -> None:
            await event.wait()
            raise ValueError("sibling")

        async def work() -> None:
            async with runtime.task_group() as group:
                group.start(track.around("child", wait(runtime)))
                group.start(fail())
                await _let_others_run(runtime)
                event.set()
                await track.around("body", wait(runtime))

        error = await _raised(ExceptionGroup, work(), "the error of one task leaves the group")
        _same(_leaves(error), ["ValueError('sibling')"], "cancelled siblings add no errors")
        _same(
            sorted(track.seen), ["body cancelled", "child cancelled"], f"an error cancels siblings in {kind}"
        )

    place = kind.replace(" ", "_")
    _register(f"timed_out_in_{place}", timed_out)
    _register(f"sibling_failed_in_{place}", sibling_failed)


for _kind, _wait in _WAITS.items():
    _register_wait(_kind, _wait)
    _register_wait_in_scopes(_kind, _wait)


@_inside
async def _task_cancelled_before_its_first_step_never_runs(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        track.add("ran")

    async with runtime.task_group() as group:
        task = group.start(work())
        task.cancel()
        await _raised(CancelledError, task.wait(), "such a task counts as cancelled")
    _same(track.seen, [], "a task cancelled before its first step runs nothing")


@_inside
async def _cancelling_twice_at_once_raises_once(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        try:
            await runtime.sleep(HOUR)
        except CancelledError:
            await track.sleeper("cleaned up", MILLISECOND)

    async with runtime.task_group() as group:
        task = group.start(work())
        await _let_others_run(runtime)
        task.cancel()
        task.cancel()
    _same(track.seen, ["cleaned up"], "two requests before the task runs raise one CancelledError")


@_inside
async def _cancelling_again_while_unwinding_raises_again(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        try:
            await track.sleeper("first")
        finally:
            await track.sleeper("second")

    async with runtime.task_group() as group:
        task = group.start(work())
        for _ in range(2):
            await _let_others_run(runtime)
            task.cancel()
    _same(track.seen, ["first cancelled", "second cancelled"], "a second request reaches the unwinding too")


@_inside
async def _cancellation_that_is_caught_is_over(runtime: RunnableRuntime) -> None:
    async def work() -> str:
        await _raised(CancelledError, _wait_in_sleep(runtime), "cancellation is raised")
        await runtime.sleep(MILLISECOND)
        return "went on"

    async with runtime.task_group() as group:
        task = group.start(work())
        await _let_others_run(runtime)
        task.cancel()
    _same(await task.wait(), "went on", "a task that catches its cancellation goes on")


@_inside
async def _cancellation_beats_a_wake_up_of_the_same_instant(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()
    async with runtime.task_group() as group:
        task = group.start(track.waiter("task", event))
        await _let_others_run(runtime)
        event.set()
        task.cancel()
    _same(track.seen, ["task cancelled"], "a woken task that is cancelled before it runs is cancelled")


# -- groups ----------------------------------------------------------------------------------------


@_inside
async def _group_waits_for_all(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    async with runtime.task_group() as group:
        group.start(track.sleeper("child", MILLISECOND))
        track.add("body")
    track.add("after")
    _same(track.seen, ["body", "child", "after"], "a group ends after all its tasks")


@_inside
async def _group_starts_tasks_in_order_and_not_at_once(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work(name: str) -> None:
        track.add(name)

    async with runtime.task_group() as group:
        for name in "abc":
            group.start(work(name))
        track.add("body")
    _same(track.seen, ["body", *"abc"], "a task first runs when its starter waits; tasks run in their order")


@_inside
async def _group_takes_tasks_from_its_tasks(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def parent(group: TaskGroup) -> None:
        await runtime.sleep(0)
        group.start(track.sleeper("grandchild", MILLISECOND))

    async with runtime.task_group() as group:
        group.start(parent(group))
    _same(track.seen, ["grandchild"], "a group waits for tasks that its tasks have started")


@_inside
async def _group_that_is_over_takes_no_tasks(runtime: RunnableRuntime) -> None:
    async with runtime.task_group() as group:
        pass

    async def late() -> None:
        group.start(_wait_in_sleep(runtime))

    await _raised(RuntimeError, late(), "a group that is over refuses a task")
    group.cancel()
    await runtime.sleep(0)


@_inside
async def _group_collects_errors_in_order(runtime: RunnableRuntime) -> None:
    async def fail_in_unwinding(name: str) -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            raise ValueError(name)

    async def work() -> None:
        async with runtime.task_group() as group:
            group.start(fail_in_unwinding("a"))
            group.start(fail_in_unwinding("b"))
            await _let_others_run(runtime)
            group.start(_fail(KeyError("first")))

    error = await _raised(ExceptionGroup, work(), "several errors leave as one group")
    wanted = ["KeyError('first')", "ValueError('a')", "ValueError('b')"]
    _same(_leaves(error), wanted, "every error is there, in the order of failing")


@_inside
async def _group_adds_the_error_of_the_body(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def fail_in_unwinding() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            raise KeyError("child")

    async def work() -> None:
        async with runtime.task_group() as group:
            group.start(track.sleeper("child"))
            group.start(fail_in_unwinding())
            await _let_others_run(runtime)
            raise ValueError("body")

    error = await _raised(ExceptionGroup, work(), "an error of the body leaves in a group")
    _same(_leaves(error), ["KeyError('child')", "ValueError('body')"], "the body's error is one of them")
    _same(track.seen, ["child cancelled"], "an error of the body cancels the tasks")


@_inside
async def _group_that_fails_leaves_the_task_uncancelled(runtime: RunnableRuntime) -> None:
    async def body_waits() -> None:
        async with runtime.task_group() as group:
            group.start(_fail(ValueError()))
            await runtime.sleep(HOUR)

    async def body_does_not_wait() -> None:
        async with runtime.task_group() as group:
            group.start(_fail(ValueError()))

    async def body_swallows() -> None:
        async with runtime.task_group() as group:
            group.start(_fail(ValueError()))
            await _raised(CancelledError, _wait_in_sleep(runtime), "the body is cancelled")
            await runtime.sleep(0)

    for work in (body_waits, body_does_not_wait, body_swallows):
        await _raised(ExceptionGroup, work(), "the error leaves the group")
        await runtime.sleep(MILLISECOND)


@_inside
async def _group_of_groups_fails_level_by_level(runtime: RunnableRuntime) -> None:
    async def inner() -> None:
        async with runtime.task_group() as group:
            group.start(_fail(ValueError("deep")))
            await runtime.sleep(HOUR)

    async def outer() -> None:
        async with runtime.task_group() as group:
            group.start(inner())
            await runtime.sleep(HOUR)

    error = await _raised(ExceptionGroup, outer(), "an error climbs through nested groups")
    _same(len(error.exceptions), 1, "the outer group has one failed task")
    inside = error.exceptions[0]
    _expect(isinstance(inside, ExceptionGroup), "whose error is the inner group's")
    _same(
        _leaves(inside),
        ["ValueError('deep')"] if isinstance(inside, ExceptionGroup) else [],
        "with its cause",
    )


@_inside
async def _group_ignores_a_task_that_was_cancelled_alone(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def gives_up() -> None:
        raise CancelledError

    async with runtime.task_group() as group:
        one = group.start(track.sleeper("one"))
        group.start(gives_up())
        await _let_others_run(runtime)
        one.cancel()
        group.start(track.sleeper("other", MILLISECOND))
    _same(track.seen, ["one cancelled", "other"], "a cancelled task is no error and disturbs nobody")


@_inside
async def _group_cancelled_from_its_body(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    async with runtime.task_group() as group:
        group.start(track.sleeper("a"))
        group.start(track.sleeper("b"))
        await _let_others_run(runtime)
        group.cancel()
        track.add("body goes on")
        await track.sleeper("body")
    wanted = ["body goes on", "a cancelled", "b cancelled", "body cancelled"]
    _same(sorted(track.seen), sorted(wanted), "cancel() ends the tasks and the body's next wait")
    _expect(track.seen.index("a cancelled") < track.seen.index("b cancelled"), "tasks are cancelled in order")
    await runtime.sleep(MILLISECOND)  # not cancelled


@_inside
async def _group_cancelled_at_the_end_of_its_body(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    async with runtime.task_group() as group:
        group.start(track.sleeper("a"))
        await _let_others_run(runtime)
        group.cancel()
    _same(track.seen, ["a cancelled"], "cancel() needs no wait of the body after it")
    async with runtime.task_group() as group:
        group.cancel()
        group.cancel()
    await runtime.sleep(MILLISECOND)  # not cancelled


@_inside
async def _group_cancelled_by_its_task(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work(group: TaskGroup) -> None:
        await _let_others_run(runtime)
        group.cancel()
        track.add("task goes on")
        await track.sleeper("task")

    for body in (True, False):
        track.seen.clear()
        async with runtime.task_group() as group:
            group.start(track.sleeper("sibling"))
            group.start(work(group))
            if body:
                await track.sleeper("body")
        wanted = ["task goes on", "task cancelled", "sibling cancelled"] + ["body cancelled"] * body
        _same(sorted(track.seen), sorted(wanted), "a task can cancel its group, and itself with it")
        await runtime.sleep(MILLISECOND)  # not cancelled


@_inside
async def _group_cancelled_from_outside(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    groups: list[TaskGroup] = []

    async def work() -> str:
        async with runtime.task_group() as group:
            groups.append(group)
            group.start(track.sleeper("child"))
            await track.sleeper("body")
        await runtime.sleep(0)
        return "went on"

    async with runtime.task_group() as group:
        task = group.start(work())
        await _let_others_run(runtime)
        groups[0].cancel()
    _same(
        await task.wait(), "went on", "a cancelled group ends without an error, wherever cancel() came from"
    )
    _same(sorted(track.seen), ["body cancelled", "child cancelled"], "its tasks and its body are cancelled")


@_inside
async def _group_being_cancelled_starts_tasks_cancelled(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        track.add("ran")

    async with runtime.task_group() as group:
        group.cancel()
        task = group.start(work())
    _expect(task.done(), "a task started in a cancelled group ends with it")
    _same(track.seen, [], "and runs nothing")


@_inside
async def _group_cancelled_keeps_errors(runtime: RunnableRuntime) -> None:
    async def stubborn() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            raise ValueError("unwinding")

    async def work() -> None:
        async with runtime.task_group() as group:
            group.start(stubborn())
            await _let_others_run(runtime)
            group.cancel()

    error = await _raised(
        ExceptionGroup, work(), "an error in the unwinding of a cancelled group is not lost"
    )
    _same(_leaves(error), ["ValueError('unwinding')"], "it leaves the group")
    await runtime.sleep(MILLISECOND)  # not cancelled


@_inside
async def _group_passes_cancellation_from_outside(runtime: RunnableRuntime) -> None:
    for in_body in (True, False):
        track = _Track(runtime)

        async def work(track: _Track, in_body: bool) -> None:
            async with runtime.task_group() as group:
                group.start(track.sleeper("child"))
                if in_body:
                    await track.sleeper("body")
            track.add("never here")

        async with runtime.task_group() as group:
            task = group.start(work(track, in_body))
            await _let_others_run(runtime)
            task.cancel()
            await _raised(CancelledError, task.wait(), "cancellation from outside leaves the group as such")
        wanted = ["body cancelled"] * in_body + ["child cancelled"]
        _same(track.seen, wanted, "cancelling the owner of a group cancels its tasks")


@_inside
async def _group_cancelled_from_inside_and_outside(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    groups: list[TaskGroup] = []

    async def work() -> None:
        async with runtime.task_group() as group:
            groups.append(group)
            group.start(track.sleeper("child"))
            await track.sleeper("body")
        track.add("never here")

    async with runtime.task_group() as group:
        task = group.start(work())
        await _let_others_run(runtime)
        groups[0].cancel()
        task.cancel()
        await _raised(
            CancelledError, task.wait(), "cancellation from outside is not taken for the group's own"
        )
    _same(sorted(track.seen), ["body cancelled", "child cancelled"], "all is cancelled once")


@_inside
async def _group_error_does_not_hide_cancellation_for_good(runtime: RunnableRuntime) -> None:
    track, event = _Track(runtime), runtime.event()

    async def fail() -> None:
        await event.wait()
        raise ValueError("child")

    async def work() -> None:
        try:
            async with runtime.task_group() as group:
                group.start(fail())
                await track.sleeper("body")
        except* ValueError:
            track.add("error")
        await track.sleeper("next")

    async with runtime.task_group() as group:
        task = group.start(work())
        await _let_others_run(runtime)
        event.set()
        await runtime.sleep(0)
        task.cancel()
    wanted = ["body cancelled", "error", "next cancelled"]
    _same(track.seen, wanted, "a cancellation met together with an error strikes at the next wait")


@_inside
async def _group_lets_exits_pass_bare(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        async with runtime.task_group() as group:
            group.start(track.sleeper("child"))
            await _let_others_run(runtime)
            raise SystemExit(3)

    error = await _raised(SystemExit, work(), "SystemExit leaves a group as it is")
    _same((error.code, track.seen), (3, ["child cancelled"]), "after its tasks are cancelled")


# -- timeouts --------------------------------------------------------------------------------------


@_inside
async def _timeout_that_is_not_needed_does_nothing(runtime: RunnableRuntime) -> None:
    async with runtime.timeout(_LONG_ENOUGH):
        await runtime.sleep(0)
    async with runtime.timeout(None):
        await runtime.sleep(0)
    async with runtime.timeout(-1), runtime.timeout(0):
        pass  # it cannot strike where nobody waits
    await runtime.sleep(_LONG_ENOUGH)  # a timeout that outlived its scope would strike here


@_inside
async def _timeout_of_zero_or_less_strikes_at_the_first_wait(runtime: RunnableRuntime) -> None:
    for duration in (0, -1, -HOUR):
        track = _Track(runtime)

        async def work(track: _Track, duration: int) -> None:
            async with runtime.timeout(duration):
                track.add("body")
                await track.sleeper("wait", 0)

        await _raised(TimeoutError, work(track, duration), f"a timeout of {duration} strikes")
        _same(track.seen, ["body", "wait cancelled"], f"a timeout of {duration} strikes at the first wait")


async def _nested(
    track: _Track, outer: int, inner: int, work: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Note which of two timeouts struck."""
    runtime = track.runtime
    try:
        async with runtime.timeout(outer):
            try:
                async with runtime.timeout(inner):
                    await work()
            except TimeoutError:
                track.add("inner")
            await runtime.sleep(0)
            track.add("between")
    except TimeoutError:
        track.add("outer")
    await runtime.sleep(0)
    track.add("after")


@_inside
async def _timeouts_nested_inner_strikes(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    await _nested(track, HOUR, MILLISECOND, lambda: _wait_in_sleep(runtime))
    _same(track.seen, ["inner", "between", "after"], "an inner timeout does not disturb the outer one")


@_inside
async def _timeouts_nested_outer_strikes(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)
    await _nested(track, MILLISECOND, HOUR, lambda: _wait_in_sleep(runtime))
    _same(track.seen, ["outer", "after"], "an outer timeout passes through the inner one as cancellation")


@_inside
async def _timeouts_nested_both_strike(runtime: RunnableRuntime) -> None:
    for duration in (MILLISECOND, 0):
        track = _Track(runtime)
        await _nested(track, duration, duration, lambda: _wait_in_sleep(runtime))
        _same(track.seen, ["outer", "after"], "of two timeouts of one instant the outer one counts")


@_inside
async def _timeouts_nested_strike_one_after_the_other(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def slow_unwinding() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            await track.sleeper("unwinding")

    await _nested(track, _LONG_ENOUGH, 0, slow_unwinding)
    wanted = ["unwinding cancelled", "outer", "after"]
    _same(track.seen, wanted, "an outer timeout ends an unwinding that an inner one began")


@_inside
async def _timeout_caught_in_its_body_is_no_error(runtime: RunnableRuntime) -> None:
    async with runtime.timeout(MILLISECOND):
        await _raised(CancelledError, _wait_in_sleep(runtime), "a timeout cancels its body")
        await runtime.sleep(0)
    await runtime.sleep(MILLISECOND)  # not cancelled


@_inside
async def _timeout_does_not_hide_an_error(runtime: RunnableRuntime) -> None:
    async def work() -> None:
        async with runtime.timeout(MILLISECOND):
            try:
                await runtime.sleep(HOUR)
            finally:
                raise ValueError("unwinding")

    await _raised(ValueError, work(), "an error of the body leaves an expired timeout as it is")
    await runtime.sleep(MILLISECOND)  # not cancelled

    async def own() -> None:
        async with runtime.timeout(HOUR):
            raise TimeoutError("of the body")

    error = await _raised(TimeoutError, own(), "a TimeoutError of the body passes")
    _same(error.args, ("of the body",), "unchanged")


@_inside
async def _timeout_gives_way_to_cancellation_from_outside(runtime: RunnableRuntime) -> None:
    track, entered = _Track(runtime), runtime.event()

    async def work() -> None:
        async with runtime.timeout(_LONG_ENOUGH):
            try:
                entered.set()
                await runtime.sleep(HOUR)
            finally:
                await track.sleeper("unwinding")

    async with runtime.task_group() as group:
        task = group.start(work())
        await entered.wait()
        task.cancel()
        # now the timeout strikes while the task unwinds from the cancellation
        await _raised(CancelledError, task.wait(), "a cancelled task is not turned into one that timed out")
    _same(track.seen, ["unwinding cancelled"], "the timeout still bounds the unwinding")


@_inside
async def _timeout_cancels_the_tasks_of_a_group(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        async with runtime.timeout(_LONG_ENOUGH), runtime.task_group() as group:
            group.start(track.sleeper("a"))
            group.start(track.sleeper("b"))

    await _raised(TimeoutError, work(), "a timeout around a group strikes")
    _same(track.seen, ["a cancelled", "b cancelled"], "and cancels its tasks in order")


@_inside
async def _timeout_with_a_failing_group_inside(runtime: RunnableRuntime) -> None:
    async def stubborn() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            raise ValueError("unwinding")

    async def work() -> None:
        async with runtime.timeout(_LONG_ENOUGH), runtime.task_group() as group:
            group.start(stubborn())

    error = await _raised(ExceptionGroup, work(), "an error met with a timeout is not lost")
    _same(_leaves(error), ["ValueError('unwinding')"], "it leaves as the group's")
    await runtime.sleep(MILLISECOND)  # the timeout's request must not strike after its scope


@_inside
async def _timeout_of_one_task_leaves_the_others_alone(runtime: RunnableRuntime) -> None:
    track = _Track(runtime)

    async def work() -> None:
        try:
            async with runtime.timeout(MILLISECOND):
                await track.sleeper("bounded")
        except TimeoutError:
            track.add("timed out")

    async with runtime.task_group() as group:
        group.start(work())
        group.start(track.sleeper("free", _LONG_ENOUGH))
    _same(track.seen, ["bounded cancelled", "timed out", "free"], "a timeout concerns its own task only")


# -- runs ------------------------------------------------------------------------------------------


@_outside
def _run_returns_the_result(make: Make) -> None:
    async def main() -> int:
        return 7

    runtime = make()
    _same(runtime.run(main()), 7, "run() returns the result of main")
    _same(runtime.run(main()), 7, "a runtime can run again")


@_outside
def _run_raises_the_error(make: Make) -> None:
    error = ValueError("main")
    raised = _failed(ValueError, lambda: make().run(_fail(error)), "run() raises the error of main")
    _expect(raised is error, "the very error, not a copy")
    _failed(CancelledError, lambda: make().run(_fail(CancelledError())), "a cancelled main cancels the run")
    stop = _failed(SystemExit, lambda: make().run(_fail(SystemExit(3))), "SystemExit leaves the run")
    _same(stop.code, 3, "with its code")


@_outside
def _run_inside_of_a_run_is_refused(make: Make) -> None:
    runtime = make()

    async def main() -> None:
        runtime.run(_fail(ValueError("never here")))

    _failed(RuntimeError, lambda: runtime.run(main()), "run() cannot be called from a task")


@_outside
def _run_ends_what_was_spawned(make: Make) -> None:
    runtime = make()
    track = _Track(runtime)

    async def daemon(name: str) -> None:
        try:
            await track.sleeper(name)
        finally:
            await runtime.sleep(0)
            track.add(f"{name} unwound")

    async def main() -> None:
        inside = runtime.spawn(daemon("inside"), "inside")
        await _let_others_run(runtime)
        _expect(not inside.done(), "a spawned task lives as long as main")
        _same(inside.name, "inside", "a spawned task bears its name")
        track.add("main")

    before = runtime.spawn(daemon("before"))
    runtime.run(main())
    _expect(before.done(), "no spawned task outlives the run")
    wanted = ["main", "before cancelled", "inside cancelled", "before unwound", "inside unwound"]
    _same(track.seen, wanted, "when main ends, spawned tasks are cancelled in order and unwind")


@_outside
def _run_unwinds_main_before_what_was_spawned(make: Make) -> None:
    runtime = make()
    track = _Track(runtime)
    asked, answered = runtime.event(), runtime.event()

    async def daemon() -> None:
        await asked.wait()
        answered.set()
        await track.sleeper("daemon")

    async def main() -> None:
        try:
            await runtime.sleep(0)
            raise ValueError("main")
        finally:
            asked.set()
            await answered.wait()
            track.add("main unwound")

    runtime.spawn(daemon())
    _failed(ValueError, lambda: runtime.run(main()), "run() raises the error of main")
    _same(track.seen, ["main unwound", "daemon cancelled"], "spawned tasks serve main until it has unwound")


@_outside
def _run_fails_with_a_spawned_task(make: Make) -> None:
    runtime = make()
    track = _Track(runtime)
    error = ValueError("daemon")

    async def main() -> None:
        runtime.spawn(track.sleeper("other"))
        await _let_others_run(runtime)
        runtime.spawn(_fail(error))
        await track.sleeper("main")

    raised = _failed(ValueError, lambda: runtime.run(main()), "run() raises the error of a spawned task")
    _expect(raised is error, "the very error, not a copy")
    _same(
        track.seen, ["main cancelled", "other cancelled"], "main is cancelled, then the other spawned tasks"
    )


@_outside
def _run_is_not_disturbed_by_a_spawned_task_that_ends(make: Make) -> None:
    runtime = make()
    track = _Track(runtime)

    async def main() -> None:
        runtime.spawn(track.sleeper("short", 0))
        long = runtime.spawn(track.sleeper("long"))
        await _let_others_run(runtime)
        long.cancel()
        await _let_others_run(runtime)
        track.add("main")

    runtime.run(main())
    _same(
        track.seen, ["short", "long cancelled", "main"], "a spawned task may end or be cancelled on its own"
    )


@_outside
def _run_reports_an_error_in_the_unwinding(make: Make) -> None:
    runtime = make()

    async def daemon() -> None:
        try:
            await runtime.sleep(HOUR)
        finally:
            raise ValueError("unwinding")

    async def main() -> None:
        runtime.spawn(daemon())
        await _let_others_run(runtime)

    _failed(ValueError, lambda: runtime.run(main()), "an error in the unwinding of a spawned task is raised")


@_outside
def _run_reports_all_errors(make: Make) -> None:
    runtime = make()

    async def main() -> None:
        runtime.spawn(_fail(KeyError("daemon")))
        try:
            await runtime.sleep(HOUR)
        finally:
            raise ValueError("main")

    error = _failed(ExceptionGroup, lambda: runtime.run(main()), "several errors leave the run as a group")
    _same(
        _leaves(error), ["KeyError('daemon')", "ValueError('main')"], "all of them, in the order of failing"
    )


@_outside
def _run_lets_exits_of_tasks_pass_bare(make: Make) -> None:
    async def unwind_slowly(track: _Track, name: str) -> None:
        try:
            await track.runtime.sleep(HOUR)
        finally:
            await track.runtime.sleep(MILLISECOND)
            track.add(f"{name} unwound")

    for spawned in (True, False):
        runtime = make()
        track = _Track(runtime)

        async def main(runtime: RunnableRuntime, track: _Track, spawned: bool) -> None:
            runtime.spawn(unwind_slowly(track, "daemon"))
            async with runtime.task_group() as group:
                group.start(unwind_slowly(track, "child"))
                await _let_others_run(runtime)
                (runtime.spawn if spawned else group.start)(_fail(SystemExit(3)))
                await track.sleeper("body")

        def run(runtime: RunnableRuntime = runtime, track: _Track = track, spawned: bool = spawned) -> None:
            runtime.run(main(runtime, track, spawned))

        stop = _failed(SystemExit, run, "SystemExit of any task leaves the run as it is")
        _same(stop.code, 3, "with its code")
        _same(
            track.seen, ["body cancelled", "child unwound", "daemon unwound"], "after all tasks are unwound"
        )


@_outside
def _run_interrupted_from_the_keyboard_unwinds(make: Make) -> None:
    runtime = make()
    track = _Track(runtime)

    async def main() -> None:
        runtime.spawn(track.sleeper("daemon"))
        async with runtime.task_group() as group:
            group.start(track.sleeper("child"))
            await _let_others_run(runtime)
            group.start(_fail(KeyboardInterrupt()))
            await track.sleeper("body")

    _failed(KeyboardInterrupt, lambda: runtime.run(main()), "KeyboardInterrupt leaves the run as it is")
    wanted = ["body cancelled", "child cancelled", "daemon cancelled"]
    _same(sorted(track.seen), wanted, "after all tasks are unwound")
