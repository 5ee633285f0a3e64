/**
 * The pairing tool in a computer's browser (Manifest V3). Requests of sites come by one of two lanes, and go to the phone only while it is switched on.
 *
 *   background.ts          the worker: listens, and does what the popup orders
 *   proxy-lane.ts          Chromium hands over what all sites ask (webAuthenticationProxy)
 *   page-lane.ts           scripts in pages do: page.ts in the page's own world, bridge.ts beside it, page-wire.ts what they say
 *   page-rules.ts          what a browser checks of a request, checked for that lane
 *   asking.ts, request.ts  one request at a time: held, sent, answered; what a site hears of it
 *   switch.ts, attachment.ts, facts.ts    when requests come here at all, and how the browser follows that
 *   settings.ts, phones.ts what is kept: choices, policies, pairings
 *   popup.ts, pairing-screen.ts, dom.ts, texts.ts    what the person sees; computer-name.ts what the phone calls this computer
 *   platform.ts            all that is used of the browser's interface
 */
export {}
