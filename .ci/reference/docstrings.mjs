// What a docstring of a public export must have; `docstringProblems` names those that lack it.
import { ReflectionKind } from "typedoc";
import { importOf } from "./project.mjs";

const documented =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.Function |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable;

/** @returns {string[]} one line for each docstring that says too little */
export function docstringProblems(project) {
  return project.children.flatMap((module) =>
    module.children.flatMap((each) => problemsOf(each).map((problem) => `${importOf(module.name)}: ${problem}`)),
  );
}

function problemsOf(reflection) {
  if (reflection.kind === ReflectionKind.Reference) return [];
  if (!reflection.kindOf(documented)) return [`${reflection.name} is of a kind that the reference does not know`];
  if (reflection.kindOf(ReflectionKind.Function)) return signaturesOf(reflection, reflection.name);
  const own = hasSummary(reflection) ? [] : [`${reflection.name} has no docstring`];
  if (!reflection.kindOf(ReflectionKind.Class | ReflectionKind.Interface)) return own;
  const members = reflection.children ?? [];
  return [...own, ...members.flatMap((member) => memberProblems(member, `${reflection.name}.${member.name}`))];
}

function memberProblems(member, name) {
  if (member.inheritedFrom !== undefined) return [];
  if (member.kindOf(ReflectionKind.Constructor | ReflectionKind.Method)) return signaturesOf(member, name);
  return hasSummary(member.getSignature ?? member) ? [] : [`${name} has no docstring`];
}

function signaturesOf(reflection, name) {
  return reflection.signatures.flatMap((signature) => {
    const parameters = signature.parameters ?? [];
    const tags = signature.comment?.blockTags ?? [];
    const lacking = [
      ...(hasSummary(signature) || signature.kind === ReflectionKind.ConstructorSignature ? [] : ["no docstring"]),
      ...parameters.filter((each) => !describesItself(each)).map((each) => `no @param ${each.name}`),
      ...(returnsNothing(signature) || tags.some(({ tag }) => tag === "@returns") ? [] : ["no @returns"]),
    ];
    return lacking.map((what) => `${name} has ${what}`);
  });
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
