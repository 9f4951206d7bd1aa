/** What is read of a SignedData at most: whatever is beyond is refused, before it costs memory or time. */
export const LIMITS = {
  /** Constructed values within each other. */
  depth: 32,
  /** Values that one SEQUENCE or SET may hold, and values of indefinite length within one value. */
  elements: 10_000,
  /** Values within each other that are brought into DER's order. */
  canonicalElements: 500_000,
  /** Everything beside the content, in bytes: certificates, CRLs and signers. */
  bytes: 16_777_216,
  /** Pieces of indefinite length that a content may be nested in. */
  contentDepth: 8,
  /** Pieces that a content may be in whatever their size; where there are more, bytes that one must have on average. */
  contentPieces: 100_000,
  bytesPerPiece: 64,
  certificates: 500,
  signers: 100,
  attributes: 100,
  /** Counter-signatures of counter-signatures. */
  counterSignatureDepth: 3,
  timestamps: 8,
} as const;

/** What cannot be read as the standard has it: the public functions make a coded error of it. */
export class Malformed extends Error {}

/** What is larger than {@link LIMITS} allow. */
export class TooLarge extends Malformed {}
