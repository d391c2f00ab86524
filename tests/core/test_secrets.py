"""Passwords and tokens in addresses, alone and in longer texts."""

from __future__ import annotations

import html
import json
import shlex
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL, make_url

import tunekit as tk
from tunekit.core.databases import check_address
from tunekit.core.secrets import shown_address, shown_words, without_secrets

SECRET = "s3cr3t-Pässword"  # noqa: S105 - a made-up password

ADDRESSES = {
    "plain": "postgresql://me:{}@host:5432/db",
    "driver": "postgresql+psycopg://me:{}@host/db?sslmode=require",
    "an @ in the user name": "postgresql://me@corp:{}@host/db",
    "a slash": "postgresql://me:a/{}@host/db",
    "a space": "postgresql://me:a {}@host/db",
    "a number and a slash": "postgresql://me:12/{}@host/db",
    "a number and a space": "postgresql://me:12 {}@host/db",
    "a colon": "postgresql://me:a:{}@host/db",
    "an @": "postgresql://me:a@{}@host/db",
    "an @ and a slash": "postgresql://me:a@/{}@host/db",
    "a hash": "postgresql://me:a#{}@host/db",
    "a question mark": "postgresql://me:a?{}@host/db?sslmode=require",
    "an apostrophe": "postgresql://me:it's{}@host/db",
    "quotation marks": 'postgresql://me:"{}"@host/db',
    "a percent sign": "postgresql://me:%40{}%2F@host/db",
    "a slash in the user name": "postgresql://me/you:{}@host/db",
    "no user name": "redis://:{}@host:6379/0",
    "two hosts": "mongodb://me:{}@one:1,two:2/db",
    "an instance": "mssql+pymssql://me:{}@host\\instance/db",
    "sqlcipher": "sqlite+pysqlcipher://:{}@/studies.db",
    "a token of Databricks": "databricks://token:{}@host?http_path=/sql",
    "password=": "postgresql://host/db?user=me@corp&password={}&sslmode=require",
    "passwd=": "mysql+pymysql://host/db?passwd={}",
    "sslpassword=": "postgresql://host/db?sslpassword={}",
    "PWD= in odbc_connect": "mssql+pyodbc:///?odbc_connect=DRIVER%3D%7BX%7D%3BUID%3Dme%3BPWD%3D{}%3BA%3D1",
    "Pwd= first": "mssql+pyodbc:///?odbc_connect=Pwd%3D{}",
    "PWD={} in odbc_connect": "mssql+pyodbc:///?odbc_connect=UID%3Dme%3BPWD%3D%7Ba%3B{}%7D",
    "odbc_connect as it is": "mssql+pyodbc:///?odbc_connect=DRIVER={{X}};UID=me;Pwd={};A=1",
    "http": "http://me:{}@host:5000/api",
    "http with a slash": "http://me:a/{}@host:5000/api",
    "http and IPv6": "http://me:{}@[::1]:5000/api",
    "http with a number and a slash": "http://me:12/{}@host:5000/api",
    "http with a number and a hash": "https://me:1#{}@host:5000",
    "http with what is no port": "http://me:123456/{}@host:5000",
    "a token of http and a slash": "http://me@corp:1/{}@host:5000",
    "a token as user name": "https://{}@host/api",
    "a token and no password": "https://{}:@host/api",
    "a token of GitHub": "https://{}:x-oauth-basic@github.com/me/it",
    "git": "git+https://{}@github.com/me/it",
    "access_token=": "https://host/api?access_token={}&page=2",
    "token=": "https://host/api?page=2&token={}",
    "api_key=": "https://host/api?api_key={}",
    "key=": "https://host/api?key={}",
    "a long name": "https://host/api?page=2&X-Goog-Credentials_base64={}",
    "sslkeypass=": "postgresql://host/db?sslkeypass={}&sslmode=require",
    "a fragment": "https://host/#access_token={}&kind=bearer",
    "a signature": "https://bucket/it?X-Amz-Signature={}&X-Amz-Date=2026",
    "an address in an address": "https://host/?next=http%3A%2F%2Fme%3A{}%40inner",
    "JDBC": "jdbc:postgresql://host/db?user=me&password={}",
}

