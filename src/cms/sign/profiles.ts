/** Names of the {@link PROFILES}. */
export type ProfileName = "cms" | "cades-b" | "cades-t" | "pades";

/** What a profile asks for, beyond RFC 5652. */
export interface Profile {
  readonly name: ProfileName;
  /** Whether the signing time attribute is there. `"default"`: unless the caller leaves it out. */
  readonly signingTime: "default" | "required" | "forbidden";
  /** Whether there must be signed attributes, with signing-certificate-v2 among them. */
  readonly signingCertificateRequired: boolean;
  readonly timestampRequired: boolean;
  /** Whether the content must be left out, and be of type id-data. */
  readonly detachedDataOnly: boolean;
  /** Whether the content may be described by content hints and a MIME type. */
  readonly descriptionAllowed: boolean;
}

/**
 * Plain CMS; the levels B-B and B-T of CAdES (ETSI EN 319 122-1, section 6.3); CMS in a PDF file, whose signature dictionary
 * has the time and whose content is the file around it (ETSI EN 319 142-1, section 6.3).
 */
export const PROFILES: ReadonlyMap<unknown, Profile> = new Map(
  (
    [
      ["cms", "default", false, false, false, true],
      ["cades-b", "required", true, false, false, true],
      ["cades-t", "required", true, true, false, true],
      ["pades", "forbidden", true, false, true, false],
    ] as const
  ).map(([name, signingTime, ...flags]) => {
    const [signingCertificateRequired, timestampRequired, detachedDataOnly, descriptionAllowed] = flags;
    const row: Profile = {
      name,
      signingTime,
      signingCertificateRequired,
      timestampRequired,
      detachedDataOnly,
      descriptionAllowed,
    };
    return [name, Object.freeze(row)];
  }),
);
