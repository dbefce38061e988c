/** Where drawing the page fails, words and a way on in place of an empty screen. */
import { Component, type ReactNode } from 'react';

export class Crash extends Component<{ children: ReactNode }, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <main className="crash" role="alert">
        <h1>The page has failed</h1>
        <p>
          Something in the page itself went wrong: {error.message}. Your picture has not left this device.
          Loading the page again starts it afresh.
        </p>
        <button type="button" className="button primary" onClick={() => location.reload()}>
          Load the page again
        </button>
      </main>
    );
  }
}
