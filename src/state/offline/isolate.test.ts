import { expect, test, vi } from 'vitest';
import { type IsolationHost, isolate } from './isolate.ts';

function hostWith(change: Partial<IsolationHost> = {}) {
  return {
    isolated: false,
    tried: false,
    takeControl: vi.fn(async () => undefined),
    remember: vi.fn(() => true),
    hasBegun: () => false,
    reload: vi.fn(),
    ...change,
  };
}

test('a page that is isolated starts at once, without a reload, and forgets that it was tried', async () => {
  const host = hostWith({ isolated: true });
  expect(await isolate(host)).toBe(false);
  expect(host.reload).not.toHaveBeenCalled();
  expect(host.takeControl).not.toHaveBeenCalled();
  expect(host.remember).toHaveBeenCalledWith(false);
});

test('one that is not is loaded again, once the service worker would serve it', async () => {
  const host = hostWith();
  expect(await isolate(host)).toBe(true);
  expect(host.remember).toHaveBeenCalledWith(true);
  expect(host.reload).toHaveBeenCalledOnce();
});

test('it is never loaded again twice: what was tried in this tab is not tried anew', async () => {
  const host = hostWith({ tried: true });
  expect(await isolate(host)).toBe(false);
  expect(host.reload).not.toHaveBeenCalled();
});

test('where that cannot be remembered it is not loaded again, or it might be for ever', async () => {
  const host = hostWith({ remember: vi.fn(() => false) });
  expect(await isolate(host)).toBe(false);
  expect(host.reload).not.toHaveBeenCalled();
});

test('what a person has begun is not lost to a reload', async () => {
  const host = hostWith({ hasBegun: () => true });
  expect(await isolate(host)).toBe(false);
  expect(host.reload).not.toHaveBeenCalled();
});

test('a service worker that fails or does not come leaves the page as it is', async () => {
  const failing = hostWith({ takeControl: () => Promise.reject(new Error('no')) });
  expect(await isolate(failing)).toBe(false);
  const hanging = hostWith({ takeControl: () => new Promise(() => undefined) });
  expect(await isolate(hanging, 10)).toBe(false);
  expect(hanging.reload).not.toHaveBeenCalled();
});
