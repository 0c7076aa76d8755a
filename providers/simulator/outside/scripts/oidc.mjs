// openid-client, a certified and strict OpenID Connect library, and jose for the
// signatures. Nothing here knows anything of Microsoft.
import * as client from 'openid-client';
import { createRemoteJWKSet, importPKCS8, jwtVerify } from 'jose';
import { createHash, X509Certificate } from 'node:crypto';
import { Browser } from './browser.mjs';
import { check, failing, input, same, step } from './steps.mjs';

const { endpoints } = input;
const issuer = new URL(`${endpoints.authority_url}/${endpoints.tenant_id}/v2.0`);
const scope = `${endpoints.graph_url}/.default`;
const redirect_uri = 'http://localhost:53682/';
const calendar = `${endpoints.graph_url}/Calendars.ReadWrite`;
const discover = (at, id, authentication) => client.discovery(at, id, undefined, authentication);

let secret;
await step('discovers the directory', async () => {
  secret = await discover(issuer, endpoints.client_id, client.ClientSecretPost(endpoints.client_secret));
  const server = secret.serverMetadata();
  same(server.issuer, issuer.href, 'issuer');
  for (const name of ['authorization_endpoint', 'token_endpoint', 'device_authorization_endpoint', 'jwks_uri', 'userinfo_endpoint', 'end_session_endpoint']) {
    check(new URL(server[name]).protocol === 'https:', `${name} is ${server[name]}`);
  }
  return { algorithms: server.id_token_signing_alg_values_supported, authentication: server.token_endpoint_auth_methods_supported };
});

await step('refuses a directory whose issuer is another', async () => {
  // The service names the tenant by id, however it was asked for; shared tenants
  // have a placeholder. A strict client takes neither.
  const saw = {};
  for (const tenant of [endpoints.domain, 'common', 'organizations']) {
    const error = await failing(() => discover(new URL(`${endpoints.authority_url}/${tenant}/v2.0`), endpoints.client_id));
    saw[tenant] = error.cause?.attribute ?? error.cause?.cause?.attribute ?? error.code;
  }
  const unknown = await failing(() => discover(new URL(`${endpoints.authority_url}/11111111-2222-3333-4444-555555555555/v2.0`), endpoints.client_id));
  return { ...saw, unknown: unknown.cause?.status ?? unknown.code };
});

let keys;
await step('gets tokens with a secret and checks their signature', async () => {
  const basic = await discover(issuer, endpoints.client_id, client.ClientSecretBasic(endpoints.client_secret));
  keys = createRemoteJWKSet(new URL(secret.serverMetadata().jwks_uri));
  const saw = {};
  for (const [name, config] of Object.entries({ post: secret, basic })) {
    const token = await client.clientCredentialsGrant(config, { scope });
    check(token.expiresIn() > 3000 && token.token_type === 'bearer', `expires in ${token.expiresIn()}, type ${token.token_type}`);
    const { payload, protectedHeader } = await jwtVerify(token.access_token, keys, {
      audience: endpoints.graph_url, issuer: `https://sts.windows.net/${endpoints.tenant_id}/`, algorithms: ['RS256'], requiredClaims: ['iat', 'nbf', 'exp', 'oid', 'tid', 'appid', 'uti'],
    });
    check(protectedHeader.typ === 'JWT' && protectedHeader.kid, `header ${JSON.stringify(protectedHeader)}`);
    saw[name] = { application: payload.appid, tenant: payload.tid, kind: payload.idtyp };
    const [head, , signature] = token.access_token.split('.');
    const forged = [head, Buffer.from(JSON.stringify({ ...payload, roles: ['Directory.ReadWrite.All'] })).toString('base64url'), signature].join('.');
    same((await failing(() => jwtVerify(forged, keys))).code, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'a forged token');
    const answer = await fetch(`${endpoints.graph_url}/v1.0/organization`, { headers: { Authorization: `Bearer ${forged}` } });
    saw[name].forged = answer.status;
  }
  return saw;
});

await step('gets a token with a signed assertion', async () => {
  const saw = {};
  const named = (c) => ({ 'x5t#S256': createHash('sha256').update(new X509Certificate(c.certificate).raw).digest('base64url') });
  for (const [name, credential, header, alg] of [
    ['RS256', input.certificate, named(input.certificate), 'RS256'],
    ['PS256', input.certificate, named(input.certificate), 'PS256'],
    ['no thumbprint', input.certificate, {}, 'RS256'],
    ['not registered', input.unknownCertificate, named(input.unknownCertificate), 'RS256'],
    ['another key', { ...input.certificate, privateKey: input.unknownCertificate.privateKey }, named(input.certificate), 'RS256'],
  ]) {
    const key = await importPKCS8(credential.privateKey, alg);
    const authentication = client.PrivateKeyJwt(key, {
      [client.modifyAssertion]: (head) => Object.assign(head, header),
    });
    const config = await discover(issuer, endpoints.client_id, authentication);
    saw[name] = await client.clientCredentialsGrant(config, { scope }).then(() => 'token', (error) => /AADSTS\d+/.exec(error.error_description)?.[0] ?? String(error));
  }
  return saw;
});

