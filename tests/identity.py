"""A small OpenID provider on loopback: real keys, codes that work once, PKCE and client checked."""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from joserfc import jwk, jwt

CLIENT, SECRET = "dateline at the desk", "s3cret: of/the client"


@dataclass
class Identity:
    """What the provider knows, and what it gets wrong on purpose."""

    now: datetime
    issuer: str = ""
    key: jwk.RSAKey | jwk.ECKey | jwk.OKPKey = field(
        default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "one"})
    )
    alg: str = "RS256"
    claims: dict[str, object] = field(default_factory=dict)
    metadata: dict[str, object] = field(default_factory=dict)
    published: list[dict[str, object]] | None = None
    token: str = ""
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def described(self) -> dict[str, object]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.metadata

    def keys(self) -> list[dict[str, object]]:
        return [self.key.as_dict(private=False)] if self.published is None else self.published

    def authorize(self, location: str) -> dict[str, str]:
        """Sign somebody in whose browser was sent here; gives what it brings back."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["code_challenge_method"] == "S256"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"state": asked["state"], "code": code, "iss": self.issuer}

    def redeem(self, form: dict[str, str], given: str) -> dict[str, object] | None:
        """Change a code for an ID token, once; None for anything that is not right."""
        name, _, password = base64.b64decode(given.removeprefix("Basic ")).decode().partition(":")
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or (unquote_plus(name), unquote_plus(password)) != (CLIENT, SECRET):
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        second = int(self.now.timestamp())
        claims = {
            "iss": self.issuer,
            "sub": "user-1",
            "aud": CLIENT,
            "exp": second + 300,
            "iat": second,
            "nonce": asked["nonce"],
            "preferred_username": "Awa",
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.alg, "kid": self.key.kid}
        token = self.token or jwt.encode(header, claims, self.key, algorithms=[self.alg])
        return {"access_token": "an access token", "token_type": "Bearer", "id_token": token}


@contextmanager
def identity_provider(now: datetime) -> Iterator[Identity]:
    """Serve a provider while the block runs."""
    known = Identity(now=now)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {
                "/.well-known/openid-configuration": known.described,
                "/keys": lambda: {"keys": known.keys()},
            }
            page = pages.get(self.path)
            self.give(page() if page else None)

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.give(known.redeem(form, self.headers.get("Authorization", "")), 400)

        def give(self, found: object, otherwise: int = 404) -> None:
            known.asked.append(self.path)
            body = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(503 if known.down else 200 if found else otherwise)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        known.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()
