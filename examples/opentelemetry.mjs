// One span for each call to SignPath, with an event for each attempt: node opentelemetry.mjs [PROJECT/POLICY]
// Here the spans are printed; an application registers its own provider and needs traceSignPath() only.
import { subscribe } from "node:diagnostics_channel";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { SignPath } from "signpath-webcrypto";

function traceSignPath(tracer = trace.getTracer("signpath-webcrypto")) {
  const spans = new Map();
  subscribe("signpath:request", ({ type, call, what, elapsedMs, ...rest }) => {
    let span = spans.get(call);
    if (span === undefined) {
      const startTime = Date.now() - elapsedMs;
      span = tracer.startSpan(`signpath ${what}`, { kind: SpanKind.CLIENT, startTime });
      spans.set(call, span);
    }
    span.addEvent(type, rest);
    if (type === "failure") span.setStatus({ code: SpanStatusCode.ERROR, message: rest.code });
    if (type === "failure" || type === "answer") {
      span.setAttribute("signpath.attempts", rest.attempt);
      // An answer that cannot be used is followed by a failure at once.
      queueMicrotask(() => spans.delete(call) && span.end());
    }
  });
}

const provider = new BasicTracerProvider({
  spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())],
});
traceSignPath(provider.getTracer("example"));

const { SIGNPATH_PROJECT_SLUG = "demo", SIGNPATH_SIGNING_POLICY_SLUG = "rsa-2048" } = process.env;
const [reference = `${SIGNPATH_PROJECT_SLUG}/${SIGNPATH_SIGNING_POLICY_SLUG}`] = process.argv.slice(2);

const signpath = new SignPath();
await (await signpath.policy(reference)).signHash(new Uint8Array(32), { name: "RSA-PSS", hash: "SHA-256" });
await signpath.close();
await provider.shutdown();
