"""Recognition of names of secrets, and masking of the values assigned to them in text.

A name is split at ``-``, ``_``, ``.`` and before capitals, and its last words decide: ``HF_TOKEN``,
``db.password`` and ``secretAccessKey`` are names of secrets; ``n_tokens``, ``sort_key`` and
``password_file`` are not.
"""

from __future__ import annotations

import functools
import re

#: Replacement for a secret.
HIDDEN = "***"

#: Quotation marks in HTML.
ENTITY = r"&(?:\#39|\#34|\#x27|quot|apos);"

#: Characters that may follow a closing quotation mark.
CLOSED = r"""(?:[\s,;:.!?)\]}>\\&<|`]|\Z)"""

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[-_.]+")
_FORM = re.compile(r"_?(?:base64|b64|\d+)\Z")  # credentials_base64, password2
_SECRET = re.compile(
    r".*(?:password|passwd|passphrase|passcode|secret|(?:ssl|ssh|tls)_?key_?pass)"
    r"|.*(?:api|access|secret|private|account|signing|encryption|master|subscription)_?key"
    r"|.*(?:auth|access|api|hf|bearer|security|session|refresh|tracking)token"
    r"|.+_(?:token|pass|pwd|pw|jwt)|(?:.*_)?(?:gh|github|gitlab|azure|ado|databricks)_pat"
)
# Names of secrets on a command line only, since they are common words in text.
_OPTION = re.compile(r"(?:.*_)?(?:token|pass|pwd|pw|pat|jwt|auth|credentials?)")
_QUERY = re.compile(r".*(?:token|signature|assertion)|key|code|sig|otp")
# Tokens of text, counts, passes of filters and algorithms.
_HARMLESS = re.compile(
    r"(?:.*_)?(?:n|num|max|min|per|total|first|second|last|next|single|one|two|multi"
    r"|pad|padding|bos|eos|sos|unk|oov|cls|sep|mask|start|stop|end|special|image|word|sub"
    r"|low|high|band|all|forward|backward|back)_?(?:token|pass)"
)

# Start of a value: 'password': and ['password'] =, or password =.
_MARK = (
    rf"""(?:\\(?:\\\\){{0,4}})?(?:['"]|{ENTITY})"""  # two backslashes are one, and escape nothing
)
_NAMED = re.compile(
    rf"(?<![\w.-])(?P<name>[\w.-]++)"
    rf"(?:(?P<mark>{_MARK})(?:\s*:|\]\s*=)\s*|[ \t]*={{1,2}}[ \t]*)"
)
# The next word of a command line, or of a list of words. After an option, a sentence may continue.
_SENTENCE_WORDS = (
    r"(?:is|are|was|or|and|must|may|can|cannot|needs|requires|takes|expects|for|to|with|without|in"
    r"|of|not|has|on|if|when|which|as|by)\b"
)
_WORDED = re.compile(
    rf"(?<![\w.-])(?P<name>--[\w.-]++)(?:(?P<mark>{_MARK}),\s*|[ \t]+(?!-|\(|{_SENTENCE_WORDS}))"
)
# A line of YAML, or a header: X-Auth-Token: abc
_LINE = re.compile(
    r"(?:^|(?<=[='\"]))(?P<before>[ \t]*(?:-[ \t]+)?(?P<name>[\w.-]++):[ \t]*)"
    r"(?P<value>'[^'\n]*'|\"[^\"\n]*\"|(?!:)(?:[^\s'\"\\]|\\(?!['\"]))++)"
    r"(?=,?[ \t]*(?:$|\\*['\"]))",
    re.MULTILINE,
)
_TYPES = frozenset({"str", "bytes", "int", "bool", "Any", "string"})
# After an empty value, a quotation mark closes a JSON string: ["HF_TOKEN=", 1].
_JSON_CONTINUES = r"""(?<=")\s*[,:}\]]\s*(?:["{\[]|-?\d|true|false|null|\Z)"""
_OPENING = re.compile(rf"[bBrRuU]{{0,2}}({_MARK})(?!{_JSON_CONTINUES})")
_NUMBER = re.compile(r"-?\d[\d.]*(?=[\s,}\])]|\Z)")
_NO_VALUE = re.compile(
    r"(?:None|null|True|False)\b|\*\*\*(?!\w)|(?:<|&lt;)[\w -]*(?:>|&gt;)", re.IGNORECASE
)
# libpq reads a value up to a space; a quotation mark or an HTML tag may end the enclosing text.
_LOOSE = re.compile(
    rf"""(?:\((?:'[^'\n]*'|"[^"\n]*")|[^\s'"`\\<&]|\\(?:[\\ ]|(?!["'nrt\s]))"""
    rf"""|(?:['"`]|{ENTITY})(?!{CLOSED})"""
    rf"""|<(?!/|br)|&(?!lt;/|{ENTITY[1:]}))++"""
)
_PUNCTUATION = ",;:.)]}>…"  # after a value in a text


