/**
 * Delivers messages, nothing more: what to say is decided and written elsewhere.
 *
 *   address.ts    reads mail addresses and phone numbers
 *   outbox.ts     messages on their way: a row in the transaction of what they tell about, content sealed
 *   delivery.ts   takes due messages and hands them to a transport; app.ts runs it as a job
 *   mail, sms     the transports: an SMTP server; an HTTP gateway, or a file for trying out
 *   web-push.ts   wakes an app on a phone, without a word
 *
 * No page ever waits for a mail server. Without a transport messages stay, and go out when there is one.
 */
export { normaliseEmail, normalisePhone, type EmailAddress } from './address.ts'
export { createDelivery, type Delivery } from './delivery.ts'
export { createMailTransport, type MailSettings } from './mail.ts'
export {
  backoffMilliseconds,
  type Channel, type ClaimedMessage, type MailContent, type MessageEntry, type MessageOrder, type MessageState, type Priority, type SmsContent,
} from './message.ts'
export { createOutbox, type Outbox, type OutboxPage } from './outbox.ts'
export { OutboxMessageTable, type OutboxMessageRow } from './schema.ts'
export { createSmsTransport, type GatewayFetch, type SmsSettings } from './sms.ts'
export type { SendResult, Transport } from './transport.ts'
export { createWebPush, type WebPush } from './web-push.ts'
