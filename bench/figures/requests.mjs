import { openClient } from "../support/clients.mjs";
import { figure, heading } from "../support/report.mjs";

/** How many requests and connections the service sees. */
export async function requests(service) {
  heading("Requests, as the service counts them (one client, one signature after the other)");
  const exactly = (name, value, wanted) =>
    figure(name, {
      value: String(value),
      floor: String(wanted),
      target: `= ${wanted}`,
      passed: value === wanted,
    });
  const count = 100;
  await service.seen();
  const { sign, close } = await openClient(service, "RSA-2048");
  await sign();
  const cold = await service.seen();
  for (let made = 0; made < count; made++) await sign();
  const warm = await service.seen();
  await close();
  exactly("policy and first signature", cold.requests, 2);
  exactly(`${count} more signatures`, warm.requests, count);
  exactly("connections for all of them", cold.connections + warm.connections, 1);
}
