"""Masking of passwords and tokens in addresses, and in text that contains addresses.

SQLAlchemy's ``make_url`` and ``urllib.parse`` locate the secret of an address. The rest of a text
is not changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

from tunekit.core.secret_names import (
    CLOSED,
    ENTITY,
    HIDDEN,
    is_secret,
    is_secret_in_query,
    is_secret_option,
    with_values_hidden,
)

# Schemes that urllib parses; SQLAlchemy parses all others.
_TOKENS = frozenset({"http", "https", "ws", "wss"})  # a user name without password is a token
_WEB = _TOKENS | {"ftp", "ftps", "sftp", "ssh", "git", "s3", "gs"}
_DATABASES = frozenset(
    {
        *("postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle", "db2", "cockroachdb"),
        *("redshift", "snowflake", "databricks", "clickhouse", "trino", "redis", "rediss"),
        *("mongodb",),
    }
)
_NO_PASSWORD = ("", "x-oauth-basic")  # passwords that mark the user name as a token

_WORD = r"[A-Za-z][A-Za-z0-9+.-]{0,31}"  # a scheme; limited, since long matches are slow
_SCHEME = re.compile(rf"{_WORD}://")
_SCHEME_BEFORE = re.compile(rf"{_WORD}\Z")
_ENCODED = re.compile(rf"{_WORD}%3A%2F%2F[^\s'\"<>&;,()]*", re.IGNORECASE)
_OPENING = re.compile(rf"""(\\*)(['"`]|{ENTITY})\Z""")
_BEFORE = 32  # characters to search for a scheme, or a quotation mark before it
_LOOSE_END = re.compile(rf"""[\s<>"`]|{ENTITY}|&[lg]t;|\\+["nrt]""")
_LONGEST = 4096  # characters of an address in a text
_NEXT = re.compile(rf"[\s,;]{_WORD}://")
_AFTER = ")]}.,;:'…"  # punctuation after an address in a text
_PLAIN_HOST = re.compile(r"(?:\[[^\]]*\]|[^:/?#@]*+)(?:(?::\d*+)?(?:[/?#]|\Z)|:\d++[,;)\]}])")
_PLACEHOLDER = re.compile(r"[<{$]\w|%[sd(]|port\b|\Z|\*\*\*(?:\W|\Z)", re.IGNORECASE)
_MORE = re.compile(r"""[^\s,;='"<>()&?]*@""")  # rest of a password that contains an @
_REST = re.compile(r"[^\s@]*@")  # rest of a password; below, of one that contains spaces
_SPACED_REST = re.compile(r"(?:(?!://)[^\n@]){0,400}@")
# Text after an apparent end of an address: of a user name with a space, or of a password that
# starts with a space or like a port. A database name must follow.
_SERVER = r"(?:(?!://)[^\n@]){0,400}@(?:[\w.-]+|\[[^\]\s]*\])(?::\d+)?/\w"
_LATE = re.compile(rf"\d*[^\w/?#@\n]{_SERVER}")
_LATE_USER = re.compile(rf"[^\n:/?#@]{{1,400}}:{_SERVER}")
_CLOSED = re.compile(CLOSED)
_CUT = re.compile(r"…|\.\.\.")

_PORT = re.compile(r"[^:/?#\[]*+:\d++[/?#]")
_AT, _AT_HOST = re.compile("@"), re.compile(r"@(?:[\w.-]+|\[[^\]\s]*\]):\d+(?![\w@])")
_IN_PATH = re.compile(r"://|\?[\w.-]+=|#/")  # shows that an @ is in a path or a query

_HOST_END, _QUERY = re.compile(r"[/?#]"), re.compile(r"[?#]")
_PAIRS = re.compile(r"(&amp;|\\u0026|[&?#])")
_NO_ENTITY = r"(?<!&amp)(?<!&quot)(?<!&\#39)(?<!&\#x27)"
_ODBC = rf"""\{{(?:[^}}\n]|\}}\}}){{0,256}}\}}|(?:[^;\n'"]|['"](?!{CLOSED}))"""
_QUOTE = rf"""(?:\\*['"]|{ENTITY})?"""
_KIND = r"(?:basic|bearer|token|digest|negotiate|api-?key)\s+"
_IN_TEXT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # PWD={x}; in an ODBC connection string; elsewhere it is the working directory of a shell.
        # Values are limited to 256 characters for speed; SQL Server allows no longer ones.
        rf"""(?P<before>;\s*pwd\s*=\s*)(?P<secret>{_ODBC}*)(?P<after>)""",
        rf"""(?P<before>\bpwd\s*=\s*)(?P<secret>{_ODBC}{{0,256}})(?P<after>;)""",
        rf"""(?P<before>{_NO_ENTITY};\s*password\s*=\s*)(?P<secret>{_ODBC}{{1,256}})(?P<after>;)""",
        rf"""(?P<before>\bauthorization{_QUOTE}\s*[:=]\s*{_QUOTE}{_KIND})(?P<secret>[^\s'"\\&<]+)(?P<after>)""",
    )
)
# Words of a command line.
_VARIABLE = re.compile(r"[+~]*[\w.-]+")  # with Hydra's signs
_NEXT_OPTION = re.compile(r"--[A-Za-z]|-[A-Za-z]\Z")  # a secret may begin with a dash
_HINT = re.compile(r"pass|pwd|_pw|_pat|token|secret|key|jwt|authorization", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Return a text with passwords and tokens masked.

    In addresses, these are the password before a host, an http user name without a password (a
    token), and query values such as ``password``, ``sslpassword``, ``access_token``, and ``PWD``
    within ``odbc_connect``; elsewhere, values of ``password=``, ``"password":`` and similar.
    A password with a space is found if quotation marks delimit the address, or if the address
    cannot be parsed without it. For a single address, use :func:`shown_address`.

    Examples
    --------
    >>> without_secrets("cannot open 'postgresql://me@corp:a b/c@host/studies' (port 5432)")
    "cannot open 'postgresql://me@corp:***@host/studies' (port 5432)"
    >>> without_secrets("https://host/?access_token=abc&page=2, mail me@example.org")
    'https://host/?access_token=***&page=2, mail me@example.org'
    """
    text = _with_addresses_hidden(text)
    if "%3a%2f%2f" in text.lower():
        text = _ENCODED.sub(_hidden_encoded, text)
    if _HINT.search(text):
        for pattern in _IN_TEXT:
            text = pattern.sub(rf"\g<before>{HIDDEN}\g<after>", text)
        text = with_values_hidden(text)
    return text


def shown_address(address: str) -> str:
    """Return an address with its password or token masked.

    Ambiguous parts are masked: ``http://me:1/x@host`` may contain a password, or a path with an
    ``@``.

    Examples
    --------
    >>> shown_address("postgresql+psycopg://me:my secret@host/studies")
    'postgresql+psycopg://me:***@host/studies'
    """
    start = _SCHEME.match(address)
    if start and (span := password_like_a_port(address)):
        address = address[: span[0]] + HIDDEN + address[span[1] :]
    if start:
        hidden, end = _hidden(address, 0, start.end(), len(address), exact=True)
        address = hidden + address[end:]
    return without_secrets(address)


def password_like_a_port(address: str) -> tuple[int, int] | None:
    """Return start and end of a password in a web address that starts like a port; None if none.

    urllib ends the host of such an address at its first slash, question mark or hash.

    Examples
    --------
    >>> address = "http://me:1/x@host"
    >>> start, end = password_like_a_port(address)
    >>> address[start:end]
    '1/x'
    """
    scheme, _, rest = address.partition("://")
    span = _after_port(rest, _AT) if scheme.lower().rpartition("+")[2] in _WEB else None
    return (span[0] + len(scheme) + 3, span[1] + len(scheme) + 3) if span else None


def shown(value: Any) -> Any:
    """Return plain data, as in JSON, with the secrets in its strings masked.

    Examples
    --------
    >>> shown({"uri": ["http://me:secret@host"], "n": 1})
    {'uri': ['http://me:***@host'], 'n': 1}
    """
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if isinstance(each, str) and each and is_secret(str(name)) else shown(each)
            for name, each in value.items()
        }
    if isinstance(value, tuple):
        return tuple(map(shown, value))
    return [shown(each) for each in value] if isinstance(value, list) else value


def shown_words(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with secrets masked.

    Examples
    --------
    >>> shown_words(["--db-password", "x", "--storage=postgresql://me:1 2@host/x"])
    ['--db-password', '***', '--storage=postgresql://me:***@host/x']
    """
    masked = []
    for i, word in enumerate(words):
        option, sign, value = word.partition("=")
        previous = words[i - 1] if i else ""
        if previous.startswith("-") and _is_of_secret(previous) and not _NEXT_OPTION.match(word):
            masked.append(HIDDEN)
        elif value and _is_of_secret(option):
            masked.append(f"{option}={HIDDEN}")
        elif sign and _SCHEME.match(value):
            masked.append(f"{option}={shown_address(value)}")
        else:
            masked.append(shown_address(word))
    return masked


def _is_of_secret(word: str) -> bool:
    return bool(_VARIABLE.fullmatch(word)) and is_secret_option(word.lstrip("+~"))


def shown_cause(error: BaseException) -> BaseException | None:
    """Return an error to chain as a cause; None if it, or one of its own causes, has a secret.

    Python prints causes without masking.
    """
    cause: BaseException | None = error
    while cause is not None:
        if without_secrets(str(cause)) != str(cause):
            return None
        cause = cause.__cause__ or cause.__context__
    return error


def _with_addresses_hidden(text: str) -> str:
    parts, done, place = [], 0, text.find("://")
    while place >= 0:
        begin = place + 3
        scheme = _SCHEME_BEFORE.search(text, max(done, place - _BEFORE), place)
        if scheme:
            end, exact = _extent(text, scheme.start(), begin)
            hidden, end = _hidden(text, scheme.start(), begin, end, exact=exact)
            parts += [text[done : scheme.start()], hidden]
            done = begin = end
        place = text.find("://", begin)
    return "".join((*parts, text[done:])) if parts else text


def _extent(text: str, start: int, begin: int) -> tuple[int, bool]:
    """Return the end of an address in a text, and whether it is certain."""
    limit = min(len(text), begin + _LONGEST)
    opening = _OPENING.search(text, max(0, start - _BEFORE), start)
    end = _closing(text[begin:limit], opening[2], len(opening[1])) if opening else None
    if end is not None and "\n" not in text[begin : (end := begin + end)]:
        next_address = _NEXT.search(text, begin, end)
        return (next_address.start(), False) if next_address else (end, True)
    loose_end = _LOOSE_END.search(text, begin, limit)
    end = loose_end.start() if loose_end else limit
    return end, start == 0 and end == len(text)


def _closing(text: str, mark: str, depth: int) -> int | None:
    """Return the position of the closing quotation mark; more backslashes mark a nested one."""
    end = text.find(mark)
    while end >= 0:
        before = text[max(0, end - _BEFORE) : end]
        slashes = len(before) - len(before.rstrip("\\"))
        if slashes <= depth and _CLOSED.match(text, end + len(mark)):
            return end - slashes
        end = text.find(mark, end + 1)
    return None


def _hidden(text: str, start: int, begin: int, end: int, *, exact: bool) -> tuple[str, int]:
    """Return the address in a text from ``start`` to ``end`` with its secret masked, and its end.

    The end moves if the password contains a character that usually ends an address.
    """
    scheme, last = text[start : begin - 3].lower(), end
    if not exact:
        end = begin + len(text[begin:end].rstrip(_AFTER))
    span = _secret(scheme, text, begin, end, exact=exact)
    if span is None and not exact and scheme.partition("+")[0] in _DATABASES:
        span = _late_secret(text, begin, last)
    if span is not None:
        head, place, end = text[start : span[0]] + HIDDEN, span[1], max(end, span[1])
    elif first := _HOST_END.search(text, begin, end):
        head, place = text[start : first.start()], first.start()
    else:
        return text[start:end], end
    query = _QUERY.search(text, place, end)
    path_end = query.start() if query else end
    if "://" in text[place:path_end]:  # another address, which is processed next
        return head, place
    return head + text[place:path_end] + _query_hidden(text[path_end:end]), end


def _secret(scheme: str, text: str, begin: int, end: int, *, exact: bool) -> tuple[int, int] | None:
    """Return start and end of the password or token before the host; None if there is none."""
    rest, kind = text[begin:end], scheme.rpartition("+")[2]
    if scheme == "file" or (scheme == "sqlite" and rest.startswith(("/", ":memory"))):
        return None
    known = _web_secret(kind, rest) if kind in _WEB else _database_secret(scheme, rest, exact=exact)
    if known is not None and known[0] < known[1]:
        return begin + known[0], begin + known[1]
    colon = text.find(":", begin, end)
    if (
        known is not None
        or colon < 0
        or _PLAIN_HOST.match(rest)
        or _PLACEHOLDER.match(text, colon + 1, end)
    ):
        return None
    last = text.rfind("@", colon, end)
    if last > 0:
        return colon + 1, last
    known_kind = scheme.partition("+")[0] in _DATABASES
    pattern = _SPACED_REST if known_kind or kind in _TOKENS else _REST
    if more := pattern.match(text, colon + 1, end + _LONGEST):
        return colon + 1, more.end() - 1
    return (colon + 1, end) if _CUT.match(text, end) or (exact and known_kind) else None


def _late_secret(text: str, begin: int, end: int) -> tuple[int, int] | None:
    """Return start and end of a password in a text after the apparent end of an address."""
    colon = text.find(":", begin, end)
    if colon >= 0:
        late = _LATE.match(text, colon + 1)
    else:
        late = _LATE_USER.match(text, begin)
        colon = text.find(":", begin)
    return (colon + 1, text.index("@", colon)) if late else None


def _after_port(rest: str, at: re.Pattern[str]) -> tuple[int, int] | None:
    """Return start and end of a password that begins like a port; None if there is none."""
    port = _PORT.match(rest)
    ats = [*at.finditer(rest, port.end())] if port else []
    if not port or not ats or _IN_PATH.search(rest[port.end() - 1 : ats[-1].start()]):
        return None
    start = rest.index(":") + 1 if "@" not in port[0] else 0  # the part before @ may be a token
    return start, ats[-1].start()


def _web_secret(kind: str, rest: str) -> tuple[int, int] | None:
    """Return the span of urllib's password, an empty span if none, None if it cannot parse.

    urllib does not find a password that begins like a port; the port of a host after it does.
    """
    if late := _after_port(rest, _AT_HOST):
        return late
    try:
        parts = urlsplit(f"{kind}://{rest}")
        port, netloc = parts.port, parts.netloc
    except ValueError:
        return None
    if not rest.startswith(netloc) or (port is None and not netloc and rest[:1] not in ("", "/")):
        return None
    user, at, _ = netloc.rpartition("@")
    name, _, password = user.partition(":")
    if at and password not in _NO_PASSWORD:
        return len(name) + 1, len(user)
    return (0, len(user)) if at and kind in _TOKENS else (0, 0)


def _database_secret(scheme: str, rest: str, *, exact: bool) -> tuple[int, int] | None:
    """Return the span of SQLAlchemy's password, an empty span if none, None if it cannot parse."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(f"{scheme}://{rest}")
    except (ArgumentError, ValueError):
        return None
    parts, question = (url.host or "", url.database or ""), rest.find("?")
    if url.password is None:
        # The user name contains a slash, so SQLAlchemy takes the rest for the database name.
        if not url.username and url.host and ":" in rest and "@" in parts[1] and "@" in rest:
            return rest.index(":") + 1, rest.rindex("@")
        return 0, 0
    first = rest.index(":") + 1
    last = rest.index("@", first)
    if exact and any("@" in each for each in parts):  # the password contains an @
        last = rest.rindex("@", first, question if question > last else len(rest))
    while not exact and (more := _MORE.match(rest, last + 1)):
        last = more.end() - 1
    return first, last


def _query_hidden(query: str) -> str:
    """Return the query and fragment of an address with secrets masked."""
    pieces = _PAIRS.split(query)
    for place in range(2, len(pieces), 2):
        name, sign, value = pieces[place].partition("=")
        if sign and value:
            pieces[place] = f"{name}={_value_hidden(unquote_plus(name), value)}"
    return "".join(pieces)


def _value_hidden(name: str, value: str) -> str:
    if is_secret_in_query(name):
        return HIDDEN
    decoded = unquote_plus(value)
    if name.lower() == "odbc_connect":
        hidden = without_secrets(f";{decoded};")[1:-1]
    else:
        hidden = without_secrets(decoded)
    if hidden == decoded:
        return value
    return hidden if decoded == value else quote_plus(hidden, safe="*")


def _hidden_encoded(address: re.Match[str]) -> str:
    decoded = unquote(address[0])
    hidden = shown_address(decoded)
    return address[0] if hidden == decoded else quote(hidden, safe="*")
