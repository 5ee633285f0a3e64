/**
 * A security key in software: what a phone answers as one, to sites (WebAuthn Level 3) and to programs (CTAP 2.0 with `credProtect` and `hmac-secret`).
 * It knows no screen, no storage and no network; those are its `Device` (credential.ts). Runs in browsers and in Node.
 *
 *   webauthn.ts, webauthn-read.ts  a site's request, read and answered
 *   ctap.ts, ctap-read.ts, ctap-status.ts    a program's command, likewise
 *   create.ts, get.ts              making a passkey, signing with one
 *   credential.ts                  what a passkey is, and what the phone around it does
 *   rp-id.ts                       whether a site may ask for keys of a name (public suffix list)
 *   algorithms.ts                  ES256, EdDSA, RS256
 *   authenticator-data.ts, client-data.ts, cbor.ts    what is signed, and how it is written
 *   prf.ts, hmac-secret.ts, pin-protocol.ts  secrets that sites and programs derive
 */
export {}
