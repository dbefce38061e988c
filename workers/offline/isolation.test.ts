import { expect, test } from 'vitest';
import { isolated } from './isolation.ts';

test('a response without the headers gets all three and keeps status, type and body', async () => {
  const response = isolated(new Response('x', { status: 203, headers: { 'Content-Type': 'text/plain' } }));
  expect(response.status).toBe(203);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/plain',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(await response.text()).toBe('x');
});

test('an answer to a conditional request passes through as it is: rebuilt it would be an empty file', () => {
  const unchanged = new Response(null, { status: 304 });
  expect(isolated(unchanged)).toBe(unchanged);
});

test('a network error passes through as it is', () => {
  const error = Response.error();
  expect(isolated(error)).toBe(error);
});