@functools.lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Return whether a name in a text, such as a variable name, denotes a secret.

    ``token`` and similar words alone do not, since they are common in text. Of these, only
    ``token='x'``, a Python argument, is masked.

    Examples
    --------
    >>> [is_secret(name) for name in ("HF_TOKEN", "db.password", "apiKey", "token", "pad_token")]
    [True, True, True, False, False]
    """
    words = _words(name)
    return bool(_SECRET.fullmatch(words)) and not _HARMLESS.fullmatch(words)


@functools.lru_cache(maxsize=4096)
def is_secret_option(name: str) -> bool:
    """Return whether an option or a variable of a command line denotes a secret.

    ``--key`` does not: it usually names a column or an object.

    Examples
    --------
    >>> [is_secret_option(name) for name in ("--token", "--pwd", "--pad-token", "--key")]
    [True, True, False, False]
    """
    words = _words(name)
    known = _SECRET.fullmatch(words) or _OPTION.fullmatch(words)
    return known is not None and not _HARMLESS.fullmatch(words)


@functools.lru_cache(maxsize=4096)
def is_secret_in_query(name: str) -> bool:
    """Return whether a name in the query of an address denotes a secret; there, ``key`` does.

    Examples
    --------
    >>> [is_secret_in_query(name) for name in ("key", "X-Amz-Signature", "tokens", "sort_key")]
    [True, True, False, False]
    """
    words = _words(name)
    return any(each.fullmatch(words) for each in (_SECRET, _OPTION, _QUERY))


def _words(name: str) -> str:
    """Return the words of a name in lower case, joined by ``_``."""
    return _FORM.sub("", _SEPARATORS.sub("_", _CAPITAL.sub("_", name)).strip("_").lower())


def with_values_hidden(text: str) -> str:
    """Return a text with the values of secrets masked: ``password=x``, ``"password": "x"``.

    Examples
    --------
    >>> with_values_hidden("host=h password=a&b;c dbname=x, HF_TOKEN='x y', --token z")
    "host=h password=*** dbname=x, HF_TOKEN='***', --token ***"
    """
    text = _hidden_after(_NAMED, text)
    if "--" in text:
        text = _hidden_after(_WORDED, text)
    return _LINE.sub(_hidden_line, text) if ":" in text else text


def _hidden_after(pattern: re.Pattern[str], text: str) -> str:
    parts, done = [], 0
    unclosed: dict[str, int] = {}  # by quotation mark, the position before which none closes
    for match in pattern.finditer(text):
        if match.start() < done or not _names_secret(text, match):
            continue
        start, end = _value(text, match, unclosed)
        if start < end:
            # A number in JSON becomes a string.
            mark = match["mark"] if start == match.end() and match["mark"] else ""
            parts += [text[done:start], mark, HIDDEN, mark]
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _names_secret(text: str, match: re.Match[str]) -> bool:
    name = match["name"]
    if name.startswith("--"):
        return is_secret_option(name)
    if text[match.start() - 1 : match.start()] in ("?", "&"):  # the path of an address
        return is_secret_in_query(name)
    if name.lower() == "token":
        return match[0][5:] == "=" and bool(_OPENING.match(text, match.end()))
    if name.lower().rpartition(".")[2] == "secret" and not _OPENING.match(text, match.end()):
        return False
    return is_secret(name)


def _value(text: str, match: re.Match[str], unclosed: dict[str, int]) -> tuple[int, int]:
    """Return start and end of the value after a name; equal if there is no value."""
    start = match.end()
    if opening := _OPENING.match(text, start):
        start, mark = opening.end(), opening[1]
        if start >= unclosed.get(mark, 0):
            closing = re.compile(rf"(?<!\\){re.escape(mark)}(?={CLOSED})|\n|\Z").search(text, start)
            end = closing.start() if closing else len(text)
            if closing and closing[0] == mark:
                return start, end
            unclosed[mark] = end
    elif match["mark"]:
        number = _NUMBER.match(text, start)
        return (start, number.end()) if number else (start, start)
    value = None if _NO_VALUE.match(text, start) else _LOOSE.match(text, start)
    return start, start + len(value[0].rstrip(_PUNCTUATION)) if value else start


def _hidden_line(match: re.Match[str]) -> str:
    value = match["value"]
    if not is_secret(match["name"]) or _NO_VALUE.match(value) or value in _TYPES:
        return match[0]
    mark = value[0] if value[0] in "'\"" else ""
    return f"{match['before']}{mark}{HIDDEN}{mark}"
