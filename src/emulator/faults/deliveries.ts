import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Reply } from "../http/reply.js";
import { bytesOf } from "../http/reply.js";
import { send } from "../http/send.js";
import { pause } from "../pause.js";
import type { EffectTable, FaultEffect } from "./effect.js";
import { atLeast } from "./effect.js";
import type { DeliveryFault, FaultOf } from "./fault.js";

/** Lets what was written arrive before the connection is reset, on systems where a reset overtakes data. */
const BEFORE_RESET_MS = 10;
const SLICE_MS = 50;
const PADDING = Buffer.alloc(64 * 1024, " ");

const RESETS: Readonly<Record<FaultOf<"reset">["when"], FaultEffect>> = {
  before: {
    intercept(response) {
      response.socket?.resetAndDestroy();
      return undefined;
    },
  },
  headers: {
    async deliver(response, reply) {
      response.socket?.write(`HTTP/1.1 ${reply.status} OK\r\nContent-Type: application/j`);
      await resetLater(response);
    },
  },
  body: {
    async deliver(response, reply) {
      writeHalf(response, reply);
      await resetLater(response);
    },
  },
  after: {
    async deliver(response, reply) {
      const { socket } = response;
      send(response, reply);
      // The response closes as soon as it is sent: the socket is what has to be waited with.
      setTimeout(() => socket?.resetAndDestroy(), BEFORE_RESET_MS).unref();
    },
  },
};

/** Faults on the way back. */
export const DELIVERIES: Pick<EffectTable, DeliveryFault["kind"]> = {
  reset({ when }) {
    if (!Object.hasOwn(RESETS, when)) throw new TypeError(`A reset does not happen '${when}'.`);
    return RESETS[when];
  },

  "slow-body"({ bytesPerSecond }) {
    const rate = atLeast(0.1, "bytesPerSecond", bytesPerSecond) / 1000;
    const slice = Math.max(1, Math.floor(rate * SLICE_MS));
    return {
      async deliver(response, reply) {
        const bytes = bytesOf(reply);
        response.writeHead(reply.status, { ...reply.headers, "Content-Length": bytes.length });
        response.flushHeaders();
        for (let at = 0; at < bytes.length; at += slice) {
          if (!(await pause(slice / rate, response))) return;
          response.write(bytes.subarray(at, at + slice));
        }
        response.end();
      },
    };
  },

  "truncated-body": () => ({
    async deliver(response, reply) {
      writeHalf(response, reply);
      response.socket?.end();
    },
  }),

  "oversized-body"({ bytes: total, chunked = false }) {
    atLeast(0, "bytes", total);
    return {
      async deliver(response, reply) {
        const bytes = bytesOf(reply);
        let rest = Math.max(0, total - bytes.length);
        const length = { "Content-Length": bytes.length + rest };
        response.writeHead(reply.status, { ...reply.headers, ...(!chunked && length) });
        response.write(bytes);
        for (; rest > 0 && !response.destroyed; rest -= PADDING.length) {
          if (!response.write(PADDING.subarray(0, rest))) await drained(response);
        }
        response.end();
      },
    };
  },
};

function writeHalf(response: ServerResponse, reply: Reply): void {
  const bytes = bytesOf(reply);
  const promised = Math.max(2, bytes.length);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": promised });
  response.flushHeaders();
  response.write(bytes.subarray(0, promised >> 1));
}

async function resetLater(response: ServerResponse): Promise<void> {
  if (await pause(BEFORE_RESET_MS, response)) response.socket?.resetAndDestroy();
}

async function drained(response: ServerResponse): Promise<void> {
  const given = new AbortController();
  await Promise.race([once(response, "drain", given), once(response, "close", given)]).finally(() =>
    given.abort(),
  );
}
