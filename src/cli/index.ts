/**
 * The command line: one act of the operator at the machine, on the same configuration and database as the server.
 *
 *   commands.ts              the list; each command is a file of its own name
 *   command.ts, arguments.ts, help.ts, terminal.ts    what a command is, how it is called, explained and heard
 *   installation.ts          opens the database for a command, if its schema is up to date
 *   apply/                   organizations, people, groups and applications from a file
 *   microsoft365/            federates domains with Entra, watches them, leads back
 */
export { runCommandLine } from './run.ts'
export { processTerminal, type Terminal } from './terminal.ts'
