/**
 * What runs in browsers, on phones and in the agent; it imports nothing of the server. Modules are loaded one by one, so no room here has a door that
 * all go through: the signs only say who lives where.
 *
 *   elements/       what pages do beyond HTML
 *   phone/          the app on a phone
 *   extension/      the pairing tool in a computer's browser
 *   pairing/        how a computer and a phone talk, sealed end to end; also for the agent
 *   authenticator/  a security key in software; also for the agent
 *   webauthn.ts     the browser's own keys
 *   wire.ts         what pages, the app and the server say to each other
 *   plain.ts        texts of others, without what could disguise them
 */
export {}