await step('reads refusals', async () => {
  const saw = {};
  const wrong = await discover(issuer, endpoints.client_id, client.ClientSecretPost('wrong~secret'));
  for (const [name, work] of Object.entries({
    secret: () => client.clientCredentialsGrant(wrong, { scope }),
    scope: () => client.clientCredentialsGrant(secret, { scope: `${endpoints.graph_url}/Calendars.Read` }),
    grant: () => client.genericGrantRequest(secret, 'urn:example:nothing', { scope }),
    refresh: () => client.refreshTokenGrant(secret, 'nonsense', { scope }),
  })) {
    const error = await failing(work);
    check(error instanceof client.ResponseBodyError, `${name}: ${error.name} ${error.message}`);
    saw[name] = [error.status, error.error, /AADSTS\d+/.exec(error.error_description)?.[0]];
  }
  return saw;
});

let people;
let signedIn;
await step('signs a person in with code, proof key, state and nonce', async () => {
  people = await discover(issuer, endpoints.public_client_id, client.None());
  client.enableNonRepudiationChecks(people); // check the ID token's signature as well
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const person = new Browser(endpoints.authority_url);
  await person.open(client.buildAuthorizationUrl(people, {
    redirect_uri, scope: `openid profile email offline_access ${calendar}`, state: expectedState, nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  }));
  await person.signIn(endpoints.user, endpoints.user_password);
  check(person.left, `the browser stays at "${person.heading}"`);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const swapped = await failing(() => client.authorizationCodeGrant(people, person.left, { ...checks, expectedState: 'another' }));
  signedIn = await client.authorizationCodeGrant(people, person.left, checks);
  const claims = signedIn.claims();
  const { protectedHeader } = await jwtVerify(signedIn.id_token, keys, { issuer: issuer.href, audience: endpoints.public_client_id });
  same(protectedHeader.alg, 'RS256', 'alg');
  if (claims.at_hash !== undefined) {
    const half = createHash('sha256').update(signedIn.access_token).digest().subarray(0, 16).toString('base64url');
    same(claims.at_hash, half, 'at_hash');
  }
  const access = (await jwtVerify(signedIn.access_token, keys)).payload;
  check(access.sub && access.scp.includes('Calendars.ReadWrite') && !access.roles, `access token ${JSON.stringify(access)}`);
  return { user: claims.preferred_username, email: claims.email, same: claims.oid === access.oid, version: claims.ver, swapped: swapped.code };
});

await step('reads what the directory says about the person', async () => {
  const info = await client.fetchUserInfo(people, signedIn.access_token, signedIn.claims().sub);
  return { name: info.name, email: info.email };
});

await step('refreshes', async () => {
  const fresh = await client.refreshTokenGrant(people, signedIn.refresh_token, { scope: `openid ${calendar}` });
  check(fresh.access_token !== signedIn.access_token && fresh.refresh_token, 'nothing new');
  same([fresh.claims().sub, fresh.claims().iss, fresh.claims().aud], [signedIn.claims().sub, issuer.href, endpoints.public_client_id], 'the ID token');
  const answer = await fetch(`${endpoints.graph_url}/v1.0/me/calendar`, { headers: { Authorization: `Bearer ${fresh.access_token}` } });
  return { owner: (await answer.json()).owner?.address };
});

await step('waits for a device code and slows down when told to', async () => {
  const device = await client.initiateDeviceAuthorization(people, { scope: `openid profile offline_access ${calendar}` });
  const early = () => client.genericGrantRequest(people, 'urn:ietf:params:oauth:grant-type:device_code', { device_code: device.device_code });
  const pending = await failing(early);
  const hasty = await failing(early);
  const polling = client.pollDeviceAuthorizationGrant(people, device);
  const person = new Browser(endpoints.authority_url);
  await person.open(device.verification_uri);
  await person.signIn(endpoints.user, endpoints.user_password, { code: device.user_code });
  const token = await polling;
  return { pending: pending.error, hasty: hasty.error, user: token.claims().preferred_username, pages: person.headings.length };
});

await step('signs out', async () => {
  const person = new Browser(endpoints.authority_url);
  await person.open(client.buildAuthorizationUrl(people, { redirect_uri, scope: 'openid', code_challenge: 'z'.repeat(43), code_challenge_method: 'S256' }));
  await person.signIn(endpoints.user, endpoints.user_password);
  await person.open(client.buildEndSessionUrl(people, { post_logout_redirect_uri: redirect_uri }));
  const silent = client.buildAuthorizationUrl(people, { redirect_uri, scope: 'openid', prompt: 'none', code_challenge: 'z'.repeat(43), code_challenge_method: 'S256' });
  const out = person.left?.href ?? person.heading;
  await person.open(silent);
  return { out, then: person.left.searchParams.get('error') };
});
