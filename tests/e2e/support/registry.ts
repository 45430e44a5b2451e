// A schema registry of the documented REST shapes, in the test's own process; the real one is asked in `tests/it`.

import { createServer, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export class Registry {
  private readonly schemas = new Map<number, { subject: string; schema: string }>();
  private constructor(private readonly server: Server) {}

  static async start(): Promise<Registry> {
    const server = createServer();
    const registry = new Registry(server);
    server.on("request", (request, response) => {
      const [, id, versions] = /^\/schemas\/ids\/(\d+)(\/versions)?$/.exec(request.url ?? "") ?? [];
      const found = registry.schemas.get(Number(id));
      response.setHeader("content-type", "application/vnd.schemaregistry.v1+json");
      if (found === undefined) {
        response.statusCode = 404;
        response.end(JSON.stringify({ error_code: 40403, message: "Schema not found" }));
      } else {
        const { subject, schema } = found;
        response.end(JSON.stringify(versions === undefined ? { schema } : [{ subject, version: 2 }]));
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Has an Avro schema under an id. */
  put(id: number, subject: string, schema: object): void {
    this.schemas.set(id, { subject, schema: JSON.stringify(schema) });
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** What a serializer writes: a zero, the schema's id, the data. */
export function framed(id: number, data: readonly number[]): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(id, 1);
  return Buffer.concat([head, Buffer.from(data)]);
}
