import type { CallModel } from './model.ts';

/** Shown while there is no token, or the one we have was refused. */
export function TokenForm({ model }: { model: CallModel }) {
  const refused = ['token-missing', 'token-refused'].includes(model.verdict.value.code);
  if (model.canMint.value && !refused) return null;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const typed = new FormData(event.currentTarget as HTMLFormElement).get('token');
    model.token.value = typeof typed === 'string' ? typed.trim() : '';
    void model.start();
  };
  return (
    <form class="card token" onSubmit={onSubmit}>
      <label for="token">Admin token</label>
      <input id="token" name="token" type="password" required autocomplete="off" spellcheck={false} />
      <button type="submit" class="primary">
        Use it and start
      </button>
    </form>
  );
}
