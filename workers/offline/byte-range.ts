// A part of a response that is kept whole: a server would answer a request with a Range header with 206, and so must the
// cache, or a file read by range is read whole each time.

/** The response to a request for `range`; the whole one where the range makes no sense to us, which HTTP allows. */
export async function inRange(response: Response, range: string): Promise<Response> {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [];
  if (from === '' && to === '') return response;
  const whole = await response.blob();
  const size = whole.size;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  const headers = new Headers(response.headers);
  if (start >= size || end < start) {
    headers.set('Content-Range', `bytes */${size}`);
    headers.delete('Content-Length');
    return new Response(null, { status: 416, statusText: 'Range Not Satisfiable', headers });
  }
  headers.set('Content-Range', `bytes ${start}-${end}/${size}`);
  headers.set('Content-Length', String(end - start + 1));
  return new Response(whole.slice(start, end + 1), { status: 206, statusText: 'Partial Content', headers });
}
