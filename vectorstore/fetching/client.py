"""The only door to HTTP: asks politely, tries again where that helps, and refuses what is too much.

One small client (httpx, with tenacity's retries) instead of each service's own client: Quoth's
readers parse these formats anyway, an export and a reply alike; every address must be settable, for
mirrors and tests; and pauses, retries, limits and messages are then the same for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from ssl import SSLContext
from typing import NamedTuple

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

from vectorstore.errors import FetchError
from vectorstore.fetching.options import FetchOptions
from vectorstore.fetching.service import HEAD_BYTES, AbsentError, Request
from vectorstore.fetching.stating import AGAIN, HTML, WORDS, check, failure, first_words
from vectorstore.fetching.turns import taking_turns
from vectorstore.readers.fields import shorten

PASSING = frozenset({429, 500, 502, 503, 504})
"""Statuses of a service that is busy or down for a while; arXiv and NCBI say 500 then, too."""
MAX_REDIRECTS = 3
BACKOFF = wait_exponential_jitter(initial=1, max=60, jitter=1)


class Reply(NamedTuple):
    """What came back."""

    status: int
    phrase: str
    retry_after: str | None
    body: bytes

    @property
    def told(self) -> str:
        """Status and first words."""
        words = first_words(self.body)
        return f"answered {self.status} {self.phrase}".rstrip() + (f" ('{words}')" if words else "")


class _PassingError(Exception):
    """What may be over at the next try; the message completes `SERVICE was asked for X and`."""

    def __init__(self, outcome: str, after: float | None = None) -> None:
        super().__init__(outcome)
        self.after = after


class Client:
    """Asks services for replies; to be used as a context manager."""

    def __init__(self, options: FetchOptions) -> None:
        """A client that has not asked for anything yet.

        Raises:
            FetchError: The environment names a proxy or certificates that cannot be used.
        """
        self._options = options
        self._http = _open(options)

    def __enter__(self) -> Client:
        """Itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Closes its connections."""
        self._http.close()

    def get(self, request: Request) -> bytes:
        """A whole reply in the service's form.

        Raises:
            AbsentError: The service does not know what it was asked for.
            FetchError: Naming what was asked, what came back, and what to do.
        """
        retrying = Retrying(
            sleep=self._options.sleep,
            stop=stop_after_attempt(self._options.tries),
            wait=_wait,
            retry=retry_if_exception_type(_PassingError),
            reraise=True,
        )
        try:
            return retrying(self._try, request)
        except _PassingError as error:
            tries = self._options.tries
            outcome = f"{error} (tried {'once' if tries == 1 else f'{tries} times'})"
            raise failure(request, outcome, f"Later, {AGAIN}") from error

    def _try(self, request: Request) -> bytes:
        with taking_turns(request.service, self._options), _told_failures(request):
            reply = self._send(request)
        service = request.service
        if reply.status in PASSING:
            raise self._passing(request, reply)
        if reply.status in service.answers and not reply.body.strip():  # As arXiv does at times.
            raise _PassingError("sent an empty reply")
        if reply.status not in service.answers or not service.form.is_begun(reply.body):
            if service.absent and service.absent.search(reply.body[:HEAD_BYTES]):
                raise AbsentError
            raise _refusal(request, reply)
        if not service.form.is_whole(reply.body):
            raise _PassingError(f"sent only the beginning of {service.form.name}")
        return reply.body

    def _send(self, request: Request) -> Reply:
        """The reply, after redirects."""
        message = self._http.build_request("GET", request.address)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._http.send(message, stream=True)
            try:
                following = response.next_request
                if following is None:
                    return self._read(request, response)
            finally:
                response.close()
            if following.url.scheme != message.url.scheme:
                change = f"{message.url.scheme} to {following.url.scheme}"
                outcome = f"redirected from {change}, which is not followed"
                raise failure(request, outcome, check(request))
            self._options.sleep(request.service.pause)
            message = following
        outcome = f"redirected more than {MAX_REDIRECTS} times"
        raise failure(request, outcome, check(request))

    def _read(self, request: Request, response: httpx.Response) -> Reply:
        """The reply, in bounded memory and time."""
        encoding = response.headers.get("Content-Encoding", "identity").lower()
        if encoding not in ("identity", "gzip"):
            outcome = f"packed its reply in a way that was not asked for ('{shorten(encoding)}')"
            raise failure(request, outcome, check(request))
        body, began = bytearray(), self._options.clock()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._options.max_bytes:
                outcome = f"sent more than {self._options.max_bytes:,} bytes"
                raise failure(request, outcome, check(request))
            if self._options.clock() - began > self._options.longest_reply:
                limit = f"{self._options.longest_reply:g}"
                raise _PassingError(f"had not sent its whole reply after {limit} s")
        after = response.headers.get("Retry-After")
        phrase = shorten(response.reason_phrase, WORDS)
        return Reply(response.status_code, phrase, after, bytes(body))

    def _passing(self, request: Request, reply: Reply) -> Exception:
        """What to raise for a service that is busy."""
        after = read_retry_after(reply.retry_after, self._options.clock())
        longest = self._options.longest_wait
        if after is not None and after > longest:
            outcome = f"{reply.told}; it asks to wait {after:,.0f} s, and at most {longest:g} were"
            return failure(request, f"{outcome} to be waited", f"After that time, {AGAIN}")
        return _PassingError(reply.told, after)


def read_retry_after(text: str | None, now: float) -> float | None:
    """Seconds to wait, from a header that gives them or a date; None where it says neither."""
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return None


def _wait(state: RetryCallState) -> float:
    """Seconds until the next try: longer from try to try, and never less than was asked for."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.after if isinstance(error, _PassingError) else None
    return max(BACKOFF(state), asked or 0.0)


