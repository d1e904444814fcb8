"""``ppelab serve …``: a virtual device on the wire until SIGTERM or Ctrl-C.

When it is ready it prints one line of JSON on standard output, for programs, and on standard error what a
person pastes into a terminal. :func:`serve` is the same for every family of devices: a family gives a
:class:`Served`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from hal.runtime import AsyncioRuntime
from hal.secret import Secret
from hal.token.pins import flaw_of
from lab.ask_pin import pin_of_file
from lab.describe import one_line, why
from lab.text import Texts
from simulators.profile_types import TokenProfile
from simulators.profiles import UnknownProfile, names, token_profile
from simulators.token import DEFAULT_ADMIN_PIN, DEFAULT_PIN
from simulators.wire.control import Control, Controlled
from simulators.wire.pkcs11.limits import MOST_TOKENS
from simulators.wire.unix import CannotListen, UnixServer

if TYPE_CHECKING:
    from simulators.crypto.certificates import Period
    from simulators.wire.pkcs11.device import VirtualTokens, Wanted
    from simulators.wire.pkcs11.keeping import TokenStore

DONE, BAD_INPUT = 0, 2
PIN_VARIABLE, ADMIN_PIN_VARIABLE = "PPELAB_PIN", "PPELAB_ADMIN_PIN"
EXTRA = "token"
OF_NEW_TOKENS = (
    "profile", "tokens", "owner", "pin", "pin_file", "admin_pin_file", "valid_from", "valid_until",
)  # fmt: skip
"""Options that say which tokens to make."""
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class CannotServe(Exception):
    """The command line asks for what cannot be served; the text says why."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What those who use the device need.

    Args:
        urls: By the name of each device.
        env: Environment of the programs that use it.
        files: Paths of what else they may want.
        told: Lines for a person.
    """

    urls: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()


class Served(Controlled, Protocol):
    """A virtual device that can be served."""

    @property
    def runtime(self) -> AsyncioRuntime:
        """The runtime that its models live in."""

    def serving(self, folder: Path) -> AbstractAsyncContextManager[Ready]:
        """Serve the device as long as the block lasts.

        Args:
            folder: Private, and gone afterwards: for sockets and files.

        Raises:
            CannotListen
        """


class _Stopped(BaseException):
    """A signal came before anything was on the disk. No ``Exception``: nothing may take it for a failure."""


class Stopping:
    """SIGTERM, SIGINT and SIGHUP, from before the keys are made until nothing is left: ``with Stopping()``.

    The first one ends the device, the others change nothing. The handlers are not asyncio's, which are gone
    before the temporary folder is.
    """

    def __init__(self) -> None:
        self.asked = False
        self._hear: Callable[[], object] | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _STOPPING:
                self._before[number] = signal.signal(number, self._signal)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        for number, before in self._before.items():
            # another signal while Python ends must not change the exit code
            signal.signal(number, signal.SIG_IGN if self.asked else before)
        return kind is _Stopped

    def _signal(self, _number: int, _frame: object) -> None:
        first, self.asked = not self.asked, True
        if self._hear is not None:
            self._hear()
        elif first:
            raise _Stopped

    def hear(self, told: Callable[[], object]) -> None:
        """Call that at a signal from now on, and for an earlier one, instead of breaking off what is done.

        It is called between any two steps of the program.
        """
        self._hear = told
        if self.asked:
            told()


def serve(device: Served, words: Texts, stopping: Stopping) -> int:
    """Serve a device until a signal; return the exit code."""
    stopping.hear(lambda: None)
    try:
        with ExitStack() as stack:
            try:
                made = tempfile.TemporaryDirectory(prefix="ppelab-")  # mode 0700
                folder = Path(stack.enter_context(made))
            except OSError as error:
                raise CannotServe(words("serve-cannot-start", why=why(words, error))) from error
            return device.runtime.run(_serve(device, folder, words, stopping))
    except CannotServe as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


async def _serve(device: Served, folder: Path, words: Texts, stopping: Stopping) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    stopping.hear(lambda: loop.call_soon_threadsafe(stop.set))
    try:
        control = folder / "control"
        async with AsyncExitStack() as stack:
            try:
                ready = await stack.enter_async_context(device.serving(folder))
                await stack.enter_async_context(UnixServer(control, Control(device).serve))
            except CannotListen as error:
                raise CannotServe(_listening_text(words, error, folder)) from error
            except OSError as error:
                raise CannotServe(words("serve-cannot-start", why=why(words, error))) from error
            if not stopping.asked:
                _tell(words, ready, control)
            await stop.wait()
    finally:
        stopping.hear(lambda: None)  # the loop is about to close
    return DONE


def _tell(words: Texts, ready: Ready, control: Path) -> None:
    line = {"ready": True, "urls": ready.urls, "env": ready.env, "control": str(control)}
    for told in (*ready.told, *_told(words, ready, control)):
        print(told, file=sys.stderr)
    try:
        print(json.dumps(line | {"files": ready.files}, ensure_ascii=False), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)  # what could not be written must not be tried again
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        raise CannotServe(words("serve-cannot-start", why=why(words, error))) from error


def _told(words: Texts, ready: Ready, control: Path) -> list[str]:
    told = [words("serve-env"), *(f"export {name}={shlex.quote(text)}" for name, text in ready.env.items())]
    return [*told, words("serve-control", control=shlex.quote(str(control))), words("serve-stop")]


def _listening_text(words: Texts, error: CannotListen, folder: Path) -> str:
    path = one_line(str(error.path))
    if error.code == "too-long" and error.path.parent == folder:
        return words("serve-folder-too-long", path=path)
    return words(f"serve-path-{error.code}", path=path, detail=why(words, error.error) if error.error else "")


# -- tokens ------------------------------------------------------------------------------------------------


class ServedTokens:
    """Virtual tokens, as :class:`Served`."""

    def __init__(self, tokens: VirtualTokens, socket: Path | None, words: Texts) -> None:
        self.runtime = tokens.runtime
        self.verbs = tokens.verbs
        self.state = tokens.state
        self.changed = tokens.changed
        self._tokens = tokens
        self._socket = socket
        self._words = words

    @asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[Ready]:
        """Serve the wire."""
        from simulators.wire.pkcs11.client import (  # noqa: PLC0415
            NAME,
            PACKAGE,
            client_module,
            wide_source,
        )
        from simulators.wire.pkcs11.device import environment  # noqa: PLC0415

        tokens, words = self._tokens, self._words
        path = (self._socket or folder / "pkcs11").absolute()
        module = client_module()
        files = {name: folder / f"{name}.pem" for name in ("authority", "authority-gost")}
        for file, pem in zip(files.values(), tokens.authority.pem(), strict=True):
            file.write_text(pem, encoding="ascii")
        files["wide-source"] = wide_source()
        async with tokens.server(path):
            told = [words("serve-token-ready", count=len(tokens.tokens))]
            told += [
                f"  {name}: {token.profile.model}, {token.owner}" for name, token in tokens.tokens.items()
            ]
            if module is None:
                told.append(words("serve-token-no-module", name=NAME, package=PACKAGE))
            else:
                told.append(words("serve-token-module", path=str(module)))
            urls = {name: tokens.url(name, str(module or "")) for name in tokens.tokens}
            yield Ready(
                urls, environment(str(path)), {name: str(file) for name, file in files.items()}, tuple(told)
            )


def serve_token(args: argparse.Namespace, words: Texts) -> int:
    """``ppelab serve token``."""
    try:
        from simulators.wire.pkcs11 import device  # noqa: PLC0415 - the extra may be missing
    except ImportError as error:
        print(words("serve-extra-missing", name=str(error.name), extra=EXTRA), file=sys.stderr)
        return BAD_INPUT
    path = None if args.socket is None else Path(args.socket)
    with Stopping() as stopping:
        try:
            if args.store is None:
                tokens = device.VirtualTokens(_wanted_tokens(args, words), args.pace)
                return serve(ServedTokens(tokens, path, words), words, stopping)
            with _store(Path(args.store), words) as store:
                tokens = _kept_tokens(store, args, words)
                return serve(ServedTokens(tokens, path, words), words, stopping)
        except CannotServe as error:
            print(error, file=sys.stderr)
            return BAD_INPUT
    return DONE  # a signal came while the keys were made


@contextmanager
def _store(folder: Path, words: Texts) -> Iterator[TokenStore]:
    """Hold the folder of a store.

    Raises:
        CannotServe: Another server has it, or it cannot be used.
    """
    from simulators.wire.pkcs11.keeping import StoreInUse, TokenStore  # noqa: PLC0415

    shown = one_line(str(folder))
    with ExitStack() as held:
        try:
            store = held.enter_context(TokenStore(folder))
        except StoreInUse as error:
            raise CannotServe(words("serve-store-in-use", path=shown)) from error
        except OSError as error:
            raise CannotServe(words("serve-store-cannot", path=shown, why=why(words, error))) from error
        yield store


def _kept_tokens(store: TokenStore, args: argparse.Namespace, words: Texts) -> VirtualTokens:
    """Make the tokens as they were kept, or new ones if nothing was, and keep them.

    Raises:
        CannotServe: The store is damaged or cannot be written, or an option speaks of new tokens.
    """
    from simulators.wire.pkcs11 import device  # noqa: PLC0415
    from simulators.wire.pkcs11.keeping import StoreDamaged  # noqa: PLC0415

    shown = one_line(str(store.folder))
    try:
        kept = store.load()
    except StoreDamaged as error:
        told = {"file": one_line(str(error.file)), "field": one_line(error.field), "why": one_line(error.why)}
        raise CannotServe(words("serve-store-damaged", **told)) from error
    except OSError as error:
        raise CannotServe(words("serve-store-cannot", path=shown, why=why(words, error))) from error
    if kept is None:
        tokens = device.VirtualTokens(_wanted_tokens(args, words), args.pace)
    else:
        given = [f"--{name.replace('_', '-')}" for name in OF_NEW_TOKENS if getattr(args, name)]
        if given:
            raise CannotServe(words("serve-store-has-tokens", path=shown, options=", ".join(given)))
        authority, wanted = kept
        tokens = device.VirtualTokens(wanted, args.pace, authority)
    try:
        store.save(tokens)
    except OSError as error:
        raise CannotServe(words("serve-store-cannot", path=shown, why=why(words, error))) from error
    tokens.written = Keeper(store, tokens, words).keep
    return tokens


class Keeper:
    """Writes down what changes; if that fails it says so once, serves on, and tries again at the next change.

    Args:
        store: Where to.
        tokens: What of.
        words: Texts for a person.
    """

    def __init__(self, store: TokenStore, tokens: VirtualTokens, words: Texts) -> None:
        self._store, self._tokens, self._words = store, tokens, words
        self._failed = False

    def keep(self) -> None:
        """Write it down now."""
        try:
            self._store.save(self._tokens)
        except OSError as error:
            if not self._failed:
                path = one_line(str(self._store.file))
                print(
                    self._words("serve-store-lost", path=path, why=why(self._words, error)), file=sys.stderr
                )
            self._failed = True
        else:
            self._failed = False


def _wanted_tokens(args: argparse.Namespace, words: Texts) -> list[Wanted]:
    from simulators.crypto import certificates  # noqa: PLC0415
    from simulators.wire.pkcs11 import device  # noqa: PLC0415

    owners = args.owner or []
    count = max(1, len(owners)) if args.tokens is None else args.tokens
    if not len(owners) <= count <= MOST_TOKENS:
        raise CannotServe(words("serve-token-count", most=MOST_TOKENS, owners=len(owners)))
    if any(not owner.strip() for owner in owners):
        raise CannotServe(words("serve-token-no-owner"))
    for owner in owners:
        if not owner.isprintable():  # it is shown in terminals, and stands in certificates
            raise CannotServe(words("serve-token-bad-owner", owner=one_line(owner)))
        try:
            certificates.subject(owner)
        except ValueError:
            most = certificates.LONGEST_NAME
            raise CannotServe(words("serve-token-long-owner", owner=owner, most=most)) from None
    profiles = [_profile(name, words) for name in args.profile or ["rutoken-ecp-3"]]
    pin = _pin(words, args.pin, args.pin_file, PIN_VARIABLE) or Secret(DEFAULT_PIN)
    admin = _pin(words, None, args.admin_pin_file, ADMIN_PIN_VARIABLE) or Secret(DEFAULT_ADMIN_PIN)
    period = _period(args, words)
    owners = [*owners, *(name for name in device.OWNERS if name not in owners)]
    return [
        # the last profile named is that of all further tokens
        device.Wanted(profiles[min(index, len(profiles) - 1)], owners[index], pin, admin, period)
        for index in range(count)
    ]


def _profile(name: str, words: Texts) -> TokenProfile:
    try:
        return token_profile(name)
    except UnknownProfile:
        known = ", ".join(names("tokens"))
        raise CannotServe(words("serve-no-profile", name=one_line(name), known=known)) from None


def _pin(words: Texts, given: str | None, file: str | None, variable: str) -> Secret | None:
    """Take a PIN from the command line, a file or the environment, in this order; never show it."""
    if given is None and file is not None:
        given = pin_of_file(file, "--pin-file").reveal()
    if given is None:
        given = os.environ.get(variable)
    if given is None:
        return None
    if flaw_of(given) not in ("", "empty"):
        raise CannotServe(words("serve-pin-odd"))
    if not 1 <= len(given.encode()) <= 32:
        raise CannotServe(words("serve-pin-length"))
    return Secret(given)


def _period(args: argparse.Namespace, words: Texts) -> Period:
    from simulators.crypto import certificates  # noqa: PLC0415

    usual = certificates.Period.now()
    begins = _moment(args.valid_from, words) or usual.begins
    ends = _moment(args.valid_until, words) or usual.ends
    if begins >= ends:
        raise CannotServe(words("serve-period"))
    return certificates.Period(begins, ends)


def _moment(text: str | None, words: Texts) -> datetime | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CannotServe(words("serve-date", value=one_line(text))) from None
    if not 1970 <= day.year <= 2200:
        raise CannotServe(words("serve-date", value=one_line(text)))
    return datetime.combine(day, time(), UTC)
