import { unzipSync } from "fflate";

/** The files of a ZIP by name. */
export async function readZip(
  stream: ReadableStream<Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return new Map(Object.entries(unzipSync(bytes)));
}