PLACES = {
    "alone": str,
    "repr": lambda address: repr({"storage": address, "n": 1}),
    "JSON": lambda address: json.dumps({"storage": address, "n": 1}),
    "JSON in JSON": lambda address: json.dumps(json.dumps({"storage": address, "n": 1})),
    "HTML": lambda address: f"<td>{html.escape(repr(address))}</td><td>1</td>",
    "an error": lambda address: f"cannot open {address}: refused",
    "quoted": lambda address: f"storage '{address}' cannot be opened",
    "an estimator": lambda address: f"Tuner(name='a', storage={address!r}, n_trials=3)",
}


def forms(secret):
    return {secret, quote(secret, safe=""), quote_plus(secret), ascii(secret)[1:-1]}


def assert_hidden(text, secret=SECRET):
    for form in forms(secret):
        assert form not in text


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("spelling", ADDRESSES)
def test_a_password_is_masked_in_every_spelling(spelling, place):
    encoded = quote(SECRET, safe="")
    for secret in (SECRET, encoded):
        text = PLACES[place](ADDRESSES[spelling].format(secret))
        shown = without_secrets(text)
        assert_hidden(shown)
        assert "***" in shown
        assert without_secrets(shown) == shown
        assert_hidden(shown_address(ADDRESSES[spelling].format(secret)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me@corp:a b/c@host:1/db?x=1", "postgresql://me@corp:***@host:1/db?x=1"),
        ("see http://me:a@host/x, or me@there.org", "see http://me:***@host/x, or me@there.org"),
        (
            "postgresql://host/x?user=me&password=secret and http://token@h:1/",
            "postgresql://host/x?user=me&password=*** and http://***@h:1/",
        ),
        ("['http://a:b@c', 'http://d:e@f']", "['http://a:***@c', 'http://d:***@f']"),
        ('{"a": "http://h:1", "b": "http://c:d@e"}', '{"a": "http://h:1", "b": "http://c:***@e"}'),
        ("http://host:5000/http://me:secret@inner/", "http://host:5000/http://me:***@inner/"),
        ("'postgresql://me:sec…", "'postgresql://me:***…"),
        ("postgresql://me:sec... name='x'", "postgresql://me:***... name='x'"),
        ("host=h user=me password=abc dbname=x", "host=h user=me password=*** dbname=x"),
        ("connect(user='me', password='a b')", "connect(user='me', password='***')"),
        ('{"password": "a\\"b", "n": 1}', '{"password": "***", "n": 1}'),
        ("DRIVER={X};UID=me;PWD={a;}}b};A=1", "DRIVER={X};UID=me;PWD=***;A=1"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        (r'"{\"Authorization\": \"Bearer abc\"}"', r'"{\"Authorization\": \"Bearer ***\"}"'),
        ("Server=h;Password=a b;Database=x", "Server=h;Password=***;Database=x"),
        ("'A;Password=x', 'b;c'", "'A;Password=***', 'b;c'"),
        ('["HF_TOKEN=", 1, "x"]', '["HF_TOKEN=", 1, "x"]'),
        ("password=a&b dbname=x", "password=*** dbname=x"),
        ("password=a,b;c(d)e\\ f[g dbname=x", "password=*** dbname=x"),
        ("connect(password=a&b, n=1).", "connect(password=***, n=1)."),
        ("<b>password=a&amp;b</b>", "<b>password=***</b>"),
        ("password=SecretStr('a b'), n=1", "password=***), n=1"),
        ("password='it's b', n=1", "password='***', n=1"),
        ("password='abc", "password='***"),
        ("password=b'abc'", "password=b'***'"),
        ("f(password=&#x27;a b&#x27;, n=1)", "f(password=&#x27;***&#x27;, n=1)"),
        ('{"password": 1234, "n": 2}', '{"password": "***", "n": 2}'),
        ("os.environ['HF_TOKEN'] = 'abc'", "os.environ['HF_TOKEN'] = '***'"),
        ("HF_TOKEN=abc AWS_SECRET_ACCESS_KEY=a/b= x", "HF_TOKEN=*** AWS_SECRET_ACCESS_KEY=*** x"),
        ("MYSQL_PWD=abc apiKey=abc db.pass=abc", "MYSQL_PWD=*** apiKey=*** db.pass=***"),
        ("load(token='abc', secret='abc')", "load(token='***', secret='***')"),
        ("X-Auth-Token: abc\ndb_password: 'a b'", "X-Auth-Token: ***\ndb_password: '***'"),
        ("['it', '--password', 'a b', '--n', '3']", "['it', '--password', '***', '--n', '3']"),
        ("it --token abc --n 3", "it --token *** --n 3"),
        ("no url: /?token=abc (refused)", "no url: /?token=*** (refused)"),
        ("MLFLOW_TRACKING_PASSWORD=abc x", "MLFLOW_TRACKING_PASSWORD=*** x"),
        (
            "uri=postgresql%3A%2F%2Fme%3Aabc%40host%2Fx&n=1",
            "uri=postgresql%3A%2F%2Fme%3A***%40host%2Fx&n=1",
        ),
    ],
)
def test_only_the_secret_is_changed(text, shown):
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/home/me@work/a b/mlflow.db",
        r"C:\Users\me@corp\new.db",
        r"sqlite:///C:\Users\me@corp\new.db",
        "sqlite:////home/me:x@work/studies.db",
        "sqlite://:memory: is kept by me@example.org",
        "file:///C:/me:x@y",
        "write to me@example.org or d@e.f: thanks",
        "http://127.0.0.1:5000/#/experiments/1/runs?x=y@z&page=2",
        "http://host:80/x is down, me@example.org knows",
        "now postgresql://host:5432 is down, me@example.org knows",
        "postgresql://host:5432/db?sslmode=require&user=me%40corp",
        "a server such as http://host:port, or ask me@example.org",
        "[1] 'http://[::1]:80/a@b', (https://docs.python.org/3/library/re.html#re.sub).",
        "postgresql://me@host/db and ssh://git@github.com/me/it",
        "s3://bucket/a:b@c and models:/digits@champion",
        "https://example.org/@user/post?id=1&tokens=2",
        "CountVectorizer(token_pattern='(?u)\\\\b\\\\w+', pad_token='x')",
        "login(password=None), PWD=/home/me ls, the password is wrong: ask",
        "http://host:80/users/me@example.org, http://host:80/?mail=me@host:80",
        "a low_pass=5, pad_token='[PAD]', oov_token=x, n_tokens=5, sort_key=x, bypass=yes",
        "token=abc, secret = make(), if token == 'abc': pass=1 fail=0",
        "HF_TOKEN=\nHOME=/x, password_file=/run/x, password=<of yours>",
        "write --token or --password-file, where password: is one word",
        "now docker://image:tag is ready, me@example.org knows; x:// a:// http://",
    ],
)
def test_a_text_without_a_secret_is_unchanged(text):
    assert without_secrets(text) == text
    assert without_secrets(json.dumps(text)) == json.dumps(text)
    assert without_secrets(repr(text)) == repr(text)


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=4, max_size=30)


