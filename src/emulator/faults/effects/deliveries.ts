import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Reply } from "../../http/reply.js";
import { bytesOf } from "../../http/reply.js";
import { reset } from "../../http/reset.js";
import { send } from "../../http/send.js";
import { pause } from "../../pause.js";
import type { EffectTable, FaultEffect } from "../effect.js";
import { atLeast, within } from "../effect.js";
import type { DeliveryFault, FaultOf } from "../fault.js";
import { gzipBomb } from "./gzip-bomb.js";

/** Lets what was written arrive before the connection is reset, on systems where a reset overtakes data. */
const BEFORE_RESET_MS = 10;
const SLICE_MS = 50;
const GIBIBYTE = 1024 ** 3;
const LARGEST_BODY_BYTES = 1024 ** 4;
const PADDING = Buffer.alloc(64 * 1024, " ");

const RESETS: Readonly<Record<FaultOf<"reset">["when"], FaultEffect>> = {
  before: {
    intercept({ response }) {
      reset(response.socket);
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
      setTimeout(() => reset(socket), BEFORE_RESET_MS).unref();
    },
  },
};

/** Faults on the way back. */
export const DELIVERIES: Pick<EffectTable, DeliveryFault["kind"]> = {
  reset: ({ when }) => RESETS[when],

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
    byteCount(total);
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

  "gzip-bomb"({ bytes: total = GIBIBYTE }) {
    byteCount(total);
    return {
      async deliver(response, reply) {
        const bomb = await gzipBomb(bytesOf(reply), total);
        const headers = { "Content-Encoding": "gzip", "Content-Length": bomb.length };
        response.writeHead(reply.status, { ...reply.headers, ...headers });
        for (const piece of bomb.pieces()) {
          if (response.destroyed) return;
          if (!response.write(piece)) await drained(response);
        }
        response.end();
      },
    };
  },
};

function byteCount(bytes: number): void {
  if (!Number.isInteger(within(0, LARGEST_BODY_BYTES, "bytes", bytes))) {
    throw new TypeError(`bytes must be a whole number, not ${bytes}.`);
  }
}

function writeHalf(response: ServerResponse, reply: Reply): void {
  const bytes = bytesOf(reply);
  const promised = Math.max(2, bytes.length);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": promised });
  response.flushHeaders();
  response.write(bytes.subarray(0, promised >> 1));
}

async function resetLater(response: ServerResponse): Promise<void> {
  if (await pause(BEFORE_RESET_MS, response)) reset(response.socket);
}

async function drained(response: ServerResponse): Promise<void> {
  const given = new AbortController();
  await Promise.race([once(response, "drain", given), once(response, "close", given)]).finally(() =>
    given.abort(),
  );
}
