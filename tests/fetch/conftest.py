"""Fetchers that are allowed to reach 127.0.0.1, and certificates made for it."""

import asyncio
import shutil
import ssl
import subprocess
from ipaddress import ip_network

import pytest

from pipeline.errors import FetchError
from pipeline.fetch import Fetcher, FetchPolicy
from pipeline.model import Validators
from tests import misbehaving


@pytest.fixture
def answers():
    return misbehaving.Answers


@pytest.fixture
def serving():
    return misbehaving.serving


@pytest.fixture
def a_fetcher():
    """Make a fetcher that may reach 127.0.0.1 and is in no hurry to be polite."""

    def make(*, resolve=None, tls=None, allow=("127.0.0.1/32",), **changes) -> Fetcher:
        settings = {"host_interval": 0.0, "host_concurrency": 100, "deadline": 5.0} | changes
        policy = FetchPolicy(
            user_agent="Dateline/1.0 (+https://example.org/about)",
            allow_private=tuple(ip_network(network) for network in allow),
            **settings,
        )
        return Fetcher(policy, resolve=resolve, tls=tls or _ANY_TLS)

    return make


# Reading the trusted certificates takes longer than most of these tests.
_ANY_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def ask(serving, a_fetcher):
    """Serve one answer, fetch it once; gives what came of it (value or error) and the server."""

    def run(answer, *, path="/feed", validators=None, unconditional=False, **policy):
        async def scenario():
            async with serving(answer) as server, a_fetcher(**policy) as fetcher:
                known = validators(server) if validators else Validators()
                try:
                    result = await fetcher.fetch(
                        server.url(path), known, unconditional=unconditional
                    )
                except FetchError as error:
                    result = error
                return result, server

        return asyncio.run(scenario())

    return run


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A small authority and what it signed: good, expired and for another host; one self-signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    make = _Authority(folder)
    make.sign("good", "127.0.0.1", "20200101000000Z", "20991231000000Z")
    make.sign("expired", "127.0.0.1", "20200101000000Z", "20200201000000Z")
    make.sign("other", "127.0.0.9", "20200101000000Z", "20991231000000Z")
    return folder


class _Authority:
    def __init__(self, folder):
        self.folder = folder
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("1000\n")
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca = own\n[own]\n"
            "database = index.txt\nserial = serial\nnew_certs_dir = .\nunique_subject = no\n"
            "default_md = sha256\npolicy = any\ncopy_extensions = copy\nx509_extensions = leaf\n"
            # What Python 3.13 looks for in a certificate, being strict by RFC 5280.
            "[leaf]\nbasicConstraints = CA:FALSE\nsubjectKeyIdentifier = hash\n"
            "authorityKeyIdentifier = keyid\n"
            "[any]\ncommonName = supplied\n"
        )
        self._openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=Tests "
            "-addext keyUsage=critical,keyCertSign,cRLSign -keyout authority.key -out authority.pem"
        )

    def sign(self, name, address, start, end):
        self._openssl(
            f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} "
            f"-addext subjectAltName=IP:{address} -keyout {name}.key -out {name}.csr"
        )
        self._openssl(
            f"ca -batch -config ca.cnf -in {name}.csr -out {name}.pem -notext -cert authority.pem "
            f"-keyfile authority.key -startdate {start} -enddate {end}"
        )

    def _openssl(self, command):
        subprocess.run(
            ["openssl", *command.split()], cwd=self.folder, check=True, capture_output=True
        )
