/**
 * Makes a signature and verifies it, step by step. This function runs in the browser and is sent there as its text: it uses
 * nothing from outside of itself.
 */
export function testSignatureScript(): void {
  const form = document.querySelector<HTMLFormElement>("#test");
  const steps = document.querySelector("#steps");
  if (form === null || steps === null) return;

  const OIDS: Readonly<Record<string, string>> = {
    "SHA-256": "2.16.840.1.101.3.4.2.1",
    "SHA-384": "2.16.840.1.101.3.4.2.2",
    "SHA-512": "2.16.840.1.101.3.4.2.3",
  };
  const SALT_LENGTHS: Readonly<Record<string, number>> = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

  const field = <T extends HTMLElement>(name: string): T =>
    form.elements.namedItem(name) as T & RadioNodeList;

  const step = (text: string, detail?: string, look = "good"): void => {
    const line = document.createElement("li");
    line.className = look;
    line.textContent = text;
    if (detail !== undefined) {
      const shown = document.createElement("code");
      shown.textContent = detail;
      line.append(" ", shown);
    }
    steps.append(line);
  };

  const hex = (bytes: Uint8Array): string =>
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
  const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
    Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  /** What the server says that it did not like. */
  const complaint = (body: string): string => {
    try {
      const { errors, detail, title } = JSON.parse(body) as {
        errors?: Record<string, string[]>;
        detail?: string;
        title?: string;
      };
      return errors === undefined ? (detail ?? title ?? body) : Object.values(errors).flat().join(" ");
    } catch {
      return body.slice(0, 200);
    }
  };

  const run = async (): Promise<void> => {
    const policy = field<HTMLSelectElement>("policy").selectedOptions[0];
    const scheme = field<HTMLSelectElement>("scheme").value;
    const hash = field<HTMLSelectElement>("hash").value;
    if (policy === undefined) return;
    const { project = "", curve, key: address = "" } = policy.dataset;

    const data = new TextEncoder().encode(field<HTMLInputElement>("text").value);
    const digest = new Uint8Array(await crypto.subtle.digest(hash, data));
    step(`Hashed ${data.length} bytes by ${hash}:`, hex(digest));

    const payload = {
      SignatureAlgorithm: scheme,
      ...(scheme === "Ecdsa" ? { EcdsaSignatureFormat: "Ieee" } : { RsaHashAlgorithm: OIDS[hash] }),
      Base64EncodedHash: toBase64(digest),
      Metadata: { CreatingProcess: { CommandLine: "test signature in the browser" } },
    };
    const body = new FormData();
    body.append("ProjectSlug", project);
    body.append("SigningPolicySlug", policy.value);
    body.append("IsFastSigningRequest", "true");
    const json = new Blob([JSON.stringify(payload)], { type: "application/json" });
    body.append("Artifact", json, "payload.json");
    const begun = performance.now();
    const answer = await fetch(form.dataset["api"] ?? "", { method: "POST", body });
    const text = await answer.text();
    const ms = Math.round(performance.now() - begun);
    if (!answer.ok)
      throw new Error(`The server answered with ${answer.status} after ${ms} ms: ${complaint(text)}`);
    const { Signature } = JSON.parse(text) as { Signature?: unknown };
    if (typeof Signature !== "string") throw new Error("The answer has no signature.");
    const signature = fromBase64(Signature);
    step(`Received a signature of ${signature.length} bytes after ${ms} ms:`, hex(signature));

    const name = { RsaPkcs1: "RSASSA-PKCS1-v1_5", RsaPss: "RSA-PSS", Ecdsa: "ECDSA" }[scheme] ?? "";
    const spki = await (await fetch(address)).arrayBuffer();
    const parameters = scheme === "Ecdsa" ? { name, namedCurve: curve ?? "" } : { name, hash };
    const publicKey = await crypto.subtle.importKey("spki", spki, parameters, false, ["verify"]);
    step(`Imported the policy's public key for ${name}.`);

    const algorithm = { name, hash, saltLength: SALT_LENGTHS[hash] ?? 32 };
    const good = await crypto.subtle.verify(algorithm, publicKey, signature, data);
    if (!good) throw new Error("The signature does not verify.");
    step("Verified: the signature is good.", undefined, "done");
  };

  /** Only what the policy's key can do. */
  const offerSchemes = (): void => {
    const type = field<HTMLSelectElement>("policy").selectedOptions[0]?.dataset["type"];
    const scheme = field<HTMLSelectElement>("scheme");
    for (const option of scheme.options) {
      option.disabled = option.dataset["type"] !== type;
      option.hidden = option.disabled;
    }
    if (scheme.selectedOptions[0]?.disabled !== false) {
      scheme.value = [...scheme.options].find((option) => !option.disabled)?.value ?? "";
    }
  };

  offerSchemes();
  form.addEventListener("change", offerSchemes);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button?.getAttribute("aria-disabled") === "true") return;
    button?.setAttribute("aria-disabled", "true");
    steps.replaceChildren();
    run()
      .catch((error: unknown) =>
        step(error instanceof Error ? error.message : String(error), undefined, "bad"),
      )
      .finally(() => button?.removeAttribute("aria-disabled"));
  });
}