def _open(options: FetchOptions) -> httpx.Client:
    """The client of httpx, which goes through the proxy that the environment names."""
    headers, trusted = _headers(options.contact), _trusted()
    try:
        return httpx.Client(headers=headers, timeout=options.timeout, verify=trusted)
    except ImportError as error:
        raise FetchError(
            "The proxy of the environment (ALL_PROXY, for instance) speaks SOCKS, which needs "
            "another package: pip install 'httpx[socks]', or unset it."
        ) from error
    except (ValueError, httpx.InvalidURL) as error:  # Not shown: the address may hold a password.
        raise FetchError(
            "The proxy of the environment (ALL_PROXY, HTTP_PROXY or HTTPS_PROXY) cannot be used; "
            "expected an address with http://, https:// or socks5://. Correct it, or unset it."
        ) from error


@cache
def _trusted() -> SSLContext:
    """The authorities that certificates are checked against; reading them takes 0.1 s."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise FetchError(
            "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read "
            f"({error.strerror or error}). Correct it, or unset it."
        ) from error


def _headers(contact: str | None) -> dict[str, str]:
    try:
        agent = f"quoth/{version('quoth')}"
    except PackageNotFoundError:
        agent = "quoth"
    return {
        "User-Agent": f"{agent} (mailto:{contact})" if contact else agent,
        "Accept-Encoding": "gzip",
    }


@contextmanager
def _told_failures(request: Request) -> Iterator[None]:
    """What httpx raises, in words."""
    try:
        yield
    except httpx.ConnectError as error:
        raise _PassingError(f"could not be reached ({shorten(str(error))})") from error
    except httpx.TimeoutException as error:
        raise _PassingError("did not answer in time") from error
    except httpx.HTTPError as error:
        raise _PassingError(f"broke off ({shorten(str(error), WORDS)})") from error
    except (httpx.InvalidURL, UnicodeError) as error:  # The latter where a host cannot be one.
        outcome = "has, or redirected to, an address that cannot be used"
        raise failure(request, outcome, check(request)) from error


def _refusal(request: Request, reply: Reply) -> FetchError:
    """The failure of a reply that another try would not change."""
    outcome = reply.told
    if reply.status in request.service.answers:
        kind = "a web page (HTML)" if HTML.search(reply.body[:HEAD_BYTES]) else "something else"
        words = first_words(reply.body)
        outcome = f"answered with {kind} instead of {request.service.form.name} ('{words}')"
    return failure(request, outcome, check(request))
