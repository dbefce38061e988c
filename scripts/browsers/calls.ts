/**
 * Numbered calls and their answers over a channel that carries text: what WebDriver BiDi and WebKit's inspector
 * have in common. Events go to listeners.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: the protocols' messages have no types here, and each use reads one field
export type Message = any;
type Listener = (params: Message) => void;

export class Calls {
  readonly #send: (text: string) => void;
  readonly #waiting = new Map<
    number,
    { resolve: (result: Message) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, Listener[]>();
  /** Events that came before anybody listened: the first may come with the connection itself. */
  readonly #early = new Map<string, Message[]>();
  #next = 1;

  /** @param send puts a message on the channel */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** @throws {Error} what the browser answered instead of a result, or that the channel closed */
  call(method: string, params: object = {}): Promise<Message> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(JSON.stringify({ id, method, params }));
    });
  }

  on(method: string, listener: Listener): void {
    this.#listeners.set(method, [...(this.#listeners.get(method) ?? []), listener]);
    for (const params of this.#early.get(method) ?? []) listener(params);
    this.#early.delete(method);
  }

  /** Takes a message that came over the channel. */
  receive(text: string): void {
    const message: Message = JSON.parse(text);
    if (typeof message.id !== 'number') {
      const listeners = this.#listeners.get(message.method);
      if (listeners) for (const listener of listeners) listener(message.params);
      else
        this.#early.set(
          message.method,
          [...(this.#early.get(message.method) ?? []), message.params].slice(-8),
        );
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    // BiDi puts the words beside `error`, WebKit into it.
    if (message.error) waiting?.reject(new Error(message.message ?? message.error.message));
    else waiting?.resolve(message.result);
  }

  /** The channel is gone: nothing that waits will be answered. */
  end(why: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

/** @throws {Error} where nobody listens at the address */
export async function connect(address: string): Promise<Calls> {
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const calls = new Calls((text) => socket.send(text));
  socket.on('message', (data) => calls.receive(String(data)));
  socket.on('close', () => calls.end('the browser closed the connection'));
  await once(socket, 'open');
  return calls;
}
