import { FAULT_HELP } from "./fault-option.js";

/** What follows the options in the help of `signpath emulator`. */
export const EMULATOR_HELP: string = `${FAULT_HELP}

Accounts (--accounts FILE, JSON): organizations with their users. Nobody may do what is not given:
  [{ "name": "Example", "users": [
    { "name": "build", "kind": "ci", "submitter": ["rsa-2048", "approval"] },
    { "name": "Alice", "kind": "interactive", "approver": "*", "administrator": true },
    { "name": "audit", "auditor": true },
    { "name": "old", "submitter": "*", "tokenStatus": "expired" } ] }]
An organization can have an "organizationId", a user an "apiToken"; they are made otherwise. A
tokenStatus is active, expired or revoked. Administrators drive the emulator below /admin/.

It can be reached from this machine only, and its keys protect nothing. Without --state
everything is gone when it ends; with it keys, accounts, rights and the audit log with what
waits for an approval are there again. The audit log of a directory is that of one emulator.

Examples:
  signpath emulator         # then copy the lines that it prints into another shell
  signpath emulator --open  # and look at it in a browser
  signpath emulator --port 8080 --state .emulator --write-ca ca.pem
  signpath emulator --accounts accounts.json --as build --approvals-needed 2
  signpath emulator --rate-limit 20 --fault status=503,retryAfter=1,probability=0.2,count=inf
  signpath sign README.md --policy demo/rsa-2048 --certificates ca.pem
    openssl cms -verify -binary -inform DER -in README.md.p7s -content README.md \\
      -CAfile ca.pem -out verified.md`;
