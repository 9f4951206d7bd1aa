// XML signatures by xmldsigjs, xadesjs and xml-crypto: node xml.mjs [PROJECT/POLICY]
import { DOMImplementation, DOMParser, XMLSerializer } from "@xmldom/xmldom";
import { SignPath } from "signpath-webcrypto";
import { signWithXmlCrypto, signXades, signXml } from "signpath-webcrypto/xml";
import * as xadesjs from "xadesjs";
import { setNodeDependencies } from "xml-core";
import { SignedXml } from "xml-crypto";
import * as xmldsigjs from "xmldsigjs";

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const reference = process.argv[2] ?? `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`;
const order = "<order><item Id='bread'>Bread &amp; butter</item></order>";

setNodeDependencies({ DOMImplementation, DOMParser, XMLSerializer }); // of xmldsigjs and xadesjs, which bring no parser

const signpath = new SignPath();
const policy = await signpath.policy(reference);

// The signature is put into the document, and signs all of it but its comments.
const signed = await signXml(order, { policy, toolkit: xmldsigjs });

// xmldsigjs agrees. It knows the key from the certificate in the signature, and whose that is, is for you to check.
const document = xmldsigjs.Parse(signed);
const signature = document.getElementsByTagNameNS("http://www.w3.org/2000/09/xmldsig#", "Signature")[0];
const checked = new xmldsigjs.SignedXml(document);
checked.LoadXml(signature);
console.log(`xmldsigjs: ${signed.length} characters, verified: ${await checked.Verify()}`);

// XAdES-BES: the certificate, the time and the role are signed as well.
const qualified = await signXades(order, { policy, toolkit: xadesjs, claimedRoles: ["supplier"] });
console.log(`xadesjs: ${qualified.length} characters`);

// xml-crypto: one element by its identifier, the signature before it.
const signedXml = new SignedXml();
signedXml.addReference({
  xpath: "//*[@Id='bread']",
  digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
  transforms: ["http://www.w3.org/2001/10/xml-exc-c14n#"],
});
const placement = { prefix: "ds", location: { reference: "/*", action: "prepend" } };
console.log(await signWithXmlCrypto(signedXml, order, { policy, placement }));
await signpath.close();
