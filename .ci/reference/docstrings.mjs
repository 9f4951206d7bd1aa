// What a docstring of a public export must have; `docstringProblems` names those that lack it.
import { ReflectionKind } from "typedoc";
import { importOf } from "./project.mjs";

const documented =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.Function |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable;

/** Shapes of toolkits: what their methods are for is documented there. */
const foreign = new Set(
  "CoseModule ForgeMessageDigest ForgePrivateKey PdfSigner PkijsModule SignerObject TufMetadata XmlCryptoHashAlgorithm XmlCryptoSignatureAlgorithm XmlCryptoSignedXml XmlToolkit".split(
    " ",
  ),
);

/** @returns {string[]} one line for each docstring that says too little */
export function docstringProblems(project) {
  return project.children.flatMap((module) =>
    module.children.flatMap((each) =>
      problemsOf(each).map((problem) => `${importOf(module.name)}: ${problem}`),
    ),
  );
}

function problemsOf(reflection) {
  const { name } = reflection;
  if (reflection.kind === ReflectionKind.Reference) return [];
  if (!reflection.kindOf(documented)) return [`${name} is of a kind that the reference does not know`];
  if (reflection.kindOf(ReflectionKind.Function)) return signaturesOf(reflection, name);
  const own = hasSummary(reflection) ? [] : [`${name} has no docstring`];
  const members = foreign.has(name) ? [] : (reflection.children ?? []);
  return [...own, ...members.flatMap((member) => memberProblems(reflection, member))];
}

/** What is set by callers, and whatever a class has, is explained; the rest of an interface may speak for itself. */
function memberProblems(owner, member) {
  const name = `${owner.name}.${member.name}`;
  const isClass = owner.kindOf(ReflectionKind.Class);
  if (member.inheritedFrom !== undefined || member.name.startsWith("[")) return [];
  if (isClass && member.kindOf(ReflectionKind.Constructor | ReflectionKind.Method))
    return signaturesOf(member, name);
  const matters = isClass || /(Options|Choices)$/.test(owner.name) || member.kindOf(ReflectionKind.Method);
  return !matters || hasSummary(member.getSignature ?? member.signatures?.[0] ?? member)
    ? []
    : [`${name} has no docstring`];
}

function signaturesOf(reflection, name) {
  const isConstructor = reflection.kindOf(ReflectionKind.Constructor);
  return reflection.signatures.flatMap((signature) => {
    const tags = signature.comment?.blockTags ?? [];
    const has = (wanted) => tags.some(({ tag }) => tag === wanted);
    const lacking = [
      ...(hasSummary(signature) || isConstructor ? [] : ["no docstring"]),
      ...(signature.parameters ?? [])
        .filter((each) => !describesItself(each))
        .map((each) => `no @param ${each.name}`),
      ...(returnsNothing(signature) || has("@returns") || isSmall(signature) ? [] : ["no @returns"]),
      ...(!asksTheService(signature) || tags.some(tellsOfErrors) ? [] : ["no @throws"]),
    ];
    return lacking.map((what) => `${name} has ${what}`);
  });
}

/** What is returned may be what fails: a function, a stream. */
function tellsOfErrors({ tag, content }) {
  return tag === "@throws" || (tag === "@returns" && content.some(({ text }) => /\bfails with\b/.test(text)));
}

/** A question with a yes or a no: the first line says what about. */
function isSmall({ type }) {
  return type?.type === "predicate" || String(type) === "boolean";
}

/** It takes a policy, or options, or waits: something can go wrong, and callers match on the code. */
function asksTheService({ type, parameters = [], name }) {
  if (name === "close" || name === "toJSON") return false;
  return (
    /^(Promise|AsyncIterable|ReadableStream)\b/.test(String(type)) ||
    parameters.some((each) => /Options|Policy/.test(String(each.type)))
  );
}

/** With words of its own, or of a type that has some. */
function describesItself(parameter) {
  return hasSummary(parameter) || summaryOfType(parameter.type) !== undefined;
}

/** The docstring of a parameter's type, where that is one of ours. */
export function summaryOfType(type) {
  const target = type?.type === "reference" ? type.reflection : undefined;
  return target !== undefined && hasSummary(target) ? target.comment.summary : undefined;
}

function returnsNothing({ type, kind }) {
  return kind === ReflectionKind.ConstructorSignature || /^(Promise<)?(void|never)>?$/.test(String(type));
}

function hasSummary({ comment }) {
  return (comment?.summary ?? []).some(({ text }) => text.trim() !== "");
}
