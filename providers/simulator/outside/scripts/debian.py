"""Python's clients as Debian ships them: MSAL for Python, Authlib and Requests.

This runs where a private hosts file names Microsoft's hosts as this machine, so
that nothing is told to the clients that they would not be told in life: MSAL for
Python forgets the port of an authority on its way to a person's realm."""
import base64
import hashlib
import html.parser
import json
import sys
import time
import traceback
import urllib.parse

import msal
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

with open(sys.argv[1], encoding="utf-8") as file:
    given = json.load(file)
endpoints = given["endpoints"]
authority = f"{endpoints['authority_url']}/{endpoints['tenant_id']}"
default = [f"{endpoints['graph_url']}/.default"]
calendars = f"{endpoints['graph_url']}/Calendars.ReadWrite"
redirect = "http://localhost:53682/"


def step(name):
    """Runs a function at once and reports what it saw, or how it failed."""

    def run(work):
        began = time.monotonic()
        report = {"step": name, "ok": True}
        try:
            report["saw"] = work()
        except Exception:  # the test wants to know about every step
            report.update(ok=False, error=traceback.format_exc())
        report["ms"] = round((time.monotonic() - began) * 1000)
        print(json.dumps(report), flush=True)
        return work

    return run


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


class Page(html.parser.HTMLParser):
    """A page's form."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.asks, self.buttons, self.text, self.tag = None, {}, set(), [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a, self.tag = dict(attributes), tag
        if tag == "form":
            self.action = a["action"]
        elif tag == "input" and a.get("type") != "checkbox":
            self.fields[a["name"]] = a.get("value", "")
            if a["type"] != "hidden":
                self.asks.add(a["name"])
        elif tag == "button":
            self.buttons.append((a.get("name"), a.get("value")))

    def handle_data(self, data):
        if self.tag != "style":
            self.text.append(data.strip())


class Person:
    """Somebody who signs in with a browser, and signs in as told."""

    def __init__(self):
        self.session = requests.Session()

    def sign_in(self, address, code=None):
        """Goes through the pages; gives the query that the application gets, if any."""
        answer = self.session.get(address, allow_redirects=False)
        for _ in range(10):
            if answer.is_redirect:
                target = urllib.parse.urljoin(answer.url, answer.headers["Location"])
                if not target.startswith(endpoints["authority_url"]):
                    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query))
                answer = self.session.get(target, allow_redirects=False)
                continue
            page = Page(answer.text)
            if page.action is None:
                return {}
            fields, values = dict(page.fields), [v for _, v in page.buttons]
            if "otc" in page.asks:
                fields.update(otc=code, action="code")
            elif "loginfmt" in page.asks:
                fields.update(loginfmt=endpoints["user"], passwd=endpoints["user_password"], action="signin")
            elif "accept" in values:
                fields.update(action="accept")
            elif "continue" in values:
                fields.update(action="continue")
            else:
                raise AssertionError(" ".join(page.text))
            answer = self.session.post(urllib.parse.urljoin(answer.url, page.action), data=fields, allow_redirects=False)
        raise AssertionError("the pages do not end")


def graph(token, path):
    return requests.get(f"{endpoints['graph_url']}/v1.0{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def confidential(credential):
    return msal.ConfidentialClientApplication(endpoints["client_id"], client_credential=credential, authority=authority)


def public():
    return msal.PublicClientApplication(endpoints["public_client_id"], authority=authority)


@step("MSAL signs in with secret and certificate")
def _():
    saw = {}
    for name, credential in {
        "secret": endpoints["client_secret"],
        "certificate": {"private_key": given["certificate"]["privateKey"], "thumbprint": given["certificate"]["thumbprintSha1"]},
        "chain": {
            "private_key": given["certificate"]["privateKey"],
            "thumbprint": given["certificate"]["thumbprintSha1"],
            "public_certificate": given["certificate"]["certificate"],
        },
    }.items():
        application = confidential(credential)
        token = application.acquire_token_for_client(default)
        again = application.acquire_token_silent(default, account=None)
        same(again and again["access_token"], token.get("access_token"), f"the token of the cache ({token})")
        answer = graph(token["access_token"], "/places/microsoft.graph.room?$top=3")
        same(len(answer.json()["value"]), 3, "rooms")
        claims = json.loads(base64.urlsafe_b64decode(token["access_token"].split(".")[1] + "=="))
        saw[name] = claims["appidacr"]
    return saw


@step("MSAL reads refusals")
def _():
    saw = {}
    for name, credential in {
        "wrong": "wrong~secret",
        "expired": endpoints["expired_secret"],
        "unknown certificate": {"private_key": given["unknownCertificate"]["privateKey"], "thumbprint": given["unknownCertificate"]["thumbprintSha1"]},
    }.items():
        refused = confidential(credential).acquire_token_for_client(default)
        saw[name] = [refused["error"], *refused["error_codes"], bool(refused["correlation_id"])]
    return saw


@step("MSAL signs a person in with a browser")
def _():
    application = public()
    flow = application.initiate_auth_code_flow([calendars], redirect_uri="http://localhost:53682", login_hint=endpoints["user"])
    answer = Person().sign_in(flow["auth_uri"])
    token = application.acquire_token_by_auth_code_flow(flow, answer)
    same(token.get("error_description"), None, "error")
    account = application.get_accounts(endpoints["user"])[0]
    fresh = application.acquire_token_silent([calendars], account, force_refresh=True)
    same(graph(fresh["access_token"], "/me/calendar").json()["owner"]["address"], endpoints["user"], "the calendar's owner")
    return {"user": token["id_token_claims"]["preferred_username"], "scope": token["scope"], "fresh": fresh["access_token"] != token["access_token"]}


@step("MSAL signs a person in with a device code")
def _():
    application = public()
    flow = application.initiate_device_flow([calendars])
    Person().sign_in(flow["verification_uri"], flow["user_code"])
    token = application.acquire_token_by_device_flow(flow)
    same(token.get("error_description"), None, "error")
    return {"user": token["id_token_claims"]["preferred_username"]}


@step("MSAL signs a person in with a password")
def _():
    saw = {}
    for name, password in {"right": endpoints["user_password"], "wrong": "wrong"}.items():
        token = public().acquire_token_by_username_password(endpoints["user"], password, [calendars])
        saw[name] = token["error_codes"] if "error_codes" in token else [token["id_token_claims"]["preferred_username"]]
    return saw


metadata = {}
keys = None


@step("Authlib reads discovery and keys")
def _():
    global keys
    metadata.update(requests.get(f"{authority}/v2.0/.well-known/openid-configuration", timeout=30).json())
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=30).json())
    same(metadata["issuer"], f"{authority}/v2.0", "issuer")
    return {"keys": [key.kty for key in keys.keys]}


@step("Authlib gets tokens with secret and assertion")
def _():
    saw = {}
    digest = hashlib.sha256(base64.b64decode("".join(given["certificate"]["certificate"].strip().splitlines()[1:-1]))).digest()
    header = {"alg": "RS256", "x5t#S256": base64.urlsafe_b64encode(digest).decode().rstrip("=")}

    class Assertion(PrivateKeyJWT):
        def sign(self, auth, token_endpoint):
            now = int(time.time())
            claims = {"iss": auth.client_id, "sub": auth.client_id, "aud": token_endpoint, "iat": now, "exp": now + 300, "jti": f"authlib {now}"}
            return jwt.encode(header, claims, auth.client_secret)

    for name, secret, method in [
        ("client_secret_post", endpoints["client_secret"], "client_secret_post"),
        ("client_secret_basic", endpoints["client_secret"], "client_secret_basic"),
        ("private_key_jwt", given["certificate"]["privateKey"], Assertion(metadata["token_endpoint"])),
    ]:
        session = OAuth2Session(endpoints["client_id"], secret, token_endpoint_auth_method=method if isinstance(method, str) else "private_key_jwt", scope=default[0])
        if not isinstance(method, str):
            session.register_client_auth_method(method)
        token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials", client_id=endpoints["client_id"])
        claims = jwt.decode(token["access_token"], keys, claims_options={
            "iss": {"essential": True, "value": f"https://sts.windows.net/{endpoints['tenant_id']}/"},
            "aud": {"essential": True, "value": endpoints["graph_url"]},
        })
        claims.validate()
        saw[name] = claims["app_displayname"]
    return saw


@step("Authlib signs a person in and validates the ID token")
def _():
    verifier = "v" * 64
    session = OAuth2Session(endpoints["public_client_id"], token_endpoint_auth_method="none", scope=f"openid profile email offline_access {calendars}",
                            redirect_uri=redirect, code_challenge_method="S256")
    address, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, nonce="a nonce")
    answer = Person().sign_in(address)
    same(answer["state"], state, "state")
    token = session.fetch_token(metadata["token_endpoint"], authorization_response=f"{redirect}?{urllib.parse.urlencode(answer)}", state=state, code_verifier=verifier)
    claims = jwt.decode(token["id_token"], keys, claims_cls=CodeIDToken, claims_params={"nonce": "a nonce", "client_id": endpoints["public_client_id"], "access_token": token["access_token"]},
                        claims_options={"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": endpoints["public_client_id"]}})
    claims.validate()
    fresh = session.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
    same(graph(fresh["access_token"], "/me/calendar").status_code, 200, "status with the fresh token")
    return {"user": claims["preferred_username"], "email": claims["email"]}
