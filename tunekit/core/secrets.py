"""Hides passwords and tokens in addresses, and in texts that hold addresses.

SQLAlchemy's ``make_url`` and ``urllib.parse`` say where the secret of an address is. Nothing else
of a text is changed, and a text without a secret is returned as it is.
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

# Schemes that urllib reads; all others are read as SQLAlchemy does.
_TOKENS = frozenset({"http", "https", "ws", "wss"})  # where a user name alone is a token
_WEB = _TOKENS | {"ftp", "ftps", "sftp", "ssh", "git", "s3", "gs"}
_DATABASES = frozenset(
    {
        *("postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle", "db2", "cockroachdb"),
        *("redshift", "snowflake", "databricks", "clickhouse", "trino", "redis", "rediss"),
        *("mongodb",),
    }
)
_NO_PASSWORD = ("", "x-oauth-basic")  # beside a user name that is a token

_WORD = r"[A-Za-z][A-Za-z0-9+.-]{0,31}"  # a scheme; longer ones would take long to look for
_SCHEME = re.compile(rf"{_WORD}://")
_SCHEME_BEFORE = re.compile(rf"{_WORD}\Z")
_ENCODED = re.compile(rf"{_WORD}%3A%2F%2F[^\s'\"<>&;,()]*", re.IGNORECASE)
_OPENING = re.compile(rf"""(\\*)(['"`]|{ENTITY})\Z""")
_BEFORE = 32  # characters in which a scheme, or a quotation mark before it, may stand
_LOOSE_END = re.compile(rf"""[\s<>"`]|{ENTITY}|&[lg]t;|\\+["nrt]""")
_LONGEST = 4096  # characters of an address in a text
_NEXT = re.compile(rf"[\s,;]{_WORD}://")
_AFTER = ")]}.,;:'…"  # punctuation behind an address in a text
_PLAIN_HOST = re.compile(r"(?:\[[^\]]*\]|[^:/?#@]*+)(?:(?::\d*+)?(?:[/?#]|\Z)|:\d++[,;)\]}])")
_PLACEHOLDER = re.compile(r"[<{$]\w|%[sd(]|port\b|\Z|\*\*\*(?:\W|\Z)", re.IGNORECASE)
_MORE = re.compile(r"""[^\s,;='"<>()&?]*@""")  # of a password that holds an @
_REST = re.compile(r"[^\s@]*@")  # of a password that ends an address, and with spaces in it
_SPACED_REST = re.compile(r"(?:(?!://)[^\n@]){0,400}@")
# Of a text that goes on behind what seems to be an address: a user name with a space, or a password
# that begins with one or as a port does. A database must be named behind it.
_SERVER = r"(?:(?!://)[^\n@]){0,400}@(?:[\w.-]+|\[[^\]\s]*\])(?::\d+)?/\w"
_LATE = re.compile(rf"\d*[^\w/?#@\n]{_SERVER}")
_LATE_USER = re.compile(rf"[^\n:/?#@]{{1,400}}:{_SERVER}")
_CLOSED = re.compile(CLOSED)
_CUT = re.compile(r"…|\.\.\.")

_PORT = re.compile(r"[^:/?#\[]*+:\d++[/?#]")
_AT, _AT_HOST = re.compile("@"), re.compile(r"@(?:[\w.-]+|\[[^\]\s]*\]):\d+(?![\w@])")
_IN_PATH = re.compile(r"://|\?[\w.-]+=|#/")  # what shows that an @ is in a path or a query

_HOST_END, _QUERY = re.compile(r"[/?#]"), re.compile(r"[?#]")
_PAIRS = re.compile(r"(&amp;|\\u0026|[&?#])")
_NO_ENTITY = r"(?<!&amp)(?<!&quot)(?<!&\#39)(?<!&\#x27)"
_ODBC = rf"""\{{(?:[^}}\n]|\}}\}}){{0,256}}\}}|(?:[^;\n'"]|['"](?!{CLOSED}))"""
_QUOTE = rf"""(?:\\*['"]|{ENTITY})?"""
_KIND = r"(?:basic|bearer|token|digest|negotiate|api-?key)\s+"
_IN_TEXT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # PWD={x}; in a connection string of ODBC; alone it is a shell's folder. Longer values
        # than 256 characters would take long to look for, and SQL Server has none.
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
    """Return a text with the passwords and tokens in it hidden.

    In addresses these are the password before a host, a user name of http that stands alone (a
    token), and values of a query such as ``password``, ``sslpassword``, ``access_token``, and
    ``PWD`` within ``odbc_connect``; elsewhere values of ``password=``, ``"password":`` and more.
    A password with a space is found where quotation marks show its end, or where the address
    cannot be read without it; of an address as a whole use :func:`shown_address`.

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
    """Return an address as it may be shown: without its password or token.

    In doubt it is hidden: ``http://me:1/x@host`` may be a password, and a path with an ``@``.

    Examples
    --------
    >>> shown_address("postgresql+psycopg://me:my secret@host/studies")
    'postgresql+psycopg://me:***@host/studies'
    """
    start = _SCHEME.match(address)
    if start and (place := password_like_a_port(address)):
        address = address[: place[0]] + HIDDEN + address[place[1] :]
    if start:
        hidden, end = _hidden(address, 0, start.end(), len(address), exact=True)
        address = hidden + address[end:]
    return without_secrets(address)


def password_like_a_port(address: str) -> tuple[int, int] | None:
    """Return where the password of a web address is that begins as a port does and goes on.

    urllib ends the host at its first slash, question mark or hash.

    Examples
    --------
    >>> address = "http://me:1/x@host"
    >>> start, end = password_like_a_port(address)
    >>> address[start:end]
    '1/x'
    """
    scheme, _, rest = address.partition("://")
    place = _behind_port(rest, _AT) if scheme.lower().rpartition("+")[2] in _WEB else None
    return (place[0] + len(scheme) + 3, place[1] + len(scheme) + 3) if place else None


def shown(value: Any) -> Any:
    """Return plain data, as JSON holds it, with each text in it as it may be shown.

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
    """Return the words of a command line as they may be shown.

    Examples
    --------
    >>> shown_words(["--db-password", "x", "--storage=postgresql://me:1 2@host/x"])
    ['--db-password', '***', '--storage=postgresql://me:***@host/x']
    """
    found = []
    for place, word in enumerate(words):
        option, sign, value = word.partition("=")
        before = words[place - 1] if place else ""
        if before.startswith("-") and _is_of_secret(before) and not _NEXT_OPTION.match(word):
            found.append(HIDDEN)
        elif value and _is_of_secret(option):
            found.append(f"{option}={HIDDEN}")
        elif sign and _SCHEME.match(value):
            found.append(f"{option}={shown_address(value)}")
        else:
            found.append(shown_address(word))
    return found


def _is_of_secret(word: str) -> bool:
    return bool(_VARIABLE.fullmatch(word)) and is_secret_option(word.lstrip("+~"))


def shown_cause(error: BaseException) -> BaseException | None:
    """Return an error as the cause of another one; None where it, or its own cause, has a secret.

    Python prints causes as they are.
    """
    told: BaseException | None = error
    while told is not None:
        if without_secrets(str(told)) != str(told):
            return None
        told = told.__cause__ or told.__context__
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
    """Return where an address in a text ends, and whether that is certain."""
    limit = min(len(text), begin + _LONGEST)
    opening = _OPENING.search(text, max(0, start - _BEFORE), start)
    end = _closing(text[begin:limit], opening[2], len(opening[1])) if opening else None
    if end is not None and "\n" not in text[begin : (end := begin + end)]:
        other = _NEXT.search(text, begin, end)
        return (other.start(), False) if other else (end, True)
    found = _LOOSE_END.search(text, begin, limit)
    end = found.start() if found else limit
    return end, start == 0 and end == len(text)


def _closing(text: str, mark: str, depth: int) -> int | None:
    """Return where the quotation mark is that closes; with more backslashes it is one of a text."""
    end = text.find(mark)
    while end >= 0:
        before = text[max(0, end - _BEFORE) : end]
        slashes = len(before) - len(before.rstrip("\\"))
        if slashes <= depth and _CLOSED.match(text, end + len(mark)):
            return end - slashes
        end = text.find(mark, end + 1)
    return None


def _hidden(text: str, start: int, begin: int, end: int, *, exact: bool) -> tuple[str, int]:
    """Return the address in a text from ``start`` to ``end`` without its secret, and its new end.

    It is longer than it seemed where its password holds what ends an address.
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
    if "://" in text[place:path_end]:  # another address, which is looked at next
        return head, place
    return head + text[place:path_end] + _query_hidden(text[path_end:end]), end


def _secret(scheme: str, text: str, begin: int, end: int, *, exact: bool) -> tuple[int, int] | None:
    """Return where the password or token before the host is."""
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
    rest_of_it = _SPACED_REST if known_kind or kind in _TOKENS else _REST
    if more := rest_of_it.match(text, colon + 1, end + _LONGEST):
        return colon + 1, more.end() - 1
    return (colon + 1, end) if _CUT.match(text, end) or (exact and known_kind) else None


def _late_secret(text: str, begin: int, end: int) -> tuple[int, int] | None:
    """Return where a password is in a text in which an address seemed to end before."""
    colon = text.find(":", begin, end)
    if colon >= 0:
        late = _LATE.match(text, colon + 1)
    else:
        late = _LATE_USER.match(text, begin)
        colon = text.find(":", begin)
    return (colon + 1, text.index("@", colon)) if late else None


def _behind_port(rest: str, at: re.Pattern[str]) -> tuple[int, int] | None:
    """Return where a password is that begins with what urllib reads as a port."""
    port = _PORT.match(rest)
    found = [*at.finditer(rest, port.end())] if port else []
    if not port or not found or _IN_PATH.search(rest[port.end() - 1 : found[-1].start()]):
        return None
    start = rest.index(":") + 1 if "@" not in port[0] else 0  # what is before @ may be a token
    return start, found[-1].start()


def _web_secret(kind: str, rest: str) -> tuple[int, int] | None:
    """Return where urllib finds a password, an empty place for none, None where it cannot read.

    It finds none that begins as a port does; the port of a host behind it shows that there is one.
    """
    if late := _behind_port(rest, _AT_HOST):
        return late
    try:
        parts = urlsplit(f"{kind}://{rest}")
        port, place = parts.port, parts.netloc
    except ValueError:
        return None
    if not rest.startswith(place) or (port is None and not place and rest[:1] not in ("", "/")):
        return None
    user, at, _ = place.rpartition("@")
    name, _, password = user.partition(":")
    if at and password not in _NO_PASSWORD:
        return len(name) + 1, len(user)
    return (0, len(user)) if at and kind in _TOKENS else (0, 0)


def _database_secret(scheme: str, rest: str, *, exact: bool) -> tuple[int, int] | None:
    """Return where SQLAlchemy finds a password, an empty place for none, None if it cannot read."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(f"{scheme}://{rest}")
    except (ArgumentError, ValueError):
        return None
    place, question = (url.host or "", url.database or ""), rest.find("?")
    if url.password is None:
        # The user name holds a slash, so all of it counts as the name of the database.
        if not url.username and url.host and ":" in rest and "@" in place[1] and "@" in rest:
            return rest.index(":") + 1, rest.rindex("@")
        return 0, 0
    first = rest.index(":") + 1
    last = rest.index("@", first)
    if exact and any("@" in each for each in place):  # an @ of the password is not encoded
        last = rest.rindex("@", first, question if question > last else len(rest))
    while not exact and (more := _MORE.match(rest, last + 1)):
        last = more.end() - 1
    return first, last


def _query_hidden(query: str) -> str:
    """Return query and fragment of an address with their secrets hidden."""
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
