import { SignPath, subtle } from "../../dist/index.js";
import { figure, heading } from "../support/report.mjs";
import { ALGORITHMS, MESSAGE } from "../support/service.mjs";

/** How many requests and connections the service sees. */
export async function requests(service) {
  heading("Requests, as the service counts them: one client, one signature after the other");
  const exactly = (name, value, wanted) =>
    figure(name, {
      value: String(value),
      floor: String(wanted),
      target: `= ${wanted}`,
      passed: value === wanted,
    });
  const count = 100;
  await service.seen();
  const client = new SignPath(service.options("RSA-2048"));
  const key = (await client.policy()).privateKey(ALGORITHMS["RSA-2048"]);
  await subtle.sign(key.algorithm, key, MESSAGE);
  const cold = await service.seen();
  for (let made = 0; made < count; made++) await subtle.sign(key.algorithm, key, MESSAGE);
  const warm = await service.seen();
  await client.close();
  exactly("policy and first signature", cold.requests, 2);
  exactly(`${count} more signatures`, warm.requests, count);
  exactly("connections for all of them", cold.connections + warm.connections, 1);
}