@given(WORDS, WORDS, st.sampled_from(["host", "10.0.0.1", "::1"]), st.sampled_from([None, 5432]))
def test_passwords_in_sqlalchemy_urls_are_masked(user, password, host, port):
    password = f"~{password}~"  # so that it is not part of the rest
    url = URL.create("postgresql+psycopg", user, password, host, port, "db", {"sslmode": "require"})
    address = url.render_as_string(hide_password=False)
    shown = shown_address(address)
    assert make_url(shown) == url.set(password="***")  # noqa: S106
    for place in PLACES.values():
        text = without_secrets(place(address))
        assert password not in text
        assert address.rpartition("@")[0].rpartition(":")[2] not in text


@given(WORDS, WORDS, WORDS)
def test_passwords_that_urllib_parses_are_masked(user, password, token):
    given = [quote(each, safe="") for each in (user, f"~{password}~", f"~{token}~")]
    address = "https://{}:{}@host:5000/api?page=2&access_token={}".format(*given)
    for place in PLACES.values():
        text = without_secrets(place(address))
        assert given[1] not in text
        assert given[2] not in text
    parts = urlsplit(shown_address(address))
    assert (unquote(parts.username), parts.password) == (user, "***")
    assert (parts.hostname, parts.port, parts.path) == ("host", 5000, "/api")
    assert parse_qs(parts.query) == {"page": ["2"], "access_token": ["***"]}


