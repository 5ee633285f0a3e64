/**
 * The app on a phone: one page, whose screens are templates that came with it (views/phone/app.hbs).
 *
 *   main.ts                which screen is shown; site-screens.ts those that are loaded when they are needed
 *   app.ts                 what the screens share: keys, news, questions
 *   activation.ts          the page that puts a key on this phone
 *   database.ts            what is kept here: keys.ts, computers.ts, credentials.ts
 *   api.ts, signing.ts, events.ts    requests that this phone signs, and news from the server
 *   home-, key-, scan-, request-, which-screen.ts    sign-ins: decide.ts says yes or no
 *   pair-screen.ts, pairing.ts     becoming a pair with a computer
 *   questions.ts, ask-screen.ts, answering.ts, own-site.ts    what a paired computer asks, and what it hears
 *   order-screen.ts        a key that an administrator wants
 *   unlock.ts              the phone's lock
 *   dom.ts, names.ts, waiting.ts   what is written on screens
 *   scanner.ts, code.ts, install.ts, just-activated.ts, worker.ts, service-worker.ts    camera, codes, home screen, notifications
 */
export {}
