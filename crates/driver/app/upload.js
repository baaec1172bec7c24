// Photos and signatures go over HTTP, before the form that names them.

const TIMEOUT_MS = 90_000;
const AGAIN_MS = 5000;

/** `{file}` when the server has it; `{wait_ms}` to try again; `{refused}` with the reason; `{unpaired}`. */
export async function upload(token, { guid, bytes, media }) {
  if (!bytes) return { refused: 'The file is no longer on this phone.' };
  let answer;
  try {
    answer = await fetch(`/driver/file?id=${guid}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': media },
      body: bytes,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return { wait_ms: AGAIN_MS };
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok && said.file) return { file: said.file };
  if (answer.status === 401) return { unpaired: true };
  if ([400, 413, 415, 507].includes(answer.status)) return { refused: said.message ?? said.error ?? String(answer.status) };
  return { wait_ms: 1000 * (Number(answer.headers.get('Retry-After')) || AGAIN_MS / 1000) };
}
