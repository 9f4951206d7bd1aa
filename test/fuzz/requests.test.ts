import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { readRequest, TimestampRefusal } from "../../src/emulator/timestamp/reading.js";
import type { SigningPolicy } from "../../src/index.js";
import {
  createCertificateRequest,
  createOcspResponse,
  createRevocationList,
  createSelfSignedCertificate,
  createTimestampResponse,
  issueCertificate,
} from "../../src/toolkit/x509/index.js";
import { useSignPath } from "../cms/support.js";
import { useEmulator } from "../support/emulator.js";
import { derEdits, edited, spoiltDer } from "./der-edits.js";
import { fuzz, fuzzAsync } from "./harness.js";
import { attempt, expectCoded } from "./oracles.js";

const emulator = useEmulator();
const signpath = useSignPath(emulator);
const notAfter = new Date("2049-01-01");

/** Who issues, stamps and answers, and a request to issue. */
interface Authority {
  readonly policy: SigningPolicy;
  readonly certificate: ArrayBuffer;
  readonly request: Uint8Array<ArrayBuffer>;
}

let made: Promise<Authority> | undefined;

function authority(): Promise<Authority> {
  made ??= makeAuthority();
  return made;
}

async function makeAuthority(): Promise<Authority> {
  const policy = await signpath().policy("demo/p-256");
  const extensions = [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.timeStamping], true),
  ];
  const { rawData } = await createSelfSignedCertificate({ policy, notAfter, extensions });
  const request = await createCertificateRequest({ policy, subject: "CN=Somebody, O=Somewhere" });
  return { policy, certificate: rawData, request: new Uint8Array(request.rawData) };
}

const DIGEST = "2a".repeat(32);
const IMPRINT = `3031300d060960864801650304020105000420${DIGEST}`;
/** `TimeStampReq`: with all that one has, and with next to nothing. */
const STAMPS = [
  `3039020101${IMPRINT}0101ff`,
  `304e020101${IMPRINT}06092b0601040181fd590102080102030405060708${"0101ff"}`,
].map((hex) => Buffer.from(hex, "hex"));
/** `OCSPRequest` about one certificate, with a nonce. */
const OCSP = Buffer.from(
  `30683066303f303d303b300906052b0e03021a05000414${"11".repeat(20)}0414${"22".repeat(20)}02020101a2233021301f06092b060105050730010204120410${"33".repeat(16)}`,
  "hex",
);

const isGood = () => ({ status: "good" }) as const;

fuzzAsync("requests", "a timestamp request that was changed is answered, or is refused as CONFIG_INVALID", {
  part: 0.2,
  inputs: spoiltDer(STAMPS),
  check: async (request) => {
    const { policy, certificate } = await authority();
    await orRefused(() =>
      createTimestampResponse({ policy, request, timestampPolicy: "1.2.3", authority: certificate }),
    );
  },
});

fuzzAsync("requests", "an OCSP request that was changed is answered, or is refused as CONFIG_INVALID", {
  part: 0.2,
  inputs: spoiltDer([OCSP]),
  check: async (request) => {
    const { policy } = await authority();
    await orRefused(() => createOcspResponse({ policy, request, statusOf: isGood }));
  },
});

fuzzAsync("requests", "a certificate request that was changed is followed, or is refused as CONFIG_INVALID", {
  part: 0.2,
  inputs: derEdits,
  check: async (edits) => {
    const { policy, certificate: issuer, request } = await authority();
    await orRefused(() => issueCertificate({ policy, issuer, notAfter, request: edited(request, edits) }));
  },
});

const USES: readonly ((authority: Authority, certificate: Uint8Array) => Promise<unknown>)[] = [
  ({ policy, request }, issuer) => issueCertificate({ policy, issuer, notAfter, request }),
  ({ policy }, issuer) => createRevocationList({ policy, issuer, nextUpdate: notAfter, number: 1 }),
  ({ policy }, responder) => createOcspResponse({ policy, responder, request: OCSP, statusOf: isGood }),
  ({ policy }, other) =>
    createOcspResponse({ policy, certificates: [other], request: OCSP, statusOf: isGood }),
  ({ policy }, authority) =>
    createTimestampResponse({ policy, authority, request: STAMPS[1] ?? OCSP, timestampPolicy: "1.2.3" }),
];

fuzzAsync(
  "requests",
  "a signer's certificate that was changed is signed with, or is refused as CONFIG_INVALID",
  {
    part: 0.3,
    inputs: fc.tuple(derEdits, fc.constantFrom(...USES)),
    check: async ([edits, use]) => {
      const found = await authority();
      await orRefused(() => use(found, edited(new Uint8Array(found.certificate), edits)));
    },
  },
);

fuzz("requests", "the emulator answers a timestamp request that was changed, or refuses it", {
  part: 0.1,
  inputs: spoiltDer(STAMPS),
  check: (request) => {
    attempt(() => readRequest(request), TimestampRefusal);
  },
});

async function orRefused(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    expectCoded(error, "CONFIG_INVALID");
  }
}
