// What TypeDoc has read, made fit to be read as a page: nothing twice, no empty cell where a type says what it is.
import { ReflectionKind } from "typedoc";
import { summaryOfType } from "./docstrings.mjs";

/** Changes the project in place. */
export function makeReadable(project) {
  const classes = project.getReflectionsByKind(ReflectionKind.Class);
  const inherited = classes.flatMap(({ children = [] }) => children.filter((each) => each.inheritedFrom));
  for (const member of inherited) project.removeReflection(member);
  // TypeDoc leaves what was removed in the groups, from which pages are made.
  const gone = new Set(inherited);
  for (const { groups = [] } of classes)
    for (const group of groups) group.children = group.children.filter((each) => !gone.has(each));
  for (const signature of project.getReflectionsByKind(ReflectionKind.SomeSignature)) {
    for (const parameter of signature.parameters ?? []) explain(parameter, signature);
    gatherErrors(signature);
  }
}

/** A parameter without words of its own has those of its type. */
function explain(parameter, { comment }) {
  if (parameter.comment !== undefined || comment === undefined) return;
  const summary = summaryOfType(parameter.type);
  if (summary === undefined) return;
  parameter.comment = comment.clone();
  parameter.comment.summary = firstSentence(summary);
  parameter.comment.blockTags = [];
}

function firstSentence(parts) {
  const sentence = [];
  for (const part of parts) {
    const end = part.kind === "text" ? part.text.search(/\.(\s|$)/) : -1;
    sentence.push(end < 0 ? part : { ...part, text: part.text.slice(0, end) });
    if (end >= 0) break;
  }
  return sentence;
}

/** One heading for all errors, each with its class. */
function gatherErrors({ comment }) {
  const throws = comment?.getTags("@throws") ?? [];
  if (throws.length === 0) return;
  const items = throws.flatMap(({ typeAnnotation, content }) => [
    {
      kind: "text",
      text: `\n- ${typeAnnotation ? `\`${typeAnnotation.replace(/[{}]/g, "").trim()}\`: ` : ""}`,
    },
    ...content.map((part) =>
      part.kind === "text" ? { ...part, text: part.text.replaceAll(/\n\s*/g, " ") } : part,
    ),
  ]);
  comment.removeTags("@throws");
  comment.blockTags.push(Object.assign(throws[0], { content: items }));
}
