/**
 * The one client for calls to other hosts: metadata, client keys, logout notices, push services, SMS gateways (SEC-81).
 *
 * The host name is resolved once, every address is checked, and the connection goes to a checked address. Only public
 * addresses and https, unless the operator's `outbound.allow` names the host or network. No redirects, no proxies of the
 * environment, no credentials in URLs; time and size are limited.
 */
export { createLocate, createOutbound, trustedAuthorities, type Locate } from './outbound.ts'
export type { OutboundResponse } from './exchange.ts'
export type { Address, Resolve } from './destination.ts'
export type { Outbound, OutboundRequest } from './request.ts'
export { OutboundRefused, type RefusalReason } from './refused.ts'