@pytest.mark.slow
@given(st.text())
def test_any_text_is_accepted_and_masking_is_idempotent(text):
    shown = without_secrets(text)
    if "://" not in text and "=" not in text and ":" not in text:
        assert shown == text
    assert without_secrets(shown) == shown


def test_words_of_a_command_are_masked_individually():
    words = ["run it.py", "--db-password", SECRET, f"--token={SECRET}", "--lr", "0.1"]
    words += [f"--storage=postgresql://me:1 {SECRET}@host/x", f"http://{SECRET}@host", "me@x.org"]
    shown = shown_words(words)
    assert_hidden(shlex.join(shown))
    assert shown[:5] == ["run it.py", "--db-password", "***", "--token=***", "--lr"]
    assert shown[5:] == [
        "0.1",
        "--storage=postgresql://me:***@host/x",
        "http://***@host",
        "me@x.org",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "--hf-token {}",
        "--hf-token=-{}",
        "--token -{}",
        "--api-token {}",
        "--secret-access-key {}",
        "--aws-secret={}",
        "--private-key {}",
        "--db-pass {}",
        "--db.password {}",
        "--pwd={}",
        "-password {}",
        "--dbPassword2 {}",
        "HF_TOKEN={}",
        "AWS_SECRET_ACCESS_KEY={}",
        "token={}",
        "+db.pwd={}",
        "--header=X-Token:{}",
        "--dsn=host=h;password={}",
    ],
)
def test_only_the_secret_of_a_command_is_masked(words):
    shown = shown_words(["it", *words.format(SECRET).split(), "--n", "3"])
    assert shown == ["it", *words.replace("-{}", "{}").format("***").split(), "--n", "3"]


@pytest.mark.parametrize(
    "words",
    [
        "--key x --key-column y --sort-key z",
        "--n-tokens 5 --max-tokens 5 --max-token 5 --pad-token x",
        "--token -v --password --n 3",
        "--password-file x --use=my_password y",
    ],
)
def test_harmless_words_of_a_command_are_unchanged(words):
    assert shown_words(words.split()) == words.split()


@pytest.mark.parametrize("end", ["/{}@host/x", "?{}@host", "#{}@host", "/{}@host:80"])
def test_a_password_that_starts_like_a_port_is_rejected_and_masked(end):
    address = f"http://me:1{end}".format("s3cr3t")
    assert_hidden(shown_address(address), "s3cr3t")
    assert shown_address(address).startswith("http://me:***@host")
    with pytest.raises(tk.ParameterError, match="is not a valid address: write user:"):
        check_address(address)


def test_a_path_with_an_at_is_not_a_password():
    for address in ("http://h:1/?mail=me@x.org", "http://[::1]:80/a@b", "http://h:1/#/a@b"):
        assert shown_address(address) == address
        check_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:a@{}@host/x",
        "postgresql://me:a@/{}@host/x",
        "postgresql://me:{}",
        "postgresql://me/you:{}@host/x",
    ],
)
def test_an_address_that_drivers_parse_differently_is_rejected(address):
    """Otherwise they report that the host ``s3cr3t@host`` does not exist."""
    with pytest.raises(tk.ParameterError, match="is not a valid address: write user:") as caught:
        check_address(address.format("s3cr3t"))
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__suppress_context__
    check_address("postgresql://me@corp:a%40b@host:5432/x?user=a@b")


def test_each_kind_of_output_is_written_in_one_place():
    """Errors and tracked data are masked in their classes; other output where it is written."""
    package = Path(tk.__file__).parent
    calls = {
        "typer.secho(": ["cli.py"],
        "typer.echo(": [],
        "warnings.warn(": ["exceptions.py", "models/labels.py"],  # the latter warns about columns
        "path.write_text(html": ["reporting/page.py"],
    }
    for call, allowed in calls.items():
        places = [
            str(path.relative_to(package))
            for path in sorted(package.rglob("*.py"))
            for line in path.read_text().splitlines()
            if call in line
        ]
        assert places == allowed, call
    errors = [each for each in vars(tk).values() if isinstance(each, type)]
    errors = [each for each in errors if issubclass(each, Exception)]
    assert len(errors) > 5
    for each in errors:
        if issubclass(each, tk.TunekitError):
            assert_hidden(str(each(f"no postgresql://me:{SECRET}@host/x")))
