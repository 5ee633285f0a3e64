/**
 * `doorward-agent`: makes the paired phone a security key for every program of a Linux computer, browsers and ssh among them.
 * It imports nothing of the server and runs elsewhere, under the account of whoever sits there; with the phone it speaks through src/browser/pairing.
 *
 *   main.ts                        node src/agent/main.ts pair <server> | run | status | unpair
 *   commands.ts, pair.ts, run.ts   what these do
 *   terminal.ts, state.ts          what the person sees · what is kept between starts
 *   uhid.ts                        a device of the kernel's, /dev/uhid
 *   ctaphid.ts, packets.ts         the protocol of such devices (CTAP 2.1 §11.2)
 *   phone-key.ts, known.ts         what it is asked goes to the phone · which keys were seen there
 */
export { runAgent, type AgentNeeds } from './commands.ts'
