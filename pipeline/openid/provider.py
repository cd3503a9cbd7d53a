"""Provider: how somebody is sent to an OpenID provider, and what its answer proves.

The authorization code flow with PKCE (OpenID Connect Core 1.0 section 3.1, RFC 7636, RFC 9207, RFC
9700).
"""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from pipeline.errors import Fault, FetchError, SettingsError
from pipeline.fetch import Asker, FetchPolicy
from pipeline.openid.claims import Person, name_of, require
from pipeline.openid.errands import Answer, Errand
from pipeline.openid.refusals import STALE, NotProven, ProviderAway
from pipeline.settings import Settings, may_hold_secrets

try:
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge
    from joserfc import jwk, jws, jwt
    from joserfc.errors import JoseError
except ModuleNotFoundError:  # the extra `oidc` is not installed
    INSTALLED = False
else:
    INSTALLED = True

# Signatures that only the provider can make: no shared secret, and never none.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
_KEPT = timedelta(minutes=10)
_TRIED_AGAIN_AFTER = timedelta(seconds=10)
_LARGEST = 256 * 1024
_PATIENCE = 10.0


class Provider:
    """The provider of an installation; keep one for the life of the process.

    Its metadata and keys are kept for ten minutes; an unknown key is asked for at once.
    """

    def __init__(self, settings: Settings, policy: FetchPolicy) -> None:
        """Raises SettingsError when the extra `oidc` is not installed."""
        if not INSTALLED:
            raise SettingsError(
                [
                    Fault(
                        where="DATELINE_OIDC_ISSUER",
                        what="signing in with OpenID Connect needs libraries that are missing",
                        fix="install Dateline with its extra: dateline[oidc]",
                    )
                ]
            )
        self.issuer = settings.oidc_issuer
        self.callback = f"{settings.base_url}/login/openid/answer"
        self._client = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._networks = settings.allow_private
        self._policy = replace(
            policy,
            max_bytes=min(policy.max_bytes, _LARGEST),
            deadline=min(policy.deadline, _PATIENCE),
            connect_timeout=min(policy.connect_timeout, _PATIENCE),
        )
        self._lock = Lock()
        self._metadata: dict[str, Any] = {}
        self._metadata_until: datetime | None = None
        self._keys: list[dict[str, Any]] = []
        self._keys_until: datetime | None = None
        self._away_until: datetime | None = None

    async def address_of(self, errand: Errand, now: datetime) -> str:
        """Give where to send the browser; raises ProviderAway."""
        metadata = await self._described(now)
        return str(
            prepare_grant_uri(
                metadata["authorization_endpoint"],
                self._client,
                "code",
                redirect_uri=self.callback,
                scope="openid profile email",
                state=errand.state,
                nonce=errand.nonce,
                code_challenge=create_s256_code_challenge(errand.verifier),
                code_challenge_method="S256",
            )
        )

    async def person_of(self, errand: Errand, answer: Answer, now: datetime) -> Person:
        """Give who has signed in; raises NotProven and ProviderAway."""
        if not hmac.compare_digest(errand.state.encode(), answer.state.encode("utf-8", "replace")):
            raise NotProven("the state is another sign-in's", STALE)
        metadata = await self._described(now)
        named = answer.issuer or not metadata.get("authorization_response_iss_parameter_supported")
        if not named or (answer.issuer and answer.issuer != self.issuer):
            raise NotProven("the answer is of another issuer")
        if answer.error or not answer.code:
            raise NotProven(
                f"the provider refused: {answer.error[:40]!r}",
                "The sign-in service did not let you in. Start again, or use a password.",
            )
        token = await self._exchange(metadata, answer.code, errand.verifier)
        claims = await self._verified(metadata, token, now)
        require(claims, self.issuer, self._client, errand.nonce, now)
        return Person(issuer=self.issuer, subject=claims["sub"], name=name_of(claims))

    async def _described(self, now: datetime) -> dict[str, Any]:
        """Give the provider's metadata (OpenID Connect Discovery 1.0 section 4)."""
        if self._metadata_until is not None and now < self._metadata_until:
            return self._metadata
        if self._away_until is not None and now < self._away_until:
            raise ProviderAway("the provider did not answer a moment ago")
        try:
            found = await self._get(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise ProviderAway("the provider's metadata names another issuer than the setting")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._endpoint(found, name)
        except ProviderAway:
            self._away_until = now + _TRIED_AGAIN_AFTER
            raise
        with self._lock:
            self._metadata, self._metadata_until = found, now + _KEPT
        return found

    def _endpoint(self, metadata: Mapping[str, Any], name: str) -> str:
        address = metadata.get(name)
        if not isinstance(address, str) or not may_hold_secrets(address, self._networks):
            raise ProviderAway(f"the provider's {name} is no https address")
        return address

    async def _exchange(self, metadata: dict[str, Any], code: str, verifier: str) -> str:
        """Change the code for an ID token (RFC 6749 section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": verifier,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        if "client_secret_basic" in (
            metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        ):
            pair = f"{quote_plus(self._client)}:{quote_plus(self._secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": self._client, "client_secret": self._secret}
        url = self._endpoint(metadata, "token_endpoint")
        try:
            async with Asker(self._policy) as asker:
                heard = await asker.ask(
                    "POST", url, headers, urlencode(form, quote_via=quote).encode()
                )
        except FetchError as error:
            if error.status in {400, 401, 403}:
                raise NotProven(f"the code was not taken: {error}") from None
            raise ProviderAway(str(error)) from None
        token = _object(heard).get("id_token")
        if not isinstance(token, str):
            raise NotProven("the provider gave no ID token")
        return token

    async def _verified(
        self, metadata: dict[str, Any], token: str, now: datetime
    ) -> dict[str, Any]:
        """Give an ID token's claims once its signature is the provider's."""
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError) as error:
            raise NotProven(f"the ID token cannot be read: {type(error).__name__}") from None
        if header.get("alg") not in ALGORITHMS:
            raise NotProven("the ID token is not signed by a key of the provider's own")
        fitting = await self._fitting(metadata, header, now)
        for each in fitting:
            try:
                found = jwt.decode(token, jwk.import_key(each), algorithms=list(ALGORITHMS))
            except (JoseError, ValueError, TypeError, KeyError):
                continue
            return dict(found.claims)
        raise NotProven("the ID token's signature is not the provider's")

    async def _fitting(
        self, metadata: dict[str, Any], header: Mapping[str, Any], now: datetime
    ) -> list[dict[str, Any]]:
        """Find the keys that may have signed; they are asked for anew once for an unknown one."""
        fresh = self._keys_until is None or now >= self._keys_until
        if fresh:
            await self._fetch_keys(metadata, now)
        fitting = [each for each in self._keys if _fits(each, header)]
        if not fitting and not fresh:
            await self._fetch_keys(metadata, now)
            fitting = [each for each in self._keys if _fits(each, header)]
        return fitting

    async def _fetch_keys(self, metadata: dict[str, Any], now: datetime) -> None:
        found = (await self._get(self._endpoint(metadata, "jwks_uri"))).get("keys")
        if not isinstance(found, list):
            raise ProviderAway("the provider's keys cannot be read")
        with self._lock:
            self._keys = [each for each in found[:100] if isinstance(each, dict)]
            self._keys_until = now + _KEPT

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with Asker(self._policy) as asker:
                return _object(await asker.ask("GET", url, {"Accept": "application/json"}))
        except FetchError as error:
            raise ProviderAway(str(error)) from None


def _object(heard: bytes) -> dict[str, Any]:
    try:
        found = json.loads(heard)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ProviderAway("the provider's answer is no JSON object")
    return found


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    """Tell whether a published key may have made a signature; shared secrets never."""
    kinds = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
    return (
        key.get("kty") == kinds[header["alg"][:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    )
