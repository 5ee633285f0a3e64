/** What only paired computers and administrators ask for: it comes with the authenticator and the long list of domains that nobody owns, so it is loaded when it is needed. */
export { leaveAsk, showAsk } from './ask-screen.ts'
export { leaveOrder, showOrder } from './order-screen.ts'
